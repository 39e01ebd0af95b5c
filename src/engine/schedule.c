/* Objects that run by the clock. */
#include "engine/schedule.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "base/zone.h"
#include "engine/dependencies.h"
#include "engine/object.h"
#include "engine/run.h"
#include "engine/timetable.h"
#include "event/event.h"
#include "loop/alarm.h"
#include "loop/loop.h"
#include "os/zone_file.h"
#include "scenario/spec.h"

struct schedule {
    struct object *object;
    const struct schedule_spec *spec;
    struct timetable table;
    struct zone_file zone; /* of a cron expression */
    struct alarm *alarm;
    bool open;    /* its times start it */
    bool asked;   /* it may start now: its time has come, or a word wants it */
    bool runs;    /* it was admitted, and its run has not ended */
    bool resting; /* it waits for its time */
    bool told;    /* when it runs next, once */
    bool any_failed;
    bool any_ended;  /* of its runs */
    int64_t begun;   /* runs that its times have started */
    int64_t waiting; /* runs that follow the one that runs */
    int64_t left;    /* times that were left out */
};

static int64_t now_of(const struct schedule *schedule)
{
    return schedule->spec->expression ? clock_wall() : clock_boot();
}

static bool is_over(const struct schedule *schedule)
{
    const struct schedule_spec *spec = schedule->spec;
    return schedule->table.ended || (spec->times && schedule->begun + schedule->waiting >= spec->times);
}

static void tell(struct schedule *schedule, enum event_kind kind, const char *reason, unsigned flags)
{
    struct event event = {.kind = kind, .flags = flags, .reason = reason};
    int64_t latest;
    int64_t next = schedule_next(schedule, &latest);
    if (kind == schedule->object->kind->events.scheduled && next) {
        int64_t wait = next - clock_wall();
        event.has_duration = true;
        event.duration = wait > 0 ? wait : 0;
    }
    object_emit(schedule->object, &event);
}

/* It rests; the story has it once. */
static void tell_next(struct schedule *schedule)
{
    struct buf text = {0};
    unsigned flags = schedule->told || schedule->waiting ? EVENT_TOLD : 0;
    if (schedule->any_ended && schedule->spec->last)
        flags |= EVENT_AGAIN;
    if (schedule->waiting)
        buf_text(&text, "runs at once, as its time came meanwhile");
    else
        schedule_describe(schedule, &text);
    tell(schedule, schedule->object->kind->events.scheduled, buf_string(&text), flags);
    schedule->told = schedule->told || !schedule->waiting;
    buf_release(&text);
}

/* COUNT times are left out: WHY. */
static void tell_left(struct schedule *schedule, int64_t count, const char *why)
{
    struct buf text = {0};
    schedule->left += count;
    buf_printf(&text, "leaves out %" PRId64 " time%s of its schedule: %s", count, count == 1 ? "" : "s", why);
    tell(schedule, schedule->object->kind->events.missed, buf_string(&text), 0);
    buf_release(&text);
}

static void settle(void *arg)
{
    struct schedule *schedule = arg;
    if (schedule->object->state == OBJECT_RESTING && schedule->resting)
        object_happens(schedule->object, HAPPENING_STOP, NULL);
}

/* It has no more times, and cannot have any: it ends. */
static void give_up(struct schedule *schedule, struct error *error)
{
    schedule->any_failed = schedule->object->failed = true;
    tell(schedule, schedule->object->kind->events.missed, error->text, EVENT_WRONG);
    error_release(error);
    schedule->table.ended = true;
    loop_defer(schedule->object->run->loop, settle, schedule);
}

/* Its next time starts it; meanwhile it is looked each day whether the rules of the zone have changed. */
static void arm(struct schedule *schedule)
{
    int64_t due = timetable_due(&schedule->table);
    int64_t look = now_of(schedule) + DAY_SECONDS * NS_PER_S;
    if (is_over(schedule))
        alarm_stop(schedule->alarm);
    else
        alarm_set(schedule->alarm, due < look ? due : look);
}

