/* What a pool does at which time: limits, pauses and rates of tasks come at their time and not a moment before. */
#include "../harness/timed_run.h"
#include "pool/private.h"

#define SECONDS(count) ((count) * NS_PER_S)

/* The wait before each attempt doubles up to the most. */
static void test_attempts_back_off(void **state)
{
    (void)state;
    struct timed_run timed;
    static const int64_t waits[] = {1, 2, 4, 5, 5};
    timed_start(&timed, "pools: {p: {workers: 1, tasks: 1, run: exit 1, retry: {attempts: 6, max_delay: 5s, jitter: false}}}\n");
    for (size_t i = 0; i < countof(waits); i++) {
        timed_until(&timed, "again in ");
        timed_move(&timed, SECONDS(waits[i]) - 1);
        timed_not(&timed, "Run task");
        timed_move(&timed, 1);
        timed_until(&timed, "Run task 0");
    }
    timed_until(&timed, "\n17 end\n");
    timed_end(&timed);
}

/* Tasks begin at their rate, however many workers are idle; behind the last one nothing is waited for. */
static void test_rate(void **state)
{
    (void)state;
    static const char *const scenarios[] = {
        "pools: {p: {workers: 1, tasks: 6, rate: 4/m, run: \"true\"}}\n",
        "pools: {p: {workers: 4, tasks: 6, rate: 4/m, run: \"true\"}}\n",
        "pools: {p: {workers: 2, tasks: {queue: q}, rate: 4/m, run: \"true\"}}\n"
        "queues: {q: {items: [1, 2, 3, 4, 5, 6]}}\n",
    };
    for (size_t i = 0; i < countof(scenarios); i++) {
        struct timed_run timed;
        timed_start(&timed, scenarios[i]);
        timed_until(&timed, "0 Run task 0 ");
        for (int task = 1; task < 6; task++) {
            timed_move(&timed, SECONDS(15) - 1);
            timed_not(&timed, "Run task");
            timed_move(&timed, 1);
            timed_until(&timed, "Run task ");
        }
        timed_until(&timed, "\n75 end\n");
        timed_end(&timed);
    }
}

/* A task that begins late makes the next one no earlier. */
static void test_rate_behind_a_long_task(void **state)
{
    (void)state;
    struct timed_run timed;
    int gate[2];
    char scenario[200];
    assert_int_equal(pipe(gate), 0);
    snprintf(scenario, sizeof(scenario), "pools: {p: {workers: 1, tasks: 3, rate: 4/m, output: lines, run: \"echo up; read line < /proc/%d/fd/%d\"}}\n", getpid(), gate[0]);
    timed_start(&timed, scenario);
    timed_until(&timed, "0 up\n");
    timed_move(&timed, SECONDS(60));
    assert_int_equal(write(gate[1], "\n\n\n", 3), 3);
    timed_until(&timed, "\n60 Run task 1 ");
    timed_until(&timed, "\n60 Task 1 runs ");
    timed_not(&timed, "Run task 2 ");
    timed_move(&timed, SECONDS(15));
    timed_until(&timed, "\n75 Run task 2 ");
    timed_end(&timed);
    close(gate[0]);
    close(gate[1]);
}

/* Of two tasks that wait to be tried again the one that is due first, though it has come last. */
static void test_first_due_first_tried(void **state)
{
    (void)state;
    struct timed_run timed;
    timed_start(&timed, "pools: {p: {workers: 1, tasks: 2, rate: 4/m, run: exit 1, retry: {attempts: 3, delay: 10s, factor: 60, max_delay: 10m, jitter: false}}}\n");
    timed_until(&timed, "Task 0 is tried again in 10s");
    timed_move(&timed, SECONDS(15));
    timed_until(&timed, "Task 0 is tried again in 10m");
    timed_move(&timed, SECONDS(15));
    timed_until(&timed, "\n30 Task 1 is tried again in 10s");
    timed_move(&timed, SECONDS(15));
    timed_until(&timed, "\n45 Task 1 is tried again in 10m");
    timed_move(&timed, SECONDS(570));
    timed_until(&timed, "\n615 Task 0 failed");
    timed_move(&timed, SECONDS(30));
    timed_until(&timed, "\n645 Task 1 failed");
    timed_end(&timed);
}

/* A body that no limit of its worker ends, as it waits in a system call: the worker is ended, and another one does what is left. */
static void test_a_hung_worker(void **state)
{
    (void)state;
    struct timed_run timed;
    int gate[2];
    char scenario[300];
    assert_int_equal(pipe(gate), 0);
    snprintf(scenario, sizeof(scenario), "pools: {p: {workers: 1, tasks: 2, timeout: 1h, stop: {grace: 10s}, lua: \"if item == 0 then io.open('/proc/%d/fd/%d'):read() end\"}}\n", getpid(), gate[0]);
    timed_start(&timed, scenario);
    timed_until(&timed, "\n0 Run task 0 ");
    timed_move(&timed, SECONDS(3611) - 1);
    timed_not(&timed, "Task 0");
    timed_move(&timed, 1);
    timed_until(&timed, "\n3611 Task 0 timed out after 1h");
    timed_until(&timed, "\n3611 Task 1 runs ");
    timed_end(&timed);
    close(gate[0]);
    close(gate[1]);
}

