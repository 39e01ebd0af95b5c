/* What a pool does at which time: limits, pauses and rates of tasks come at their time and not a moment before. */
#include "../harness/timed_run.h"

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

int main(int argc, char **argv)
{
    struct tests tests = {0};
    timed_main(argc, argv);
    TEST(&tests, test_attempts_back_off);
    TEST(&tests, test_rate);
    return tests_run(&tests, "pool_time");
}
