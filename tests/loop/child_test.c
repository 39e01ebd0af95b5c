/* Children, signals and orphans. */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "../harness/loop.h"
#include "loop/child.h"
#include "loop/timer.h"
#include "os/spawn.h"

struct watched {
    struct loop *loop;
    int calls;
    int code;
    int signal;
};

static void on_exited(void *arg, int code, int signal)
{
    struct watched *watched = arg;
    watched->calls++;
    watched->code = code;
    watched->signal = signal;
    loop_stop(watched->loop);
}

static int start_in(struct watched *watched, const char *script, const char *directory,
                    const int *descriptors, size_t count, struct child **child)
{
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "MARK=7", NULL};
    const char *const argv[] = {"sh", "-c", script, NULL};
    struct error error = {0};
    struct spawn_options options = {
        .argv = argv,
        .environment = environment,
        .directory = directory,
        .descriptors = descriptors,
        .descriptor_count = count,
        .place = SPAWN_SESSION,
    };
    pid_t pid;
    int result = spawn_program(&options, "/bin/sh", &pid, &error);
    error_release(&error);
    if (!result)
        *child = child_watch(watched->loop, pid, on_exited, watched);
    return result;
}

static const int nothing[] = {-1, -1, -1};

struct end_case {
    const char *name;
    const char *script;
    int code;
    int signal;
};

static const struct end_case ends[] = {
    {"0", "exit 0", 0, 0},
    {"1", "exit 1", 1, 0},
    {"255", "exit 255", 255, 0},
    {"environment", "exit $MARK", 7, 0},
    {"term", "kill -TERM $$", 0, SIGTERM},
    {"kill", "kill -KILL $$", 0, SIGKILL},
    {"leads-its-session", "set -- $(cut -d' ' -f1,5,6 /proc/$$/stat); [ $1 = $2 ] && [ $1 = $3 ]",
     0, 0},
    {"reads-nothing", "read line; test -z \"$line\"", 0, 0},
};

static void test_end(void **state)
{
    const struct end_case *row = *state;
    struct watched watched = {.loop = test_loop()};
    struct child *child;
    assert_int_equal(start_in(&watched, row->script, NULL, nothing, 3, &child), 0);
    assert_true(child_pid(child) > 0);
    loop_run(watched.loop);
    assert_int_equal(watched.calls, 1);
    assert_int_equal(watched.signal, row->signal);
    if (!row->signal)
        assert_int_equal(watched.code, row->code);
    assert_int_equal(child_signal(child, SIGTERM), -ESRCH);
    child_free(child);
    child_free(NULL);
    loop_free(watched.loop);
}

static void test_descriptors_and_directory(void **state)
{
    (void)state;
    struct watched watched = {.loop = test_loop()};
    struct child *child;
    char said[64] = "";
    int pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    int descriptors[] = {-1, pipes[1], -1, pipes[1]};
    assert_int_equal(start_in(&watched, "pwd; echo three >&3; test ! -e /proc/self/fd/4", "/usr",
                              descriptors, 4, &child),
                     0);
    close(pipes[1]);
    loop_run(watched.loop);
    assert_int_equal(watched.code, 0);
    assert_int_equal(read(pipes[0], said, sizeof(said) - 1), 11);
    assert_string_equal(said, "/usr\nthree\n");
    close(pipes[0]);
    child_free(child);
    loop_free(watched.loop);
}

/* 3,000 at once, whose pids share buckets: each end is told once. */
static void test_crowd(void **state)
{
    (void)state;
    enum { CROWD = 500 };
    struct watched watched = {.loop = test_loop()};
    struct child **children = mem_calloc(CROWD, sizeof(*children));
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(start_in(&watched, "exit 5", NULL, nothing, 3, &children[i]), 0);
    while (watched.calls < CROWD)
        loop_run(watched.loop);
    for (int i = 0; i < CROWD; i++) {
        assert_int_equal(child_signal(children[i], SIGTERM), -ESRCH);
        child_free(children[i]);
    }
    assert_int_equal(watched.calls, CROWD);
    free(children);
    loop_free(watched.loop);
}

