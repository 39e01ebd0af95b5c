/* The words that steer a run: each is checked for all objects before anything is done. */
#include "engine/steer.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/dependencies.h"
#include "engine/object.h"
#include "engine/run.h"
#include "engine/schedule.h"
#include "engine/steer_private.h"
#include "event/bus.h"

/* A row of the table of words. */
struct steer_verb {
    enum steer_until until;
    bool pools; /* all pools are meant where none is named */
    /* What follows from the objects that are named is added to them. NULL: nothing. */
    void (*follow)(struct steering *steering);
    /* What is in the way of it. NULL: nothing is. */
    void (*check)(struct steering *steering, struct object *object);
    /* It is so already. NULL: it never is. */
    bool (*is_so)(const struct object *object);
    void (*set)(const struct steering *steering, struct object *object, bool follows);
    /* What becomes of it, once all is set. */
    void (*tell)(const struct steering *steering, const struct object *object, struct buf *out);
};

void steering_fault(struct steering *steering, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (steering->faults.length)
        buf_char(&steering->faults, '\n');
    buf_vprintf(&steering->faults, format, arguments);
    va_end(arguments);
    if (!steering->code || code == ERROR_FAILED)
        steering->code = code;
}

void steer_answer_add(struct steer_answer *answer, struct object *object, bool already, char *text)
{
    answer->lines = mem_realloc(answer->lines, answer->count + 1, sizeof(*answer->lines));
    answer->lines[answer->count++] = (struct steer_line){object, already, text};
}

void steer_release(struct steer_answer *answer)
{
    for (size_t i = 0; i < answer->count; i++)
        free(answer->lines[i].text);
    free(answer->lines);
    *answer = (struct steer_answer){0};
}

/* The place of the object among those of the steering; COUNT: it is not there. */
static size_t find(const struct steering *steering, const struct object *object)
{
    size_t at = 0;
    while (at < steering->count && steering->objects[at] != object)
        at++;
    return at;
}

static void include(struct steering *steering, struct object *object)
{
    if (find(steering, object) == steering->count)
        steering->objects[steering->count++] = object;
}

/* What the objects depend on, and so on, as far as it is missing. */
static void follow_dependencies(struct steering *steering)
{
    for (size_t i = 0; steering->request->with_deps && i < steering->count; i++) {
        const struct object_spec *spec = steering->objects[i]->spec;
        for (size_t j = 0; j < spec->depends_on_count; j++) {
            size_t count;
            struct object *const *others = graph_objects(steering->run->all.graph, spec->depends_on[j].object, &count);
            for (size_t k = 0; k < count; k++)
                if (!(others[k]->reached & 1u << spec->depends_on[j].condition))
                    include(steering, others[k]);
        }
    }
}

static bool depends(const struct object *object, size_t number)
{
    for (size_t i = 0; i < object->spec->depends_on_count; i++)
        if (object->spec->depends_on[i].object == number)
            return true;
    return false;
}

/* Whether it is to be restarted with what it depends on: where it has begun, or has done its work. */
static bool cascades(const struct object *other)
{
    struct error error = {0};
    bool was_there = other->state == OBJECT_ENDED && !other->down && other->spec->when && !other->spec->left_out &&
                     !other->kind->revive((struct object *)other, true, &error);
    error_release(&error);
    return !other->copy.retired && other->spec->cascade &&
           (was_there || (other->state == OBJECT_RESTING && !schedule_rests(other->schedule)) || other->state == OBJECT_RUNNING);
}

/* Those that say cascade and depend on one of the objects; and so on. */
static void follow_cascade(struct steering *steering)
{
    const struct run *run = steering->run;
    for (size_t i = 0; i < steering->count; i++)
        for (size_t j = 0; j < run->all.object_count; j++) {
            struct object *other = run->all.objects[j];
            if (cascades(other) && depends(other, steering->objects[i]->number))
                include(steering, other);
        }
    follow_dependencies(steering);
}

static bool is_down(const struct object *object)
{
    return object->wish.wanted == WANTED_NOTHING && (object->state == OBJECT_STOPPED || object->state == OBJECT_ENDED);
}

