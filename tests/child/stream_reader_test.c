/* The lines of a pipe as the log gets them: whole, unless their rest does not come. */
#include <unistd.h>

#include "../harness/loop.h"
#include "base/clock.h"
#include "base/unit.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "child/stream_reader.h"

/* As in the program: so long after its beginning a line is told without its end. */
#define PATIENCE (500 * NS_PER_MS)

struct side {
    struct loop *loop;
    struct stream_reader *reader;
    struct timer *timer;
    int to;            /* the pipe's other end */
    int beside;        /* as it, of another reader's */
    struct buf lines;  /* each with its newline, or a '~' where it was not finished */
    size_t unfinished;
    int64_t until;     /* of clock_monotonic() */
};

static void on_line(void *arg, const char *stream, const char *bytes, size_t length, bool unfinished)
{
    struct side *side = arg;
    (void)stream;
    buf_append(&side->lines, bytes, length);
    buf_char(&side->lines, unfinished ? '~' : '\n');
    side->unfinished += unfinished;
    if (unfinished)
        loop_stop(side->loop);
}

static void on_end(void *arg)
{
    struct side *side = arg;
    loop_stop(side->loop);
}

static void say(struct side *side, const char *text)
{
    assert_int_equal(write(side->to, text, strlen(text)), strlen(text));
}

/* The timer of what the other end does is set before the tap has any. */
static void side_new(void (*function)(void *arg), struct side *side)
{
    static const struct stream_reader_callbacks callbacks = {.line = on_line, .end = on_end};
    struct error error = {0};
    int ends[2];
    *side = (struct side){.loop = test_loop()};
    assert_int_equal(pipe_open(ends, &error), 0);
    side->to = ends[1];
    side->reader = stream_reader_new(side->loop, ends[0], "stdout", NULL, NULL, &callbacks, side);
    side->timer = timer_new(side->loop, function, side);
}

static void side_end(struct side *side)
{
    timer_free(side->timer);
    stream_reader_free(side->reader);
    loop_free(side->loop);
    buf_release(&side->lines);
}

/* Ends the line that stands open and begins another, which is open when the tap has read. */
static void go_on(void *arg)
{
    struct side *side = arg;
    if (clock_monotonic() >= side->until) {
        say(side, "ine\n");
        close(side->to);
        return;
    }
    say(side, "ine\nl");
    timer_start(side->timer, 20 * NS_PER_MS);
}

/* Whoever writes without a pause is never without an open line, and yet none of them is old. */
static void test_lines_of_a_busy_writer_are_whole(void **state)
{
    (void)state;
    struct side side;
    side_new(go_on, &side);
    side.until = clock_monotonic() + 2 * PATIENCE;
    say(&side, "l");
    timer_start(side.timer, 0);
    loop_run(side.loop);
    assert_int_equal(side.unfinished, 0);
    assert_true(side.lines.length > strlen("line\n"));
    side_end(&side);
}

/* What a reader beside it got keeps the loop busy for longer than the patience; the rest comes meanwhile. */
static void be_busy(void *arg, const char *bytes, size_t length)
{
    struct side *side = arg;
    (void)bytes;
    (void)length;
    say(side, "ine\n");
    close(side->to);
    usleep((useconds_t)(PATIENCE / 1000 * 3 / 2));
}

static void no_end(void *arg, int status)
{
    (void)arg;
    (void)status;
}

static void wake_beside(void *arg)
{
    struct side *side = arg;
    assert_int_equal(write(side->beside, "!", 1), 1);
    close(side->beside);
}

static void test_what_is_in_the_pipe_belongs_to_the_line(void **state)
{
    static const struct reader_callbacks callbacks = {.data = be_busy, .end = no_end};
    (void)state;
    struct side side;
    struct error error = {0};
    int ends[2];
    side_new(wake_beside, &side);
    assert_int_equal(pipe_open(ends, &error), 0);
    side.beside = ends[1];
    struct pipe_reader *beside = reader_new(side.loop, ends[0], &callbacks, &side);
    say(&side, "l");
    timer_start(side.timer, 100 * NS_PER_MS);
    loop_run(side.loop);
    assert_string_equal(buf_string(&side.lines), "line\n");
    reader_free(beside);
    side_end(&side);
}

/* The loop was not run for long, and nor was the other end, which goes on a moment later. */
static void be_stopped(void *arg)
{
    struct side *side = arg;
    usleep((useconds_t)(PATIENCE / 1000 * 5 / 2));
    timer_free(side->timer);
    side->timer = timer_new(side->loop, go_on, side);
    timer_start(side->timer, 20 * NS_PER_MS);
}

static void test_time_without_a_turn_does_not_count(void **state)
{
    (void)state;
    struct side side;
    side_new(be_stopped, &side);
    say(&side, "l");
    timer_start(side.timer, 100 * NS_PER_MS);
    loop_run(side.loop);
    assert_string_equal(buf_string(&side.lines), "line\n");
    side_end(&side);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void test_a_prompt_is_told(void **state)
{
    (void)state;
    struct side side;
    side_new(nothing, &side);
    say(&side, "name? ");
    loop_run(side.loop);
    assert_string_equal(buf_string(&side.lines), "name? ~");
    say(&side, "\n");
    close(side.to);
    loop_run(side.loop);
    assert_string_equal(buf_string(&side.lines), "name? ~\n");
    side_end(&side);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_of_a_busy_writer_are_whole),
        cmocka_unit_test(test_what_is_in_the_pipe_belongs_to_the_line),
        cmocka_unit_test(test_time_without_a_turn_does_not_count),
        cmocka_unit_test(test_a_prompt_is_told),
    };
    loop_warm_up();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
