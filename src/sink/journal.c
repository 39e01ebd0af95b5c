/* The journal of a run: rows gathered by the loop, written by a thread. */
#include "sink/journal.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "loop/loop.h"
#include "loop/thread.h"
#include "sink/database.h"
#include "sink/journal_file.h"
#include "sink/journal_row.h"

/* Bytes of rows that may wait before the run is held, and those below which it goes on. */
#define BOUND (4 << 20)
#define ROOM (BOUND / 2)

/* Rows wait so long for others to share their commit, unless so many bytes of them are there. */
#define COMMIT_TIME (5 * NS_PER_MS)
#define COMMIT_BYTES (1 << 20)

struct journal {
    struct loop *loop;
    struct database *database; /* the thread's alone, and the writer too */
    struct journal_writer *writer;
    struct journal_callbacks callbacks;
    void *arg;
    struct thread *thread;
    struct buf gathered; /* the loop's alone, down to done */
    bool handing;        /* a deferred hand-over is on its way */
    bool full;           /* room is owed */
    bool done;
    atomic_size_t held; /* bytes handed over and not yet committed */

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    struct buf waiting;
    bool finish;
    bool abandoned; /* nobody waits for the thread any more, the loop may be gone */
    size_t lost;    /* rows */
    char *reason;   /* why the first of them was lost */
};

static void tell_room(void *arg)
{
    struct journal *journal = arg;
    if (!journal->full || journal->gathered.length + atomic_load(&journal->held) > ROOM)
        return;
    journal->full = false;
    journal->callbacks.room(journal->arg);
}

static void tell_finished(void *arg)
{
    struct journal *journal = arg;
    thread_join(journal->thread);
    journal->done = true;
    journal->callbacks.finished(journal->arg);
}

/* Under the lock: waits for a first row, then a little for others. False where none will come. */
static bool wait_for_rows(struct journal *journal)
{
    struct timespec until;
    while (!journal->waiting.length && !journal->finish)
        pthread_cond_wait(&journal->changed, &journal->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += COMMIT_TIME;
    until.tv_sec += until.tv_nsec / NS_PER_S;
    until.tv_nsec %= NS_PER_S;
    int result = 0;
    while (!journal->finish && journal->waiting.length < COMMIT_BYTES && result != ETIMEDOUT)
        result = pthread_cond_timedwait(&journal->changed, &journal->lock, &until);
    return journal->waiting.length;
}

/* Under the lock, which it leaves for the time of writing: all that waits, in one commit. */
static void write_rows(struct journal *journal, struct buf *rows)
{
    struct error error = {0};
    struct buf empty = *rows;
    *rows = journal->waiting;
    journal->waiting = empty;
    pthread_mutex_unlock(&journal->lock);
    size_t lost = journal_write(journal->writer, rows, &error);
    pthread_mutex_lock(&journal->lock);
    journal->lost += lost;
    if (error.text && !journal->reason)
        journal->reason = mem_strdup(error.text);
    error_release(&error);
    atomic_fetch_sub(&journal->held, rows->length);
    buf_clear(rows);
}

static void journal_thread(void *arg)
{
    struct journal *journal = arg;
    struct buf rows = {0};
    pthread_mutex_lock(&journal->lock);
    while (wait_for_rows(journal)) {
        write_rows(journal, &rows);
        if (!journal->abandoned)
            loop_post(journal->loop, tell_room, journal);
    }
    pthread_mutex_unlock(&journal->lock);
    buf_release(&rows);
    journal_writer_free(journal->writer);
    database_close(journal->database);
    pthread_mutex_lock(&journal->lock);
    if (!journal->abandoned)
        loop_post(journal->loop, tell_finished, journal);
    pthread_mutex_unlock(&journal->lock);
}

static void init_lock(struct journal *journal)
{
    pthread_condattr_t attributes;
    pthread_mutex_init(&journal->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&journal->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void release(struct journal *journal)
{
    pthread_mutex_destroy(&journal->lock);
    pthread_cond_destroy(&journal->changed);
    buf_release(&journal->gathered);
    buf_release(&journal->waiting);
    free(journal->reason);
    free(journal);
}

struct journal *journal_new(struct loop *loop, struct database *database,
                            const struct journal_run *run,
                            const struct journal_callbacks *callbacks, void *arg,
                            struct error *error)
{
    struct journal *journal = mem_calloc(1, sizeof(*journal));
    int64_t id;
    journal->loop = loop;
    journal->database = database;
    journal->callbacks = *callbacks;
    journal->arg = arg;
    init_lock(journal);
    if (!journal_begin(database, run, &id, error))
        journal->writer = journal_writer_new(database, id, error);
    if (journal->writer && !thread_start(journal_thread, journal, &journal->thread, error))
        return journal;
    journal_writer_free(journal->writer);
    database_close(database);
    release(journal);
    return NULL;
}

/* The thread is woken for the first row and for many, not for each. */
static void hand_over(void *arg)
{
    struct journal *journal = arg;
    journal->handing = false;
    if (!journal->gathered.length)
        return;
    pthread_mutex_lock(&journal->lock);
    atomic_fetch_add(&journal->held, journal->gathered.length);
    bool first = !journal->waiting.length;
    buf_append(&journal->waiting, journal->gathered.data, journal->gathered.length);
    if (first || journal->waiting.length >= COMMIT_BYTES)
        pthread_cond_signal(&journal->changed);
    pthread_mutex_unlock(&journal->lock);
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
    if (!journal->full && journal->gathered.length + atomic_load(&journal->held) > BOUND) {
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
    return (struct bus_reader){.arg = journal, .wants = journal_wants, .take = take_event};
}

void journal_finish(struct journal *journal)
{
    hand_over(journal);
    pthread_mutex_lock(&journal->lock);
    journal->finish = true;
    pthread_cond_signal(&journal->changed);
    pthread_mutex_unlock(&journal->lock);
}

void journal_report(struct journal *journal, struct buf *out)
{
    pthread_mutex_lock(&journal->lock);
    if (!journal->done)
        buf_text(out, "parrun: error: the journal could not be written to its end in time\n");
    else if (journal->lost)
        buf_printf(out, "parrun: error: %s; %zu of its rows could not be written\n",
                   journal->reason, journal->lost);
    pthread_mutex_unlock(&journal->lock);
}

void journal_free(struct journal *journal)
{
    if (!journal)
        return;
    if (journal->done) {
        release(journal);
        return;
    }
    pthread_mutex_lock(&journal->lock);
    journal->abandoned = true;
    pthread_mutex_unlock(&journal->lock);
}
