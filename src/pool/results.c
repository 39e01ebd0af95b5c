/* What a pool keeps of its tasks for later. */
#include "pool/results.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "engine/run.h"
#include "log/destination.h"
#include "log/file.h"
#include "log/file_lock.h"
#include "log/writer_thread.h"
#include "pool/results_table.h"
#include "pool/task.h"
#include "queue/async_put.h"
#include "queue/queue.h"
#include "scenario/spec.h"
#include "value/value.h"

struct results {
    const char *pool;
    bool goes_on;
    bool pushes; /* what is durable waits for the records, and the loop at times for that */
    bool separate; /* standard error is kept apart */
    const struct mask *mask; /* NULL: nothing is hidden */
    const struct results_spec *spec;
    struct results_callbacks callbacks;
    void *arg;
    char *file;
    atomic_bool lost;      /* a record, or a task's output, could not be written */
    struct output *output; /* NULL: the records go to OUTLET */
    struct async_put *async;
    enum framing framing; /* of its queue */
    struct results_table *table; /* NULL: a record is a line of JSON */
    struct buf line;
    struct buf row; /* of the table */
};

static void fail_of(struct results *results, struct error *error)
{
    results->lost = true;
    results->callbacks.failed(results->arg, error->text);
    error_release(error);
}

static void fail(struct results *results, const char *what, int number)
{
    struct error error = {0};
    error_system(&error, number, "%s", what);
    fail_of(results, &error);
}

static void on_full(void *arg)
{
    struct results *results = arg;
    results->callbacks.full(results->arg);
}

static void on_room(void *arg)
{
    struct results *results = arg;
    results->callbacks.room(results->arg);
}

static void on_failed(void *arg, int number)
{
    struct results *results = arg;
    struct error error = {0};
    error_set(&error, -number, "cannot write results to '%s': %s", results->file, target_reason(number));
    fail_of(results, &error);
}

static void on_finished(void *arg)
{
    struct results *results = arg;
    results->callbacks.finished(results->arg);
}

static char *record_file(const struct results_spec *spec)
{
    struct buf path = {0};
    buf_printf(&path, spec->kind == RESULTS_DIRECTORY ? "%s/results.jsonl" : "%s", spec->path);
    return buf_take(&path);
}

int results_claim(const struct results_spec *spec, bool goes_on, struct error *error)
{
    struct stat status;
    char *path = record_file(spec);
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int result = 0;
    if (fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode))
        result = file_claim(fd, goes_on, "write results to", path, error);
    if (result)
        close(fd);
    free(path);
    return result ? result : fd < 0 ? -1 : fd;
}

static void open_async_put(struct results *results, struct run *run, const char *pool)
{
    static const struct async_put_callbacks callbacks = {
        .full = on_full, .room = on_room, .finished = on_finished};
    struct queue *queue = run->queue_set.list[results->spec->queue];
    results->async = async_put_new(run, queue, pool, &callbacks, results);
    results->framing = queue_framing(queue);
}

/* Of the file of each stream. */
static const char *const endings[TASK_STREAMS] = {"out", "err"};

/* INDEX.out or INDEX.err, and what keep_older() has made of it. */
static void remove_output(const char *directory, long long index, const char *ending)
{
    struct buf path = {0};
    int removed = 0;
    for (int copy = 0; !removed; copy++) {
        buf_clear(&path);
        buf_printf(&path, "%s/%lld.%s", directory, index, ending);
        if (copy)
            buf_printf(&path, ".%d", copy);
        removed = unlink(path.data);
    }
    buf_release(&path);
}

/* The outputs that an earlier run has recorded would be taken for this one's: it may have fewer tasks. */
static int remove_older(const struct results_spec *spec, struct error *error)
{
    char *line = NULL;
    size_t size = 0;
    long long index;
    char *path = record_file(spec);
    int fd = results_claim(spec, false, error);
    FILE *records = fd >= 0 ? fopen(path, "re") : NULL;
    while (records && getline(&line, &size, records) > 0)
        if (sscanf(line, "{\"pool\":\"%*[^\"]\",\"index\":%lld", &index) == 1)
            for (size_t i = 0; i < TASK_STREAMS; i++)
                remove_output(spec->path, index, endings[i]);
    if (records)
        fclose(records);
    if (fd >= 0)
        close(fd);
    free(path);
    free(line);
    return fd < -1 ? fd : 0;
}

