/* What main.c needs of the machine that it runs on; see startup.c. */

#ifndef METER39_BENCH_STARTUP_H
#define METER39_BENCH_STARTUP_H

/* Where QEMU's loader device puts the load: the 16 MiB PSRAM. */
#define BENCH_LOAD 0x21000000u

void host_write(const char *text);
void host_exit(int code) __attribute__((noreturn));

#endif
