/*
 * Where records end: a place directly behind what stands at the end of each, and before what stands at the beginning of the
 * next, which both together are its mark. It knows bytes alone.
 */
#ifndef POOL_SOURCE_CUTTER_H
#define POOL_SOURCE_CUTTER_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"

struct cutter {
    struct buf mark; /* at least one byte */
    size_t end;      /* bytes of it that belong to the record before */
};

/* No record ends in these bytes. */
#define CUTTER_NONE ((size_t)-1)

/* END, END_LENGTH bytes, stands at the end of each record, START at its beginning; one of them may be empty. */
void cutter_init(struct cutter *cutter, const char *end, size_t end_length, const char *start);
void cutter_release(struct cutter *cutter);

/* How far behind a record's beginning the mark at its end begins at the least: what begins it ends none. */
size_t cutter_least(const struct cutter *cutter);

/* The first place in LENGTH bytes at which a record ends whose mark begins at FROM or behind it; CUTTER_NONE. */
size_t cutter_find(const struct cutter *cutter, const char *bytes, size_t length, size_t from);

/* From where LENGTH bytes in which nothing was found from FROM on are to be looked at when there are more of them. */
size_t cutter_unseen(const struct cutter *cutter, size_t length, size_t from);

/*
 * The same in the file FD, in offsets from its beginning; LENGTH, that of the file, where no record ends before. A negative
 * errno value where it cannot be read, -ENODATA where it is shorter than LENGTH.
 */
off_t cutter_find_in_file(const struct cutter *cutter, int fd, off_t from, off_t length);

#endif
