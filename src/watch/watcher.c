/* What follows for one process when files have changed. */
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/dependencies.h"
#include "engine/run.h"
#include "engine/steer.h"
#include "loop/timer.h"
#include "os/text_file.h"
#include "scenario/spec.h"
#include "watch/private.h"
#include "yaml/quote.h"

/* Runs in a row for changes that the command itself has made, it seems: further ones are put off, twice as long each time. */
#define OWN_MOST 5
#define PUT_OFF_MOST (600 * NS_PER_S)

static void on_time(void *arg);

void watcher_init(struct watcher *watcher, struct watchers *watchers, size_t number, const struct process_spec *spec)
{
    *watcher = (struct watcher){.watchers = watchers, .spec = spec, .number = number, .lists = {-1, -1}};
    watcher->timer = timer_new(watchers->run->loop, on_time, watcher);
    watched_paths_init(&watcher->paths, spec->watch, watchers->tree);
}

void watcher_release(struct watcher *watcher)
{
    timer_free(watcher->timer);
    watched_paths_release(&watcher->paths);
    records_release(&watcher->records);
    changes_clear(&watcher->heard);
    changes_clear(&watcher->pending);
    for (size_t i = 0; i < watcher->way_count; i++)
        free(watcher->ways[i]);
    free(watcher->ways);
    for (size_t i = 0; i < watcher->note_count; i++)
        free(watcher->notes[i]);
    free(watcher->notes);
    for (size_t i = 0; i < countof(watcher->lists); i++)
        if (watcher->lists[i] >= 0)
            close(watcher->lists[i]);
}

static struct object *const *objects_of(const struct watcher *watcher, size_t *count)
{
    return graph_objects(watcher->watchers->run->all.graph, watcher->number, count);
}

bool watcher_is_alive(const struct watcher *watcher)
{
    size_t count;
    struct object *const *objects = objects_of(watcher, &count);
    for (size_t i = 0; i < count; i++)
        if (object_is_alive(objects[i]))
            return true;
    return false;
}

static void tell(struct watcher *watcher, const char *text)
{
    struct event event = {.kind = EVENT_PROCESS_WATCH, .reason = text};
    size_t count;
    struct object *const *objects = objects_of(watcher, &count);
    if (count)
        object_emit(objects[0], &event);
}

void watcher_note(struct watcher *watcher, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    if (watcher->watchers->begun) {
        tell(watcher, buf_string(&text));
        buf_release(&text);
        return;
    }
    watcher->notes = mem_realloc(watcher->notes, watcher->note_count + 1, sizeof(*watcher->notes));
    watcher->notes[watcher->note_count++] = buf_take(&text);
}

const char *watcher_shown(const struct watcher *watcher, const char *path)
{
    static _Thread_local struct shown shown;
    const char *directory = watcher->watchers->run->scenario->source.directory;
    size_t length = strlen(directory);
    if (!strncmp(path, directory, length) && path[length] == '/' && path[length + 1])
        path += length + 1;
    shown = show_text(path, strlen(path));
    return shown.text;
}

void watcher_hear(struct watcher *watcher, const char *path, unsigned flags)
{
    int64_t now = clock_monotonic();
    if (!watcher->running)
        flags |= CHANGE_OUTSIDE;
    if (now - watcher->acted > changes_longest(watcher->spec->watch->delay))
        flags |= CHANGE_LATE;
    changes_note(&watcher->heard, path, flags, now);
    int64_t wait = changes_wait(&watcher->heard, watcher->spec->watch->delay, now);
    timer_start(watcher->timer, wait > 0 ? wait : 0);
}

/* "src/a.py changed", "src/a.py and 2 more changed". */
static void print_changes(const struct watcher *watcher, struct buf *out)
{
    const struct changes *pending = &watcher->pending;
    buf_text(out, watcher_shown(watcher, pending->items[0].path));
    if (pending->count > 1)
        buf_printf(out, " and %zu more", pending->count - 1);
    buf_text(out, " changed");
}

