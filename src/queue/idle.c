/* What an idle run waits for. */
#include "queue/idle.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "engine/dependencies.h"
#include "engine/object.h"
#include "engine/run.h"
#include "os/context_switches.h"

/* No more are told of; SIGUSR1 tells of all. */
#define TOLD_MOST 20

/* A server that waits for its work looks around so often between two looks, and hardly more. */
#define TURNS_MOST 20

struct idle {
    const struct run *run;
    struct buf lines; /* by the last look: who waits */
    struct buf sure;  /* of these, those that cannot go on whatever others do */
    struct buf turns; /* turns_note(), by the last look */
    bool slept;       /* by the last look */
    struct buf told;  /* the lines that were told of last */
    struct buf told_sure;
};

static bool is_same(const struct buf *a, const struct buf *b)
{
    return a->length && a->length == b->length && !memcmp(a->data, b->data, a->length);
}

static void put_name(const struct object *object, struct buf *out)
{
    buf_printf(out, "\n  %s %s ", object->kind->word, object->name);
}

static void put_pending(const struct run *run, struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct object *object = run->all.objects[i];
        if (object->state != OBJECT_PENDING || count++ >= TOLD_MOST)
            continue;
        put_name(object, out);
        buf_text(out, "waits until ");
        graph_explain(run->all.graph, object, out);
    }
    if (count > TOLD_MOST)
        buf_printf(out, "\n  and %zu more", count - TOLD_MOST);
}

/* A daemon that is the last of all is ended when it has taken what is left. */
static bool is_last(const struct run *run, const struct object *object)
{
    for (size_t i = 0; i < run->all.object_count; i++)
        if (!run->all.objects[i]->daemon && !run->all.objects[i]->spec->hook.when && run->all.objects[i]->state != OBJECT_ENDED &&
            run->all.objects[i]->state != OBJECT_STOPPED)
            return false;
    return object->daemon && !object->kind->wait.drained(object);
}

/* As held_up() of its kind. */
static bool is_held_up(const struct object *object, struct buf *why)
{
    return object->kind->wait.held_up && object->kind->wait.held_up(object, why);
}

static void put_held_up(const struct run *run, struct buf *out, struct buf *sure)
{
    size_t count = 0;
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct object *object = run->all.objects[i];
        struct buf why = {0};
        if (object->state != OBJECT_RUNNING && object->state != OBJECT_RESTING)
            continue;
        bool for_sure = is_held_up(object, &why);
        if (!why.length && is_last(run, object))
            buf_text(&why, "is a daemon that has not taken yet what is left for it in its queues");
        if (why.length && count++ < TOLD_MOST) {
            put_name(object, out);
            buf_text(out, why.data);
        }
        if (for_sure && count <= TOLD_MOST) {
            put_name(object, sure);
            buf_text(sure, why.data);
        }
        buf_release(&why);
    }
}

/* Whether somebody that was not started waits for it; ENDS: for its end. */
static bool is_awaited(const struct run *run, const struct object *object, bool *ends)
{
    bool awaited = false;
    for (size_t i = 0; i < run->all.object_count; i++) {
        const struct object *other = run->all.objects[i];
        for (size_t j = 0; other->state == OBJECT_PENDING && j < other->spec->depends_on_count; j++) {
            const struct dependency_spec *one = &other->spec->depends_on[j];
            if (one->object != object->number || object->reached & 1u << one->condition)
                continue;
            awaited = true;
            *ends |= one->condition == CONDITION_COMPLETED || one->condition == CONDITION_SUCCEEDED;
        }
    }
    return awaited;
}

/* What they wait for, and what may be meant instead. */
static void put_awaited(const struct run *run, struct buf *out)
{
    const struct object *last = NULL;
    size_t count = 0;
    for (size_t i = 0; i < run->all.object_count && count < TOLD_MOST; i++) {
        const struct object *object = run->all.objects[i];
        bool ends = false;
        struct buf told = {0};
        if (object->state != OBJECT_RUNNING || !is_awaited(run, object, &ends))
            continue;
        is_held_up(object, &told);
        if (!told.length) {
            put_name(object, out);
            object->kind->tell.describe(object, out);
        }
        buf_release(&told);
        last = ends && !strcmp(object->kind->word, "process") ? object : last;
        count++;
    }
    if (last)
        buf_printf(out, "\n  If %s is a server that does not end: 'ready' says when others may "
                        "start, and so does depends_on: {%s: started}.",
                   last->spec->name, last->spec->name);
}

static void set(struct buf *to, struct buf *from)
{
    buf_release(to);
    *to = *from;
    *from = (struct buf){0};
}

static void keep(struct buf *to, const struct buf *from)
{
    buf_clear(to);
    buf_append(to, from->data, from->length);
}

bool idle_look(struct idle *idle, struct buf *text)
{
    struct buf lines = {0}, sure = {0}, turns = {0};
    put_pending(idle->run, &lines);
    put_held_up(idle->run, &lines, &sure);
    bool news = lines.length && !is_same(&lines, &idle->told);
    bool sleeps = news && turns_note(&turns);
    if (is_same(&lines, &idle->lines) && sleeps && idle->slept &&
        turns_are_few(&idle->turns, &turns, TURNS_MOST)) {
        buf_printf(text, "Nothing has gone on for 5 seconds:%s", lines.data);
        put_awaited(idle->run, text);
        keep(&idle->told, &lines);
        keep(&idle->told_sure, &sure);
        news = false;
    } else if (is_same(&sure, &idle->sure) && !is_same(&sure, &idle->told_sure)) {
        buf_printf(text, "This has lasted for 5 seconds:%s", sure.data);
        keep(&idle->told_sure, &sure);
    }
    idle->slept = sleeps;
    set(&idle->lines, &lines);
    set(&idle->sure, &sure);
    set(&idle->turns, &turns);
    return news;
}

struct idle *idle_new(const struct run *run)
{
    struct idle *idle = mem_calloc(1, sizeof(*idle));
    idle->run = run;
    return idle;
}

void idle_free(struct idle *idle)
{
    if (!idle)
        return;
    buf_release(&idle->lines);
    buf_release(&idle->sure);
    buf_release(&idle->turns);
    buf_release(&idle->told);
    buf_release(&idle->told_sure);
    free(idle);
}
