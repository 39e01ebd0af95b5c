/* What is put by "parrun queue FILE put". */
#include "cli/queue_put.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/options.h"
#include "cli/queue_command.h"
#include "cli/runner/complain.h"
#include "cli/runner/status.h"
#include "log/file_lock.h"
#include "store/database.h"
#include "store/queue_file.h"
#include "value/value.h"

/* Into a file: */
struct filing {
    struct queue_put *put;
    struct database *database;
    bool json; /* the messages are */
    int64_t id;
    int64_t count;
};

void queue_put_init(struct queue_put *put, const struct options *options, const char *const *words,
                    size_t count)
{
    *put = (struct queue_put){
        .options = options,
        .queue = words[0],
        .values = words + 1,
        .count = count - 1,
        .input = {.end = options->asking.nul ? '\0' : '\n', .at_end = count > 1},
    };
    put->messages.word = count > 2 ? "value" : count > 1 ? NULL : "line";
    for (size_t i = 0; i < put->count; i++)
        messages_add(&put->messages, put->values[i], strlen(put->values[i]));
}

void queue_put_release(struct queue_put *put)
{
    buf_release(&put->messages.bytes);
    input_release(&put->input);
}

int queue_put_prepare(struct queue_put *put, const char *file, bool *live, struct error *error)
{
    *live = !put->input.kept && !put->input.at_end && file_has_run(file);
    return *live ? 0 : input_keep(&put->input, error);
}

static int add_message(void *arg, const char *bytes, size_t length, struct error *error)
{
    (void)error;
    messages_add(arg, bytes, length);
    return 0;
}

/* ---- into the file ---- */

static int encode(const struct filing *filing, const char *bytes, size_t length,
                  struct buf *encoded, struct error *error)
{
    if (!filing->json) {
        value_encode_string(encoded, bytes, length);
        return 0;
    }
    if (!value_encode_json(encoded, bytes, length, error))
        return 0;
    return error_wrap(error, "queue '%s': it takes JSON", filing->put->queue);
}

static int file_one(void *arg, const char *bytes, size_t length, struct error *error)
{
    struct filing *filing = arg;
    const struct asking *asking = &filing->put->options->asking;
    struct buf encoded = {0};
    int result = encode(filing, bytes, length, &encoded, error);
    const struct stored message = {
        .id = filing->id++,
        .priority = asking->priority,
        .due = asking->delay ? clock_wall() + asking->delay : 0,
        .put = clock_wall(),
        .encoded = encoded.data,
        .length = encoded.length,
    };
    if (!result)
        result = queue_file_insert(filing->database, filing->put->queue, &message, 1, error);
    buf_release(&encoded);
    filing->count++;
    return result;
}

/* Within a transaction: what was read, then what was not. */
static int file_all(struct filing *filing, struct error *error)
{
    const struct buf *read = &filing->put->messages.bytes;
    uint32_t size;
    int result = 0;
    for (size_t at = 0; !result && at < read->length; at += sizeof(size) + size) {
        memcpy(&size, read->data + at, sizeof(size));
        result = file_one(filing, read->data + at + sizeof(size), size, error);
    }
    while (!result && (result = input_next(&filing->put->input, file_one, filing, error)) == 1)
        result = 0;
    return result;
}

static int prepare_queue(struct filing *filing, int *found, struct error *error)
{
    struct buf framing = {0};
    const char *queue = filing->put->queue;
    *found = queue_file_has(filing->database, queue, error);
    int result = *found < 0 ? *found
                            : queue_file_make(filing->database, queue, NULL, NULL, 0, clock_wall(), error);
    if (result >= 0)
        result = queue_file_framing(filing->database, queue, &framing, error);
    filing->json = !strcmp(buf_string(&framing), "json");
    buf_release(&framing);
    return result ? result : queue_file_next_id(filing->database, &filing->id, error);
}

int queue_put_file(struct queue_put *put, struct database *database, struct error *error)
{
    struct filing filing = {.put = put, .database = database};
    int found;
    int result = prepare_queue(&filing, &found, error);
    if (!result)
        result = database_run(database, "BEGIN IMMEDIATE", error);
    if (result)
        return result;
    result = queue_file_end(database, file_all(&filing, error), error);
    if (!result)
        queue_tell((int64_t)put->messages.done + filing.count,
                   found ? "put into" : "put into the new queue", put->queue);
    return result;
}

/* ---- to a run ---- */

int queue_put_run(struct queue_put *put, const char *socket)
{
    struct error error = {0};
    int status = STATUS_OK;
    int result = 1;
    while (result == 1 && status == STATUS_OK) {
        if (put->messages.bytes.length)
            status = queue_client_file_put(put->options, socket, put->queue, &put->messages);
        else
            result = input_next(&put->input, add_message, &put->messages, &error);
    }
    if (status == STATUS_OK && result < 0)
        return complain_of(&error);
    if (status == STATUS_OK)
        queue_tell((int64_t)put->messages.done, "put into", put->queue);
    return status;
}
