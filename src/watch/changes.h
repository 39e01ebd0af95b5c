/*
 * Paths that may have changed, and when what follows is to be done: pure, with times of the caller's clock.
 *
 * A zeroed one is empty.
 */
#ifndef WATCH_CHANGES_H
#define WATCH_CHANGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/name_index.h"

/* What was heard of a path. */
enum change_flags {
    CHANGE_WRITTEN = 1 << 0, /* its bytes may be others, */
    CHANGE_STAMPED = 1 << 1, /* its times or rights are, or may be */
    CHANGE_OUTSIDE = 1 << 2, /* it was heard while the command did not run that it is for, */
    CHANGE_LATE = 1 << 3,    /* or long after that began */
};

struct change {
    char *path;
    unsigned flags;
};

struct changes {
    struct change *items; /* a path once */
    size_t count;
    size_t capacity;
    struct names names;
    int64_t first; /* when they were heard of */
    int64_t last;
};

/* Something was heard of PATH (copied) at NOW. */
void changes_note(struct changes *changes, const char *path, unsigned flags, int64_t now);

/* The longest that changes are waited for that do not end. */
int64_t changes_longest(int64_t delay);

/*
 * How long until what follows is to be done: DELAY after the last of them, or changes_longest() after the first. 0 or less:
 * now. They are not empty.
 */
int64_t changes_wait(const struct changes *changes, int64_t delay, int64_t now);

/* Forgets them and frees. */
void changes_clear(struct changes *changes);

#endif
