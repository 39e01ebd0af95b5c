/* Ending all that descends from a process, and ending oneself by a signal. Each case runs in a
 * child that is a subreaper; its exit status tells how it went. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "base/unit.h"
#include "os/descendants.h"
#include "os/guard.h"
#include "os/stdio.h"

/* Runs BODY in a child with the end of a pipe; returns how it ended. Nothing that BODY started may
 * still hold that end. */
static int run_apart(int (*body)(int report))
{
    int ends[2], status;
    char byte;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        close(ends[0]);
        _exit(body(ends[1]));
    }
    close(ends[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* all that held it are gone */
    close(ends[0]);
    return status;
}

static void block_child_signal(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Whoever is not deaf to SIGTERM says here that it has heard it. */
static int heard[2];

static void say_heard(int number)
{
    (void)number;
    _exit(write(heard[1], "h", 1) != 1);
}

static void listen_for_heard(void)
{
    if (pipe(heard))
        _exit(100);
}

/* How many have; none of them lives any more. */
static int count_heard(void)
{
    char bytes[16];
    close(heard[1]);
    int count = (int)read(heard[0], bytes, sizeof(bytes));
    close(heard[0]);
    return count;
}

/* Starts a process that sleeps for ever, once it says so; DEAF to SIGTERM. */
static pid_t start_sleeper(bool deaf, bool session)
{
    int ready[2];
    char byte;
    pid_t pid;
    if (pipe(ready) || (pid = fork()) < 0)
        _exit(100);
    if (!pid) {
        if (session)
            setsid();
        signal(SIGTERM, deaf ? SIG_IGN : say_heard);
        if (write(ready[1], "r", 1) != 1)
            _exit(100);
        close(ready[0]);
        close(ready[1]);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        _exit(100);
    close(ready[0]);
    return pid;
}

/* A daemon: forked twice, in a session of its own. */
static void start_daemon(void)
{
    pid_t between = fork();
    if (!between) {
        setsid();
        start_sleeper(true, true);
        _exit(0);
    }
    waitpid(between, NULL, 0);
}

static int none_left(int report)
{
    (void)report;
    block_child_signal();
    descendants_adopt();
    return (int)descendants_end(0);
}

/* One that was stopped hears it too. */
static int ends_gently(int report)
{
    (void)report;
    block_child_signal();
    descendants_adopt();
    listen_for_heard();
    for (int i = 0; i < 2; i++)
        start_sleeper(false, i == 1);
    kill(start_sleeper(false, false), SIGSTOP);
    size_t count = descendants_end(60 * NS_PER_S);
    return waitpid(-1, NULL, WNOHANG) == -1 && count_heard() == 3 ? (int)count : 101;
}

static int ends_by_force(int report)
{
    (void)report;
    block_child_signal();
    descendants_adopt();
    start_sleeper(true, false);
    start_sleeper(true, true);
    start_daemon();
    size_t count = descendants_end(10 * NS_PER_MS);
    return waitpid(-1, NULL, WNOHANG) == -1 ? (int)count : 101;
}

static int ends_at_once(int report)
{
    (void)report;
    block_child_signal();
    descendants_adopt();
    start_daemon();
    kill(start_sleeper(false, false), SIGSTOP);
    size_t count = descendants_end(0);
    return waitpid(-1, NULL, WNOHANG) == -1 ? (int)count : 101;
}

/* A child with a child of its own, both deaf. */
static void start_family(void)
{
    int ready[2];
    char byte;
    if (pipe(ready))
        _exit(100);
    if (!fork()) {
        signal(SIGTERM, SIG_IGN);
        start_sleeper(true, false);
        if (write(ready[1], "r", 1) != 1)
            _exit(100);
        close(ready[0]);
        close(ready[1]);
        for (;;)
            pause();
    }
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1)
        _exit(100);
    close(ready[0]);
}

static int counts_the_living(int report)
{
    (void)report;
    block_child_signal();
    descendants_adopt();
    start_daemon();
    start_family();
    pid_t zombie = start_sleeper(false, false);
    siginfo_t info;
    kill(zombie, SIGKILL);
    waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT);
    int count = (int)descendants_signal(0);
    descendants_end(0);
    return count;
}

static int kills_one_session(int report)
{
    (void)report;
    block_child_signal();
    descendants_adopt();
    pid_t first = start_sleeper(true, true);
    start_sleeper(true, true);
    descendants_kill_session(first);
    if (waitpid(first, NULL, 0) != first)
        return 101;
    return (int)descendants_end(0);
}

/* Its stopped leader goes on, and hears it. */
static int signals_one_session(int report)
{
    (void)report;
    block_child_signal();
    descendants_adopt();
    listen_for_heard();
    pid_t first = start_sleeper(false, true);
    start_sleeper(true, true);
    kill(first, SIGSTOP);
    alarm(60); /* ends a test that would wait for ever */
    size_t count = descendants_signal_session(first, SIGTERM);
    if (count != 1 || waitpid(first, NULL, 0) != first)
        return 101;
    descendants_end(0);
    return count_heard() == 1 ? 42 : 101;
}

struct apart_case {
    const char *name;
    int (*body)(int report);
    int code;
};

static const struct apart_case cases[] = {
    {"none", none_left, 0},           {"gently", ends_gently, 3},
    {"by-force", ends_by_force, 3},   {"at-once", ends_at_once, 2},
    {"living", counts_the_living, 3}, {"session", kills_one_session, 1},
    {"session-signal", signals_one_session, 42},
};

static void test_end(void **state)
{
    const struct apart_case *row = *state;
    int status = run_apart(row->body);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), row->code);
}

