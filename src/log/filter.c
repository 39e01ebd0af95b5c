/* Which events a reader shows. */
#include "log/filter.h"

#include "base/str.h"

bool event_is_output(enum event_kind kind)
{
    return kind == EVENT_PROCESS_OUTPUT || kind == EVENT_TASK_OUTPUT ||
           kind == EVENT_THREAD_OUTPUT || kind == EVENT_WORKER_OUTPUT ||
           kind == EVENT_POOL_OUTPUT;
}

void filter_init(struct filter *filter, enum filter_level level)
{
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        enum event_level least = event_row((enum event_kind)kind)->level;
        filter->shown[kind][0] = least == EVENT_LEVEL_ALWAYS || (level != FILTER_QUIET && least == EVENT_LEVEL_STORY) ||
                                 (level == FILTER_ALL && least == EVENT_LEVEL_DETAIL);
        filter->shown[kind][1] = true;
    }
}

size_t filter_set(struct filter *filter, const char *pattern, bool shown)
{
    size_t matched = 0;
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        if (!wildcard_match(pattern, event_row((enum event_kind)kind)->name))
            continue;
        filter->shown[kind][0] = shown;
        matched++;
    }
    return matched;
}

bool filter_shows(const struct filter *filter, enum event_kind kind, unsigned flags)
{
    return filter->shown[kind][(flags & EVENT_WRONG) != 0];
}