/* NULL with ERROR filled where the file cannot be used. */
static struct target *open_file(struct results *results, struct error *error)
{
    unsigned flags = (results->goes_on ? FILE_APPEND : FILE_EMPTY) | (results->table ? FILE_ROWS : 0);
    if (!results->goes_on && results->spec->kind == RESULTS_DIRECTORY && remove_older(results->spec, error))
        return NULL;
    /* before it is opened, which cuts what looks like a torn row */
    if (results->goes_on && results->table && results_table_continue(results->table, results->file, error))
        return NULL;
    return target_open(results->file, flags | FILE_DIRECTORIES | FILE_CLAIM, NULL, "write results to", error);
}

struct results *results_new(struct run *run, const struct pool_spec *pool, bool goes_on,
                            const struct results_callbacks *callbacks, void *arg,
                            struct error *error)
{
    static const struct output_callbacks output_callbacks = {
        .full = on_full, .room = on_room, .failed = on_failed, .finished = on_finished};
    struct results *results = mem_calloc(1, sizeof(*results));
    results->pool = pool->object.name;
    results->separate = pool->separate;
    results->goes_on = goes_on;
    results->pushes = run->queue_set.store != NULL;
    results->spec = pool->results;
    results->mask = run->mask;
    results->callbacks = *callbacks;
    results->arg = arg;
    if (pool->results->kind == RESULTS_QUEUE) {
        open_async_put(results, run, pool->object.name);
        return results;
    }
    results->file = record_file(results->spec);
    results->table = pool->results->separator ? results_table_new(pool) : NULL;
    struct target *target = open_file(results, error);
    if (!target) {
        results_free(results);
        return NULL;
    }
    results->output = output_new(run->loop, target, &output_callbacks, results);
    return results;
}

void results_take_output(struct results *results, struct task *task, size_t stream,
                         const char *bytes, size_t length)
{
    struct error error = {0};
    if (spool_put(&task->output.streams[stream].kept, bytes, length, &error))
        results->callbacks.failed(results->arg, error.text); /* the record will have it, from memory */
    error_release(&error);
}

/* Bytes that are no text are there whole besides. */
static void put_base64(struct buf *line, const char *key, const char *bytes, size_t length)
{
    if (utf8_valid(bytes, length))
        return;
    buf_printf(line, ",\"%s_base64\":", key);
    json_base64(line, bytes, length);
}

static void put_bytes(struct buf *line, const char *key, const char *bytes, size_t length)
{
    buf_printf(line, ",\"%s\":", key);
    json_quote(line, bytes, length);
    put_base64(line, key, bytes, length);
}

static void put_value(const struct results *results, struct buf *line, const char *key,
                      const char *encoded, size_t length)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    struct error error = {0};
    if (!value_decode(arena, &encoded, &length, &value, &error)) {
        if (results->mask)
            value_hide(arena, results->mask, &value);
        buf_printf(line, ",\"%s\":", key);
        value_json(line, &value);
        if (value.type == VALUE_STRING)
            put_base64(line, key, value.string.bytes, value.string.length);
    }
    error_release(&error);
    arena_free(arena);
}


/* Writes all of BYTES; 0 or an errno value. */
static int write_whole(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return 0;
}

/* Moves the kept output to FD, or to LINE where there is none; 0 or an errno value. */
static int move_output(struct spool *kept, int fd, struct buf *line)
{
    struct error error = {0};
    const char *bytes;
    size_t length;
    int result, number = 0;
    while ((result = spool_next(kept, &bytes, &length, &error)) > 0) {
        if (fd < 0)
            buf_append(line, bytes, length);
        else if (!number)
            number = write_whole(fd, bytes, length);
    }
    error_release(&error);
    return result < 0 ? -result : number;
}

/* What an earlier run has left at PATH is kept: a source that was edited has other tasks of the same
 * numbers. 0 or an errno value. */
static int keep_older(const char *path)
{
    struct buf kept = {0};
    int number = EEXIST;
    if (access(path, F_OK))
        return 0;
    for (int copy = 1; number == EEXIST; copy++) {
        buf_clear(&kept);
        buf_printf(&kept, "%s.%d", path, copy);
        number = link(path, kept.data) ? errno : 0;
    }
    buf_release(&kept);
    return number || !unlink(path) ? number : errno;
}

static void write_output_file(struct results *results, struct task *task, size_t stream)
{
    struct buf path = {0};
    struct error error = {0};
    buf_printf(&path, "%s/%lld.%s", results->spec->path, (long long)task->index,
               endings[stream]);
    int number = results->goes_on ? keep_older(path.data) : 0;
    int fd = number ? error_system(&error, number, "cannot keep '%s' of an earlier run", path.data)
                    : file_open(path.data, FILE_EMPTY, "write results to", &error);
    number = fd < 0 ? 0 : move_output(&task->output.streams[stream].kept, fd, NULL);
    if (fd >= 0 && close(fd) && !number)
        number = errno;
    if (fd < 0)
        fail_of(results, &error);
    else if (number)
        fail(results, path.data, number);
    buf_release(&path);
}

