/** Exception codes. Source: Modbus application protocol v1.1b3, chapter 7. */

export const DONE: i32 = 0; // none
export const BAD_FUNCTION: i32 = 1;
export const BAD_ADDRESS: i32 = 2;
export const BAD_VALUE: i32 = 3; // or quantity, or length
export const REFUSED: i32 = 4;
export const BUSY: i32 = 6;
