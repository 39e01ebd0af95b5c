/* What Lua bodies in a worker see of the runner: each call is frames there and back. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "script/script.h"
#include "value/message_check.h"
#include "worker/private.h"

/* Puts that follow each other more quickly are written together. */
#define PUT_GATHERING (200 * INT64_C(1000))

/* So many bytes of them are not gathered any longer. */
#define PUT_BYTES (32u << 10)

/* Whoever waits longer for room, with no time limit, tells the runner so. */
#define STUCK_TIME (500 * NS_PER_MS)

/* A wait that is longer makes the messages that came ahead go back to the queue. */
#define LONG_WAIT 0.01

/* Whether the body must end now: the code for it, or 0. */
int host_must_end(struct worker *worker, struct error *error)
{
    if (worker->deadline && clock_monotonic() >= worker->deadline)
        channel_poll(worker); /* which may tell of a pause, which does not count */
    if (worker->cancelled)
        return error_set(error, ERROR_STOPPED, "stopped");
    if (worker->deadline && clock_monotonic() >= worker->deadline)
        return error_set(error, ERROR_TIMEOUT, "timed out");
    return 0;
}

static int64_t sooner(const struct worker *worker, int64_t deadline)
{
    if (!worker->deadline || (deadline && deadline < worker->deadline))
        return deadline;
    return worker->deadline;
}

static int host_sleep(void *arg, double seconds, struct error *error)
{
    struct worker *worker = arg;
    int64_t until = clock_after(seconds);
    int result = 0;
    inboxes_tidy(worker, seconds > LONG_WAIT);
    while (!(result = host_must_end(worker, error)) && clock_monotonic() < until)
        channel_wait(worker, NULL, 0, sooner(worker, until));
    return result;
}

static int host_output(void *arg, const char *bytes, size_t length, struct error *error)
{
    struct worker *worker = arg;
    int result = 0;
    output_write(worker, 0, bytes, length);
    while (channel_is_full(worker) && !(result = host_must_end(worker, error)))
        channel_wait(worker, NULL, 0, worker->deadline);
    return result;
}

static int host_log(void *arg, const char *bytes, size_t length, struct error *error)
{
    struct worker *worker = arg;
    log_write(worker, bytes, length);
    channel_flush(worker, false);
    return host_must_end(worker, error);
}

/*
 * Waits for the ANSWER to what was just asked. A body that must end meanwhile still gets it, as the
 * runner answers at once when told that nobody waits: so no message is left between the two.
 */
int host_wait_for_answer(struct worker *worker, struct error *error)
{
    int result = 0;
    worker->reply.answered = false;
    while (!worker->reply.answered) {
        if (!result && (result = host_must_end(worker, error)))
            frame_plain(&worker->channel.pending, FRAME_UNGET);
        channel_wait(worker, NULL, 0, result ? 0 : worker->deadline);
    }
    return result;
}

static bool is_among(const struct config_texts *names, const char *queue, size_t *index)
{
    for (*index = 0; *index < names->count; ++*index)
        if (!strcmp(names->items[*index], queue))
            return true;
    return false;
}

/* A queue that the body did not declare is one that nobody counts on it for. */
static int must_declare(const struct config_texts *declared, const char *queue, const char *key,
                        size_t *index, struct error *error)
{
    if (is_among(declared, queue, index))
        return 0;
    return error_set(error, ERROR_FAILED, "this body does not declare '%s: %s'", key, queue);
}

static bool can_join(const struct channel *channel, const struct open_put *put)
{
    const struct open_put *open = &channel->put;
    return open->end && open->end == channel->pending.length && open->index == put->index &&
           open->delay == put->delay && open->priority == put->priority;
}

/* Appends a message to the PUT that stands last, or to one of its own. */
static void append_put(struct worker *worker, struct open_put put, const char *encoded,
                       size_t length)
{
    struct channel *channel = &worker->channel;
    struct buf *out = &channel->pending;
    if (!can_join(channel, &put)) {
        put.begin = frame_begin(out, FRAME_PUT);
        frame_i64(out, put.delay);
        frame_u8(out, put.priority);
        frame_text(out, worker->config.queues.produces.items[put.index]);
        channel->put = put;
    }
    frame_u32(out, (uint32_t)length);
    buf_move(out, (void *)(uintptr_t)encoded, length);
    frame_end(out, channel->put.begin);
    channel->put.end = out->length;
    channel->put.messages++;
}

/*
 * The first of many puts is not held back for the others to come. When half of those that may be on
 * their way have gathered they go, so that there is room again by the time the other half has.
 */
static void flush_puts(struct worker *worker)
{
    struct channel *channel = &worker->channel;
    bool much = channel->put.end - channel->put.begin > PUT_BYTES;
    bool first = false;
    if (channel->put.messages == 1) {
        int64_t now = clock_monotonic();
        first = now - channel->put_at > PUT_GATHERING;
        channel->put_at = now;
    }
    if (first || much || channel->put.messages * 2 >= worker->config.queues.window)
        channel_flush(worker, false);
}

static void tell_stuck(struct worker *worker)
{
    struct buf *out = &worker->channel.pending;
    size_t begin = frame_begin(out, FRAME_STUCK);
    frame_u32(out, (uint32_t)worker->ahead);
    frame_end(out, begin);
}