static void tell_queue_full(struct schedule *schedule)
{
    char text[80];
    long long waiting = (long long)schedule->waiting;
    snprintf(text, sizeof(text), "%lld run%s already, as many as 'queue' allows", waiting, waiting == 1 ? " waits" : "s wait");
    tell_left(schedule, 1, text);
}

/* Its run before goes on at its time. */
static void overlap(struct schedule *schedule)
{
    struct object *object = schedule->object;
    const struct schedule_spec *spec = schedule->spec;
    switch (spec->overlap) {
    case OVERLAP_SKIP:
        tell_left(schedule, 1, "the run before goes on");
        break;
    case OVERLAP_QUEUE:
        if (schedule->waiting < spec->queue)
            schedule->waiting++;
        else
            tell_queue_full(schedule);
        break;
    case OVERLAP_STOP:
        if (object->wish.wanted == WANTED_NEW) {
            tell_left(schedule, 1, "the run before is being stopped");
            break;
        }
        schedule->begun++;
        object_asked(object, "is stopped by its schedule, and started again", 0);
        object->wish.wanted = WANTED_NEW;
        object->wish.no_deps = true;
        schedule->asked = true;
        run_poke(object->run);
        break;
    }
}

static void take_time(struct schedule *schedule)
{
    struct object *object = schedule->object;
    if (object->run->stop.cause || object->wish.wanted == WANTED_DOWN)
        return;
    if (schedule->runs) {
        overlap(schedule);
    } else if (object->state == OBJECT_RESTING && schedule->resting) {
        schedule->begun++;
        schedule->asked = true;
    }
}

static void on_alarm(void *arg)
{
    struct schedule *schedule = arg;
    struct object *object = schedule->object;
    int64_t missed;
    bool corrected;
    if (!schedule->open || schedule->table.ended)
        return;
    if (zone_file_refresh(&schedule->zone)) {
        schedule->table.zone = schedule->zone.zone;
        timetable_replan(&schedule->table);
    }
    bool due = timetable_take(&schedule->table, now_of(schedule), &missed, &corrected);
    if (missed)
        tell_left(schedule, missed, "the machine slept, its clock was set, or there was no time for it");
    if (due)
        take_time(schedule);
    arm(schedule);
    if (corrected)
        tell(schedule, object->kind->events.missed, "plans its times anew, as its clock was put back by more than three hours", 0);
    if (schedule->asked && schedule->resting && object->state == OBJECT_RESTING)
        object_due(object);
}

static void open_table(struct schedule *schedule, struct error *error)
{
    enum alarm_clock clock = schedule->spec->expression ? ALARM_WALL : ALARM_BOOT;
    if (schedule->spec->expression && !schedule->zone.zone && zone_file_open(&schedule->zone, schedule->spec->zone, error))
        return;
    if (!schedule->alarm)
        schedule->alarm = alarm_new(schedule->object->run->loop, clock, on_alarm, schedule, error);
    if (!schedule->alarm)
        return;
    schedule->open = true;
    schedule->table.zone = schedule->zone.zone;
    timetable_begin(&schedule->table, now_of(schedule), schedule->asked);
    arm(schedule);
}

struct schedule *schedule_new(struct object *object)
{
    const struct schedule_spec *spec = object->spec->schedule;
    if (!spec->given || object->run->plan.dry || object->run->selection.count)
        return NULL;
    struct schedule *schedule = mem_calloc(1, sizeof(*schedule));
    *schedule = (struct schedule){.object = object, .spec = spec};
    schedule->table = (struct timetable){.spec = spec, .seed = (unsigned)clock_monotonic()};
    return schedule;
}

void schedule_free(struct schedule *schedule)
{
    if (!schedule)
        return;
    alarm_free(schedule->alarm);
    zone_file_release(&schedule->zone);
    free(schedule);
}

