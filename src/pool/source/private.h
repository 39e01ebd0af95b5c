/* What the kinds of source share; each is a file KIND.c with one table of functions. */
#ifndef POOL_SOURCE_PRIVATE_H
#define POOL_SOURCE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "pool/source/input.h"
#include "pool/source/source.h"
#include "scenario/spec.h"

struct items_kind {
    /* Opens the source; 0 or a negative code. NULL: nothing to open. */
    int (*open)(struct items *items, struct error *error);
    enum items_result (*next)(struct items *items, struct buf *encoded, struct error *error);
    /* As items_count() without batches. NULL: nobody knows. */
    int64_t (*count)(const struct items *items);
    /* As items_hold(). NULL: it makes no output. */
    void (*hold)(struct items *items, bool held);
    /* As items_finish(). NULL: nothing runs. */
    bool (*finish)(struct items *items, bool force);
    /* Frees what open() made, also where that failed. NULL: nothing. */
    void (*close)(struct items *items);
};

struct items {
    const struct items_kind *kind;
    struct run *run;
    const struct pool_spec *pool;
    const struct source_spec *spec;
    void (*more)(void *arg);
    void *arg;
    int64_t line;          /* of its file, where the item that was given last began; 0: not known */
    int64_t at;            /* how many were taken from the source */
    int64_t place;         /* of a matrix: the next combination */
    void *state;           /* the kind's own */
    struct task_input *task_input; /* of kinds that read bytes; freed with the items */
    struct buf gathered;   /* of a batch that is not whole yet */
    int64_t gathered_count;
    int64_t gathered_bytes; /* of a command line, with batch.bytes; */
    int64_t room;           /* no more than so many */
    struct buf messages;   /* struct task_message: of the item that was given last, of a queue */
    struct columns *columns; /* of lines: cuts them into columns; NULL: they are not cut */
    bool left; /* its thread hangs and is left behind */
};

extern const struct items_kind items_of_count;
extern const struct items_kind items_of_list;
extern const struct items_kind items_of_range;
extern const struct items_kind items_of_matrix;
extern const struct items_kind items_of_lines;
extern const struct items_kind items_of_jsonl;
extern const struct items_kind items_of_csv;
extern const struct items_kind items_of_glob;
extern const struct items_kind items_of_output;
extern const struct items_kind items_of_lua;
extern const struct items_kind items_of_queue;
extern const struct items_kind items_of_blocks;

/* items.c: tells the log of a line that the source wrote. */
void items_tell_line(struct items *items, const char *bytes, size_t length, bool unfinished);

/* queue.c: as items_wait() and items_consumer(), of such a source. */
void items_queue_wait(const struct items *items, struct object_wait *wait);
struct consumer *items_queue_consumer(const struct items *items, struct delivery_tag *last);

/* lines.c: opens the file of the source; 0 or a negative code. */
int items_open_file(struct items *items, struct error *error);

/* lines.c: what a reading that gave no item means for the items. */
enum items_result items_after(enum input_result result);

/* columns.c: what cuts the lines of SPEC into columns and names these. NULL with ERROR filled where
 * that is not possible. */
struct columns *columns_new(const struct source_spec *spec, struct error *error);

/* True where the next line is the header. */
bool columns_want_header(const struct columns *columns);

/* Takes the header. 0, or ERROR_FAILED where it cannot name columns. */
int columns_take_header(struct columns *columns, const char *bytes, size_t length,
                        struct error *error);

/* Appends a line as an item: a list of its columns, or with a header a table. 0, or ERROR_FAILED where it has
 * more of them than there are names. */
int columns_encode(struct columns *columns, const char *bytes, size_t length, struct buf *encoded,
                   struct error *error);

/* NULL is accepted. */
void columns_free(struct columns *columns);

/* lines.c: the next line, or piece that ends in NUL; also of what a command writes. */
enum items_result items_next_line(struct items *items, struct buf *encoded, struct error *error);

/* lines.c: passes over a byte order mark at the front; INTAKE_ONE when that is done. */
enum input_result items_skip_mark(struct items *items, struct error *error);

#endif