struct signal_case {
    const char *name;
    int number;
    bool ignored; /* and blocked */
};

static const struct signal_case signals[] = {
    {"term", SIGTERM, false}, {"int-held", SIGINT, true},   {"hup-held", SIGHUP, true},
    {"kill", SIGKILL, false}, {"pipe-held", SIGPIPE, true},
};

static void test_die_by_signal(void **state)
{
    const struct signal_case *row = *state;
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (!pid) {
        sigset_t all;
        sigfillset(&all);
        if (row->ignored) {
            signal(row->number, SIG_IGN);
            sigprocmask(SIG_SETMASK, &all, NULL);
        }
        die_by_signal(row->number);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), row->number);
    assert_false(WCOREDUMP(status));
}

static int exit_7(void *arg)
{
    (void)arg;
    start_daemon();
    start_sleeper(false, false);
    return 7;
}

static int die_of_int(void *arg)
{
    (void)arg;
    start_daemon();
    die_by_signal(SIGINT);
}

static void settle_nothing(void *arg, int status)
{
    (void)arg;
    (void)status;
}

static int guard_and_exit(int report)
{
    (void)report;
    guard_run("runner", exit_7, settle_nothing, NULL);
}

static int guard_and_die(int report)
{
    (void)report;
    guard_run("runner", die_of_int, settle_nothing, NULL);
}

/* The guard ends as its runner did, and what the runner left is gone, which had its time. */
static void test_guard(void **state)
{
    (void)state;
    listen_for_heard();
    int status = run_apart(guard_and_exit);
    assert_int_equal(count_heard(), 1);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    status = run_apart(guard_and_die);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
}

static int secure(int report)
{
    dup2(report, 20);
    close(0);
    close(2);
    stdio_secure();
    char bytes[4];
    bool sound = read(0, bytes, 1) < 0 && errno == EBADF && write(2, "x", 1) == 1 &&
                 (fcntl(20, F_GETFD) & FD_CLOEXEC) && signal(SIGPIPE, SIG_DFL) == SIG_IGN;
    return sound ? 42 : 101;
}

/* Of two sleepers one was killed, and may not have ended yet. */
static int name_living(int report)
{
    const struct sched_param none = {0};
    struct buf names = {0};
    (void)report;
    block_child_signal();
    descendants_adopt();
    pid_t killed = start_sleeper(true, false);
    start_sleeper(true, false);
    sched_setscheduler(killed, SCHED_IDLE, &none); /* on a machine that is busy it takes its time to end */
    kill(killed, SIGKILL);
    size_t count = descendants_name(&names, 2, NULL);
    buf_release(&names);
    descendants_end(0);
    return count == 1 ? 42 : 101;
}

static void test_who_was_killed_is_left_behind_by_nobody(void **state)
{
    (void)state;
    int status = run_apart(name_living);
    assert_int_equal(WEXITSTATUS(status), 42);
}

static void test_stdio_secure(void **state)
{
    (void)state;
    int status = run_apart(secure);
    assert_int_equal(WEXITSTATUS(status), 42);
}

int main(void)
{
    struct tests tests = {0};
    TEST_ROWS(&tests, test_end, cases);
    TEST_ROWS(&tests, test_die_by_signal, signals);
    TEST(&tests, test_guard);
    TEST(&tests, test_who_was_killed_is_left_behind_by_nobody);
    TEST(&tests, test_stdio_secure);
    return tests_run(&tests, "descendants");
}
