/* The objects of a run. */
#include "view/objects.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "event/event.h"
#include "value/value.h"
#include "view/text.h"

char *row_text(const struct value *row, const char *name)
{
    const struct value *value = value_member(row, name);
    struct buf text = {0};
    int column = 0;
    if (value && value->type == VALUE_STRING)
        text_make_safe(&text, value->string.bytes, value->string.length, false, &column);
    char *taken = buf_take(&text);
    return taken ? taken : mem_strdup("");
}

int64_t row_number(const struct value *row, const char *name, int64_t otherwise)
{
    const struct value *value = value_member(row, name);
    return value && value->type == VALUE_INTEGER ? value->integer : otherwise;
}

static bool flag_of(const struct value *row, const char *name)
{
    const struct value *value = value_member(row, name);
    return value && value->type == VALUE_BOOLEAN && value->boolean;
}

static void release_texts(struct view_object *object)
{
    free(object->declared);
    free(object->kind);
    free(object->state);
    free(object->doing);
    free(object->progress);
    free(object->error);
    free(object->since);
    free(object->pids);
}

static void object_free(struct view_object *object)
{
    release_texts(object);
    free(object->name);
    free(object);
}

void view_objects_release(struct view_objects *objects)
{
    for (size_t i = 0; i < objects->count; i++)
        object_free(objects->items[i]);
    free(objects->items);
    *objects = (struct view_objects){0};
}

struct view_object *view_objects_find(const struct view_objects *objects, const char *name)
{
    for (size_t i = 0; i < objects->count; i++)
        if (!strcmp(objects->items[i]->name, name))
            return objects->items[i];
    return NULL;
}

static void take_pids(struct view_object *object, const struct value *row)
{
    const struct value *pids = value_member(row, "pids");
    object->pids = NULL;
    object->pid_count = pids && pids->type == VALUE_TABLE ? pids->table.count : 0;
    if (object->pid_count)
        object->pids = mem_calloc(object->pid_count, sizeof(*object->pids));
    for (size_t i = 0; i < object->pid_count; i++)
        object->pids[i] = pids->table.pairs[i].value.type == VALUE_INTEGER ? pids->table.pairs[i].value.integer : 0;
}

static void fill(struct view_object *object, const struct value *row)
{
    release_texts(object);
    object->declared = row_text(row, "declared");
    object->kind = row_text(row, "kind");
    object->state = row_text(row, "state");
    object->doing = row_text(row, "doing");
    object->progress = row_text(row, "progress");
    object->error = row_text(row, "error");
    object->since = row_text(row, "since");
    object->status = row_number(row, "status", 0);
    object->pid = row_number(row, "pid", 0);
    object->restarts = row_number(row, "restarts", 0);
    object->restarted = row_number(row, "restarted", 0);
    object->rows = (int)row_number(row, "rows", 0);
    object->columns = (int)row_number(row, "columns", 0);
    object->is_pool = !strcmp(object->kind, "pool");
    object->paused = flag_of(row, "paused");
    object->tasks.workers = row_number(row, "workers", 0);
    object->tasks.busy = row_number(row, "busy", 0);
    object->tasks.failed = row_number(row, "failed", 0);
    object->allowed = row_number(row, "allowed_failures", 0);
    object->tasks.skipped = row_number(row, "skipped", 0);
    object->tasks.done = row_number(row, "succeeded", 0) + object->tasks.failed + object->tasks.skipped + row_number(row, "current", 0);
    object->tasks.left = row_number(row, "left", -1);
    take_pids(object, row);
}

/* They come in the order in which they are there, but for new ones and those of some alone. */
static struct view_object *find_expected(const struct view_objects *objects, const char *name)
{
    bool there = objects->expected < objects->count && !strcmp(objects->items[objects->expected]->name, name);
    return there ? objects->items[objects->expected] : view_objects_find(objects, name);
}

void view_objects_take(struct view_objects *objects, const struct value *row)
{
    char *name = row_text(row, "name");
    struct view_object *object = find_expected(objects, name);
    if (!object) {
        size_t at = objects->expected < objects->count ? objects->expected : objects->count;
        object = mem_calloc(1, sizeof(*object));
        object->name = mem_strdup(name);
        objects->items = mem_grow(objects->items, &objects->capacity, objects->count + 1, sizeof(struct view_object *));
        memmove(objects->items + at + 1, objects->items + at, (objects->count++ - at) * sizeof(struct view_object *));
        objects->items[at] = object;
    }
    objects->expected++;
    object->seen = objects->answer;
    fill(object, row);
    free(name);
}

void view_objects_settle(struct view_objects *objects)
{
    size_t kept = 0;
    for (size_t i = 0; i < objects->count; i++) {
        if (objects->items[i]->seen == objects->answer)
            objects->items[kept++] = objects->items[i];
        else
            object_free(objects->items[i]);
    }
    objects->count = kept;
    objects->answer++;
    objects->expected = 0;
}

void view_objects_set_state(struct view_object *object, const char *state)
{
    free(object->state);
    object->state = mem_strdup(state);
}

void view_objects_set_tasks(struct view_object *object, const struct event *event)
{
    struct buf text = {0};
    object->tasks.failed = event->count;
    object->allowed = event->tally.allowed;
    object->tasks.skipped = event->tally.skipped;
    object->tasks.done = event->total + event->tally.skipped + event->tally.current;
    object->tasks.left = event->tally.left;
    object->tasks.busy = object->tasks.workers = 0;
    buf_printf(&text, "%" PRId64 " done", event->total);
    if (event->count)
        buf_printf(&text, ", %" PRId64 " failed%s", event->count, event->tally.allowed == event->count ? " (allowed)" : "");
    free(object->progress);
    object->progress = buf_take(&text);
}

struct view_sum view_objects_sum(const struct view_objects *objects)
{
    struct view_sum sum = {0};
    int64_t left = 0;
    for (size_t i = 0; i < objects->count; i++) {
        const struct view_object *object = objects->items[i];
        sum.up += !strcmp(object->state, "running");
        sum.failed += object->tasks.failed ? object->tasks.failed - object->allowed : !strcmp(object->state, "failed");
        sum.done += object->tasks.done - object->tasks.skipped;
        if (object->is_pool)
            left = left < 0 || object->tasks.left < 0 ? -1 : left + object->tasks.left;
    }
    sum.tasks = left < 0 ? -1 : sum.done + left;
    return sum;
}

static void measure(struct view_object *object, const struct usages *usages, int64_t now)
{
    struct usage sum = {0}, one;
    bool any = false;
    for (size_t i = 0; i < object->pid_count; i++) {
        if (!usages_of_session(usages, (pid_t)object->pids[i], &one))
            continue;
        any = true;
        sum.cpu += one.cpu;
        sum.memory += one.memory;
    }
    int64_t past = now - object->usage.cpu_at, used = sum.cpu - object->usage.cpu_used;
    bool before = object->usage.cpu_at && past > 0 && used >= 0;
    object->usage.measured = any;
    object->usage.cpu = any && before ? (double)used / (double)past : 0;
    object->usage.memory = sum.memory;
    object->usage.cpu_used = sum.cpu;
    object->usage.cpu_at = any ? now : 0;
}

void view_objects_measure(struct view_objects *objects, size_t first, size_t count, const struct usages *usages, int64_t now)
{
    for (size_t i = first; i < objects->count && i - first < count; i++)
        measure(objects->items[i], usages, now);
}
