/* For the objects: a run that has a loop and a bus, and nothing that runs. */
#ifndef TESTS_HARNESS_RUN_FIXTURE_H
#define TESTS_HARNESS_RUN_FIXTURE_H

#include "loop.h"
#include "engine/run.h"
#include "event/bus.h"
#include "scenario/spec.h"
#include "value/value.h"

/* The kinds of the events that were emitted, in order, and what the last one counted. */
struct emitted {
    enum event_kind kinds[64];
    size_t count;
    int64_t last_count;
    bool last_wrong;
};

static inline bool wants_all(void *arg, enum event_kind kind, unsigned flags)
{
    (void)arg;
    (void)kind;
    (void)flags;
    return true;
}

static inline void note_event(void *arg, const struct event *event)
{
    struct emitted *emitted = arg;
    if (emitted->count < countof(emitted->kinds))
        emitted->kinds[emitted->count] = event->kind;
    emitted->count++;
    emitted->last_count = event->count;
    emitted->last_wrong = event->flags & EVENT_WRONG;
}

static inline struct run test_run(struct emitted *emitted)
{
    struct run run = {.loop = test_loop(), .bus = bus_new(), .over = true};
    if (emitted)
        bus_add(run.bus, &(struct bus_reader){emitted, wants_all, note_event, false});
    return run;
}

/* Lets everything happen that was posted or deferred. */
static inline void run_turn(struct run *run)
{
    loop_post(run->loop, stop_loop, run->loop);
    loop_run(run->loop);
}

static inline void test_run_end(struct run *run)
{
    run_turn(run);
    loop_free(run->loop);
    bus_free(run->bus);
}

/* An encoded string, to be released. */
static inline struct buf encoded_string(const char *text)
{
    struct buf encoded = {0};
    value_encode_string(&encoded, text, strlen(text));
    return encoded;
}

static inline struct buf encoded_integer(int64_t integer)
{
    struct buf encoded = {0};
    value_encode_integer(&encoded, integer);
    return encoded;
}

/* The content of both is the same; both are empty afterwards. */
static inline void assert_same_buf(struct buf *found, struct buf *expected)
{
    assert_int_equal(found->length, expected->length);
    if (found->length)
        assert_memory_equal(found->data, expected->data, found->length);
    buf_release(found);
    buf_release(expected);
}

#endif
