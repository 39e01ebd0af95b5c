/*
 * What a pool keeps of its tasks for later: a record each as JSON Lines or as the row of a table (results_table.h), in a
 * file, or in a directory with the output of each task beside it; or as messages of a queue.
 *
 *     {"pool":"p","index":0,"item":...,"attempt":1,"state":"succeeded","exit":0,"seconds":0.012345,
 *      "memory":1331200,"output":"..."}
 *
 * "state" is else "failed", "allowed" where that may be, or "stopped". "signal" stands for "exit" where a signal ended it, "reason" tells why a task failed that had
 * neither, "result" holds what a Lua body returned; what is no UTF-8 is there as "item_base64" and so on besides. In a
 * directory, output is INDEX.out, and standard error that is kept apart ("errors" in a record) INDEX.err; one of an
 * earlier run that goes on is kept as INDEX.out.1, .2 ..., and those that any other earlier run has recorded are
 * removed.
 */
#ifndef POOL_RESULTS_H
#define POOL_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct results;
struct results_spec;
struct pool_spec;
struct run;
struct task;

struct results_callbacks {
    /* Much waits to be written: no more should be made until ROOM. */
    void (*full)(void *arg);
    void (*room)(void *arg);
    /* A record, or a task's output, could not be written: TEXT says what and why. */
    void (*failed)(void *arg, const char *text);
    /* After results_finish(): all is written, or never will be. */
    void (*finished)(void *arg);
};

/*
 * Before anything starts: claims the file of records for this run where it is there already (file_claim()), so that
 * nothing of it changes before the pool begins. A descriptor, to be closed just before results_new(), -1
 * where there is none, or ERROR_LOCKED with ERROR filled.
 */
int results_claim(const struct results_spec *spec, bool goes_on, struct error *error);

/* Opens what the pool's results name; what files hold stays where this run GOES ON with the work of
 * an earlier one. NULL with ERROR filled where that is not possible. */
struct results *results_new(struct run *run, const struct pool_spec *pool, bool goes_on,
                            const struct results_callbacks *callbacks, void *arg,
                            struct error *error);

/* Takes a piece of what the task wrote to STREAM, as pool_take_output() has it. */
void results_take_output(struct results *results, struct task *task, size_t stream,
                         const char *bytes, size_t length);

/* Records how the task has ended. */
void results_put(struct results *results, struct task *task);

/* Waits until the records that were put by now are in the file; false where any is lost so far. Any thread
 * but the loop's, which must go on meanwhile. */
bool results_settle(struct results *results);

/* No more will come. */
void results_finish(struct results *results);

/* NULL is accepted. */
void results_free(struct results *results);

#endif
