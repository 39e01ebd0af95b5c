/* Whether a thread could have answered. */
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "os/hearing.h"

/* More looks than a thread has that does not run. */
#define LOOKS_MOST 10

/* A process that is always ready to run; IDLE: whoever else is goes before it. */
static pid_t start_spinning(bool idle)
{
    const struct sched_param none = {0};
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid)
        return pid;
    if (idle)
        sched_setscheduler(0, SCHED_IDLE, &none);
    for (;;)
        getppid();
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_who_is_stopped_has_a_moment(void **state)
{
    (void)state;
    struct hearing hearing;
    int looks = 0, status;
    pid_t pid = start_spinning(true);
    kill(pid, SIGSTOP);
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    hearing_begin(&hearing, pid);
    while (hearing_goes_on(&hearing))
        looks++;
    assert_in_range(looks, 1, LOOKS_MOST);
    end(pid);
}

static void test_who_gets_no_processor_has_longer(void **state)
{
    (void)state;
    struct hearing hearing;
    pid_t pid = start_spinning(true);
    hearing_begin(&hearing, pid);
    for (int looks = 0; looks < LOOKS_MOST; looks++) /* without a pause: there is no processor time in between */
        assert_true(hearing_goes_on(&hearing));
    end(pid);
}

static void test_who_has_used_its_moment_is_known(void **state)
{
    (void)state;
    const struct timespec pause = {.tv_nsec = HEARING_LOOK};
    struct hearing hearing;
    pid_t pid = start_spinning(false);
    hearing_begin(&hearing, pid);
    while (hearing_goes_on(&hearing))
        nanosleep(&pause, NULL);
    end(pid);
}

static void test_who_has_gone_has_a_moment(void **state)
{
    (void)state;
    struct hearing hearing;
    pid_t pid = start_spinning(false);
    end(pid);
    hearing_begin(&hearing, pid);
    for (int looks = 0; hearing_goes_on(&hearing); looks++)
        assert_true(looks < LOOKS_MOST);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_who_is_stopped_has_a_moment);
    TEST(&tests, test_who_gets_no_processor_has_longer);
    TEST(&tests, test_who_has_used_its_moment_is_known);
    TEST(&tests, test_who_has_gone_has_a_moment);
    return tests_run(&tests, "os/hearing");
}
