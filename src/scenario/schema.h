/*
 * The one schema table: every key a scenario may hold, as a row.
 *
 * Validation, defaults and "did you mean" come from it, and so does whatever else speaks of keys.
 * In a block the keys are bound in the order of the table, so a key may rely on those above it.
 */
#ifndef SCENARIO_SCHEMA_H
#define SCENARIO_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct field;
struct loader;
struct node;

/* The places where keys stand. */
enum block_kind {
    BLOCK_NONE,
    BLOCK_SCENARIO,
    BLOCK_LOG,
    BLOCK_QUEUE,
    BLOCK_PROCESS,
    BLOCK_POOL,
    BLOCK_THREAD,
    BLOCK_HOOK,
    BLOCK_STOP,
    BLOCK_STREAM,
    BLOCK_TASKS,
    BLOCK_BATCH,
    BLOCK_WORKERS,
    BLOCK_LUA,
    BLOCK_COPROCESS,
    BLOCK_RETRY,
    BLOCK_HALT,
    BLOCK_ON,
    BLOCK_SLURM,
    BLOCK_THROTTLE,
    BLOCK_PRESSURE,
    BLOCK_RESULTS,
    BLOCK_LIMITS,
    BLOCK_ROTATE,
    BLOCK_READY,
    BLOCK_HEALTH,
    BLOCK_RESTART,
    BLOCK_SCHEDULE,
    BLOCK_WATCH,
    BLOCK_DO,
    BLOCK_COUNT,
};

struct block_info {
    const char *name;    /* "process" */
    const char *article; /* "a process" */
    bool named;          /* its blocks have names: process 'web' */
    const char *lacks;   /* said of a block without any of its alternatives: "has no body" */
};

/* A word that stands for a number; a NULL name ends a list of them. */
struct choice {
    const char *name;
    int value;
};

/* What a key may hold. */
struct type {
    const char *name;    /* "duration" */
    const char *wording; /* "a duration such as 30s" */
    /* Checks NODE and fills the field's member; what is wrong is reported. */
    void (*bind)(struct loader *loader, const struct field *field, const struct node *node);
    enum block_kind block; /* of the mapping, or of each mapping in it; BLOCK_NONE: no block */
    bool queues;           /* where it is wrong, nobody knows who uses which queue */
    bool early;            /* its templates are worked out while the scenario is loaded */
    bool beside;           /* a path, or a list of them, seen from the file that it stands in */
    /*
     * The members of its JSON Schema, ' standing for ". @choices, @range and @least are the key's own, @nonzero
     * in a pattern is for a key whose least is above 0, @block is its block, any other @NAME one of the shared
     * definitions in json_schema.c.
     */
    const char *json;
};

/* Where a key may stand, and which member of that block's struct, or of a part of it, it fills in. Bytes. */
struct place {
    enum block_kind block;
    uint16_t member; /* offset */
    uint16_t count;  /* offset of the member with the number of its items; 0: none */
    uint16_t part;   /* offset of the pointer to the part that the two are offsets into */
    uint16_t size;   /* of that part; 0: there is none, they are offsets into the struct itself */
};

#define SCHEMA_PLACES 4

struct key {
    const char *name;
    const struct type *type;
    struct place places[SCHEMA_PLACES + 1]; /* BLOCK_NONE ends them */
    const char *fallback;                   /* the default, as tree_word() has it; NULL: none */
    int64_t least, most;                    /* numbers: the range; both 0: any */
    const struct choice *choices;
    const char *needs; /* another key of the block that must be given too */
    bool required;
    bool alternative;    /* exactly one of the block's keys marked so must be given */
    bool child_only;     /* it is about a child process: not for a pool of kind thread */
    const char *help;    /* a sentence */
    const char *example; /* as it may stand in a file */
};

/* All keys; their number is at *COUNT. */
const struct key *schema_keys(size_t *count);

/* More keys than there will be: for arrays with an element a key. */
#define SCHEMA_KEYS_MOST 256

/* A key in a block of some kind. */
struct schema_row {
    const struct key *key;
    const struct place *place;
    size_t number; /* of the key among all of them */
};

/* The keys that may stand in a block, in the order of the table; their number is at *COUNT. */
const struct schema_row *schema_rows(enum block_kind block, size_t *count);

/* The row of NAME in a block, NULL where it may not stand there. */
const struct key *schema_find(enum block_kind block, const char *name);

/* True where a block of any kind has the key NAME. */
bool schema_has_key(const char *name);

/* Where KEY stands in a block, NULL where it may not stand there. */
const struct place *schema_place(const struct key *key, enum block_kind block);

/* What a block is called. */
const struct block_info *schema_block(enum block_kind block);

/* True for keys that are the author's own: x-anything. */
bool schema_is_own(const char *name);

#endif