/* Waits until one more message may be put: 1, or 0: UNTIL has passed, or a negative code. */
static int wait_for_room(struct worker *worker, int64_t until, struct error *error)
{
    int64_t limit = sooner(worker, until);
    int64_t stuck_at = limit ? 0 : clock_monotonic() + STUCK_TIME;
    while (worker->ahead >= worker->config.queues.window || channel_is_full(worker)) {
        int result = host_must_end(worker, error);
        if (result)
            return result;
        if (until && clock_monotonic() >= until)
            return 0;
        if (stuck_at && clock_monotonic() >= stuck_at) {
            tell_stuck(worker);
            stuck_at = 0;
        }
        channel_wait(worker, NULL, 0, limit ? limit : stuck_at);
    }
    return 1;
}

void host_take_broken(struct worker *worker, struct frame *frame)
{
    const struct config_texts *produces = &worker->config.queues.produces;
    size_t length;
    const char *name = frame_read_bytes(frame, &length);
    if (!worker->broken)
        worker->broken = mem_calloc(produces->count, sizeof(*worker->broken));
    for (size_t i = 0; i < produces->count; i++)
        if (strlen(produces->items[i]) == length && !memcmp(produces->items[i], name, length))
            worker->broken[i] = true;
}

/* None for what the runner has not told. */
static unsigned rules_of(const struct worker_config *config, size_t index)
{
    return index < config->queues.rules.length ? (unsigned char)config->queues.rules.data[index] : 0;
}

static int check_text(unsigned rules, const char *queue, const char *encoded, size_t length,
                      struct error *error)
{
    static const struct {
        enum queue_rule rule;
        int end;
    } kinds[] = {{RULE_LINES, '\n'}, {RULE_PIECES, '\0'}, {RULE_LENGTHS, MESSAGE_NO_END}, {RULE_JSON, MESSAGE_JSON}};
    for (size_t i = 0; i < countof(kinds); i++)
        if (rules & kinds[i].rule)
            return message_check(queue, kinds[i].end, encoded, length, error);
    return 0;
}

static int host_put(void *arg, const char *queue, const char *encoded, size_t length,
                    const struct script_put *options, struct error *error)
{
    struct worker *worker = arg;
    int64_t until = clock_after(options->timeout);
    struct open_put put = {.delay = (int64_t)(options->delay * (double)NS_PER_S),
                           .priority = (uint8_t)options->priority};
    int result = must_declare(&worker->config.queues.produces, queue, "produces", &put.index, error);
    if (result)
        return result;
    unsigned rules = rules_of(&worker->config, put.index);
    if (worker->broken && worker->broken[put.index])
        return error_set(error, ERROR_FAILED, SCRIPT_NO_CONSUMER, queue);
    if (put.priority && (rules & RULE_NO_PRIORITY))
        return error_set(error, ERROR_FAILED, SCRIPT_NO_PRIORITY, queue);
    if ((result = check_text(rules, queue, encoded, length, error)))
        return result;
    if (worker->ahead >= worker->config.queues.window || channel_is_full(worker))
        result = wait_for_room(worker, until, error);
    else
        result = 1;
    if (result <= 0)
        return result;
    append_put(worker, put, encoded, length);
    worker->ahead++;
    flush_puts(worker);
    result = host_must_end(worker, error);
    return result ? result : 1;
}

static int host_get(void *arg, const char *queue, double timeout, bool keep, struct buf *encoded,
                    struct error *error)
{
    struct worker *worker = arg;
    size_t index;
    int result = must_declare(&worker->config.queues.consumes, queue, "consumes", &index, error);
    return result ? result : inbox_get(worker, index, timeout, keep, encoded, error);
}

static int64_t host_length(void *arg, const char *queue, struct error *error)
{
    struct worker *worker = arg;
    struct buf *out = &worker->channel.pending;
    size_t begin = frame_begin(out, FRAME_LENGTH);
    frame_text(out, queue);
    frame_end(out, begin);
    int result = host_wait_for_answer(worker, error);
    if (result)
        return result;
    struct value value = {0};
    const char *at = worker->reply.message.data;
    size_t left = worker->reply.message.length;
    if (value_decode(NULL, &at, &left, &value, error))
        return error->code;
    return value.integer;
}

static int host_run(void *arg, const struct script_command *command, struct script_result *result,
                    struct error *error)
{
    inboxes_tidy(arg, true);
    return command_run_captured(arg, command, result, error);
}

/* A long-running body: let output go out and cancellation come in. */
static void host_poll(void *arg)
{
    struct worker *worker = arg;
    inboxes_tidy(worker, false);
    channel_poll(worker);
}

const struct script_host worker_pool_host = {
    .sleep = host_sleep,
    .output = host_output,
    .log = host_log,
    .put = host_put,
    .get = host_get,
    .length = host_length,
    .run = host_run,
    .poll = host_poll,
};

const struct script_host worker_process_host = {
    .sleep = host_sleep,
    .log = host_log,
    .put = host_put,
    .get = host_get,
    .length = host_length,
    .run = host_run,
    .poll = host_poll,
};