static void test_signal_reaches_the_group(void **state)
{
    (void)state;
    struct watched watched = {.loop = test_loop()};
    struct child *child;
    char byte;
    int pipes[2];
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    int descriptors[] = {-1, pipes[1], -1};
    assert_int_equal(
        start_in(&watched, "sleep 1000 & echo; sleep 1000", NULL, descriptors, 3, &child), 0);
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_int_equal(child_signal(child, SIGKILL), 0);
    loop_run(watched.loop);
    assert_int_equal(watched.signal, SIGKILL);
    assert_int_equal(read(pipes[0], &byte, 1), 0); /* the other sleep is gone too */
    close(pipes[0]);
    child_free(child);
    loop_free(watched.loop);
}

static void on_group_gone(void *arg)
{
    struct watched *watched = arg;
    watched->calls++;
    loop_stop(watched->loop);
}

/* The leader has ended, another of its group has not: it is signalled, and its end is told. */
static void test_group_outlives_its_leader(void **state)
{
    (void)state;
    struct watched watched = {.loop = test_loop()};
    struct child *child;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    assert_int_equal(start_in(&watched, "sleep 1000 &", NULL, nothing, 3, &child), 0);
    loop_run(watched.loop);
    assert_int_equal(child_signal(child, SIGTERM), -ESRCH); /* nobody awaits it yet */
    assert_true(child_await_group(child, on_group_gone));
    assert_int_equal(child_signal_leader(child, SIGTERM), -ESRCH);
    assert_int_equal(child_signal(child, SIGTERM), 0);
    loop_run(watched.loop);
    assert_int_equal(watched.calls, 2);
    assert_int_equal(child_signal(child, SIGTERM), -ESRCH);
    child_free(child);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
    loop_free(watched.loop);
}

static void test_group_ends_with_its_leader(void **state)
{
    (void)state;
    struct watched watched = {.loop = test_loop()};
    struct child *child;
    assert_int_equal(start_in(&watched, "exit 0", NULL, nothing, 3, &child), 0);
    loop_run(watched.loop);
    assert_false(child_await_group(child, on_group_gone));
    child_free(child);
    loop_free(watched.loop);
}

struct heard {
    struct loop *loop;
    int counts[NSIG];
};

static void on_signal(void *arg, int signal_number)
{
    struct heard *heard = arg;
    heard->counts[signal_number]++;
    if (signal_number == SIGTERM)
        loop_stop(heard->loop);
}

/* However many came before it, the one TERM is heard. */
static void test_flood_then_term(void **state)
{
    (void)state;
    struct heard heard = {.loop = test_loop()};
    static const int numbers[] = {SIGUSR1, SIGTERM, SIGUSR2};
    signal(SIGUSR2, SIG_IGN);
    loop_catch_signals(heard.loop, numbers, countof(numbers), on_signal, &heard);
    for (int i = 0; i < 20000; i++)
        raise(SIGUSR1);
    raise(SIGUSR2);
    raise(SIGTERM);
    loop_run(heard.loop);
    assert_int_equal(heard.counts[SIGTERM], 1);
    assert_in_range(heard.counts[SIGUSR1], 1, 20000);
    assert_int_equal(heard.counts[SIGUSR2], 0); /* it was ignored: it stays so */
    loop_free(heard.loop);
    for (size_t i = 0; i < countof(numbers); i++)
        signal(numbers[i], SIG_DFL);
}

struct orphanage {
    struct loop *loop;
    struct timer *timer;
    size_t expected;
};

static void look_for_orphans(void *arg)
{
    struct orphanage *orphanage = arg;
    if (loop_orphans(orphanage->loop) >= orphanage->expected)
        loop_stop(orphanage->loop);
    else
        timer_start(orphanage->timer, 1000000);
}

