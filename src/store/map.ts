/** Where everything stands in the FRAM: src/metering/SPEC.md as constants. Addresses chain: a record
 *  that outgrows its place fails to compile. */

export const CHANNEL_COUNT: i32 = 39;

export const FRAM_SIZE: u32 = 0x40000; // MB85RS2MTA: 262,144 words of 8 bits
export const SLOT_OVERHEAD: u32 = 8; // sequence number and CRC-32
export const BODY_MAXIMUM: u32 = 160;
export const ENTRY_MAXIMUM: u32 = 320;

export const FORMAT_VERSION: u32 = 3;
export const MAGIC: u32 = 0x4639334d; // "M39F"

export const HEADER_ADDRESS: u32 = 0x00000;
export const HEADER_BODY_SIZE: u32 = 24;
export const HEADER_COUNT: u32 = 1;
export const HEADER_STRIDE: u32 = 64;
export const HEADER_MAGIC: usize = 0;
export const HEADER_FORMAT: usize = 4;
export const HEADER_CHANNEL_COUNT: usize = 6;

export const IDENTITY_ADDRESS: u32 = 0x00040;
export const IDENTITY_BODY_SIZE: u32 = 32;
export const IDENTITY_COUNT: u32 = 1;
export const IDENTITY_STRIDE: u32 = 128;
export const IDENTITY_NUMBER: usize = 0;
export const IDENTITY_PROVISIONED: usize = 5;
export const IDENTITY_KEY: usize = 16;

export const BOX_SETTINGS_ADDRESS: u32 = 0x00100;
export const BOX_SETTINGS_BODY_SIZE: u32 = 132;
export const BOX_SETTINGS_COUNT: u32 = 1;
export const BOX_SETTINGS_STRIDE: u32 = 320;
export const BOX_SETTINGS_LAST_NUMBER: usize = 0;
export const BOX_SETTINGS_VALUES: usize = 4;

export const CHANNELS_ADDRESS: u32 = 0x00280;
export const CHANNELS_BODY_SIZE: u32 = 160;
export const CHANNELS_COUNT: u32 = 1;
export const CHANNELS_STRIDE: u32 = 352;
export const CHANNELS_LAST_NUMBER: usize = 0;
export const CHANNELS_ENTRIES: usize = 4;

export const RUNNING_ADDRESS: u32 = 0x00400;
export const RUNNING_BODY_SIZE: u32 = 16;
export const RUNNING_COUNT: u32 = 1;
export const RUNNING_STRIDE: u32 = 64;
export const RUNNING_RUNNING_S: usize = 0;
export const RUNNING_CLOCK: usize = 4;
export const RUNNING_STARTS: usize = 8;

export const RELAYS_ADDRESS: u32 = 0x00440;
export const RELAYS_BODY_SIZE: u32 = 16;
export const RELAYS_COUNT: u32 = 1;
export const RELAYS_STRIDE: u32 = 64;
export const RELAYS_CLOSED: usize = 0;
export const RELAYS_MOVING: usize = 8;

export const MANAGEMENT_ADDRESS: u32 = 0x00480;
export const MANAGEMENT_BODY_SIZE: u32 = 24;
export const MANAGEMENT_COUNT: u32 = 1;
export const MANAGEMENT_STRIDE: u32 = 64;
export const MANAGEMENT_CLEAR_NUMBER: usize = 0;
export const MANAGEMENT_CHECK_NUMBER: usize = 4;
export const MANAGEMENT_TEST_NUMBER: usize = 8;
export const MANAGEMENT_CLEARING: usize = 12;
export const MANAGEMENT_REFUSALS: usize = 14;

export const PROTECTION_ADDRESS: u32 = 0x004c0;
export const PROTECTION_BODY_SIZE: u32 = 24;
export const PROTECTION_COUNT: u32 = 1;
export const PROTECTION_STRIDE: u32 = 64;
export const PROTECTION_PASSWORD_2: usize = 0;
export const PROTECTION_PASSWORD_4: usize = 4;
export const PROTECTION_WRONG_PASSWORDS: usize = 8;
export const PROTECTION_WRONG_CODES: usize = 9;
export const PROTECTION_PASSWORDS_UNTIL: usize = 12;
export const PROTECTION_CODES_UNTIL: usize = 16;
export const PROTECTION_WRONG_SINCE: usize = 20;

export const EVENTS_HEAD_ADDRESS: u32 = 0x00500;
export const EVENTS_HEAD_BODY_SIZE: u32 = 156;
export const EVENTS_HEAD_COUNT: u32 = 1;
export const EVENTS_HEAD_STRIDE: u32 = 384;
export const EVENTS_HEAD_NEXT: usize = 0;
export const EVENTS_HEAD_COUNTS: usize = 4;
export const EVENTS_HEAD_PHASE_COUNTS: usize = 132;
export const EVENTS_HEAD_PHASE_MISSING: usize = 144;

