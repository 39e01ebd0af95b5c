/*
 * A whole run whose clock the test moves: nothing is waited for but what its children do.
 *
 * The clock stands still and goes on where the test says so. Timers on it are those below, in place of loop/timer.c, which the linker
 * leaves out of a program that has these; each is called at exactly its time, and what follows from it is done before the next.
 * What is told is kept with the time of its telling.
 */
#ifndef TESTS_HARNESS_TIMED_RUN_H
#define TESTS_HARNESS_TIMED_RUN_H

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/diag.h"
#include "base/unit.h"
#include "cli/runner/objects.h"
#include "engine/dependencies.h"
#include "engine/run.h"
#include "event/bus.h"
#include "loop.h"
#include "loop/timer.h"
#include "os/spawn_child.h"
#include "scenario/spec.h"
#include "worker/worker.h"

/* Seconds that a test waits for something to be told before it fails. */
#define PATIENCE 60

struct timer {
    struct timer *next;
    struct loop *loop;
    void (*function)(void *arg);
    void *arg;
    int64_t due;
    bool runs;
};

static struct timer *timers;

struct timer *timer_new(struct loop *loop, void (*function)(void *arg), void *arg)
{
    struct timer *timer = mem_calloc(1, sizeof(*timer));
    *timer = (struct timer){.next = timers, .loop = loop, .function = function, .arg = arg};
    timers = timer;
    return timer;
}

static void timer_call(void *arg)
{
    struct timer *timer = arg;
    for (struct timer *one = timers; one; one = one->next) /* it may have been freed or stopped meanwhile */
        if (one == timer && one->runs && one->due <= clock_monotonic()) {
            one->runs = false;
            one->function(one->arg);
            return;
        }
}

void timer_start(struct timer *timer, int64_t delay)
{
    timer->runs = true;
    timer->due = clock_monotonic() + (delay > 0 ? delay : 0);
    if (delay <= 0)
        loop_post(timer->loop, timer_call, timer);
}

void timer_stop(struct timer *timer)
{
    timer->runs = false;
}

void timer_free(struct timer *timer)
{
    struct timer **link = &timers;
    while (timer && *link != timer)
        link = &(*link)->next;
    if (timer)
        *link = timer->next;
    free(timer);
}

/* Of those that are due by UNTIL the one that is due first; NULL: none is. */
static struct timer *timer_first(int64_t until)
{
    struct timer *first = NULL;
    for (struct timer *timer = timers; timer; timer = timer->next)
        if (timer->runs && timer->due <= until && (!first || timer->due < first->due))
            first = timer;
    return first;
}

struct timed_run {
    struct run run;
    struct scenario *scenario;
    struct scenario_sources *held;
    int64_t began;
    struct buf told;      /* lines: the time since the run began in s, a blank, a sentence */
    size_t seen;          /* bytes of it that were waited for */
    const char *awaited;  /* NULL: nothing */
    pid_t pid;            /* of the process that has started last */
    bool ended;
};

static struct timed_run *timed_now;

static void timed_late(int signal)
{
    (void)signal;
    fail_msg("'%s' was never told:\n%s", timed_now->awaited, buf_string(&timed_now->told));
}

static bool timed_wants(void *arg, enum event_kind kind, unsigned flags)
{
    (void)arg;
    (void)flags;
    return kind != EVENT_RUN_STARTED && event_row(kind)->level <= EVENT_LEVEL_STORY;
}

static void timed_look(struct timed_run *timed)
{
    const char *found = timed->awaited ? strstr(buf_string(&timed->told) + timed->seen, timed->awaited) : NULL;
    if (!found)
        return;
    timed->seen = (size_t)(found - timed->told.data) + strlen(timed->awaited);
    timed->awaited = NULL;
    loop_stop(timed->run.loop);
}