/* Where the next life finds what has changed. */
static char *write_list(struct watcher *watcher)
{
    struct buf names = {0}, path = {0};
    for (size_t i = 0; i < watcher->pending.count; i++)
        buf_append(&names, watcher->pending.items[i].path, strlen(watcher->pending.items[i].path) + 1);
    if (watcher->lists[1] >= 0)
        close(watcher->lists[1]);
    watcher->lists[1] = text_file_open(names.data, names.length);
    buf_printf(&path, "/proc/%ld/fd/%d", (long)getpid(), watcher->lists[1]);
    buf_release(&names);
    return buf_take(&path);
}

/* A life has begun since the last change: what has changed by then is its own. */
static void look_at_lives(struct watcher *watcher)
{
    size_t count;
    int64_t lives = 0;
    struct object *const *objects = objects_of(watcher, &count);
    for (size_t i = 0; i < count; i++)
        lives += objects[i]->lives;
    if (lives == watcher->lives)
        return;
    watcher->lives = lives;
    watcher->acted = clock_monotonic();
    watcher->waits = false;
    watcher->put_off = 0;
    changes_clear(&watcher->pending);
    if (watcher->lists[1] < 0)
        return;
    if (watcher->lists[0] >= 0)
        close(watcher->lists[0]);
    watcher->lists[0] = watcher->lists[1];
    watcher->lists[1] = -1;
}

/* Its next life begins in any case. */
static bool comes(const struct object *object)
{
    return object_is_raised(object) || object->state == OBJECT_PENDING;
}

/* Nothing is to be done for it: it was stopped by hand, has not begun yet, or what it depends on has failed it. */
static bool is_left_alone(const struct object *object)
{
    enum condition condition;
    if (object->copy.retired || object->wish.wanted == WANTED_DOWN || (object->wish.wanted == WANTED_NOTHING && object->down))
        return true;
    return (object->state == OBJECT_PENDING && !object->lives) ||
           (!comes(object) && !object_is_alive(object) && graph_in_vain(object->run->all.graph, object, &condition));
}

/* Asks the engine for it, of COUNT objects. */
static void ask(struct watcher *watcher, enum steer_word word, struct object **objects, size_t count, const char *list)
{
    struct run *run = watcher->watchers->run;
    struct steer_request request = {
        .word = word, .objects = objects, .object_count = count, .signal = watcher->spec->watch->signal, .changed = list};
    struct steer_answer answer;
    struct error error = {0};
    if (!count || run->stop.cause || run->over)
        return;
    if (steer(run, &request, &answer, &error))
        watcher_note(watcher, "it is not begun anew: %s", error.text);
    if (!error.code && word == STEER_SIGNAL)
        watcher->acted = clock_monotonic();
    steer_release(&answer);
    error_release(&error);
}

/* What is to be done with each object: to be begun anew, or told by a signal. */
static void act(struct watcher *watcher)
{
    const struct watch_spec *spec = watcher->spec->watch;
    size_t count, anew = 0, told = 0;
    struct object *const *objects = objects_of(watcher, &count);
    struct object **restarted = mem_calloc(count + 1, sizeof(struct object *));
    struct object **signalled = mem_calloc(count + 1, sizeof(struct object *));
    char *list = write_list(watcher);
    watcher->waits = false;
    for (size_t i = 0; i < count; i++) {
        struct object *object = objects[i];
        free(object->watch.changed);
        object->watch.changed = mem_strdup(list);
        if (is_left_alone(object) || comes(object))
            continue;
        if (spec->act == WATCH_SIGNAL && object_is_alive(object))
            signalled[told++] = object;
        else if (spec->act == WATCH_RUN && object_is_alive(object))
            watcher->waits = true;
        else
            restarted[anew++] = object;
    }
    ask(watcher, STEER_SIGNAL, signalled, told, list);
    ask(watcher, STEER_RESTART, restarted, anew, list);
    free(list);
    free(restarted);
    free(signalled);
}

static void tell_changed(struct watcher *watcher)
{
    const struct watch_spec *spec = watcher->spec->watch;
    size_t count;
    struct object *const *objects = objects_of(watcher, &count);
    struct event event = {.kind = EVENT_PROCESS_CHANGED, .count = (int64_t)watcher->pending.count};
    struct buf reason = {0};
    bool alive = watcher_is_alive(watcher);
    if (spec->act == WATCH_SIGNAL && alive)
        buf_printf(&reason, "is sent signal %s: ", signal_name(spec->signal));
    else
        buf_text(&reason, spec->act == WATCH_RUN && alive ? "is run again when it has ended: "
                          : spec->act == WATCH_RESTART && alive ? "is restarted: " : "is run again: ");
    print_changes(watcher, &reason);
    event.reason = buf_string(&reason);
    if (count)
        object_emit(objects[0], &event);
    buf_release(&reason);
}

