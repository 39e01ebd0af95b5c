/* How it stands with what words have wanted, and who waits for it. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/run.h"
#include "engine/schedule.h"
#include "engine/steer.h"
#include "engine/steer_private.h"

/* How so many stand is told. */
#define EXPLAINED_MOST 5

struct steer_watch {
    struct steer_watch *next;
    struct run *run;
    struct object **objects;
    size_t count;
    enum steer_until until;
    void (*done)(void *arg, enum steer_standing standing);
    void *arg;
    bool told; /* it is only still to be freed */
};

static enum steer_standing ended(const struct object *object)
{
    return object->failed ? STEER_FAILED : STEER_COME;
}

static enum steer_standing is_idle(const struct object *object)
{
    struct object_staff staff = {0};
    if (!object->kind->staff)
        return object->daemon ? STEER_COME : STEER_NOT_YET;
    object->kind->staff(object, &staff);
    return !staff.tasks && (staff.waits || staff.paused) ? STEER_COME : STEER_NOT_YET;
}

static enum steer_standing is_staffed(const struct object *object)
{
    struct object_staff staff = {0};
    if (!object->kind->staff)
        return object->reached & 1u << CONDITION_READY ? STEER_COME : STEER_NOT_YET;
    object->kind->staff(object, &staff);
    return staff.settled ? STEER_COME : STEER_NOT_YET;
}

static enum steer_standing runs(const struct object *object, enum steer_until until)
{
    switch (until) {
    case STEER_UNTIL_READY:
        return object->reached & 1u << CONDITION_READY ? STEER_COME : STEER_NOT_YET;
    case STEER_UNTIL_IDLE:
        return is_idle(object);
    case STEER_UNTIL_SETTLED:
        return is_staffed(object);
    case STEER_UNTIL_DOWN:
    case STEER_UNTIL_ENDED:
        break;
    }
    return STEER_NOT_YET;
}

/* It waits for the next time of its schedule: nothing of it is under way. */
static enum steer_standing rests(const struct object *object, enum steer_until until)
{
    bool ran = object->reached & 1u << CONDITION_COMPLETED;
    if (until == STEER_UNTIL_IDLE || until == STEER_UNTIL_SETTLED)
        return STEER_COME;
    return until == STEER_UNTIL_READY && ran ? ended(object) : STEER_NOT_YET;
}

enum steer_standing steer_stands(const struct object *object, enum steer_until until)
{
    bool down = object->state == OBJECT_STOPPED || (object->state == OBJECT_ENDED && object->down);
    if (object->copy.retired)
        return object->state == OBJECT_ENDED ? STEER_COME : STEER_NOT_YET;
    if (object->spec->hook.when && (object->state == OBJECT_PENDING || object->skipped))
        return STEER_COME; /* it may never have to run */
    if (object->wish.wanted != WANTED_NOTHING && !(object->wish.wanted == WANTED_DOWN && down))
        return STEER_NOT_YET;
    if (until == STEER_UNTIL_DOWN)
        return down || object->state == OBJECT_ENDED ? STEER_COME : STEER_NOT_YET;
    if (down)
        return STEER_STOPPED;
    if (object->state == OBJECT_ENDED)
        return ended(object);
    if (object->state == OBJECT_RESTING && schedule_rests(object->schedule))
        return rests(object, until);
    return object->state == OBJECT_RUNNING ? runs(object, until) : STEER_NOT_YET;
}

/* From good to bad. */
static int badness(enum steer_standing standing)
{
    return standing == STEER_FAILED ? 3 : standing == STEER_NOT_YET ? 2 : standing == STEER_STOPPED;
}

enum steer_standing steer_worst(struct object *const *objects, size_t count, enum steer_until until)
{
    enum steer_standing worst = STEER_COME;
    for (size_t i = 0; i < count; i++) {
        enum steer_standing standing = steer_stands(objects[i], until);
        if (badness(standing) > badness(worst))
            worst = standing;
    }
    return worst;
}

