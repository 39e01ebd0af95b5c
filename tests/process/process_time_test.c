/* What a process does at which time: each limit comes at its time and not a moment before. */
#include "../harness/timed_run.h"

#define SECONDS(count) ((count) * NS_PER_S)

static void test_timeout_and_grace(void **state)
{
    (void)state;
    struct timed_run timed;
    timed_start(&timed, "processes:\n"
                        "  a: {run: \"trap '' TERM; echo up; while :; do sleep 1000; done\", timeout: 1h, stop: {grace: 10m}}\n");
    timed_until(&timed, "\n0 up\n");
    timed_move(&timed, SECONDS(3600) - 1);
    timed_not(&timed, "timed out");
    timed_move(&timed, 1);
    timed_until(&timed, "3600 Process a timed out after 1h.\n");
    timed_move(&timed, SECONDS(600) - 1);
    timed_not(&timed, "end");
    timed_move(&timed, 1);
    timed_until(&timed, "4200 end\n");
    timed_end(&timed);
}

/* The leader, a shell, hears of the signal when what it waits for has ended of it. */
static void test_the_stop_signal_is_for_the_group(void **state)
{
    (void)state;
    struct timed_run timed;
    timed_start(&timed, "processes:\n"
                        "  a: {run: \"trap 'echo heard; exit 7' TERM; sh -c 'echo up; exec sleep 1000'; :\", timeout: 1h, stop: {grace: 10m}}\n");
    timed_until(&timed, "\n0 up\n");
    timed_move(&timed, SECONDS(3600));
    timed_until(&timed, "\n3600 heard\n");
    timed_until(&timed, "\n3600 end\n");
    timed_end(&timed);
}

static void test_what_is_stopped_has_no_other_life(void **state)
{
    (void)state;
    struct timed_run timed;
    timed_start(&timed, "processes: {a: {run: exec sleep 1000, restart: always}}\n");
    timed_until(&timed, "Run child process a ");
    run_stop(&timed.run, STOP_SIGNAL, SIGTERM);
    timed_until(&timed, "\n0 end\n");
    timed_not(&timed, "restarting");
    timed_end(&timed);
}

/* What somebody else holds open is read for a while behind the end. */
static void test_output_behind_the_end(void **state)
{
    (void)state;
    struct timed_run timed;
    int gate[2];
    char scenario[200];
    siginfo_t info;
    assert_int_equal(pipe(gate), 0);
    snprintf(scenario, sizeof(scenario), "processes: {a: {run: \"{ read line; echo late; } < /proc/%d/fd/%d & echo up\"}}\n", getpid(), gate[0]);
    timed_start(&timed, scenario);
    timed_until(&timed, "\n0 up\n");
    waitid(P_PID, (id_t)timed.pid, &info, WEXITED | WNOWAIT);
    for (int i = 0; i < 4; i++)
        timed_turn(&timed);
    timed_move(&timed, SECONDS(1) / 4);
    timed_not(&timed, "end");
    assert_int_equal(write(gate[1], "\n", 1), 1);
    timed_until(&timed, "0.25 late\n");
    timed_until(&timed, "\n0.25 end\n");
    timed_end(&timed);
    while (waitpid(-1, NULL, 0) > 0)
        ;
    close(gate[0]);
    close(gate[1]);
}

/* The wait before each life doubles up to the most; the last failure is for good. */
static void test_restarts_back_off(void **state)
{
    (void)state;
    struct timed_run timed;
    static const int64_t waits[] = {1, 2, 4, 5, 5};
    timed_start(&timed, "processes: {a: {run: exit 1, restart: {on: always, max: 5, max_delay: 5s}}}\n");
    for (size_t i = 0; i < countof(waits); i++) {
        timed_until(&timed, "restarting in ");
        timed_move(&timed, SECONDS(waits[i]) - 1);
        timed_not(&timed, "Run child process");
        timed_move(&timed, 1);
        timed_until(&timed, "Run child process a ");
    }
    timed_until(&timed, "\n17 end\n");
    assert_int_equal(timed.run.all.objects[0]->restarts, countof(waits));
    timed_end(&timed);
}

/* A life that lasts for reset_after is well; one that is shorter by a moment is not. */
static void test_a_long_life_is_well(void **state)
{
    (void)state;
    for (int64_t missing = 0; missing < 2; missing++) {
        struct timed_run timed;
        timed_start(&timed, "processes: {a: {exec: [sleep, 1000], restart: {on: always, max: 2, reset_after: 1m}}}\n");
        for (size_t life = 0; life < 2; life++) {
            timed_until(&timed, "Run child process a ");
            timed_move(&timed, SECONDS(60) - missing);
            kill(timed.pid, SIGKILL);
            timed_until(&timed, missing && life ? "restarting in 2s (2 of 2)" : "restarting in 1s (1 of 2)");
            timed_move(&timed, SECONDS(missing && life ? 2 : 1));
        }
        timed_until(&timed, "Run child process a ");
        kill(timed.pid, SIGKILL);
        if (!missing) {
            timed_until(&timed, "restarting in 2s (2 of 2)");
            timed_move(&timed, SECONDS(2));
            timed_until(&timed, "Run child process a ");
            kill(timed.pid, SIGKILL);
        }
        timed_end(&timed);
    }
}

/* What is not ready in its time is ended; what comes at the last moment has come. */
static void test_ready_in_its_time(void **state)
{
    (void)state;
    struct timed_run timed;
    timed_start(&timed, "processes:\n"
                        "  a: {exec: [sleep, 1000], ready: {log: never, timeout: 30s}}\n"
                        "  b: {run: \"exec sleep 1000\", depends_on: {a: ready}}\n");
    timed_until(&timed, "Run child process a ");
    timed_move(&timed, SECONDS(30) - 1);
    timed_not(&timed, "ready");
    timed_move(&timed, 1);
    timed_until(&timed, "\n30 ");
    timed_end(&timed);
}

/* Looks come at their interval, each from the end of the one before; so many in a row that fail end the process. */
static void test_health_fails_in_a_row(void **state)
{
    (void)state;
    struct timed_run timed;
    timed_start(&timed, "processes:\n"
                        "  a: {exec: [sleep, 1000], health: {file: /nonexistent, interval: 10s, threshold: 3}}\n");
    timed_until(&timed, "Run child process a ");
    for (int look = 0; look < 3; look++) {
        timed_not(&timed, "unhealthy");
        timed_move(&timed, SECONDS(10));
    }
    timed_until(&timed, "\n30 Process a is unhealthy: 3 looks in a row");
    timed_end(&timed);
}

int main(int argc, char **argv)
{
    struct tests tests = {0};
    timed_main(argc, argv);
    TEST(&tests, test_timeout_and_grace);
    TEST(&tests, test_the_stop_signal_is_for_the_group);
    TEST(&tests, test_what_is_stopped_has_no_other_life);
    TEST(&tests, test_output_behind_the_end);
    TEST(&tests, test_restarts_back_off);
    TEST(&tests, test_a_long_life_is_well);
    TEST(&tests, test_ready_in_its_time);
    TEST(&tests, test_health_fails_in_a_row);
    return tests_run(&tests, "process_time");
}