bool schedule_admits(struct schedule *schedule)
{
    struct error error = {0};
    if (!schedule || schedule->runs)
        return true;
    if (!schedule->open)
        open_table(schedule, &error);
    schedule->resting = !schedule->asked;
    schedule->runs = schedule->asked;
    schedule->asked = false;
    if (error.code)
        give_up(schedule, &error);
    else if (schedule->resting && schedule->table.ended)
        loop_defer(schedule->object->run->loop, settle, schedule);
    else if (schedule->resting && timetable_due(&schedule->table) > now_of(schedule))
        tell_next(schedule);
    return schedule->runs;
}

void schedule_ask(struct schedule *schedule)
{
    if (schedule)
        schedule->asked = true;
}

static void begin_waiting(void *arg)
{
    struct schedule *schedule = arg;
    if (!schedule->waiting || !schedule->resting || schedule->object->state != OBJECT_RESTING)
        return;
    schedule->waiting--;
    schedule->begun++;
    schedule->asked = true;
    object_due(schedule->object);
}

/* What depends on it waits for its first run alone. */
static void tell_dependents(struct object *object, bool failed)
{
    object->failed = failed && !object->spec->allow_failure;
    object_reached(object, CONDITION_COMPLETED);
    if (!object->failed)
        object_reached(object, CONDITION_SUCCEEDED);
    graph_ended(object->run->all.graph, object);
}

bool schedule_goes_on(struct schedule *schedule, bool failed)
{
    if (!schedule)
        return false;
    struct object *object = schedule->object;
    bool first = !schedule->any_ended;
    schedule->runs = false;
    schedule->any_ended = true;
    schedule->any_failed = schedule->any_failed || failed;
    if (!schedule->open || (is_over(schedule) && !schedule->waiting))
        return false;
    if (first)
        tell_dependents(object, failed);
    object->failed = schedule_failed(schedule, failed) && !object->spec->allow_failure;
    if (failed)
        object_fails(object);
    schedule->resting = true;
    object_rests(object);
    tell_next(schedule);
    if (schedule->waiting)
        loop_defer(object->run->loop, begin_waiting, schedule);
    run_poke(object->run);
    return true;
}

void schedule_stopped(struct schedule *schedule, bool close)
{
    if (!schedule)
        return;
    schedule->runs = schedule->resting = false;
    if (close)
        schedule_close(schedule);
}

void schedule_close(struct schedule *schedule)
{
    if (!schedule)
        return;
    schedule->open = schedule->asked = false;
    schedule->waiting = 0;
    alarm_stop(schedule->alarm);
}

bool schedule_failed(const struct schedule *schedule, bool failed)
{
    return failed || (schedule && schedule->any_failed && !schedule->spec->last);
}

bool schedule_rests(const struct schedule *schedule)
{
    return schedule && schedule->resting;
}

int64_t schedule_next(const struct schedule *schedule, int64_t *latest)
{
    if (!schedule || !schedule->open || is_over(schedule))
        return 0;
    int64_t next = schedule->table.next;
    if (!schedule->spec->expression)
        next += clock_wall() - clock_boot();
    *latest = next + schedule->spec->jitter;
    return next + schedule->table.delay;
}

void schedule_describe(const struct schedule *schedule, struct buf *out)
{
    int64_t latest;
    int64_t next = schedule_next(schedule, &latest);
    int64_t wait = next - clock_wall();
    if (!next) {
        buf_text(out, "runs no more by its schedule");
    } else if (schedule->spec->expression) {
        buf_text(out, "runs next at ");
        zone_print(schedule->zone.zone, next / NS_PER_S, 0, out);
    } else {
        buf_text(out, "runs next in ");
        duration_print(out, duration_round(wait > 0 ? wait : 0));
    }
    if (next && schedule->spec->jitter) {
        buf_text(out, ", put off by ");
        duration_print(out, duration_round(schedule->table.delay));
    }
    if (schedule->left)
        buf_printf(out, "; %" PRId64 " time%s left out so far", schedule->left, schedule->left == 1 ? " was" : "s were");
}
