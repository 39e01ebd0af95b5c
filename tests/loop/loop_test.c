/* The loop: timers, deferred calls, and calls posted by other threads (pthread). */
#include <pthread.h>
#include <signal.h>

#include "../harness/loop.h"
#include "base/clock.h"
#include "base/unit.h"
#include "loop/thread.h"
#include "loop/timer.h"

/* What was called, in order. */
struct calls {
    struct loop *loop;
    struct buf order;
    int again; /* deferred calls that a deferred call still makes */
};

static void call_a(void *arg)
{
    buf_char(&((struct calls *)arg)->order, 'a');
}

static void call_b(void *arg)
{
    buf_char(&((struct calls *)arg)->order, 'b');
}

static void call_stop(void *arg)
{
    struct calls *calls = arg;
    buf_char(&calls->order, '.');
    loop_stop(calls->loop);
}

static void call_again(void *arg)
{
    struct calls *calls = arg;
    buf_char(&calls->order, 'r');
    if (calls->again--)
        loop_defer(calls->loop, call_again, calls);
    else
        loop_defer(calls->loop, call_stop, calls);
}

static void test_deferred_in_order(void **state)
{
    (void)state;
    struct calls calls = {.loop = test_loop()};
    loop_defer(calls.loop, call_a, &calls);
    loop_defer(calls.loop, call_b, &calls);
    loop_defer(calls.loop, call_a, &calls);
    loop_post(calls.loop, call_stop, &calls);
    loop_run(calls.loop);
    loop_free(calls.loop);
    assert_buf(&calls.order, "aba.");
}

static void test_deferred_by_a_deferred_one(void **state)
{
    (void)state;
    struct calls calls = {.loop = test_loop(), .again = 3};
    loop_defer(calls.loop, call_again, &calls);
    loop_run(calls.loop);
    loop_free(calls.loop);
    assert_buf(&calls.order, "rrrr.");
}

static void test_what_is_left_is_called_at_the_end(void **state)
{
    (void)state;
    struct calls calls = {.loop = test_loop()};
    loop_post(calls.loop, call_a, &calls);
    loop_defer(calls.loop, call_b, &calls);
    loop_post(calls.loop, call_stop, &calls);
    loop_free(calls.loop);
    assert_buf(&calls.order, "a.b");
    loop_free(NULL);
}

static void call_skip(void *arg)
{
    struct calls *calls = arg;
    buf_char(&calls->order, 's');
    clock_skip(50 * NS_PER_MS);
}

/* What the run did not use does not count: the timer is late by as much. */
static void test_timer_after_a_pause(void **state)
{
    (void)state;
    struct calls calls = {.loop = test_loop()};
    struct timer *last = timer_new(calls.loop, call_stop, &calls);
    int64_t began = clock_machine();
    timer_start(last, NS_PER_S);
    loop_post(calls.loop, call_skip, &calls);
    loop_run(calls.loop);
    assert_true(clock_machine() - began >= NS_PER_S + 49 * NS_PER_MS);
    timer_free(last);
    loop_free(calls.loop);
    assert_buf(&calls.order, "s.");
}

/* Half of what may pass between the starts of two timers without a change of their order. */
#define APART (250 * NS_PER_MS)

/* Forgets what is posted with the other one, which the list of calls under way has too. */
struct forgetting {
    struct calls *calls;
    struct calls *other;
};

static void call_forget(void *arg)
{
    const struct forgetting *forgetting = arg;
    loop_forget(forgetting->calls->loop, forgetting->other);
}

static void test_what_is_forgotten_is_not_called(void **state)
{
    (void)state;
    struct calls calls = {.loop = test_loop()};
    struct calls other = {.loop = calls.loop};
    struct forgetting forgetting = {&calls, &other};
    loop_defer(calls.loop, call_a, &calls);
    loop_defer(calls.loop, call_a, &other);
    loop_post(calls.loop, call_a, &other);
    loop_forget(calls.loop, &other);
    loop_post(calls.loop, call_forget, &forgetting);
    loop_post(calls.loop, call_a, &other);
    loop_post(calls.loop, call_stop, &calls);
    loop_run(calls.loop);
    loop_defer(calls.loop, call_forget, &forgetting);
    loop_defer(calls.loop, call_b, &other);
    loop_free(calls.loop);
    assert_buf(&calls.order, "a.");
    assert_buf(&other.order, "");
}


static void test_timer_order(void **state)
{
    (void)state;
    struct calls calls = {.loop = test_loop()};
    struct timer *last = timer_new(calls.loop, call_stop, &calls);
    struct timer *first = timer_new(calls.loop, call_a, &calls);
    struct timer *second = timer_new(calls.loop, call_b, &calls);
    struct timer *stopped = timer_new(calls.loop, call_a, &calls);
    struct timer *begun_anew = timer_new(calls.loop, call_b, &calls);
    int64_t start = clock_monotonic();
    timer_start(begun_anew, 1);
    timer_start(last, 6 * APART);
    timer_start(second, 2 * APART);
    timer_start(first, 0);
    timer_start(stopped, APART);
    timer_start(begun_anew, 4 * APART);
    timer_stop(stopped);
    loop_run(calls.loop);
    assert_true(clock_monotonic() - start >= 6 * APART - NS_PER_MS);
    timer_free(first);
    timer_free(second);
    timer_free(last);
    timer_free(stopped);
    timer_free(begun_anew);
    timer_free(NULL);
    loop_free(calls.loop);
    assert_buf(&calls.order, "abb.");
}

