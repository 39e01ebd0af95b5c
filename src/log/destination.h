/*
 * Where bytes are written: a descriptor, or a file that may rotate. Files rotate at the ends of
 * lines: no line is torn, and all files together hold the bytes in their order. A file is longer
 * than it may be only by the rest of its last line, or where one line alone is.
 *
 * One that rotates and is removed, or moved away as by logrotate, begins anew at its path. Any other that was
 * removed is written in vain: that is an error, ENOENT.
 *
 * One that packs (FILE_PACK) keeps bytes back, half a second at most: see target_due(). One that replaces
 * (FILE_REPLACE) writes PATH.part, and takes the place of PATH when it is closed; what is no regular file is written
 * itself. With FILE_LATE too that is made with the first write, and PATH, where it is there, claimed until the end.
 *
 * Where there is no room (a full disk), what cannot be written is left out up to the end of its
 * line; what comes later is tried again. Of one that packs, and of rows of CSV (FILE_ROWS), nothing
 * more is written then, and the beginning of a row is taken back.
 */
#ifndef LOG_DESTINATION_H
#define LOG_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "log/rotation.h"

struct error;
struct target;

/* The text of an errno value that target_write() or target_close() gave. */
const char *target_reason(int number);

/* FD stays the caller's. */
struct target *target_new(int fd);

/*
 * Opens the file PATH (see file.h for FLAGS and DOING). One that rotates must be a regular file and
 * nobody else's at the time (FILE_CLAIM); what it holds is kept as an old file where FLAGS say FILE_EMPTY. NULL
 * with ERROR filled where that is not possible.
 */
struct target *target_open(const char *path, unsigned flags, const struct rotation_rules *rules,
                           const char *doing, struct error *error);

/* True where a person looks at it. */
bool target_is_terminal(const struct target *target);

/* Writes BYTES, waiting where the descriptor is slow. 0, or the errno value of the first write that
 * failed; what could not be written is added to *LOST. */
int target_write(struct target *target, const char *bytes, size_t length, size_t *lost);

/* The time of clock_monotonic() at which target_flush() is to be called; 0: nothing is kept back. */
int64_t target_due(const struct target *target);

/* Writes what was kept back; as target_write(). */
int target_flush(struct target *target, size_t *lost);

/* Closes a file and waits for its compression; 0 or an errno value: its end may be lost. */
int target_close(struct target *target);

/* Why the file went on though it was due to rotate: an errno value; 0: it never did. */
int target_stuck(const struct target *target);

/* Of one that was not closed nothing more is written. NULL is accepted. */
void target_free(struct target *target);

#endif