static void timed_take(void *arg, const struct event *event)
{
    struct timed_run *timed = arg;
    const char *sentence = event_sentence(event);
    if (event->kind == EVENT_PROCESS_STARTED)
        timed->pid = (pid_t)event->place.pid;
    if (sentence ? !*sentence : !event->output.bytes)
        return;
    buf_printf(&timed->told, "%.10g ", (double)(clock_monotonic() - timed->began) / (double)NS_PER_S);
    if (sentence)
        event_fill(&timed->told, sentence, strlen(sentence), event);
    else
        buf_append(&timed->told, event->output.bytes, event->output.length);
    buf_char(&timed->told, '\n');
    timed_look(timed);
}

static void timed_ended(void *arg)
{
    struct timed_run *timed = arg;
    timed->ended = true;
    buf_printf(&timed->told, "%.10g end\n", (double)(clock_monotonic() - timed->began) / (double)NS_PER_S);
    timed_look(timed);
}

/* Lets everything happen that was posted or deferred. */
static inline void timed_turn(struct timed_run *timed)
{
    loop_post(timed->run.loop, stop_loop, timed->run.loop);
    loop_run(timed->run.loop);
}

/* Starts the scenario TEXT at a time of 0. */
static inline void timed_start(struct timed_run *timed, const char *text)
{
    struct diags *diags = diags_new();
    struct buf said = {0};
    clock_freeze();
    *timed = (struct timed_run){.began = clock_monotonic()};
    timed->scenario = scenario_load_text("scenario.yaml", text, strlen(text), diags, &timed->held);
    diags_print(diags, &said);
    assert_buf(&said, "");
    diags_free(diags);
    timed->run = (struct run){.loop = test_loop(),
                              .bus = bus_new(),
                              .scenario = timed->scenario,
                              .identity.id = mem_strdup("test"),
                              .ended = timed_ended,
                              .ended_arg = timed};
    bus_add(timed->run.bus, &(struct bus_reader){timed, timed_wants, timed_take, false});
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* as every run is: it hears of the last of a group */
    loop_hear_children(timed->run.loop);
    objects_make(&timed->run);
    run_start(&timed->run);
    timed_turn(timed);
}

/* Waits until TEXT is told, behind what was waited for before; the clock stands still meanwhile. */
static inline void timed_until(struct timed_run *timed, const char *text)
{
    timed->awaited = text;
    if (strstr(buf_string(&timed->told) + timed->seen, text)) {
        timed_look(timed);
        timed_turn(timed); /* which takes back that it is to stop */
        return;
    }
    timed_now = timed;
    signal(SIGALRM, timed_late);
    alarm(PATIENCE);
    loop_run(timed->run.loop);
    alarm(0);
}

/* The clock goes on by NS, from timer to timer. */
static inline void timed_move(struct timed_run *timed, int64_t ns)
{
    int64_t target = clock_monotonic() + ns;
    for (struct timer *timer; (timer = timer_first(target));) {
        if (timer->due > clock_monotonic())
            clock_skip(clock_monotonic() - timer->due);
        loop_post(timer->loop, timer_call, timer);
        timed_turn(timed);
    }
    clock_skip(clock_monotonic() - target);
    timed_turn(timed);
}

/* TEXT is not told behind what was waited for. */
static inline void timed_not(struct timed_run *timed, const char *text)
{
    if (strstr(buf_string(&timed->told) + timed->seen, text))
        fail_msg("'%s' was told too soon:\n%s", text, timed->told.data);
}

/* Waits for the end of the run and frees it. */
static inline void timed_end(struct timed_run *timed)
{
    if (!timed->ended)
        timed_until(timed, " end\n");
    struct run *run = &timed->run;
    assert_true(objects_free(run));
    loop_free(run->loop);
    queues_free(run);
    bus_free(run->bus);
    graph_free(run->all.graph);
    free(run->identity.id);
    scenario_free(timed->scenario);
    scenario_free_sources(timed->held);
    buf_release(&timed->told);
    assert_null(timers);
    clock_thaw();
}

/* For the begin of main(): a program whose runs start workers is one of these when it is called so. */
static inline void timed_main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--worker"))
        exit(worker_main());
    loop_warm_up();
    spawn_hold_self();
}

#endif
