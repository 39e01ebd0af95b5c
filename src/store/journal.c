/* The journal of a run: rows gathered by the loop, committed by a thread. */
#include "store/journal.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "store/commit_thread.h"
#include "store/database.h"
#include "store/journal_file.h"
#include "store/journal_row.h"

/* Bytes of rows that may wait for the next commit before the run is held, until that begins. */
#define BOUND (4 << 20)

struct journal {
    struct loop *loop;
    struct database *database; /* the committer's alone, and the writer too */
    struct journal_writer *writer;
    struct journal_callbacks callbacks;
    void *arg;
    struct committer *committer;
    struct buf gathered;
    bool handing; /* a deferred hand-over is on its way */
    bool full;    /* room is owed */
};

static size_t on_write(void *arg, const struct buf *rows, struct error *error)
{
    struct journal *journal = arg;
    const struct journal_filter filter = {journal->callbacks.counts, journal->arg};
    bool all = journal->callbacks.settle(journal->arg);
    return journal_write(journal->writer, rows, all ? NULL : &filter, error);
}

static void on_close(void *arg, struct error *error)
{
    struct journal *journal = arg;
    journal_writer_free(journal->writer);
    database_settle(journal->database, error);
    database_close(journal->database);
}

/* Not where the last one ends: whoever waits for a whole commit leaves a processor idle. */
static void on_begun(void *arg)
{
    struct journal *journal = arg;
    if (!journal->full)
        return;
    journal->full = false;
    journal->callbacks.room(journal->arg);
}

static void on_finished(void *arg)
{
    struct journal *journal = arg;
    journal->callbacks.finished(journal->arg);
}

struct journal *journal_new(struct loop *loop, struct database *database,
                            const struct journal_run *run,
                            const struct journal_callbacks *callbacks, void *arg,
                            struct error *error)
{
    static const struct committer_callbacks committing = {
        .write = on_write, .close = on_close, .begun = on_begun, .finished = on_finished};
    struct journal *journal = mem_calloc(1, sizeof(*journal));
    int64_t id;
    journal->loop = loop;
    journal->database = database;
    journal->callbacks = *callbacks;
    journal->arg = arg;
    if (!journal_begin(database, run, &id, error))
        journal->writer = journal_writer_new(database, id, error);
    if (journal->writer)
        journal->committer = committer_new(loop, &committing, journal, error);
    if (journal->committer)
        return journal;
    journal_writer_free(journal->writer);
    database_close(database);
    free(journal);
    return NULL;
}

static void hand_over(void *arg)
{
    struct journal *journal = arg;
    journal->handing = false;
    if (!journal->gathered.length)
        return;
    committer_put(journal->committer, journal->gathered.data, journal->gathered.length);
    buf_clear(&journal->gathered);
}

static bool journal_wants(void *arg, enum event_kind kind, unsigned flags)
{
    (void)arg;
    (void)flags;
    return kind == EVENT_TASK_ENDED || kind == EVENT_RUN_ENDED;
}

static void take_event(void *arg, const struct event *event)
{
    struct journal *journal = arg;
    journal_row_put(&journal->gathered, event);
    if (!journal->full &&
        journal->gathered.length + committer_waiting(journal->committer) > BOUND) {
        journal->full = true;
        journal->callbacks.full(journal->arg);
    }
    if (journal->handing)
        return;
    journal->handing = true;
    loop_defer(journal->loop, hand_over, journal);
}

struct bus_reader journal_reader(struct journal *journal)
{
    return (struct bus_reader){
        .arg = journal, .wants = journal_wants, .take = take_event, .dated = true};
}

void journal_finish(struct journal *journal)
{
    hand_over(journal);
    committer_finish(journal->committer);
}

void journal_report(struct journal *journal, struct buf *out)
{
    const char *reason;
    size_t lost = committer_lost(journal->committer, &reason);
    if (!committer_is_finished(journal->committer))
        buf_text(out, "parrun: error: the journal could not be written to its end in time\n");
    else if (lost)
        buf_printf(out, "parrun: error: %s; %zu of its rows could not be written\n", reason, lost);
    else if (reason)
        buf_printf(out, "parrun: error: %s\n", reason);
}

void journal_free(struct journal *journal)
{
    if (!journal || !committer_free(journal->committer))
        return;
    buf_release(&journal->gathered);
    free(journal);
}
