/* Which relay is driven next; see schedule.c. */

#ifndef METER39_BENCH_SCHEDULE_H
#define METER39_BENCH_SCHEDULE_H

#include "twin.h"

enum { NO_CHANNEL = -1 };

void schedule_init(uint64_t closed, bool is_known, int interrupted, uint32_t now_ms);
void schedule_configure(uint32_t period_ms, uint32_t spread_ms, uint64_t used);
void schedule_want(uint64_t channels, bool closed, uint32_t now_ms);
int take_change(uint32_t now_ms);
int take_refresh(uint32_t now_ms);
bool schedule_left_open(int channel_index);
uint64_t schedule_closed(void);
bool schedule_refreshing(void);

#endif
