/* How a board runs a core, whatever runs it: C code made by wasm2c, or WAMR. A board calls these five
 * and provides the hal_ functions of hal.h; one image holds one core. The engine provides `guest`
 * and guest_trap() of hal.h. Clock, watchdog and restart are the board's. */

#ifndef METER39_ENGINE_H
#define METER39_ENGINE_H

#include <stdbool.h>

/* Makes a fresh core: memory as the module defines it. Also after a trap, and again after that.
 * False when the core does not fit this image; engine_trap_reason() tells. */
bool engine_open(void);

/* Calls init() of the core. False: it trapped, and only engine_open() may follow. */
bool engine_init(void);

/* Calls tick() of the core. False: it trapped, and only engine_open() may follow. */
bool engine_tick(void);

/* Why the last call was false; a constant text. */
const char *engine_trap_reason(void);

/* Lets go of what engine_open() took. */
void engine_close(void);

#endif
