/** Bytes, checks and codes against their published vectors. */
import { aesEncrypt, aesInit, AES_CONTEXT_SIZE } from "../../src/common/aes";
import {
  bcdPair,
  copyBytes,
  equalBytes,
  fillBytes,
  loadBe32,
  loadLe16,
  loadLe32,
  loadLe64,
  storeBe32,
  storeLe16,
  storeLe32,
  storeLe64,
} from "../../src/common/bytes";
import { cmac, cmacInit, CMAC_CONTEXT_SIZE, deriveKey } from "../../src/common/cmac";
import { crc16 } from "../../src/common/crc16";
import { crc32 } from "../../src/common/crc32";

const area: usize = memory.data(256, 16);
const context: usize = memory.data(208, 16);
const tag: usize = memory.data(16, 16);
if (CMAC_CONTEXT_SIZE != 208 || AES_CONTEXT_SIZE > 208) ERROR("context size");

/** Puts the bytes of a hexadecimal text at `to`; blanks do not count. Returns their number. */
function put(to: usize, text: string): u32 {
  const digits = text.replaceAll(" ", "");
  const size = digits.length / 2;
  for (let i = 0; i < size; i++) {
    store<u8>(to + i, <u8>parseInt(digits.substr(2 * i, 2), 16));
  }
  return <u32>size;
}

function text(from: usize, size: u32): string {
  let digits = "";
  for (let i: u32 = 0; i < size; i++) {
    const byte = load<u8>(from + i);
    digits += (byte >> 4).toString(16) + (byte & 15).toString(16);
  }
  return digits;
}

describe("bytes", () => {
  test("numbers keep their order of bytes at an odd address", () => {
    put(area + 1, "00 11 22 33 44 55 66 77 88");
    expect(loadLe16(area + 1)).toBe(0x1100);
    expect(loadLe32(area + 2)).toBe(0x44332211);
    expect(loadLe64(area + 1)).toBe(0x7766554433221100);
    expect(loadBe32(area + 6)).toBe(0x55667788);
  });

  test("what is stored is what is loaded, and nothing beside it", () => {
    fillBytes(area, 0xee, 32);
    storeLe16(area + 1, 0xabcd1234);
    storeLe32(area + 5, 0x89abcdef);
    storeBe32(area + 11, 0x01020304);
    storeLe64(area + 17, 0xfedcba9876543210);
    expect(text(area, 26)).toBe("ee3412eeeeefcdab89eeee01020304eeee1032547698badcfeee");
  });

  test("two decimal digits, and no others", () => {
    for (let byte: u32 = 0; byte < 256; byte++) {
      const is_decimal = byte >> 4 < 10 && (byte & 15) < 10;
      expect(bcdPair(byte)).toBe(is_decimal ? <i32>((byte >> 4) * 10 + (byte & 15)) : -1);
    }
    expect(bcdPair(0x100)).toBe(-1, "more than a byte");
  });

  test("equal means equal in every byte", () => {
    fillBytes(area, 0x5a, 16);
    copyBytes(area + 33, area, 16);
    expect(equalBytes(area, area + 33, 16)).toBe(true);
    expect(equalBytes(area, area + 34, 0)).toBe(true, "nothing equals nothing");
    for (let i: u32 = 0; i < 16; i++) {
      store<u8>(area + 33 + i, 0x5b);
      expect(equalBytes(area, area + 33, 16)).toBe(false);
      store<u8>(area + 33 + i, 0x5a);
    }
  });
});