/* Moves what has really changed to those that are to be acted for; true where any has. *OWN: all of it was changed by the
 * command itself. */
static bool settle(struct watcher *watcher, bool *own)
{
    struct watchers *watchers = watcher->watchers;
    bool lives_on = watcher->running && watcher->spec->watch->act != WATCH_RUN;
    bool any = false;
    *own = true;
    own_files_look(&watchers->own, watchers->run);
    for (size_t i = 0; i < watcher->heard.count; i++) {
        const struct change *change = &watcher->heard.items[i];
        bool follow = watched_paths_name(&watcher->paths, change->path);
        if (!records_settle(&watcher->records, change->path, change->flags, follow) || own_files_have(&watchers->own, change->path))
            continue;
        changes_note(&watcher->pending, change->path, 0, 0);
        if ((change->flags & CHANGE_OUTSIDE) || (lives_on && (change->flags & CHANGE_LATE)))
            *own = false;
        any = true;
    }
    changes_clear(&watcher->heard);
    return any;
}

/* How long it is put off to run the command again: nobody knows for sure whose a change is, and none may be lost. */
static int64_t put_off_time(const struct watcher *watcher)
{
    size_t times = watcher->own_in_a_row - OWN_MOST;
    int64_t least = changes_longest(watcher->spec->watch->delay);
    return times < 16 && least << times < PUT_OFF_MOST ? least << times : PUT_OFF_MOST;
}

static void tell_put_off(struct watcher *watcher, int64_t wait)
{
    const char *path = watcher->pending.items[watcher->pending.count - 1].path;
    struct buf text = {0};
    buf_printf(&text, "%zu runs in a row have changed what it watches, it seems, the last of them %s: the next one is put off by ",
               watcher->own_in_a_row, watcher_shown(watcher, path));
    duration_print(&text, duration_round(wait));
    buf_printf(&text, ". Where its own changes are not meant: ignore: [\"%s\"]", watcher_shown(watcher, path));
    tell(watcher, buf_string(&text));
    buf_release(&text);
}

/* True where the command is run for its own changes again and again, it seems: that is put off now. */
static bool goes_round(struct watcher *watcher, bool own)
{
    int64_t now = clock_monotonic();
    bool another = watcher->acted != watcher->own_counted;
    watcher->own_in_a_row = own ? watcher->own_in_a_row + another : 0;
    watcher->own_counted = watcher->acted;
    if (watcher->own_in_a_row < OWN_MOST)
        return false;
    if (!watcher->put_off) {
        watcher->put_off = now + put_off_time(watcher);
        tell_put_off(watcher, watcher->put_off - now);
    }
    return true;
}

static void act_for_changes(struct watcher *watcher)
{
    size_t count;
    struct object *const *objects = objects_of(watcher, &count);
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any = any || !is_left_alone(objects[i]);
    if (any)
        tell_changed(watcher);
    act(watcher);
}

static void on_time(void *arg)
{
    struct watcher *watcher = arg;
    bool own;
    if (watcher->watchers->run->stop.cause || watcher->watchers->run->over)
        return;
    look_at_lives(watcher);
    int64_t now = clock_monotonic();
    bool any = settle(watcher, &own);
    bool due = watcher->put_off && now >= watcher->put_off;
    if (due || (any && !goes_round(watcher, own))) {
        watcher->put_off = 0;
        act_for_changes(watcher);
    } else if (watcher->put_off) {
        timer_start(watcher->timer, watcher->put_off - now);
    }
}

void watcher_attend(struct watcher *watcher)
{
    for (size_t i = 0; i < watcher->note_count; i++) {
        tell(watcher, watcher->notes[i]);
        free(watcher->notes[i]);
    }
    watcher->note_count = 0;
    look_at_lives(watcher);
    watcher->running = watcher_is_alive(watcher);
    if (watcher->waits && !watcher->running)
        act(watcher);
}