static void put_stream(struct results *results, struct task *task, size_t stream)
{
    static const char *const keys[] = {"output", "errors"};
    struct buf output = {0};
    if (results->spec->kind == RESULTS_DIRECTORY) {
        write_output_file(results, task, stream);
        return;
    }
    int number = move_output(&task->output.streams[stream].kept, -1, &output);
    if (number)
        fail(results, "cannot read a task's output back", number);
    if (output.length)
        put_bytes(&results->line, keys[stream], output.data, output.length);
    buf_release(&output);
}

static void put_reason(const struct results *results, struct buf *line, const struct task *task)
{
    struct buf reason = {0};
    mask_text(results->mask, &reason, task->end.text, task->end.text_length);
    put_bytes(line, "reason", buf_string(&reason), reason.length);
    buf_release(&reason);
}

/* In the journal's words, and those of a run: success_codes, allow_failure and timeouts are reckoned with. */
static const char *state_of(const struct task *task)
{
    if (task->end.outcome == OUTCOME_DONE)
        return "succeeded";
    if (task->end.outcome == OUTCOME_CANCELLED)
        return "stopped";
    return task->terms.allowed ? "allowed" : "failed";
}

static void put_outcome(const struct results *results, struct buf *line, const struct task *task)
{
    buf_printf(line, ",\"state\":\"%s\"", state_of(task));
    if (task->end.outcome == OUTCOME_DONE || task->end.outcome == OUTCOME_EXITED)
        buf_printf(line, ",\"exit\":%lld", (long long)task->end.number);
    else if (task->end.outcome == OUTCOME_SIGNALED)
        buf_printf(line, ",\"signal\":\"%s\"", signal_name((int)task->end.number));
    else if (task->end.outcome == OUTCOME_TIMEOUT)
        buf_text(line, ",\"reason\":\"timed out\"");
    else if (task->end.outcome == OUTCOME_CANCELLED)
        buf_text(line, ",\"ended\":true");
    if (task->end.outcome != OUTCOME_DONE && task->end.text_length)
        put_reason(results, line, task);
}

/* The record as a value where the queue takes such, else as text. */
static void put_message(struct results *results)
{
    struct buf encoded = {0};
    framing_decode(results->framing, results->line.data, results->line.length, &encoded);
    async_put_put(results->async, encoded.data, encoded.length);
    buf_release(&encoded);
}

void results_put(struct results *results, struct task *task)
{
    struct buf *line = &results->line;
    buf_clear(line);
    buf_printf(line, "{\"pool\":\"%s\",\"index\":%lld", results->pool, (long long)task->index);
    put_value(results, line, "item", task->item.data, task->item.length);
    buf_printf(line, ",\"attempt\":%lld", (long long)task->attempt);
    put_outcome(results, line, task);
    buf_printf(line, ",\"seconds\":%lld.%06lld", (long long)(task->end.duration / NS_PER_S),
               (long long)(task->end.duration % NS_PER_S / 1000));
    if (task->end.memory)
        buf_printf(line, ",\"memory\":%lld", (long long)task->end.memory);
    if (task->end.outcome == OUTCOME_DONE && task->end.text_length)
        put_value(results, line, "result", task->end.text, task->end.text_length);
    for (size_t i = 0; i < (results->separate ? TASK_STREAMS : 1); i++)
        put_stream(results, task, i);
    buf_char(line, '}');
    if (results->async) {
        put_message(results);
        return;
    }
    if (results->table) {
        buf_clear(&results->row);
        results_table_put(results->table, line->data, line->length, &results->row);
        line = &results->row;
    } else {
        buf_char(line, '\n');
    }
    struct buf *gathered = output_begin(results->output);
    size_t before = gathered->length;
    buf_move(gathered, line->data, line->length);
    output_end(results->output, before);
    if (results->pushes)
        output_push(results->output);
}

bool results_settle(struct results *results)
{
    bool whole = !results->output || output_settle(results->output);
    return whole && !results->lost;
}

void results_finish(struct results *results)
{
    if (results->async)
        async_put_finish(results->async);
    else
        output_finish(results->output);
}

void results_free(struct results *results)
{
    if (!results)
        return;
    async_put_free(results->async);
    output_free(results->output);
    results_table_free(results->table);
    free(results->file);
    buf_release(&results->line);
    buf_release(&results->row);
    free(results);
}