static void set_down(const struct steering *steering, struct object *object, bool follows)
{
    (void)follows;
    object_asked(object, "is stopped by hand", 0);
    object->wish.wanted = WANTED_DOWN;
    object->wish.now = object->wish.now || steering->request->now;
}

static void tell_down(const struct steering *steering, const struct object *object, struct buf *out)
{
    (void)steering;
    if (object->state == OBJECT_ENDED || object->state == OBJECT_STOPPED)
        buf_printf(out, "does not run: %s", steer_state(object));
    else if (object->state == OBJECT_PENDING)
        buf_text(out, "has not started, and will not until it is told to");
    else
        buf_text(out, "is being stopped");
}

/* What it depends on has ended without coming so far, and is not started too. */
static void check_conditions(struct steering *steering, const struct object *object)
{
    enum condition condition;
    const struct object *other = graph_in_vain(steering->run->all.graph, object, &condition);
    if (!other || steering->request->no_deps || other->wish.wanted != WANTED_NOTHING ||
        find(steering, other) < steering->count)
        return;
    char *reason = graph_explain_end(other, condition);
    steering_fault(steering, ERROR_STOPPED,
                   "%s would wait in vain: %s; --with-deps starts that too, --no-deps goes round it", object->name, reason);
    free(reason);
}

static void check_start(struct steering *steering, struct object *object)
{
    struct error error = {0};
    if (object->spec->left_out)
        steering_fault(steering, ERROR_STOPPED, "%s is no part of this run: --only leaves it out", object->name);
    else if (!object->spec->when)
        steering_fault(steering, ERROR_STOPPED, "%s is no part of this run: its 'when' is false", object->name);
    else if (object->state == OBJECT_ENDED && object->kind->revive(object, true, &error))
        steering_fault(steering, ERROR_STOPPED, "%s cannot be started again: %s", object->name, error.text);
    else if (object->state != OBJECT_RUNNING)
        check_conditions(steering, object);
    error_release(&error);
}

static bool is_up(const struct object *object)
{
    return object->wish.wanted == WANTED_NOTHING && object->state == OBJECT_RUNNING && object->reached & 1u << CONDITION_READY;
}

static void set_up(const struct steering *steering, struct object *object, bool follows)
{
    if (object->wish.wanted == WANTED_NOTHING && object->state == OBJECT_RUNNING)
        return; /* it starts already */
    object_asked(object, follows ? "is started by hand with what depends on it" : "is started by hand", 0);
    object->wish.wanted = WANTED_UP;
    schedule_ask(object->schedule);
    object->wish.no_deps = steering->request->no_deps;
}

/* What is not up and only follows, as it is depended on, is started. */
static void set_new(const struct steering *steering, struct object *object, bool follows)
{
    if (follows && object->state != OBJECT_RUNNING && object->state != OBJECT_RESTING && !cascades(object)) {
        set_up(steering, object, true);
        return;
    }
    if (follows || !steering->request->changed)
        object_asked(object,
                     !follows                     ? "is restarted by hand"
                     : steering->request->changed ? "is restarted with what it depends on"
                                                  : "is restarted by hand with what it depends on", 0);
    free(object->watch.changed);
    object->watch.changed = !follows && steering->request->changed ? mem_strdup(steering->request->changed) : NULL;
    object_lost(object, CONDITION_COMPLETED); /* what depends on that waits for the new life */
    object_lost(object, CONDITION_SUCCEEDED);
    object->wish.wanted = WANTED_NEW;
    schedule_ask(object->schedule);
    object->wish.no_deps = steering->request->no_deps && !follows;
    object->wish.now = object->wish.now || steering->request->now;
}

static void tell_up(const struct steering *steering, const struct object *object, struct buf *out)
{
    bool again = object->wish.wanted == WANTED_NEW && object_is_alive(object);
    if (is_up(object)) {
        buf_text(out, "runs already");
        return;
    }
    buf_text(out, again                             ? "is being restarted"
                  : object->state == OBJECT_RUNNING ? "starts already"
                  : object_is_alive(object)         ? "is started again when it has stopped"
                                                    : "is being started");
    if (again || object->wish.no_deps || graph_holds(steering->run->all.graph, object))
        return;
    buf_text(out, "; it waits until ");
    graph_explain(steering->run->all.graph, object, out);
}

