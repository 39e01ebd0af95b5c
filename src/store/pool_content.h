/*
 * What all tasks of a pool have in common: its hash, by which a task is known, and its parts, by which
 * a person is told what has changed.
 */
#ifndef STORE_POOL_CONTENT_H
#define STORE_POOL_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct buf;
struct database;
struct error;

/* "run", "env NAME", "vars.NAME": one of a name. */
struct content_part {
    char *name;
    int64_t hash;
};

/* A zeroed one is empty; pool_content_release() frees it. */
struct pool_content {
    struct hash hash; /* of all of it */
    struct content_part *parts;
    size_t count;
    size_t capacity;
};

void pool_content_release(struct pool_content *content);

/* A part that is called NAME behind PREFIX; the name is copied. */
void pool_content_add(struct pool_content *content, const char *prefix, const char *name, size_t length,
                      int64_t hash);

void pool_content_copy(struct pool_content *to, const struct pool_content *from);

/* Appends what is not as BEFORE: "run changed, env A is new, env B is gone"; nothing where all is. */
void pool_content_compare(const struct pool_content *before, const struct pool_content *now, struct buf *text);

/* Puts down, in a transaction of the caller's, that POOL had it in the run with this number. */
int pool_content_write(struct database *database, int64_t run, const char *pool,
                       const struct pool_content *content, struct error *error);

/* Takes what POOL had, which is CONTENT's owner's to release. */
typedef void pool_content_take(void *arg, const char *pool, const struct pool_content *content);

/* What the pools of the run with this number had. A row that is not as it was written is passed over, as nothing is
 * decided by it. 0, or a negative code with ERROR filled. */
int pool_content_read(struct database *database, int64_t run, pool_content_take *take, void *arg,
                      struct error *error);

/* The tables that hold them. */
#define POOL_CONTENT_TABLES                                                                                  \
    "CREATE TABLE pool (\n"                                                                                  \
    "  run INTEGER NOT NULL REFERENCES run,\n"                                                               \
    "  pool TEXT NOT NULL,\n"                                                                                \
    "  content BLOB NOT NULL,    -- the hash of what its tasks had in common\n"                              \
    "  PRIMARY KEY (run, pool)\n"                                                                            \
    ") WITHOUT ROWID;"                                                                                       \
    "CREATE TABLE part (\n"                                                                                  \
    "  content BLOB NOT NULL,    -- of which this is a part\n"                                               \
    "  name TEXT NOT NULL,       -- run, env NAME, vars.NAME and so on\n"                                    \
    "  hash INTEGER NOT NULL,\n"                                                                             \
    "  PRIMARY KEY (content, name)\n"                                                                        \
    ") WITHOUT ROWID;"

#endif
