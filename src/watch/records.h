/*
 * How watched files were when they were looked at last: what tells a change from a write of the same bytes.
 *
 * A zeroed one holds none. Directories, and what is neither a file nor a link, count as not there.
 */
#ifndef WATCH_RECORDS_H
#define WATCH_RECORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name_index.h"

struct file_record;

struct records {
    struct file_record *items; /* a path once */
    size_t count;
    size_t capacity;
    size_t gone; /* of these, those of what is not there */
    struct names names;
    size_t bytes; /* that records_learn() has read */
};

/* FOLLOW: where PATH is a link, what it points at counts too. */

/* Notes how PATH (copied) is now, its bytes too as long as there are not many. */
void records_learn(struct records *records, const char *path, bool follow);

/* True where its status is another than was noted; the bytes are not looked at. */
bool records_differ(const struct records *records, const char *path, bool follow);

/*
 * True where it has changed since it was noted: its bytes, its being there, its right to be executed, what it links to; with
 * FLAGS (enum change_flags) of CHANGE_STAMPED alone, its time too. Bytes that were not noted count as others. Notes it anew.
 */
bool records_settle(struct records *records, const char *path, unsigned flags, bool follow);

/* Calls FOUND(ARG, path) for each file that is noted as being there at or below PATH, "" for all; it may note what it likes. */
void records_each(const struct records *records, const char *path, void (*found)(void *arg, const char *path), void *arg);

void records_release(struct records *records);

#endif