static void check_signal(struct steering *steering, struct object *object)
{
    if (!object->kind->signal)
        steering_fault(steering, ERROR_FAILED, "%s is a %s, and signals are for processes", object->name,
                       object->kind->word);
    else if (!object_is_alive(object))
        steering_fault(steering, ERROR_STOPPED, "%s does not run: %s", object->name, steer_state(object));
}

static void set_signal(const struct steering *steering, struct object *object, bool follows)
{
    struct buf reason = {0};
    int signal = steering->request->signal;
    (void)follows;
    buf_printf(&reason, "is sent signal %s by hand", signal_name(signal));
    if (!steering->request->changed)
        object_asked(object, buf_string(&reason), signal);
    buf_release(&reason);
    object->kind->signal(object, signal);
}

static void tell_signal(const struct steering *steering, const struct object *object, struct buf *out)
{
    (void)object;
    buf_printf(out, "was sent signal %s", signal_name(steering->request->signal));
}

static void check_pause(struct steering *steering, struct object *object)
{
    if (!object->kind->pause)
        steering_fault(steering, ERROR_FAILED, "%s is a %s, and only pools are paused; 'parrun signal STOP %s' stops a process",
                       object->name, object->kind->word, object->name);
    else if (steering->request->word == STEER_RESUME && steering->run->stop.draining)
        steering_fault(steering, ERROR_STOPPED, "the run is being drained");
}

static struct object_staff staff_of(const struct object *object)
{
    struct object_staff staff = {0};
    object->kind->staff(object, &staff);
    return staff;
}

static bool is_paused(const struct object *object)
{
    return staff_of(object).paused || object->state == OBJECT_ENDED;
}

static bool is_not_paused(const struct object *object)
{
    return !staff_of(object).paused || object->state == OBJECT_ENDED;
}

static void set_pause(const struct steering *steering, struct object *object, bool follows)
{
    (void)follows;
    object->kind->pause(object, steering->request->word == STEER_PAUSE);
}

static void tell_pause(const struct steering *steering, const struct object *object, struct buf *out)
{
    struct object_staff staff = staff_of(object);
    (void)steering;
    if (object->state == OBJECT_ENDED)
        buf_printf(out, "does not run: %s", steer_state(object));
    else if (!staff.wanted)
        buf_printf(out, "has no workers: 'parrun scale %s=1' gives it one", object->name);
    else if (!staff.paused)
        buf_text(out, "goes on");
    else
        buf_printf(out, "is paused, %zu task%s still run%s", staff.tasks, staff.tasks == 1 ? "" : "s",
                   staff.tasks == 1 ? "s" : "");
}

static const struct steer_verb words[STEER_WORDS] = {
    [STEER_STOP] = {.until = STEER_UNTIL_DOWN,
                    .is_so = is_down,
                    .set = set_down,
                    .tell = tell_down},
    [STEER_START] = {.until = STEER_UNTIL_READY,
                     .follow = follow_dependencies,
                     .check = check_start,
                     .is_so = is_up,
                     .set = set_up,
                     .tell = tell_up},
    [STEER_RESTART] = {.until = STEER_UNTIL_READY,
                       .follow = follow_cascade,
                       .check = check_start,
                       .set = set_new,
                       .tell = tell_up},
    [STEER_SIGNAL] = {.until = STEER_UNTIL_SETTLED,
                      .check = check_signal,
                      .set = set_signal,
                      .tell = tell_signal},
    [STEER_PAUSE] = {.until = STEER_UNTIL_SETTLED,
                     .pools = true,
                     .check = check_pause,
                     .is_so = is_paused,
                     .set = set_pause,
                     .tell = tell_pause},
    [STEER_RESUME] = {.until = STEER_UNTIL_SETTLED,
                      .pools = true,
                      .check = check_pause,
                      .is_so = is_not_paused,
                      .set = set_pause,
                      .tell = tell_pause},
    [STEER_SCALE] = {.until = STEER_UNTIL_SETTLED},
};

