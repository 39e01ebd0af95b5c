/*
 * A committer: a thread that writes rows to where they last, as many in one commit as come within
 * some milliseconds, so that whoever makes them never waits for the disk.
 */
#ifndef STORE_COMMIT_THREAD_H
#define STORE_COMMIT_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct committer;
struct error;
struct loop;

struct committer_callbacks {
    /* In the thread: commits ROWS, the bytes of some committer_put() one after another. Returns how
     * many rows were lost, with ERROR telling why. */
    size_t (*write)(void *arg, const struct buf *rows, struct error *error);
    /* In the thread, before it ends: closes what it writes to; ERROR tells what went wrong with that. */
    void (*close)(void *arg, struct error *error);
    /* On the loop's thread, when a commit begins, with all that waited for it. NULL: nobody asks. */
    void (*begun)(void *arg);
    /* On the loop's thread, after each commit. NULL: nobody asks. */
    void (*committed)(void *arg);
    /* On the loop's thread, after committer_finish(): all is written, or never will be. */
    void (*finished)(void *arg);
};

/* Starts the thread. NULL with ERROR filled where that cannot be done. */
struct committer *committer_new(struct loop *loop, const struct committer_callbacks *callbacks,
                                void *arg, struct error *error);

/* Hands rows over, in the order in which they are to be written. Any thread. */
void committer_put(struct committer *committer, const void *bytes, size_t length);

/* Bytes handed over and not yet committed; of those, the ones whose commit has not begun. Any thread. */
size_t committer_held(struct committer *committer);
size_t committer_waiting(struct committer *committer);

/* Bytes handed over so far, and those of them that were committed or lost. Any thread. */
uint64_t committer_total(struct committer *committer);
uint64_t committer_done(struct committer *committer);

/* Waits until all that was handed over by now is committed or lost. Any thread but the loop's and
 * the committer's own. */
void committer_wait(struct committer *committer);

/* No more will come. The loop's thread. */
void committer_finish(struct committer *committer);

/* True behind the callback FINISHED. */
bool committer_is_finished(const struct committer *committer);

/* Rows that were lost, and in *REASON, which lives as long as the committer, why the first of them
 * was; or what else went wrong first, NULL: nothing did. Any thread. */
size_t committer_lost(struct committer *committer, const char **reason);

/*
 * Frees it, before the loop is freed. False where the thread still waits for the disk: then it is left
 * to the end of the process, and its ARG must stay too. NULL is accepted.
 */
bool committer_free(struct committer *committer);

#endif
