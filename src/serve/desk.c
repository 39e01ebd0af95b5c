/* What all clients of a run share. */
#include "serve/desk.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "engine/run.h"
#include "event/bus.h"
#include "log/filter.h"
#include "log/jsonl.h"
#include "loop/loop.h"
#include "serve/call.h"
#include "serve/follow.h"
#include "serve/history.h"
#include "serve/session.h"

struct desk {
    struct run *run;
    struct history *history;
    struct jsonl *jsonl;
    struct session **sessions;
    size_t count;
    size_t capacity;
    bool streaming;           /* somebody gets the lines that come */
    bool kinds[EVENT_KINDS];  /* somebody follows these, */
    bool wrong[EVENT_KINDS];  /* or those where something went wrong */
    bool soon;                /* a look is on its way */
};

static bool desk_wants(void *arg, enum event_kind kind, unsigned flags)
{
    const struct desk *desk = arg;
    return desk->kinds[kind] || (desk->wrong[kind] && flags & EVENT_WRONG) || event_is_output(kind);
}

/* Calls FUNCTION for each call; none of them is ended by that. */
static void each_call(const struct desk *desk, void (*function)(struct call *call, const void *arg), const void *arg)
{
    for (size_t i = 0; i < desk->count; i++)
        for (struct call *next, *call = session_calls(desk->sessions[i]); call; call = next) {
            next = call->next;
            function(call, arg);
        }
}

static void skip_gone(struct call *call, const void *kept)
{
    if (call->at == kept)
        logs_lose(call);
}

static void on_gone(void *arg, const struct kept *kept)
{
    const struct desk *desk = arg;
    if (desk->count)
        each_call(desk, skip_gone, kept);
}

static void send_line(struct call *call, const void *kept)
{
    if (call->streams)
        logs_take(call, kept);
}

static void send_event(struct call *call, const void *event)
{
    if (call->follows)
        follow_take(call, event);
}

static void desk_take(void *arg, const struct event *event)
{
    struct desk *desk = arg;
    if (event_is_output(event->kind)) {
        const struct kept *kept = history_add(desk->history, event, on_gone, desk);
        if (kept && desk->streaming)
            each_call(desk, send_line, kept);
    }
    if (desk->kinds[event->kind] || (desk->wrong[event->kind] && event->flags & EVENT_WRONG))
        each_call(desk, send_event, event);
}

struct desk *desk_new(struct run *run)
{
    static const struct story_options options = {.parts = STORY_ALL};
    struct desk *desk = mem_calloc(1, sizeof(*desk));
    desk->run = run;
    desk->history = history_new(run);
    desk->jsonl = jsonl_new(&options, run->identity.id, NULL);
    bus_add(run->bus, &(struct bus_reader){.arg = desk, .wants = desk_wants, .take = desk_take, .dated = true});
    return desk;
}

void desk_free(struct desk *desk)
{
    if (!desk)
        return;
    history_free(desk->history);
    jsonl_free(desk->jsonl);
    free(desk->sessions);
    free(desk);
}

struct run *desk_run(const struct desk *desk)
{
    return desk->run;
}

const struct history *desk_history(const struct desk *desk)
{
    return desk->history;
}

void desk_join(struct desk *desk, struct session *session)
{
    desk->sessions = mem_grow(desk->sessions, &desk->capacity, desk->count + 1, sizeof(struct session *));
    desk->sessions[desk->count++] = session;
}

void desk_leave(struct desk *desk, struct session *session)
{
    for (size_t i = 0; i < desk->count; i++)
        if (desk->sessions[i] == session)
            desk->sessions[i] = desk->sessions[--desk->count];
    desk_look(desk);
}

size_t desk_count(const struct desk *desk)
{
    return desk->count;
}

void desk_look(struct desk *desk)
{
    desk->streaming = false;
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        desk->kinds[kind] = desk->wrong[kind] = false;
    for (size_t i = 0; i < desk->count; i++)
        for (const struct call *call = session_calls(desk->sessions[i]); call; call = call->next) {
            desk->streaming = desk->streaming || call->streams || call->at;
            for (int kind = 0; call->follows && kind < EVENT_KINDS; kind++) {
                desk->kinds[kind] = desk->kinds[kind] || follow_wants(call, (enum event_kind)kind, 0);
                desk->wrong[kind] = desk->wrong[kind] || follow_wants(call, (enum event_kind)kind, EVENT_WRONG);
            }
        }
}

static void look_soon(void *arg)
{
    struct desk *desk = arg;
    desk->soon = false;
    for (size_t i = 0; i < desk->count; i++)
        session_settle(desk->sessions[i]);
}

void desk_soon(struct desk *desk)
{
    if (desk->soon)
        return;
    desk->soon = true;
    loop_defer(desk->run->loop, look_soon, desk);
}

const struct buf *desk_event(struct desk *desk, const struct event *event)
{
    return jsonl_line(desk->jsonl, event);
}
