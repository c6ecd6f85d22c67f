/* Types and constants that WAMR's headers ask of a platform (WAMR: doc/port_wamr.md, core/shared/
 * platform/include): one thread, no files, no pages. The functions are in platform.c. */

#ifndef METER39_PLATFORM_INTERNAL_H
#define METER39_PLATFORM_INTERNAL_H

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BH_APPLET_PRESERVED_STACK_SIZE 2048
#define BH_THREAD_DEFAULT_PRIORITY 0

/* There is one thread, so none of these holds anything. */
typedef int korp_thread;
typedef int korp_tid;
typedef int korp_mutex;
typedef int korp_cond;
typedef int korp_rwlock;
typedef unsigned int korp_sem;

/* There are no files. */
typedef int os_file_handle;
typedef void *os_dir_stream;
typedef int os_raw_file_handle;
typedef int os_poll_file_handle;
typedef unsigned int os_nfds_t;
typedef int os_timespec;

static inline os_file_handle os_get_invalid_handle(void) { return -1; }

/* WAMR rounds the size that it checks guest addresses against up to a page, but asks os_mmap for the
 * size before that: a page larger than the allocator's step of 8 lets a guest reach past its memory. */
static inline int os_getpagesize(void) { return 8; }

#endif