/* Nobody hears of one that was freed, and the others are told as ever. */
static void test_forgotten(void **state)
{
    (void)state;
    struct watched watched = {.loop = test_loop()};
    struct child *children[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(start_in(&watched, "read line", NULL, nothing, 3, &children[i]), 0);
    child_free(children[0]);
    loop_run(watched.loop);
    struct orphanage orphanage = {.loop = watched.loop, .expected = 1};
    orphanage.timer = timer_new(watched.loop, look_for_orphans, &orphanage);
    timer_start(orphanage.timer, 0);
    loop_run(watched.loop);
    timer_free(orphanage.timer);
    assert_int_equal(watched.calls, 1);
    child_free(children[1]);
    loop_free(watched.loop);
}

static void test_orphans(void **state)
{
    (void)state;
    struct watched watched = {.loop = test_loop()};
    struct orphanage orphanage = {.loop = watched.loop, .expected = 20};
    struct child *child;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    loop_hear_children(watched.loop);
    assert_int_equal(
        start_in(&watched, "i=0; while [ $i -lt 20 ]; do (sleep 0.05 &); i=$((i+1)); done; exit 3",
                 NULL, nothing, 3, &child),
        0);
    loop_run(watched.loop);
    assert_int_equal(watched.code, 3); /* a child that is watched is no orphan */
    orphanage.timer = timer_new(watched.loop, look_for_orphans, &orphanage);
    timer_start(orphanage.timer, 0);
    loop_run(watched.loop);
    assert_int_equal(loop_orphans(watched.loop), 20);
    timer_free(orphanage.timer);
    child_free(child);
    loop_free(watched.loop);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* An orphan is taken before it has gone to a group of its own; its group then is what is signalled, and its end is told. */
static void test_adopted(void **state)
{
    (void)state;
    struct watched watched = {.loop = test_loop()};
    struct child *child, *adopted;
    int number[2], go[2];
    pid_t pid = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    assert_int_equal(pipe2(number, O_CLOEXEC) | pipe2(go, O_CLOEXEC), 0);
    const int streams[] = {go[0], number[1], -1};
    assert_int_equal(start_in(&watched, "exec 3<&0; sh -c 'echo $$; read x; exec setsid sh -c \"sleep 1000 & echo up; wait\"' <&3 &", NULL,
                              streams, 3, &child), 0);
    loop_run(watched.loop);
    char text[32] = "";
    assert_true(read(number[0], text, sizeof(text) - 1) > 1);
    pid = (pid_t)strtol(text, NULL, 10);
    adopted = child_adopt(watched.loop, pid, on_exited, &watched);
    assert_non_null(adopted);
    assert_null(child_adopt(watched.loop, pid, on_exited, &watched)); /* it is watched already */
    assert_null(child_adopt(watched.loop, getpid(), on_exited, &watched)); /* no child */
    assert_int_equal(write(go[1], "\n", 1), 1);
    assert_int_equal(read(number[0], text, sizeof(text)), 3);
    assert_int_equal(getpgid(pid), pid);
    assert_int_equal(child_signal(adopted, SIGTERM), 0);
    loop_run(watched.loop);
    assert_int_equal(watched.signal, SIGTERM);
    if (child_await_group(adopted, on_group_gone)) /* its sleep was signalled too */
        loop_run(watched.loop);
    child_free(adopted);
    child_free(child);
    for (int i = 0; i < 2; i++) {
        close(number[i]);
        close(go[i]);
    }
    loop_free(watched.loop);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

int main(void)
{
    struct tests tests = {0};
    loop_warm_up();
    TEST_ROWS(&tests, test_end, ends);
    TEST(&tests, test_descriptors_and_directory);
    TEST(&tests, test_forgotten);
    TEST(&tests, test_crowd);
    TEST(&tests, test_signal_reaches_the_group);
    TEST(&tests, test_group_outlives_its_leader);
    TEST(&tests, test_group_ends_with_its_leader);
    TEST(&tests, test_flood_then_term);
    TEST(&tests, test_orphans);
    TEST(&tests, test_adopted);
    return tests_run(&tests, "child");
}
