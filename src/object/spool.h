/*
 * A spool: bytes kept until they may be shown; in memory at first, beyond a bound in an unlinked
 * temporary file. A zeroed struct spool is an empty one.
 */
#ifndef OBJECT_SPOOL_H
#define OBJECT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct error;

struct spool {
    struct buf memory; /* the last bytes, or all of them */
    struct buf piece;  /* what spool_next() gave last */
    bool in_file;
    int fd;        /* where IN_FILE: the bytes before MEMORY */
    uint64_t size; /* bytes in the file */
    uint64_t read; /* bytes of the file that spool_next() gave */
};

/* Appends. 0, or a negative errno with ERROR filled: the bytes are kept in memory all the same. */
int spool_put(struct spool *spool, const char *bytes, size_t length, struct error *error);

/*
 * The next piece, valid until the next call: 1 with it in *BYTES and *LENGTH, 0 at the end, or a
 * negative errno. Nothing may be put once this was called.
 */
int spool_next(struct spool *spool, const char **bytes, size_t *length, struct error *error);

void spool_release(struct spool *spool);

#endif
