/** Where everything stands in the FRAM: src/metering/SPEC.md as constants. Addresses chain: a record
 *  that outgrows its place fails to compile. */

export const CHANNEL_COUNT: i32 = 39;

export const FRAM_SIZE: u32 = 0x40000; // MB85RS2MTA: 262,144 words of 8 bits
export const SLOT_OVERHEAD: u32 = 8; // sequence number and CRC-32
export const BODY_MAXIMUM: u32 = 160;

export const FORMAT_VERSION: u32 = 2;
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

export const EVENTS_HEAD_ADDRESS: u32 = 0x00480;
export const EVENTS_HEAD_BODY_SIZE: u32 = 8;
export const EVENTS_HEAD_COUNT: u32 = 1;
export const EVENTS_HEAD_STRIDE: u32 = 64;
export const EVENTS_HEAD_NEXT: usize = 0;

export const MANAGEMENT_ADDRESS: u32 = 0x004c0;
export const MANAGEMENT_BODY_SIZE: u32 = 24;
export const MANAGEMENT_COUNT: u32 = 1;
export const MANAGEMENT_STRIDE: u32 = 64;
export const MANAGEMENT_CLEAR_NUMBER: usize = 0;
export const MANAGEMENT_CHECK_NUMBER: usize = 4;
export const MANAGEMENT_TEST_NUMBER: usize = 8;
export const MANAGEMENT_CLEARING: usize = 12;
export const MANAGEMENT_REFUSALS: usize = 14;

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

export const EVENTS_ADDRESS: u32 = 0x04000;
export const EVENTS_ENTRY_SIZE: u32 = 24;
export const EVENTS_COUNT: u32 = 640;

export const FREEZES_ADDRESS: u32 = 0x08000;
export const FREEZES_ENTRY_SIZE: u32 = 12;
export const FREEZES_COUNT: u32 = 2418; // 62 days of 39 households

export const PROFILE_ADDRESS: u32 = 0x10000;
export const PROFILE_ENTRY_SIZE: u32 = 2;
export const PROFILE_COUNT: u32 = 74880; // 40 days of 48 half hours of 39 channels

// Two slots fit each stride, and nothing reaches into its neighbour.
if ((HEADER_BODY_SIZE + SLOT_OVERHEAD) * 2 > HEADER_STRIDE) ERROR("HEADER outgrew its stride");
if (HEADER_BODY_SIZE > BODY_MAXIMUM) ERROR("HEADER outgrew the transfer buffer");
if ((IDENTITY_BODY_SIZE + SLOT_OVERHEAD) * 2 > IDENTITY_STRIDE)
  ERROR("IDENTITY outgrew its stride");
if (IDENTITY_BODY_SIZE > BODY_MAXIMUM) ERROR("IDENTITY outgrew the transfer buffer");
if ((BOX_SETTINGS_BODY_SIZE + SLOT_OVERHEAD) * 2 > BOX_SETTINGS_STRIDE)
  ERROR("BOX_SETTINGS outgrew its stride");
if (BOX_SETTINGS_BODY_SIZE > BODY_MAXIMUM) ERROR("BOX_SETTINGS outgrew the transfer buffer");
if ((CHANNELS_BODY_SIZE + SLOT_OVERHEAD) * 2 > CHANNELS_STRIDE)
  ERROR("CHANNELS outgrew its stride");
if (CHANNELS_BODY_SIZE > BODY_MAXIMUM) ERROR("CHANNELS outgrew the transfer buffer");
if ((RUNNING_BODY_SIZE + SLOT_OVERHEAD) * 2 > RUNNING_STRIDE) ERROR("RUNNING outgrew its stride");
if (RUNNING_BODY_SIZE > BODY_MAXIMUM) ERROR("RUNNING outgrew the transfer buffer");
if ((RELAYS_BODY_SIZE + SLOT_OVERHEAD) * 2 > RELAYS_STRIDE) ERROR("RELAYS outgrew its stride");
if (RELAYS_BODY_SIZE > BODY_MAXIMUM) ERROR("RELAYS outgrew the transfer buffer");
if ((EVENTS_HEAD_BODY_SIZE + SLOT_OVERHEAD) * 2 > EVENTS_HEAD_STRIDE)
  ERROR("EVENTS_HEAD outgrew its stride");
