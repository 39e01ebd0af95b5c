/* Where a pool's tasks come from, one item at a time, read as they are needed. */
#ifndef POOL_SOURCE_SOURCE_H
#define POOL_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

struct buf;
struct error;
struct hash;
struct items;
struct delivery_tag;
struct object_wait;
struct pool_spec;
struct run;
struct consumer;

enum items_result {
    ITEMS_ONE,  /* an encoded item was appended */
    ITEMS_WAIT, /* nothing there now: MORE(ARG) is called when there is */
    ITEMS_END,
    ITEMS_FAILED, /* ERROR says why: the source cannot be read on */
};

/* Opens the pool's source. NULL with ERROR filled where that fails. */
struct items *items_new(struct run *run, const struct pool_spec *pool, void (*more)(void *arg),
                        void *arg, struct error *error);

/* The next item; with `batch` a list of them. */
enum items_result items_next(struct items *items, struct buf *encoded, struct error *error);

/* How many items there are in all; -1 where nobody knows before the source has ended. */
int64_t items_count(const struct items *items);

/* The line of its file where the item that was given last began; 0: it is of no file, or that is not known. */
int64_t items_line(const struct items *items);

/* Of messages of a queue: who has taken them, to be told what becomes of each; LAST, unless it is NULL, gets
 * a struct task_message for each in the item that was given last. NULL for other sources, and for NULL. */
struct consumer *items_consumer(const struct items *items, struct buf *last);

/* True where the source is a queue and waits for a message of it, or for room for its dead
 * messages; fills WAIT. */
bool items_wait(const struct items *items, struct object_wait *wait);

/* The name of the file, or the command, that has not written the next item yet; NULL: there is none, and for NULL. */
const char *items_awaited(const struct items *items);

/* Nothing is asked of it for now: what comes goes to others. NULL is accepted. */
void items_leave(struct items *items);

/* Holds back what the source tells the log. NULL is accepted. */
void items_hold(struct items *items, bool held);

/*
 * No more items are wanted: ends what the source runs, at once with FORCE. True when nothing of it
 * is left; MORE(ARG) is called when to ask again. NULL is accepted.
 */
bool items_finish(struct items *items, bool force);

/* True where a thread of the source hangs and was left behind. NULL is accepted. */
bool items_were_left(const struct items *items);

/* The file that holds the blocks which are the items, or where STREAM is set those of them that are kept; -1: they are none. */
int items_blocks(const struct items *items, bool *stream);

/* By what the last item is known, a block of a stream, beside where it lies. False where it is none. NULL is accepted. */
bool items_content(const struct items *items, struct hash *content);

/* The task of this item has ended, and is not tried again. NULL is accepted. */
void items_done(struct items *items, const struct buf *item, int64_t index);

/* Once items_finish() was true. NULL is accepted. */
void items_free(struct items *items);

#endif