static bool any_not_yet(const struct steer_watch *watch)
{
    for (size_t i = 0; i < watch->count; i++)
        if (steer_stands(watch->objects[i], watch->until) == STEER_NOT_YET)
            return true;
    return false;
}

static void watch_free(struct steer_watch *watch)
{
    free(watch->objects);
    free(watch);
}

/* Takes off those that were told, or cancelled meanwhile. */
static void sweep(struct run *run)
{
    struct steer_watch **place = &run->watching.watches;
    while (*place) {
        struct steer_watch *watch = *place;
        if (!watch->told) {
            place = &watch->next;
            continue;
        }
        *place = watch->next;
        watch_free(watch);
    }
}

void steer_look(struct run *run)
{
    for (struct steer_watch *watch = run->watching.watches; watch; watch = watch->next) {
        if (watch->told || (any_not_yet(watch) && !run->over))
            continue;
        watch->told = true;
        watch->done(watch->arg, steer_worst(watch->objects, watch->count, watch->until));
    }
    sweep(run);
}

struct steer_watch *steer_watch(struct run *run, struct object *const *objects, size_t count, enum steer_until until,
                                void (*done)(void *arg, enum steer_standing standing), void *arg)
{
    struct steer_watch *watch = mem_calloc(1, sizeof(*watch));
    *watch = (struct steer_watch){.run = run, .count = count, .until = until, .done = done, .arg = arg};
    watch->objects = mem_calloc(count + 1, sizeof(*watch->objects));
    if (count)
        memcpy(watch->objects, objects, count * sizeof(*objects));
    struct steer_watch **place = &run->watching.watches;
    while (*place)
        place = &(*place)->next;
    *place = watch;
    run_poke(run);
    return watch;
}

void steer_watch_cancel(struct steer_watch *watch)
{
    if (!watch)
        return;
    watch->told = true; /* the next look frees it: this may be called from one */
    run_poke(watch->run);
}

/* What is said of an object that stands so, behind its name. */
static const char *explain(const struct object *object, enum steer_standing standing, enum steer_until until)
{
    static const char *const awaited[] = {
        [STEER_UNTIL_READY] = "is not ready",   [STEER_UNTIL_ENDED] = "still runs",
        [STEER_UNTIL_IDLE] = "is not idle",     [STEER_UNTIL_SETTLED] = "has not all its workers",
        [STEER_UNTIL_DOWN] = "has not ended",
    };
    if (standing == STEER_FAILED)
        return object->skipped ? "was skipped" : "has failed";
    if (standing == STEER_STOPPED)
        return "was stopped by hand";
    return object->state == OBJECT_PENDING   ? "waits to be started"
           : object->state == OBJECT_RESTING ? "waits to be started again"
           : until == STEER_UNTIL_SETTLED && !object->kind->staff ? "is not ready"
                                                                  : awaited[until];
}

void steer_watch_explain(const struct steer_watch *watch, struct buf *out)
{
    size_t told = 0;
    for (size_t i = 0; i < watch->count; i++) {
        enum steer_standing standing = steer_stands(watch->objects[i], watch->until);
        if (standing == STEER_COME || told++ >= EXPLAINED_MOST)
            continue;
        buf_printf(out, "%s%s %s", told > 1 ? ", " : "", watch->objects[i]->name, explain(watch->objects[i], standing, watch->until));
    }
    if (told > EXPLAINED_MOST)
        buf_printf(out, " and %zu more", told - EXPLAINED_MOST);
}

const char *steer_state(const struct object *object)
{
    static const char *const words[OBJECT_STATES] = {
        [OBJECT_PENDING] = "waiting", [OBJECT_RUNNING] = "running",  [OBJECT_RESTING] = "restarting",
        [OBJECT_STOPPING] = "stopping", [OBJECT_KILLING] = "stopping", [OBJECT_STOPPED] = "stopped",
    };
    if (object->state == OBJECT_RESTING && schedule_rests(object->schedule))
        return "scheduled";
    if (object->state != OBJECT_ENDED)
        return words[object->state];
    return object->skipped  ? "skipped"
           : object->down   ? "stopped"
           : object->failed ? "failed"
                            : "done";
}
