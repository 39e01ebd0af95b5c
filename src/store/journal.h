/*
 * The journal: a row a task that has ended, in a database that outlives whatever ends the run.
 *
 * A thread of its own writes the rows, as many in one commit as come within some milliseconds; the
 * loop never waits for the disk.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "event/bus.h"

struct buf;
struct database;
struct error;
struct journal;
struct journal_run;
struct loop;

struct journal_callbacks {
    /* In the journal's thread, before a commit: waits until what its tasks have left elsewhere lasts. False where
     * some of that is lost: then it is asked for each task whether those of its POOL still count as done. */
    bool (*settle)(void *arg);
    bool (*counts)(void *arg, const char *pool, size_t length);
    /* So many rows wait that no more tasks should end; ROOM is called when they may. */
    void (*full)(void *arg);
    void (*room)(void *arg);
    /* After journal_finish(): all is on the disk, or never will be. */
    void (*finished)(void *arg);
};

/*
 * Puts down that RUN begins, and starts the thread, which owns DATABASE (of journal_open()) from
 * now on. NULL with ERROR filled, DATABASE closed, where that cannot be done.
 */
struct journal *journal_new(struct loop *loop, struct database *database,
                            const struct journal_run *run,
                            const struct journal_callbacks *callbacks, void *arg,
                            struct error *error);

struct bus_reader journal_reader(struct journal *journal);

/* No more will come. */
void journal_finish(struct journal *journal);

/* Appends a line about what could not be written; nothing where all was. */
void journal_report(struct journal *journal, struct buf *out);

/* Frees it, before the loop is freed; where the thread still waits for the disk it is left to the
 * end of the process. NULL is accepted. */
void journal_free(struct journal *journal);

#endif
