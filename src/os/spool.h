/*
 * A spool: bytes kept until they may be shown; in memory at first, beyond a bound in an unlinked
 * temporary file. A zeroed struct spool is an empty one.
 */
#ifndef OS_SPOOL_H
#define OS_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct error;

struct spool {
    struct buf memory; /* the last bytes, or all of them */
    struct buf piece;  /* what spool_next() gave last */
    bool in_file;
    bool shared;   /* the file is shared (struct spool_file) */
    int fd;        /* where IN_FILE: the bytes before MEMORY */
    uint64_t start; /* in the file, of the first of them */
    uint64_t size; /* bytes in the file */
    uint64_t read; /* bytes of the file that spool_next() gave */
};

/* One such file for many spools that are small, and together are not. A zeroed one is empty. */
struct spool_file {
    bool open;
    int fd;
    uint64_t end;
};

/* Opens a file without a name in $TMPDIR, or else in /tmp. Its descriptor, the caller's, or a negative errno
 * with ERROR filled. */
int spool_open(struct error *error);

/* Appends. 0, or a negative errno with ERROR filled: the bytes are kept in memory all the same. */
int spool_put(struct spool *spool, const char *bytes, size_t length, struct error *error);

/*
 * The next piece, which ends between characters of UTF-8, valid until the next call: 1 with it in
 * *BYTES and *LENGTH, 0 at the end, or a negative errno. Nothing may be put once this was called.
 */
int spool_next(struct spool *spool, const char **bytes, size_t *length, struct error *error);

/* Moves what is in memory to FILE, or to the file of its own that it has, and frees that memory. Nothing may be put any
 * more. As spool_put(). */
int spool_file_put(struct spool *spool, struct spool_file *file, struct error *error);

void spool_release(struct spool *spool);

/* No spool is on it any more: its room is free. */
void spool_file_clear(struct spool_file *file);
void spool_file_release(struct spool_file *file);

#endif