/* A worker that announces a frame, and never sends the rest. */
static void test_half_a_frame(void **state)
{
    (void)state;
    struct timed_run timed;
    int gate[2];
    char scenario[400];
    assert_int_equal(pipe(gate), 0);
    snprintf(scenario, sizeof(scenario),
             "pools:\n"
             "  p:\n"
             "    workers: 1\n"
             "    tasks: 1\n"
             "    lua: |\n"
             "      for fd = 60, 3, -1 do\n"
             "        local file = io.open('/proc/self/fd/' .. fd, 'a')\n"
             "        if file then file:write('\\100\\0\\0\\0') file:close() break end\n"
             "      end\n"
             "      io.open('/proc/%d/fd/%d'):read()\n",
             getpid(), gate[0]);
    timed_start(&timed, scenario);
    timed_until(&timed, "Run task 0 ");
    timed_now = &timed;
    timed.awaited = "not what a worker sends";
    signal(SIGALRM, timed_late);
    alarm(PATIENCE);
    while (timed.awaited) /* what the worker writes comes sooner or later */
        timed_move(&timed, SECONDS(60));
    alarm(0);
    timed_end(&timed);
    close(gate[0]);
    close(gate[1]);
}

static size_t workers_of(struct timed_run *timed)
{
    struct pool *pool = (struct pool *)timed->run.all.objects[0];
    return pool->workers.count;
}

static void test_no_more_workers_than_tasks(void **state)
{
    (void)state;
    static const char *const scenarios[] = {
        "pools: {p: {workers: 5, tasks: 2, run: \"true\"}}\n",
        "pools: {p: {workers: 2, tasks: 5, run: \"true\"}}\n",
    };
    for (size_t i = 0; i < countof(scenarios); i++) {
        struct timed_run timed;
        timed_start(&timed, scenarios[i]);
        assert_int_equal(workers_of(&timed), 2);
        timed_end(&timed);
    }
}

/* Those that are idle for long go, but for as many as are to stay. */
static void test_the_least_workers_stay(void **state)
{
    (void)state;
    struct timed_run timed;
    int gate[2];
    char scenario[300];
    assert_int_equal(pipe(gate), 0);
    snprintf(scenario, sizeof(scenario), "pools: {p: {workers: {least: 1, most: 3, idle: 1m}, tasks: {lines: /proc/%d/fd/%d}, run: \"true\"}}\n", getpid(), gate[0]);
    timed_start(&timed, scenario);
    struct pool *pool = (struct pool *)timed.run.all.objects[0];
    assert_int_equal(write(gate[1], "a\n", 2), 2);
    timed_until(&timed, "Task 0 (a) runs ");
    timed_move(&timed, SECONDS(600));
    assert_int_equal(pool_staffed(pool), 1);
    close(gate[1]);
    timed_end(&timed);
    close(gate[0]);
}

/* However many messages wait: no more than are wanted now, though the pool may have had more. */
static void test_the_most_workers(void **state)
{
    (void)state;
    struct timed_run timed;
    int gates[2][2];
    char scenario[400];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pipe(gates[i]), 0);
    snprintf(scenario, sizeof(scenario),
             "queues: {q: }\n"
             "pools: {p: {workers: {least: 1, most: 3, idle: 1m}, tasks: {queue: q}, run: \"read line < /proc/%d/fd/%d\"}}\n"
             "processes: {a: {run: \"read line < /proc/%d/fd/%d; seq 6\", stdout: {queue: q}}}\n",
             getpid(), gates[0][0], getpid(), gates[1][0]);
    timed_start(&timed, scenario);
    struct pool *pool = NULL;
    for (size_t i = 0; i < timed.run.all.object_count; i++)
        if (!strcmp(timed.run.all.objects[i]->name, "p"))
            pool = (struct pool *)timed.run.all.objects[i];
    assert_non_null(pool);
    pool->workers.wanted = 2;
    assert_int_equal(write(gates[1][1], "\n", 1), 1);
    timed_until(&timed, "Run task ");
    timed_until(&timed, "Run task ");
    for (int i = 0; i < 4; i++)
        timed_turn(&timed);
    assert_int_equal(pool_staffed(pool), 2);
    assert_int_equal(write(gates[0][1], "\n\n\n\n\n\n", 6), 6);
    timed_end(&timed);
    for (size_t i = 0; i < 4; i++)
        close(gates[i / 2][i % 2]);
}

int main(int argc, char **argv)
{
    struct tests tests = {0};
    timed_main(argc, argv);
    TEST(&tests, test_attempts_back_off);
    TEST(&tests, test_rate);
    TEST(&tests, test_rate_behind_a_long_task);
    TEST(&tests, test_first_due_first_tried);
    TEST(&tests, test_a_hung_worker);
    TEST(&tests, test_half_a_frame);
    TEST(&tests, test_no_more_workers_than_tasks);
    TEST(&tests, test_the_least_workers_stay);
    TEST(&tests, test_the_most_workers);
    return tests_run(&tests, "pool_time");
}
