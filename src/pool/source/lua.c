/* Items that a Lua chunk emits, in a thread of its own. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/thread.h"
#include "loop/timer.h"
#include "pool/source/private.h"
#include "script/script.h"
#include "thread/lua_body.h"
#include "value/value.h"
#include "wire/frame.h"

/* A chunk that does not end so long after it was told to hangs where nothing can reach it. */
#define HANG_TIME (2 * NS_PER_S)

struct lua_source {
    struct items *items;
    struct object_spec object; /* the pool's, with the chunk as body */
    struct body_thread *body;
    struct thread *thread;
    struct timer *timer; /* of a chunk that should have ended */
    struct buf line;     /* printed: the beginning of a line */
    struct buf emitted;  /* encoded items, one after the other */
    size_t from;         /* of EMITTED: what was not taken */
    bool waiting;
    bool ending;
    bool forced; /* to end at once */
    bool ended;
    char *reason; /* why it failed */
};

static void tell_more(struct lua_source *chunk)
{
    if (!chunk->waiting && !chunk->ending)
        return;
    chunk->waiting = false;
    chunk->items->more(chunk->items->arg);
}

static void take_output(struct lua_source *chunk, const char *bytes, size_t length)
{
    const char *newline;
    buf_append(&chunk->line, bytes, length);
    while (chunk->line.length && (newline = memchr(chunk->line.data, '\n', chunk->line.length))) {
        size_t whole = (size_t)(newline - chunk->line.data);
        items_tell_line(chunk->items, chunk->line.data, whole, false);
        buf_consume(&chunk->line, whole + 1);
    }
}

static void take_result(struct lua_source *chunk, struct frame *frame)
{
    struct result result;
    frame_read_result(frame, &result);
    if (result.outcome != OUTCOME_DONE)
        chunk->reason = mem_copy(result.text, result.text_length);
    if (chunk->line.length)
        items_tell_line(chunk->items, chunk->line.data, chunk->line.length, true);
    buf_clear(&chunk->line);
    thread_join(chunk->thread);
    chunk->ended = true;
    timer_stop(chunk->timer);
    tell_more(chunk);
}

static void on_frame(void *arg, struct frame *frame)
{
    struct lua_source *chunk = arg;
    switch ((int)frame->type) {
    case FRAME_ITEM:
        buf_append(&chunk->emitted, frame->at, frame->left);
        tell_more(chunk);
        break;
    case FRAME_OUTPUT:
        frame_read_u64(frame);
        take_output(chunk, frame->at, frame->left);
        break;
    case FRAME_LOG:
        items_tell_line(chunk->items, frame->at, frame->left, false);
        break;
    case FRAME_RESULT:
        take_result(chunk, frame);
        break;
    default:
        break;
    }
}

/* The thread itself. */
static void chunk_main(void *arg)
{
    struct lua_source *chunk = arg;
    struct error error = {0};
    struct buf value = {0};
    int number;
    int64_t started = clock_monotonic();
    int result = body_thread_prepare(chunk->body, &number, &error);
    if (!result)
        result = script_call(body_thread_script(chunk->body), number, &value, &error);
    if (!result && value.length && value.data[0] != VALUE_NIL)
        result = error_set(&error, ERROR_FAILED,
                           "the chunk of tasks returns a value, which makes none: emit(item) makes one");
    buf_clear(&value);
    value_encode_nil(&value);
    body_thread_send_result(chunk->body, 0, result, clock_monotonic() - started, &value, &error);
    error_release(&error);
    buf_release(&value);
}

static void on_hang(void *arg)
{
    struct lua_source *chunk = arg;
    if (body_thread_runs_command(chunk->body)) { /* which has its grace */
        timer_start(chunk->timer, HANG_TIME);
        return;
    }
    chunk->items->left = true;
    tell_more(chunk);
}

static int lua_open(struct items *items, struct error *error)
{
    struct lua_source *chunk = mem_calloc(1, sizeof(*chunk));
    items->state = chunk;
    chunk->items = items;
    chunk->object = items->pool->object;
    chunk->object.body = (struct body_spec){.kind = BODY_LUA, .lua = items->spec->lua};
    chunk->object.queues.produces_count = chunk->object.queues.consumes_count = 0;
    chunk->timer = timer_new(items->run->loop, on_hang, chunk);
    chunk->body = body_thread_new(items->run, &chunk->object, chunk->object.name, on_frame, chunk);
    body_thread_set_emitting(chunk->body);
    return thread_start(chunk_main, chunk, &chunk->thread, error);
}

static enum items_result lua_next(struct items *items, struct buf *encoded, struct error *error)
{
    struct lua_source *chunk = items->state;
    size_t left = chunk->emitted.length - chunk->from;
    size_t size = left ? value_size(chunk->emitted.data + chunk->from, left) : 0;
    if (size) {
        buf_append(encoded, chunk->emitted.data + chunk->from, size);
        chunk->from += size;
        if (chunk->from > chunk->emitted.length / 2) {
            buf_consume(&chunk->emitted, chunk->from);
            chunk->from = 0;
        }
        body_thread_took(chunk->body, 1);
        return ITEMS_ONE;
    }
    if (!chunk->ended) {
        chunk->waiting = true;
        return ITEMS_WAIT;
    }
    if (!chunk->reason)
        return ITEMS_END;
    error_set(error, ERROR_FAILED, "%s", chunk->reason);
    return ITEMS_FAILED;
}

static void lua_hold(struct items *items, bool held)
{
    struct lua_source *chunk = items->state;
    if (!chunk->ended)
        body_thread_hold(chunk->body, held);
}

static bool lua_finish(struct items *items, bool force)
{
    struct lua_source *chunk = items->state;
    if (!chunk->ended && (!chunk->ending || (force && !chunk->forced))) {
        chunk->ending = true;
        chunk->forced = force;
        body_thread_interrupt(chunk->body, force);
        timer_start(chunk->timer, HANG_TIME);
    }
    return chunk->ended || items->left;
}

static void lua_close(struct items *items)
{
    struct lua_source *chunk = items->state;
    timer_free(chunk->timer);
    if (items->left)
        return; /* the thread still uses all of this */
    body_thread_free(chunk->body);
    buf_release(&chunk->line);
    buf_release(&chunk->emitted);
    free(chunk->reason);
    free(chunk);
}

const struct items_kind items_of_lua = {
    .open = lua_open,
    .next = lua_next,
    .hold = lua_hold,
    .finish = lua_finish,
    .close = lua_close,
};