/* The objects that are named; all pools where none need be. */
static void find_named(struct steering *steering, const struct steer_verb *word)
{
    const struct steer_request *request = steering->request;
    struct run *run = steering->run;
    struct error error = {0};
    struct object **found = NULL;
    int64_t count = 0;
    for (size_t i = 0; i < request->object_count; i++)
        include(steering, request->objects[i]);
    if (request->object_count) {
        steering->named = steering->count;
        return;
    }
    if (!request->name_count && !word->pools) {
        steering_fault(steering, ERROR_FAILED, "no name is given; '*' means all");
    } else if (!request->name_count) {
        for (size_t i = 0; i < run->all.object_count; i++)
            if (run->all.objects[i]->kind->pause)
                include(steering, run->all.objects[i]);
        if (!steering->count)
            steering_fault(steering, ERROR_FAILED, "the run has no pool");
    } else {
        count = steer_find(run, request->names, request->name_count, &found, &error);
        if (count < 0)
            steering_fault(steering, ERROR_FAILED, "%s", error.text);
    }
    for (int64_t i = 0; i < count; i++)
        if (!found[i]->spec->hook.when) /* the end of what it follows says when it runs */
            include(steering, found[i]);
    if (count > 0 && !steering->count)
        steering_fault(steering, ERROR_FAILED, "%s is a hook, and runs when what it follows has ended", found[0]->name);
    steering->named = steering->count;
    free(found);
    error_release(&error);
}

/* Sets what is wanted of each in the order of the file, then tells of each. */
static void apply(struct steering *steering, const struct steer_verb *word,
                  struct steer_answer *answer)
{
    const struct run *run = steering->run;
    for (size_t i = 0; i < run->all.object_count; i++) {
        struct object *object = run->all.objects[i];
        size_t at = find(steering, object);
        if (at == steering->count)
            continue;
        bool already = word->is_so && word->is_so(object);
        if (!already)
            word->set(steering, object, at >= steering->named);
        steer_answer_add(answer, object, already, NULL);
    }
    for (size_t i = 0; i < answer->count; i++) {
        struct buf text = {0};
        word->tell(steering, answer->lines[i].object, &text);
        answer->lines[i].text = buf_take(&text);
    }
}

static void check(struct steering *steering, const struct steer_verb *word)
{
    find_named(steering, word);
    if (!steering->code && word->follow)
        word->follow(steering);
    for (size_t i = 0; !steering->code && word->check && i < steering->count; i++)
        word->check(steering, steering->objects[i]);
}

int steer(struct run *run, const struct steer_request *request, struct steer_answer *answer, struct error *error)
{
    const struct steer_verb *word = &words[request->word];
    struct steering steering = {.run = run, .request = request};
    *answer = (struct steer_answer){.until = word->until};
    if (run->over || (run->stop.cause && request->word != STEER_SIGNAL))
        return error_set(error, ERROR_STOPPED, "the run is being stopped");
    steering.objects = mem_calloc(run->all.object_count + 1, sizeof(*steering.objects));
    if (request->word == STEER_SCALE) {
        steer_scale(&steering, answer);
    } else {
        check(&steering, word);
        if (!steering.code)
            apply(&steering, word, answer);
    }
    if (steering.code)
        error_set(error, steering.code, "%s", buf_string(&steering.faults));
    buf_release(&steering.faults);
    free(steering.objects);
    run_poke(run);
    return error->code;
}

size_t steer_drain(struct run *run)
{
    struct event event = {.kind = EVENT_RUN_DRAINING, .count = (int64_t)steer_tasks(run)};
    if (run->stop.draining || run->stop.cause || run->over)
        return (size_t)event.count;
    run->stop.draining = true;
    bus_emit(run->bus, &event);
    for (size_t i = 0; i < run->all.object_count; i++)
        if (run->all.objects[i]->kind->pause && object_is_alive(run->all.objects[i]))
            run->all.objects[i]->kind->pause(run->all.objects[i], true);
    run_poke(run);
    return (size_t)event.count;
}
