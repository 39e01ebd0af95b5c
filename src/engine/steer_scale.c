/* More and fewer: workers of a pool, replicas of a process. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/dependencies.h"
#include "engine/object.h"
#include "engine/run.h"
#include "engine/steer.h"
#include "engine/steer_private.h"
#include "event/bus.h"

/* No process has more replicas; pools have bounds of their own. */
#define REPLICAS_MOST 1024

struct aim {
    struct object *object; /* the pool, or the first replica */
    int64_t before;
    int64_t number;
};

static int64_t count_now(const struct run *run, const struct object *object)
{
    struct object_staff staff = {0};
    size_t count;
    if (!object->kind->scale) {
        graph_objects(run->all.graph, object->number, &count);
        return (int64_t)count;
    }
    object->kind->staff(object, &staff);
    return (int64_t)staff.wanted;
}

/* "4", "+2" or "-1" beside what there is now. False where it is none of them. */
static bool read_number(const char *text, int64_t now, int64_t *number)
{
    bool relative = *text == '+' || *text == '-';
    char *end;
    if (!isdigit((unsigned char)text[relative]))
        return false;
    errno = 0;
    int64_t value = strtoll(text, &end, 10);
    if (*end || errno)
        return false;
    *number = relative ? now + value : value;
    return true;
}

static struct object *find_declared(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->all.object_count; i++)
        if (!run->all.objects[i]->copy.retired && !strcmp(run->all.objects[i]->spec->name, name))
            return run->all.objects[i];
    return NULL;
}

static void check_kind(struct steering *steering, const struct aim *aim)
{
    struct error error = {0};
    const struct object *object = aim->object;
    const char *name = object->spec->name;
    bool pool = object->kind->scale;
    if (!pool && !object->kind->replicate)
        steering_fault(steering, ERROR_FAILED, "%s is a %s: only pools and processes are scaled", name, object->kind->word);
    else if (!pool && (aim->number < 1 || aim->number > REPLICAS_MOST))
        steering_fault(steering, ERROR_FAILED, "%s cannot have %" PRId64 " replicas: 1 to %d are possible%s%s", name, aim->number,
                       REPLICAS_MOST, aim->number > 0 ? "" : "; to stop it: parrun stop ", aim->number > 0 ? "" : name);
    else if (pool && object->kind->scale(aim->object, aim->number, true, &error))
        steering_fault(steering, error.code == -ERANGE ? ERROR_FAILED : ERROR_STOPPED, "%s", error.text);
    else if (!pool && aim->number > aim->before && object->kind->revive(aim->object, true, &error))
        steering_fault(steering, ERROR_STOPPED, "%s can have no more replicas: %s", name, error.text);
    else if (!object->spec->when || object->spec->left_out)
        steering_fault(steering, ERROR_STOPPED, "%s is no part of this run", name);
    error_release(&error);
}

static void read_aim(struct steering *steering, const char *text, struct aim *aim)
{
    const struct run *run = steering->run;
    struct error error = {0};
    struct object **found;
    const char *equals = strchr(text, '=');
    char *name = mem_copy(text, strcspn(text, "="));
    if (!equals || !equals[1]) {
        steering_fault(steering, ERROR_FAILED, "'%s' has no =N behind it: write %s=4, %s=+1 or %s=-1", name, name, name, name);
        free(name);
        return;
    }
    aim->object = find_declared(run, name);
    if (!aim->object && steer_find(run, (const char *const *)&name, 1, &found, &error) >= 0) {
        steering_fault(steering, ERROR_FAILED, "'%s' is no name of a pool or a process as the scenario has it", name);
        free(found);
    } else if (!aim->object) {
        steering_fault(steering, ERROR_FAILED, "%s", error.text);
    } else {
        aim->before = count_now(run, aim->object);
        if (!read_number(equals + 1, aim->before, &aim->number))
            steering_fault(steering, ERROR_FAILED, "'%s' is no number: write %s=4, %s=+1 or %s=-1", equals + 1, name, name,
                           name);
        else
            check_kind(steering, aim);
    }
    error_release(&error);
    free(name);
}

static void check_twice(struct steering *steering, const struct aim *aims, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; aims[i].object && j < count; j++)
            if (aims[i].object == aims[j].object)
                steering_fault(steering, ERROR_FAILED, "%s is named twice", aims[i].object->spec->name);
}

