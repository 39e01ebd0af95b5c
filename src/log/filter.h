/* Which events a reader shows: by level, by what went wrong, and by name. */
#ifndef LOG_FILTER_H
#define LOG_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "event/event.h"

enum filter_level {
    FILTER_QUIET, /* only what went wrong */
    FILTER_STORY, /* and the story */
    FILTER_ALL,
};

struct filter {
    bool shown[EVENT_KINDS][2]; /* [1]: where EVENT_WRONG is set */
};

/* Everything that LEVEL shows. */
void filter_init(struct filter *filter, enum filter_level level);

/* Shows or hides the events whose names match PATTERN ('*' stands for anything); returns how many
 * kinds did. What went wrong is shown in any case: hiding noise must not hide a failure. */
size_t filter_set(struct filter *filter, const char *pattern, bool shown);

bool filter_shows(const struct filter *filter, enum event_kind kind, unsigned flags);

/* True for the events that carry what bodies put out. */
bool event_is_output(enum event_kind kind);

#endif
