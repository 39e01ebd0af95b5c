/*
 * The durable queues of a run: their files, and a thread that writes to them what happens.
 *
 * A message that was put lasts from the next commit on, some milliseconds later. Acknowledgements never
 * overtake it: what a body put before it was done with a message is in the file before that one is
 * taken out of its own, be it another file.
 *
 * After the first write that fails none is tried again: what was told behind it may rest on what was lost.
 */
#ifndef STORE_QUEUE_STORE_H
#define STORE_QUEUE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/queue_reader.h"

struct buf;
struct error;
struct loop;
struct queue_store;
struct stored;

struct queue_store_callbacks {
    /* In the store's thread, before a commit: waits until what has been recorded elsewhere of the messages that are done
     * with lasts. False where some of that is lost: then no message is taken out of a file any more. */
    bool (*settle)(void *arg);
    /* On the loop's thread, after each commit. */
    void (*committed)(void *arg);
    /* On the loop's thread, after queue_store_finish(): all is in the files, or never will be. */
    void (*finished)(void *arg);
};

struct queue_store *queue_store_new(void);

/*
 * Adds the queue NAME (borrowed), whose framing has a word, in the file at PATH, which is opened with its tables where no queue
 * before had it; MESSAGES are put there where the queue is new in it. Before queue_store_start().
 * Returns the queue's number, or a negative code with ERROR filled, as database_open().
 */
int64_t queue_store_add(struct queue_store *store, const char *path, const char *name,
                        const char *framing, const struct stored *messages, size_t count,
                        struct error *error);

/* Starts the thread. 0, or a negative code with ERROR filled. */
int queue_store_start(struct queue_store *store, struct loop *loop,
                      const struct queue_store_callbacks *callbacks, void *arg,
                      struct error *error);

/* Puts down in the files where the run can be asked; queue_store_report() tells where that failed. */
void queue_store_set_socket(struct queue_store *store, const char *socket);

/* Messages that were in the file when the queue was added, and are not read yet. */
int64_t queue_store_left(const struct queue_store *store, size_t slot);

/* Messages that were in the file before the queue was added. */
int64_t queue_store_before(const struct queue_store *store, size_t slot);

/* Appends what is wrong with how many there are, or which; false where nothing is. */
bool queue_store_damage(const struct queue_store *store, size_t slot, struct buf *out);

/* Gives up to MOST of those to TAKE, as queue_reader_next(). One thread at a time for each slot. */
int64_t queue_store_read(struct queue_store *store, size_t slot, size_t most, queue_take *take,
                         void *arg, struct error *error);

/* Puts a message (its id and time are given here), and returns its id. Any thread. */
int64_t queue_store_put(struct queue_store *store, size_t slot, struct stored message);

/* It is tried for the ATTEMPTS-th time; it was acknowledged. Any thread. */
void queue_store_tried(struct queue_store *store, size_t slot, int64_t id, int64_t attempts);
void queue_store_done(struct queue_store *store, size_t slot, int64_t id);

/* It was read, and is not as it was written: it is moved to where nobody gets it. Any thread. */
void queue_store_set_aside(struct queue_store *store, size_t slot, int64_t id);

/* True where so much waits for the disk that nothing more should be put. Any thread. */
bool queue_store_is_full(struct queue_store *store);

/* A moment, and whether all that was told before it is in the files. Any thread. */
uint64_t queue_store_moment(struct queue_store *store);
bool queue_store_has_reached(struct queue_store *store, uint64_t moment);

/* Waits until what was told by now is in the files, or lost. */
void queue_store_wait(struct queue_store *store);

/* True where something could not be written: queue_store_report() tells what. Any thread. */
bool queue_store_has_failed(struct queue_store *store);

/* No more will come. */
void queue_store_finish(struct queue_store *store);

/* Appends a line about what could not be written; nothing where all was. */
void queue_store_report(struct queue_store *store, struct buf *out);

/* Frees it, before the loop is freed; what the thread still needs is left to the end of the process.
 * NULL is accepted. */
void queue_store_free(struct queue_store *store);

#endif