export const FREEZE_HEADS_ADDRESS: u32 = 0x00680;
export const FREEZE_HEADS_BODY_SIZE: u32 = 56;
export const FREEZE_HEADS_COUNT: u32 = 1;
export const FREEZE_HEADS_STRIDE: u32 = 128;
export const FREEZE_HEADS_NEXT: usize = 0;
export const FREEZE_HEADS_MOMENT: usize = 16;
export const FREEZE_HEADS_SCHEDULE: usize = 32;
export const FREEZE_HEADS_OPERATOR: usize = 48;
export const FREEZE_HEADS_CLEARING: usize = 52;

export const LIMITS_ADDRESS: u32 = 0x00800;
export const LIMITS_BODY_SIZE: u32 = 24;
export const LIMITS_COUNT: u32 = 39;
export const LIMITS_STRIDE: u32 = 64;
export const LIMITS_LAST_NUMBER: usize = 0;
export const LIMITS_VALUES: usize = 4;

export const ACCOUNT_ADDRESS: u32 = 0x01200;
export const ACCOUNT_BODY_SIZE: u32 = 48;
export const ACCOUNT_COUNT: u32 = 39;
export const ACCOUNT_STRIDE: u32 = 128;
export const ACCOUNT_ACCEPTED: usize = 0;
export const ACCOUNT_NUMBER: usize = 8;
export const ACCOUNT_LAST_AMOUNT: usize = 12;
export const ACCOUNT_LAST_REMAINING: usize = 16;
export const ACCOUNT_RESUMED: usize = 20;
export const ACCOUNT_LAST_CODE: usize = 24;
export const ACCOUNT_CARD_UID: usize = 32;
export const ACCOUNT_CARD_BOUND: usize = 36;
export const ACCOUNT_RELAY_FAULTS: usize = 38;

export const BOOK_ADDRESS: u32 = 0x02600;
export const BOOK_BODY_SIZE: u32 = 40;
export const BOOK_COUNT: u32 = 39;
export const BOOK_STRIDE: u32 = 96;
export const BOOK_FORWARD: usize = 0;
export const BOOK_REVERSE: usize = 8;
export const BOOK_CHARGED: usize = 16;
export const BOOK_LAST_PULSE_S: usize = 24;
export const BOOK_FORWARD_REMAINDER: usize = 28;
export const BOOK_REVERSE_REMAINDER: usize = 30;
export const BOOK_HELD: usize = 32;

export const DEMAND_ADDRESS: u32 = 0x03500;
export const DEMAND_BODY_SIZE: u32 = 16;
export const DEMAND_COUNT: u32 = 39;
export const DEMAND_STRIDE: u32 = 48;
export const DEMAND_MAXIMUM: usize = 0;
export const DEMAND_TIME: usize = 4;

export const SWITCH_ADDRESS: u32 = 0x03d00;
export const SWITCH_BODY_SIZE: u32 = 32;
export const SWITCH_COUNT: u32 = 39;
export const SWITCH_STRIDE: u32 = 80;
export const SWITCH_COMMAND: usize = 0;
export const SWITCH_KEEP: usize = 1;
export const SWITCH_USED: usize = 2;
export const SWITCH_LAST: usize = 3;
export const SWITCH_UNTIL_S: usize = 4;
export const SWITCH_EXPIRY: usize = 8;
export const SWITCH_NUMBER: usize = 12;
export const SWITCH_OPENED: usize = 16;
export const SWITCH_CLOSED_AT: usize = 20;
export const SWITCH_LAST_CODE: usize = 24;

export const EVENTS_ADDRESS: u32 = 0x05000;
export const EVENTS_ENTRY_SIZE: u32 = 24;
export const EVENTS_COUNT: u32 = 640;

export const PURCHASES_ADDRESS: u32 = 0x08c00;
export const PURCHASES_ENTRY_SIZE: u32 = 32;
export const PURCHASES_COUNT: u32 = 390; // 10 of each household

// One place more than is read: the next block is written there before its head makes it valid.
export const DAILY_ADDRESS: u32 = 0x0c000;
export const DAILY_ENTRY_SIZE: u32 = 320;
export const DAILY_COUNT: u32 = 63;

export const SETTLEMENTS_ADDRESS: u32 = 0x10ec0;
export const SETTLEMENTS_ENTRY_SIZE: u32 = 320;
export const SETTLEMENTS_COUNT: u32 = 13;

export const INSTANTS_ADDRESS: u32 = 0x11f00;
export const INSTANTS_ENTRY_SIZE: u32 = 320;
export const INSTANTS_COUNT: u32 = 4;

export const LOADS_ADDRESS: u32 = 0x12400;
export const LOADS_ENTRY_SIZE: u32 = 320;
export const LOADS_COUNT: u32 = 577; // 24 days of hours