if (EVENTS_HEAD_BODY_SIZE > BODY_MAXIMUM) ERROR("EVENTS_HEAD outgrew the transfer buffer");
if ((MANAGEMENT_BODY_SIZE + SLOT_OVERHEAD) * 2 > MANAGEMENT_STRIDE)
  ERROR("MANAGEMENT outgrew its stride");
if (MANAGEMENT_BODY_SIZE > BODY_MAXIMUM) ERROR("MANAGEMENT outgrew the transfer buffer");
if ((LIMITS_BODY_SIZE + SLOT_OVERHEAD) * 2 > LIMITS_STRIDE) ERROR("LIMITS outgrew its stride");
if (LIMITS_BODY_SIZE > BODY_MAXIMUM) ERROR("LIMITS outgrew the transfer buffer");
if ((ACCOUNT_BODY_SIZE + SLOT_OVERHEAD) * 2 > ACCOUNT_STRIDE) ERROR("ACCOUNT outgrew its stride");
if (ACCOUNT_BODY_SIZE > BODY_MAXIMUM) ERROR("ACCOUNT outgrew the transfer buffer");
if ((BOOK_BODY_SIZE + SLOT_OVERHEAD) * 2 > BOOK_STRIDE) ERROR("BOOK outgrew its stride");
if (BOOK_BODY_SIZE > BODY_MAXIMUM) ERROR("BOOK outgrew the transfer buffer");
if ((DEMAND_BODY_SIZE + SLOT_OVERHEAD) * 2 > DEMAND_STRIDE) ERROR("DEMAND outgrew its stride");
if (DEMAND_BODY_SIZE > BODY_MAXIMUM) ERROR("DEMAND outgrew the transfer buffer");
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
if (RELAYS_ADDRESS + RELAYS_COUNT * RELAYS_STRIDE > EVENTS_HEAD_ADDRESS)
  ERROR("RELAYS reaches into EVENTS_HEAD");
if (EVENTS_HEAD_ADDRESS + EVENTS_HEAD_COUNT * EVENTS_HEAD_STRIDE > MANAGEMENT_ADDRESS)
  ERROR("EVENTS_HEAD reaches into MANAGEMENT");
if (MANAGEMENT_ADDRESS + MANAGEMENT_COUNT * MANAGEMENT_STRIDE > LIMITS_ADDRESS)
  ERROR("MANAGEMENT reaches into LIMITS");
if (LIMITS_ADDRESS + LIMITS_COUNT * LIMITS_STRIDE > ACCOUNT_ADDRESS)
  ERROR("LIMITS reaches into ACCOUNT");
if (ACCOUNT_ADDRESS + ACCOUNT_COUNT * ACCOUNT_STRIDE > BOOK_ADDRESS)
  ERROR("ACCOUNT reaches into BOOK");
if (BOOK_ADDRESS + BOOK_COUNT * BOOK_STRIDE > DEMAND_ADDRESS) ERROR("BOOK reaches into DEMAND");
if (DEMAND_ADDRESS + DEMAND_COUNT * DEMAND_STRIDE > EVENTS_ADDRESS)
  ERROR("DEMAND reaches into EVENTS");
if (EVENTS_ADDRESS + EVENTS_COUNT * EVENTS_ENTRY_SIZE > FREEZES_ADDRESS)
  ERROR("EVENTS reaches into FREEZES");
if (FREEZES_ADDRESS + FREEZES_COUNT * FREEZES_ENTRY_SIZE > PROFILE_ADDRESS)
  ERROR("FREEZES reaches into PROFILE");
if (PROFILE_ADDRESS + PROFILE_COUNT * PROFILE_ENTRY_SIZE > FRAM_SIZE)
  ERROR("PROFILE reaches past the end");
