/* Alarms over timerfd. */
#include "loop/alarm.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "loop/watch.h"

struct alarm {
    struct watch *watch;
    int fd; /* the watch's */
    int flags;
    void (*function)(void *arg);
    void *arg;
};

static void on_alarm(void *arg)
{
    struct alarm *alarm = arg;
    uint64_t expirations;
    ssize_t got = read(alarm->fd, &expirations, sizeof(expirations));
    if (got > 0 || (got < 0 && errno == ECANCELED))
        alarm->function(alarm->arg);
}

struct alarm *alarm_new(struct loop *loop, enum alarm_clock clock, void (*function)(void *arg), void *arg, struct error *error)
{
    bool wall = clock == ALARM_WALL;
    int fd = timerfd_create(wall ? CLOCK_REALTIME : CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0) {
        error_system(error, errno, "there is no timer for it");
        return NULL;
    }
    struct alarm *alarm = mem_calloc(1, sizeof(*alarm));
    *alarm = (struct alarm){
        .fd = fd, .flags = TFD_TIMER_ABSTIME | (wall ? TFD_TIMER_CANCEL_ON_SET : 0), .function = function, .arg = arg};
    alarm->watch = watch_new(loop, fd, on_alarm, alarm);
    return alarm;
}

void alarm_set(struct alarm *alarm, int64_t time)
{
    if (time < 1)
        time = 1; /* 0 would stop it */
    struct itimerspec at = {.it_value = {.tv_sec = (time_t)(time / NS_PER_S), .tv_nsec = (long)(time % NS_PER_S)}};
    timerfd_settime(alarm->fd, alarm->flags, &at, NULL);
}

void alarm_stop(struct alarm *alarm)
{
    const struct itimerspec never = {0};
    if (alarm)
        timerfd_settime(alarm->fd, 0, &never, NULL);
}

void alarm_free(struct alarm *alarm)
{
    if (!alarm)
        return;
    watch_free(alarm->watch);
    free(alarm);
}