// Holds nothing: the factory's self-test writes patterns there.
export const SPARE_BLOCK_ADDRESS: u32 = 0x3f600;
export const SPARE_BLOCK_SIZE: u32 = 256;
export const SPARE_BLOCK_COUNT: u32 = 10;

// Two slots fit each stride, and nothing reaches into its neighbour.
if ((HEADER_BODY_SIZE + SLOT_OVERHEAD) * 2 > HEADER_STRIDE) ERROR("HEADER outgrew its stride");
if (HEADER_BODY_SIZE > BODY_MAXIMUM) ERROR("HEADER outgrew a slot");
if ((IDENTITY_BODY_SIZE + SLOT_OVERHEAD) * 2 > IDENTITY_STRIDE)
  ERROR("IDENTITY outgrew its stride");
if (IDENTITY_BODY_SIZE > BODY_MAXIMUM) ERROR("IDENTITY outgrew a slot");
if ((BOX_SETTINGS_BODY_SIZE + SLOT_OVERHEAD) * 2 > BOX_SETTINGS_STRIDE)
  ERROR("BOX_SETTINGS outgrew its stride");
if (BOX_SETTINGS_BODY_SIZE > BODY_MAXIMUM) ERROR("BOX_SETTINGS outgrew a slot");
if ((CHANNELS_BODY_SIZE + SLOT_OVERHEAD) * 2 > CHANNELS_STRIDE)
  ERROR("CHANNELS outgrew its stride");
if (CHANNELS_BODY_SIZE > BODY_MAXIMUM) ERROR("CHANNELS outgrew a slot");
if ((RUNNING_BODY_SIZE + SLOT_OVERHEAD) * 2 > RUNNING_STRIDE) ERROR("RUNNING outgrew its stride");
if (RUNNING_BODY_SIZE > BODY_MAXIMUM) ERROR("RUNNING outgrew a slot");
if ((RELAYS_BODY_SIZE + SLOT_OVERHEAD) * 2 > RELAYS_STRIDE) ERROR("RELAYS outgrew its stride");
if (RELAYS_BODY_SIZE > BODY_MAXIMUM) ERROR("RELAYS outgrew a slot");
if ((MANAGEMENT_BODY_SIZE + SLOT_OVERHEAD) * 2 > MANAGEMENT_STRIDE)
  ERROR("MANAGEMENT outgrew its stride");
if (MANAGEMENT_BODY_SIZE > BODY_MAXIMUM) ERROR("MANAGEMENT outgrew a slot");
if ((PROTECTION_BODY_SIZE + SLOT_OVERHEAD) * 2 > PROTECTION_STRIDE)
  ERROR("PROTECTION outgrew its stride");
if (PROTECTION_BODY_SIZE > BODY_MAXIMUM) ERROR("PROTECTION outgrew a slot");
if ((EVENTS_HEAD_BODY_SIZE + SLOT_OVERHEAD) * 2 > EVENTS_HEAD_STRIDE)
  ERROR("EVENTS_HEAD outgrew its stride");
if (EVENTS_HEAD_BODY_SIZE > BODY_MAXIMUM) ERROR("EVENTS_HEAD outgrew a slot");
if ((FREEZE_HEADS_BODY_SIZE + SLOT_OVERHEAD) * 2 > FREEZE_HEADS_STRIDE)
  ERROR("FREEZE_HEADS outgrew its stride");
if (FREEZE_HEADS_BODY_SIZE > BODY_MAXIMUM) ERROR("FREEZE_HEADS outgrew a slot");
if ((LIMITS_BODY_SIZE + SLOT_OVERHEAD) * 2 > LIMITS_STRIDE) ERROR("LIMITS outgrew its stride");
if (LIMITS_BODY_SIZE > BODY_MAXIMUM) ERROR("LIMITS outgrew a slot");
if ((ACCOUNT_BODY_SIZE + SLOT_OVERHEAD) * 2 > ACCOUNT_STRIDE) ERROR("ACCOUNT outgrew its stride");
if (ACCOUNT_BODY_SIZE > BODY_MAXIMUM) ERROR("ACCOUNT outgrew a slot");
if ((BOOK_BODY_SIZE + SLOT_OVERHEAD) * 2 > BOOK_STRIDE) ERROR("BOOK outgrew its stride");
if (BOOK_BODY_SIZE > BODY_MAXIMUM) ERROR("BOOK outgrew a slot");
if ((DEMAND_BODY_SIZE + SLOT_OVERHEAD) * 2 > DEMAND_STRIDE) ERROR("DEMAND outgrew its stride");
if (DEMAND_BODY_SIZE > BODY_MAXIMUM) ERROR("DEMAND outgrew a slot");
if ((SWITCH_BODY_SIZE + SLOT_OVERHEAD) * 2 > SWITCH_STRIDE) ERROR("SWITCH outgrew its stride");
if (SWITCH_BODY_SIZE > BODY_MAXIMUM) ERROR("SWITCH outgrew a slot");
if (HEADER_ADDRESS + HEADER_COUNT * HEADER_STRIDE > IDENTITY_ADDRESS)
  ERROR("HEADER reaches into IDENTITY");
