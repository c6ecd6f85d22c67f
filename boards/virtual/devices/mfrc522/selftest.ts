/** What an MFRC522's self test leaves in the FIFO (data sheet, "16.1.1"; the clone's as published). */

const VERSION_1 =
  "00c637d532b7575cc2d87c4dd970c77310e6d2aa5ea13e5a14af3061c970db2e" +
  "642272b5bd65f4ec22bcd37235cdaa411fa7f35314de7e02d90fb55e251d2979";
const VERSION_2 =
  "00eb66ba57bf2395d0e30d3d27895cde9d3ba700215b8982513aeb020ca50049" +
  "7c844db3ccd21b815d4876d5716121a986968338cf9d5b6ddc15ba3e7d953b2f";
const FM17522 =
  "00d6788ce2aa0c182ab87a7fd36acf0bb137634b69ae91c7c397ae77f437d79b" +
  "7cf53c118f15c3d7c15b002ad075de9e5164ab3ee915b5ab569a988226ea2a62";

/** By VersionReg. */
export const SELF_TEST: ReadonlyMap<number, Uint8Array> = new Map(
  [[0x91, VERSION_1] as const, [0x92, VERSION_2] as const, [0x88, FM17522] as const].map(
    ([version, hex]) => [version, Uint8Array.from(Buffer.from(hex, "hex"))],
  ),
);

/** Of other clones: bytes that fit no table. */
export const SELF_TEST_OTHER: Uint8Array = new Uint8Array(64).fill(0x5a);