/* Behind the last of the declaration, as in the order of the file. */
static void insert(struct run *run, struct object *object)
{
    size_t at = run->all.object_count;
    while (run->all.objects[at - 1]->number != object->number)
        at--;
    run->all.objects = mem_realloc(run->all.objects, run->all.object_count + 1, sizeof(*run->all.objects));
    memmove(&run->all.objects[at + 1], &run->all.objects[at], (run->all.object_count - at) * sizeof(*run->all.objects));
    run->all.objects[at] = object;
    run->all.object_count++;
}

/* The replica of this number that was taken away before; NULL: there was none. */
static struct object *find_retired(const struct run *run, const struct object *object, int64_t replica)
{
    for (size_t i = 0; i < run->all.object_count; i++)
        if (run->all.objects[i]->number == object->number && run->all.objects[i]->copy.replica == replica)
            return run->all.objects[i];
    return NULL;
}

static struct object *add_replica(struct run *run, struct object *first, int64_t replica)
{
    struct object *object = find_retired(run, first, replica);
    if (!object) {
        object = first->kind->replicate(first, replica);
        object->number = first->number;
        object->copy.replica = replica;
        insert(run, object);
    }
    object->copy.retired = false;
    object->reached = 0;
    object->wish.wanted = WANTED_UP;
    graph_add(run->all.graph, object);
    return object;
}

static struct object *take_replica(struct run *run, const struct object *first, int64_t replica)
{
    struct object *object = find_retired(run, first, replica);
    graph_remove(run->all.graph, object);
    object->copy.retired = true;
    object->wish.wanted = WANTED_DOWN;
    return object;
}


static void scale_process(struct run *run, const struct aim *aim, struct steer_answer *answer)
{
    struct event event = {.kind = EVENT_PROCESS_SCALED,
                          .object = aim->object->spec->name,
                          .count = aim->number,
                          .total = aim->before};
    bus_emit(run->bus, &event);
    for (int64_t i = aim->before + 1; i <= aim->number; i++)
        steer_answer_add(answer, add_replica(run, aim->object, i), false, mem_strdup("is being started"));
    for (int64_t i = aim->number + 1; i <= aim->before; i++)
        steer_answer_add(answer, take_replica(run, aim->object, i), false, mem_strdup("is being stopped, and goes"));
}

static void scale_pool(const struct aim *aim, struct steer_answer *answer)
{
    struct error error = {0};
    struct object_staff staff = {0};
    struct buf text = {0};
    aim->object->kind->scale(aim->object, aim->number, false, &error);
    aim->object->kind->staff(aim->object, &staff);
    buf_printf(&text, "is scaled from %" PRId64 " to %" PRId64 " worker%s", aim->before, aim->number,
               aim->number == 1 ? "" : "s");
    if (staff.leaving)
        buf_printf(&text, "; %zu still end%s", staff.leaving, staff.leaving == 1 ? "s" : "");
    if (!aim->number)
        buf_printf(&text, "; nothing of it runs, and the run does not end, until it has some again: parrun scale %s=%" PRId64, aim->object->spec->name,
                   aim->before);
    steer_answer_add(answer, aim->object, false, buf_take(&text));
    error_release(&error);
}

static void apply(struct run *run, const struct aim *aim, struct steer_answer *answer)
{
    if (aim->number == aim->before) {
        struct buf text = {0};
        buf_printf(&text, "has %" PRId64 " already", aim->number);
        steer_answer_add(answer, aim->object, true, buf_take(&text));
    } else if (aim->object->kind->scale) {
        scale_pool(aim, answer);
    } else {
        scale_process(run, aim, answer);
    }
}

void steer_scale(struct steering *steering, struct steer_answer *answer)
{
    const struct steer_request *request = steering->request;
    struct aim *aims = mem_calloc(request->name_count + 1, sizeof(*aims));
    if (!request->name_count)
        steering_fault(steering, ERROR_FAILED, "nothing is named: write NAME=4, NAME=+1 or NAME=-1");
    for (size_t i = 0; i < request->name_count; i++)
        read_aim(steering, request->names[i], &aims[i]);
    check_twice(steering, aims, request->name_count);
    for (size_t i = 0; !steering->code && i < request->name_count; i++)
        apply(steering->run, &aims[i], answer);
    free(aims);
}