if (IDENTITY_ADDRESS + IDENTITY_COUNT * IDENTITY_STRIDE > BOX_SETTINGS_ADDRESS)
  ERROR("IDENTITY reaches into BOX_SETTINGS");
if (BOX_SETTINGS_ADDRESS + BOX_SETTINGS_COUNT * BOX_SETTINGS_STRIDE > CHANNELS_ADDRESS)
  ERROR("BOX_SETTINGS reaches into CHANNELS");
if (CHANNELS_ADDRESS + CHANNELS_COUNT * CHANNELS_STRIDE > RUNNING_ADDRESS)
  ERROR("CHANNELS reaches into RUNNING");
if (RUNNING_ADDRESS + RUNNING_COUNT * RUNNING_STRIDE > RELAYS_ADDRESS)
  ERROR("RUNNING reaches into RELAYS");
if (RELAYS_ADDRESS + RELAYS_COUNT * RELAYS_STRIDE > MANAGEMENT_ADDRESS)
  ERROR("RELAYS reaches into MANAGEMENT");
if (MANAGEMENT_ADDRESS + MANAGEMENT_COUNT * MANAGEMENT_STRIDE > PROTECTION_ADDRESS)
  ERROR("MANAGEMENT reaches into PROTECTION");
if (PROTECTION_ADDRESS + PROTECTION_COUNT * PROTECTION_STRIDE > EVENTS_HEAD_ADDRESS)
  ERROR("PROTECTION reaches into EVENTS_HEAD");
if (EVENTS_HEAD_ADDRESS + EVENTS_HEAD_COUNT * EVENTS_HEAD_STRIDE > FREEZE_HEADS_ADDRESS)
  ERROR("EVENTS_HEAD reaches into FREEZE_HEADS");
if (FREEZE_HEADS_ADDRESS + FREEZE_HEADS_COUNT * FREEZE_HEADS_STRIDE > LIMITS_ADDRESS)
  ERROR("FREEZE_HEADS reaches into LIMITS");
if (LIMITS_ADDRESS + LIMITS_COUNT * LIMITS_STRIDE > ACCOUNT_ADDRESS)
  ERROR("LIMITS reaches into ACCOUNT");
if (ACCOUNT_ADDRESS + ACCOUNT_COUNT * ACCOUNT_STRIDE > BOOK_ADDRESS)
  ERROR("ACCOUNT reaches into BOOK");
if (BOOK_ADDRESS + BOOK_COUNT * BOOK_STRIDE > DEMAND_ADDRESS) ERROR("BOOK reaches into DEMAND");
if (DEMAND_ADDRESS + DEMAND_COUNT * DEMAND_STRIDE > SWITCH_ADDRESS)
  ERROR("DEMAND reaches into SWITCH");
if (SWITCH_ADDRESS + SWITCH_COUNT * SWITCH_STRIDE > EVENTS_ADDRESS)
  ERROR("SWITCH reaches into EVENTS");
if (EVENTS_ADDRESS + EVENTS_COUNT * EVENTS_ENTRY_SIZE > PURCHASES_ADDRESS)
  ERROR("EVENTS reaches into PURCHASES");
if (PURCHASES_ADDRESS + PURCHASES_COUNT * PURCHASES_ENTRY_SIZE > DAILY_ADDRESS)
  ERROR("PURCHASES reaches into DAILY");
if (DAILY_ADDRESS + DAILY_COUNT * DAILY_ENTRY_SIZE > SETTLEMENTS_ADDRESS)
  ERROR("DAILY reaches into SETTLEMENTS");
if (SETTLEMENTS_ADDRESS + SETTLEMENTS_COUNT * SETTLEMENTS_ENTRY_SIZE > INSTANTS_ADDRESS)
  ERROR("SETTLEMENTS reaches into INSTANTS");
if (INSTANTS_ADDRESS + INSTANTS_COUNT * INSTANTS_ENTRY_SIZE > LOADS_ADDRESS)
  ERROR("INSTANTS reaches into LOADS");
if (LOADS_ADDRESS + LOADS_COUNT * LOADS_ENTRY_SIZE > SPARE_BLOCK_ADDRESS)
  ERROR("LOADS reaches into the spare part");
if (SPARE_BLOCK_ADDRESS + SPARE_BLOCK_COUNT * SPARE_BLOCK_SIZE != FRAM_SIZE)
  ERROR("the spare part does not end with the memory");
