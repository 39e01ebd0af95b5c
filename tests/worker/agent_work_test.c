/* What of a worker's frames is to go on at once, however they are cut. */
#include "../harness/unit.h"
#include "worker/agent_work.h"

static void give(struct agent_work *work, size_t tasks)
{
    struct buf frames = {0};
    for (size_t i = 0; i < tasks; i++)
        frame_plain(&frames, FRAME_TASK);
    agent_work_given(work, frames.data, frames.length);
    buf_release(&frames);
}

static void add(struct buf *out, enum frame_type type)
{
    static const char bytes[300] = {1};
    frame_head(out, type, sizeof(bytes));
    buf_append(out, bytes, sizeof(bytes));
}

/* The bytes in pieces of STEP: how many of the pieces are awaited. */
static size_t tell(struct agent_work *work, const struct buf *frames, size_t step)
{
    size_t awaited = 0;
    for (size_t at = 0; at < frames->length; at += step)
        awaited += agent_work_told(work, frames->data + at, step < frames->length - at ? step : frames->length - at);
    return awaited;
}

static void test_results(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 2, 3, 7, 304, 305, 306, 100000};
    for (size_t i = 0; i < countof(steps); i++) {
        struct agent_work work = {0};
        struct buf frames = {0};
        give(&work, 3);
        for (size_t result = 0; result < 2; result++) {
            add(&frames, FRAME_OUTPUT);
            add(&frames, FRAME_RESULT);
        }
        assert_int_equal(tell(&work, &frames, steps[i]), 0); /* it has one more */
        buf_clear(&frames);
        add(&frames, FRAME_RESULT);
        add(&frames, FRAME_OUTPUT);
        assert_int_equal(tell(&work, &frames, steps[i]), 1);
        buf_release(&frames);
    }
}

/* Whatever else it says is an answer, or a question. */
static void test_others(void **state)
{
    (void)state;
    static const enum frame_type types[] = {FRAME_READY, FRAME_REFUSED, FRAME_REVOKED, FRAME_GET, FRAME_LENGTH, FRAME_PUT, FRAME_STUCK};
    for (size_t i = 0; i < countof(types); i++) {
        struct agent_work work = {0};
        struct buf frames = {0};
        give(&work, 3);
        add(&frames, types[i]);
        assert_int_equal(tell(&work, &frames, 5), 1);
        buf_clear(&frames);
        add(&frames, FRAME_RESULT); /* who knows how many it has */
        assert_int_equal(tell(&work, &frames, 100000), 1);
        give(&work, 2);
        assert_int_equal(tell(&work, &frames, 100000), 0);
        buf_release(&frames);
    }
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_results);
    TEST(&tests, test_others);
    return tests_run(&tests, "worker_agent_work");
}