static void test_freed_timer_is_silent(void **state)
{
    (void)state;
    struct calls calls = {.loop = test_loop()};
    struct timer *freed = timer_new(calls.loop, call_a, &calls);
    struct timer *last = timer_new(calls.loop, call_stop, &calls);
    timer_start(freed, 0);
    timer_free(freed);
    timer_start(last, NS_PER_MS);
    loop_run(calls.loop);
    timer_free(last);
    loop_free(calls.loop);
    assert_buf(&calls.order, ".");
}

#define POSTERS 8
#define POSTS 5000

struct post_office;

struct letter {
    struct post_office *office;
    int poster;
    int number;
};

struct post_office {
    struct loop *loop;
    int next[POSTERS]; /* of each poster: messages come in its order */
    int received;
    int wrong;
    struct letter letters[POSTERS][POSTS];
};

static void receive(void *arg)
{
    struct letter *letter = arg;
    struct post_office *office = letter->office;
    if (office->next[letter->poster]++ != letter->number)
        office->wrong++;
    if (++office->received == POSTERS * POSTS)
        loop_stop(office->loop);
}

static void *post_all(void *arg)
{
    struct letter *letters = arg;
    for (int i = 0; i < POSTS; i++)
        loop_post(letters[0].office->loop, receive, &letters[i]);
    return NULL;
}

static void test_posts_of_many_threads(void **state)
{
    (void)state;
    struct post_office *office = mem_calloc(1, sizeof(*office));
    pthread_t threads[POSTERS];
    office->loop = test_loop();
    for (int i = 0; i < POSTERS; i++)
        for (int k = 0; k < POSTS; k++)
            office->letters[i][k] = (struct letter){office, i, k};
    for (int i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_all, office->letters[i]), 0);
    loop_run(office->loop);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(office->received, POSTERS * POSTS);
    assert_int_equal(office->wrong, 0);
    loop_free(office->loop);
    free(office);
}

struct job {
    struct loop *loop;
    pthread_t worker;
    int worked;
    int *left;
};

static void job_work(void *arg)
{
    struct job *job = arg;
    job->worker = pthread_self();
    job->worked++;
}

static void job_done(void *arg)
{
    struct job *job = arg;
    if (!--*job->left)
        loop_stop(job->loop);
}

static void test_work(void **state)
{
    (void)state;
    struct job jobs[200];
    int left = countof(jobs);
    struct loop *loop = test_loop();
    for (size_t i = 0; i < countof(jobs); i++) {
        jobs[i] = (struct job){.loop = loop, .left = &left};
        assert_int_equal(work_start(loop, job_work, job_done, &jobs[i]), 0);
    }
    loop_run(loop);
    assert_int_equal(left, 0);
    for (size_t i = 0; i < countof(jobs); i++) {
        assert_int_equal(jobs[i].worked, 1);
        assert_false(pthread_equal(jobs[i].worker, pthread_self()));
    }
    loop_free(loop);
}

static void test_thread(void **state)
{
    (void)state;
    struct job job = {0};
    struct thread *thread = NULL;
    struct error error = {0};
    assert_int_equal(thread_start(job_work, &job, &thread, &error), 0);
    thread_join(thread);
    assert_int_equal(job.worked, 1);
    assert_false(pthread_equal(job.worker, pthread_self()));
}

/* What the loop was told of, and signals that come while it is. */
struct heard {
    struct loop *loop;
    int order[8];
    size_t count;
};

static void hear(void *arg, int number)
{
    struct heard *heard = arg;
    heard->order[heard->count++] = number;
    if (heard->count == 1)
        raise(number); /* another one, of which is to be told as well */
    if (heard->count == 2)
        raise(SIGUSR1);
    if (heard->count == 3)
        loop_stop(heard->loop);
}

static void test_signals_while_one_is_told(void **state)
{
    (void)state;
    static const int signals[] = {SIGUSR1, SIGUSR2, SIGHUP};
    struct heard heard = {.loop = test_loop()};
    signal(SIGHUP, SIG_IGN);
    loop_catch_signals(heard.loop, signals, countof(signals), hear, &heard);
    raise(SIGHUP); /* what is ignored stays so */
    raise(SIGUSR2);
    loop_run(heard.loop);
    loop_free(heard.loop);
    assert_int_equal(heard.count, 3);
    assert_int_equal(heard.order[0], SIGUSR2);
    assert_int_equal(heard.order[1], SIGUSR2);
    assert_int_equal(heard.order[2], SIGUSR1);
    for (size_t i = 0; i < countof(signals); i++)
        signal(signals[i], SIG_DFL);
}

int main(void)
{
    struct tests tests = {0};
    work_size(4);
    loop_warm_up();
    TEST(&tests, test_deferred_in_order);
    TEST(&tests, test_deferred_by_a_deferred_one);
    TEST(&tests, test_what_is_left_is_called_at_the_end);
    TEST(&tests, test_what_is_forgotten_is_not_called);
    TEST(&tests, test_timer_order);
    TEST(&tests, test_timer_after_a_pause);
    TEST(&tests, test_freed_timer_is_silent);
    TEST(&tests, test_posts_of_many_threads);
    TEST(&tests, test_work);
    TEST(&tests, test_thread);
    TEST(&tests, test_signals_while_one_is_told);
    return tests_run(&tests, "loop");
}