describe("checks", () => {
  test("the check value of the CRC-16", () => {
    put(area + 3, "31 32 33 34 35 36 37 38 39"); // "123456789"
    expect(crc16(area + 3, 9)).toBe(0x4b37);
    expect(crc16(area, 0)).toBe(0xffff);
  });

  test("the CRC-32 is that of the polynomial, bit by bit, over whole words", () => {
    put(area, "31 32 33 34 35 36 37 38 39 00 ff a5");
    expect(crc32(area, 8)).toBe(0x9ae0daaf); // "12345678"
    expect(crc32(area, 0)).toBe(0);
    for (let size: u32 = 0; size <= 12; size += 4) {
      let crc: u32 = 0xffffffff;
      for (let i: u32 = 0; i < size * 8; i++) {
        const bit = ((<u32>load<u8>(area + i / 8)) >> (i % 8)) & 1;
        crc = ((crc ^ bit) & 1) != 0 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
      }
      expect(crc32(area, size)).toBe(~crc);
    }
  });

  test("every byte has its entry in the table of the CRC-32", () => {
    for (let byte: u32 = 0; byte < 256; byte++) {
      store<u32>(area, byte);
      let crc: u32 = 0xffffffff ^ byte;
      for (let i = 0; i < 32; i++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
      expect(crc32(area, 4)).toBe(~crc);
    }
  });
});

/** The code of `message` under the key of RFC 4493, section 4. */
function codeOf(message: string): string {
  put(area, "2b7e1516 28aed2a6 abf71588 09cf4f3c");
  cmacInit(context, area);
  const size = put(area, message);
  cmac(context, area, size, tag);
  return text(tag, 16);
}

describe("codes", () => {
  test("FIPS 197, appendix B: one block", () => {
    put(area, "2b7e1516 28aed2a6 abf71588 09cf4f3c");
    aesInit(context, area);
    expect(text(context + 160, 16)).toBe("d014f9a8c9ee2589e13f0cc8b6630ca6", "last round key");
    put(area, "3243f6a8 885a308d 313198a2 e0370734");
    aesEncrypt(context, area);
    expect(text(area, 16)).toBe("3925841d02dc09fbdc118597196a0b32");
  });

  test("FIPS 197, appendix C.1: one block under another key", () => {
    put(area, "00010203 04050607 08090a0b 0c0d0e0f");
    aesInit(context, area);
    put(area, "00112233 44556677 8899aabb ccddeeff");
    aesEncrypt(context, area);
    expect(text(area, 16)).toBe("69c4e0d86a7b0430d8cdb78070b4c55a");
  });

  test("RFC 4493, section 4: 0, 16, 40 and 64 bytes", () => {
    const first = "6bc1bee2 2e409f96 e93d7e11 7393172a";
    const more = "ae2d8a57 1e03ac9c 9eb76fac 45af8e51 30c81c46 a35ce411";
    const rest = "e5fbc119 1a0a52ef f69f2445 df4f9b17 ad2b417b e66c3710";
    expect(codeOf("")).toBe("bb1d6929e95937287fa37d129b756746");
    expect(codeOf(first)).toBe("070a16b46b4d4144f79bdd9dd04a287c");
    expect(codeOf(first + more)).toBe("dfa66747de9ae63030ca32611497c827");
    expect(codeOf(first + more + rest)).toBe("51f0bebf7e3b9d92fc49741779363cfe");
  });

  test("the credit message of the product", () => {
    expect(codeOf("202511210105 01 00000007 00002710 00")).toBe("fc6ea2ef5cc7cca65cdccc82948d70b6");
  });

  test("a code of every length differs, and the message stays as it was", () => {
    put(area, "2b7e1516 28aed2a6 abf71588 09cf4f3c");
    cmacInit(context, area);
    fillBytes(area, 0x80, 49);
    for (let size: u32 = 0; size <= 48; size++) {
      cmac(context, area, size + 1, area + 64);
      cmac(context, area, size, tag);
      expect(equalBytes(area + 64, tag, 16)).toBe(false);
    }
    for (let i = 0; i < 49; i++) expect(load<u8>(area + i)).toBe(0x80);
  });
});

/** The key that `input` derives from `key`. */
function derived(key: string, input: string): string {
  put(area, key);
  cmacInit(context, area);
  const size = put(area, input);
  deriveKey(context, area, size, tag);
  return text(tag, 16);
}

describe("derived keys", () => {
  test("AN10922, 2.2.1: 18 bytes", () => {
    const input = "01 04782e21801d80 3042f5 4e585020416275";
    expect(derived("00112233445566778899aabbccddeeff", input)).toBe(
      "a8dd63a3b89d54b37ca802473fda9175",
    );
  });

  test("AN10957, pages 13 and 14: 8 bytes are padded to two blocks", () => {
    const key = "f3f9377698707b688eaf84abe39e3791";
    expect(derived(key, "01 04deadbeeffeed")).toBe("0bb408baff98b6ee9f2e1585777f6a51");
  });

  test("keys of a card", () => {
    const key = "00112233445566778899aabbccddeeff";
    const keys = ["fab0db9729f1", "cea818cdc1c0", "024e027844cf", "daa412467c1b"];
    for (let index = 0; index < 4; index++) {
      const sector = index < 2 ? "01" : "02";
      const role = (index & 1) == 0 ? "0a" : "0b";
      const found = derived(key, "01 deadbeef" + sector + role + "4d314b4559");
      expect(found.substr(0, 12)).toBe(keys[index]);
    }
  });

  test("of two whole blocks it is the code, and every size gives another key", () => {
    put(area, "2b7e1516 28aed2a6 abf71588 09cf4f3c");
    cmacInit(context, area);
    fillBytes(area, 0x80, 33);
    cmac(context, area, 32, area + 64);
    deriveKey(context, area, 32, tag);
    expect(equalBytes(area + 64, tag, 16)).toBe(true);
    for (let size: u32 = 17; size <= 32; size++) {
      cmac(context, area, size, area + 64);
      deriveKey(context, area, size, tag);
      expect(equalBytes(area + 64, tag, 16)).toBe(true, "padding to two blocks is the code's");
    }
    for (let size: u32 = 1; size < 32; size++) {
      deriveKey(context, area, size + 1, area + 64);
      deriveKey(context, area, size, tag);
      expect(equalBytes(area + 64, tag, 16)).toBe(false);
    }
  });

  throws("nothing to derive from", () => {
    deriveKey(context, area, 0, tag);
  });

  throws("more than two blocks", () => {
    deriveKey(context, area, 33, tag);
  });
});
