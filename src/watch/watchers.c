/* Looking at directories: which are watched, and what is heard of their entries. */
#include "watch/watchers.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "scenario/spec.h"
#include "watch/ignore_tree.h"
#include "watch/places.h"
#include "watch/private.h"

/* How often is looked where the kernel tells nothing, or after so many times as long as a look takes. */
#define POLL_TIME (2 * NS_PER_S)
#define POLL_TIMES 20

/* Links that one path is followed through. */
#define LINKS_MOST 40

/* A look at directories. */
struct tree_walk {
    struct watchers *watchers;
    bool quiet; /* how the files are is noted, none has changed */
};

static void walk_directory(struct tree_walk *walk, const char *path);

static void look_again(void *arg);

/* From now on, too, it is looked from time to time. */
static void begin_to_poll(struct watchers *watchers)
{
    if (!watchers->poll)
        watchers->poll = timer_new(watchers->run->loop, look_again, watchers);
    timer_start(watchers->poll, POLL_TIME);
}

/* The system has no room for all directories: half of them would be worse than none. */
static void give_up_places(struct watchers *watchers, const char *why)
{
    for (size_t i = 0; i < watchers->count; i++)
        watcher_note(&watchers->items[i], "%s; until then its files are looked at every %d seconds", why, (int)(POLL_TIME / NS_PER_S));
    watchers->full = true;
    begin_to_poll(watchers);
}

/* Where there is no room for all directories none is watched: not while something of them is told. */
static void free_places(struct watchers *watchers)
{
    if (!watchers->full)
        return;
    places_free(watchers->places);
    watchers->places = NULL;
}

static void add_place(struct watchers *watchers, const char *path)
{
    struct error error = {0};
    if (watchers->places && !watchers->full && places_add(watchers->places, path, &error) == -ENOSPC)
        give_up_places(watchers, error.text);
    error_release(&error);
}

static void look_at_file(struct tree_walk *walk, const char *path)
{
    for (size_t i = 0; i < walk->watchers->count; i++) {
        struct watcher *watcher = &walk->watchers->items[i];
        bool follow = watched_paths_name(&watcher->paths, path);
        if (!watched_paths_want(&watcher->paths, path))
            continue;
        if (walk->quiet)
            records_learn(&watcher->records, path, follow);
        else if (records_differ(&watcher->records, path, follow))
            watcher_hear(watcher, path, CHANGE_STAMPED | CHANGE_WRITTEN);
    }
}

static bool is_entered(const struct watchers *watchers, const char *path)
{
    for (size_t i = 0; i < watchers->count; i++)
        if (watched_paths_enter(&watchers->items[i].paths, path))
            return true;
    return false;
}

static char *join(const char *directory, const char *name)
{
    struct buf path = {0};
    buf_printf(&path, "%s/%s", strcmp(directory, "/") ? directory : "", name);
    return buf_take(&path);
}

static bool is_directory(const char *path, const struct dirent *entry)
{
    struct stat status;
    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type == DT_DIR;
    return !lstat(path, &status) && S_ISDIR(status.st_mode);
}

/* Watched first, then read: what comes meanwhile is found twice, and counts once. */
static void walk_directory(struct tree_walk *walk, const char *path)
{
    struct dirent *entry;
    if (!is_entered(walk->watchers, path))
        return;
    add_place(walk->watchers, path);
    DIR *directory = opendir(path);
    while (directory && (entry = readdir(directory))) {
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        char *inner = join(path, entry->d_name);
        if (is_directory(inner, entry))
            walk_directory(walk, inner);
        else
            look_at_file(walk, inner);
        free(inner);
    }
    if (directory)
        closedir(directory);
}

/* Looks out for the entry PATH. */
static void add_way(struct watcher *watcher, const char *path)
{
    char *parent = mem_strdup(path);
    char *slash = strrchr(parent, '/');
    slash[slash == parent] = '\0';
    add_place(watcher->watchers, parent);
    free(parent);
    watcher->ways = mem_realloc(watcher->ways, watcher->way_count + 1, sizeof(*watcher->ways));
    watcher->ways[watcher->way_count++] = mem_strdup(path);
}

static bool is_way(const struct watcher *watcher, const char *path)
{
    for (size_t i = 0; i < watcher->way_count; i++)
        if (!strcmp(watcher->ways[i], path))
            return true;
    return false;
}

static bool reach(struct watcher *watcher, const char *path, int links);

/* The link PATH, which is on the way to something. */
static void follow_link(struct watcher *watcher, const char *path, int links)
{
    char target[PATH_MAX];
    ssize_t length = readlink(path, target, sizeof(target) - 1);
    if (length <= 0 || !links)
        return;
    target[length] = '\0';
    char *slash = strrchr(path, '/');
    char *parent = mem_copy(path, (size_t)(slash - path));
    char *whole = *target == '/' ? mem_strdup(target) : join(*parent ? parent : "/", target);
    reach(watcher, whole, links - 1);
    free(whole);
    free(parent);
}

/* Looks out for what on the way to PATH may come, go or lead somewhere else. True where PATH is there. */
static bool reach(struct watcher *watcher, const char *path, int links)
{
    bool there = true;
    struct buf part = {0};
    for (const char *end = path; there && *end;) {
        struct stat status;
        const char *name = end + strspn(end, "/");
        end = name + strcspn(name, "/");
        if (end == name)
            break;
        buf_clear(&part);
        buf_append(&part, path, (size_t)(end - path));
        there = !lstat(part.data, &status);
        bool link = there && S_ISLNK(status.st_mode);
        bool dots = (size_t)(end - name) <= 2 && !strncmp(name, "..", (size_t)(end - name));
        if (!dots && (!there || link || !*end))
            add_way(watcher, part.data);
        if (link)
            follow_link(watcher, part.data, links);
    }
    buf_release(&part);
    return there;
}

static void tell_missing(struct watcher *watcher, const struct watched_pattern *pattern)
{
    if (!watcher->watchers->begun)
        watcher_note(watcher, "%s is not there yet; it is watched for", watcher_shown(watcher, pattern->literal));
}

/* A file system of which the kernel does not tell all. */
static void look_for_mute(struct watcher *watcher, const char *path)
{
    const char *name;
    if (watcher->watchers->poll || !places_are_mute(path, &name))
        return;
    watcher_note(watcher, "%s is on %s, of which the kernel tells no changes that others make: it is looked at every %d seconds",
                 watcher_shown(watcher, path), name, (int)(POLL_TIME / NS_PER_S));
    begin_to_poll(watcher->watchers);
}

/* All that the process watches, from where its `paths` begin. */
static void walk_all(struct tree_walk *walk, struct watcher *watcher)
{
    for (size_t i = 0; i < watcher->way_count; i++)
        free(watcher->ways[i]);
    watcher->way_count = 0;
    for (size_t i = 0; i < watcher->paths.count; i++) {
        const struct watched_pattern *pattern = &watcher->paths.patterns[i];
        struct stat status;
        if (!reach(watcher, pattern->literal, LINKS_MOST)) {
            if (walk->quiet)
                tell_missing(watcher, pattern);
            continue;
        }
        look_for_mute(watcher, pattern->literal);
        if (!stat(pattern->literal, &status) && S_ISDIR(status.st_mode))
            walk_directory(walk, pattern->literal);
        look_at_file(walk, pattern->literal);
    }
}

static void hear_if_other(void *arg, const char *path)
{
    struct watcher *watcher = arg;
    bool counts = watched_paths_want(&watcher->paths, path);
    if (counts && records_differ(&watcher->records, path, watched_paths_name(&watcher->paths, path)))
        watcher_hear(watcher, path, CHANGE_WRITTEN | CHANGE_STAMPED);
}

/* Anything may have changed. */
static void walk_anew(struct watchers *watchers, bool quiet)
{
    struct tree_walk walk = {.watchers = watchers, .quiet = quiet};
    watchers->again = false;
    for (size_t i = 0; i < watchers->count; i++) {
        walk_all(&walk, &watchers->items[i]);
        if (!quiet)
            records_each(&watchers->items[i].records, "", hear_if_other, &watchers->items[i]);
    }
}

static void look_again(void *arg)
{
    struct watchers *watchers = arg;
    int64_t began = clock_monotonic();
    walk_anew(watchers, false);
    free_places(watchers);
    int64_t took = (clock_monotonic() - began) * POLL_TIMES;
    timer_start(watchers->poll, took > POLL_TIME ? took : POLL_TIME);
}

/* A directory has come or gone. */
static void hear_of_directory(struct watchers *watchers, const char *path, uint32_t mask)
{
    struct tree_walk walk = {.watchers = watchers};
    if (mask & (IN_DELETE | IN_MOVED_FROM)) {
        places_drop(watchers->places, path);
        for (size_t i = 0; i < watchers->count; i++)
            records_each(&watchers->items[i].records, path, hear_if_other, &watchers->items[i]);
    } else if (mask & (IN_CREATE | IN_MOVED_TO)) {
        walk_directory(&walk, path);
    }
}

static void on_changed(void *arg, const char *path, uint32_t mask)
{
    struct watchers *watchers = arg;
    const uint32_t moves = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO;
    unsigned flags = (mask & (IN_MODIFY | moves) ? CHANGE_WRITTEN : 0) | (mask & IN_ATTRIB ? CHANGE_STAMPED : 0);
    for (size_t i = 0; i < watchers->count; i++) {
        if (!(mask & moves) || !is_way(&watchers->items[i], path))
            continue;
        places_drop(watchers->places, path); /* it may be another */
        watchers->again = true;
    }
    if (mask & IN_ISDIR) {
        hear_of_directory(watchers, path, mask);
        return;
    }
    if (!strcmp(strrchr(path, '/'), "/.gitignore")) {
        ignore_tree_forget(watchers->tree);
        watchers->again = true; /* what counts from now on counts as changed */
    }
    for (size_t i = 0; i < watchers->count; i++)
        if (watched_paths_want(&watchers->items[i].paths, path))
            watcher_hear(&watchers->items[i], path, flags);
}

static void on_lost(void *arg, const char *path)
{
    struct watchers *watchers = arg;
    places_drop(watchers->places, path);
    watchers->again = true;
}

static void on_overflowed(void *arg)
{
    struct watchers *watchers = arg;
    for (size_t i = 0; i < watchers->count; i++)
        watcher_note(&watchers->items[i], "files changed faster than they could be told of; all of them are looked at");
    watchers->again = true;
}

static void on_told(void *arg)
{
    struct watchers *watchers = arg;
    if (watchers->again)
        walk_anew(watchers, false);
    free_places(watchers);
}

static void attend(struct watchers *watchers)
{
    watchers->begun = true;
    for (size_t i = 0; i < watchers->count; i++)
        if (watchers->items[i].running && !watcher_is_alive(&watchers->items[i]) && watchers->places)
            places_take(watchers->places); /* what it has written while it ran */
    for (size_t i = 0; i < watchers->count; i++)
        watcher_attend(&watchers->items[i]);
}

static bool watches(const struct process_spec *spec)
{
    return spec->watch->path_count && spec->object.when && !spec->object.left_out;
}

/* Where the files are that this is for. */
static void open_places(struct watchers *watchers)
{
    static const struct places_callbacks callbacks = {
        .changed = on_changed, .lost = on_lost, .overflowed = on_overflowed, .told = on_told};
    struct error error = {0};
    watchers->places = places_new(watchers->run->loop, &callbacks, watchers, &error);
    if (!watchers->places)
        give_up_places(watchers, error.text);
    error_release(&error);
}

void watchers_open(struct run *run)
{
    const struct scenario *scenario = run->scenario;
    struct watchers *watchers = mem_calloc(1, sizeof(*watchers));
    watchers->run = run;
    watchers->items = mem_calloc(scenario->process_count + 1, sizeof(*watchers->items));
    watchers->tree = ignore_tree_new();
    for (size_t i = 0; i < scenario->process_count && !run->plan.dry; i++)
        if (watches(&scenario->processes[i]))
            watcher_init(&watchers->items[watchers->count++], watchers, i, &scenario->processes[i]);
    run->watching.watchers = watchers;
    run->watching.attend = attend;
    if (!watchers->count) {
        watchers_close(run);
        return;
    }
    own_files_look(&watchers->own, run);
    open_places(watchers);
    walk_anew(watchers, true);
    free_places(watchers);
    for (size_t i = 0; i < run->all.object_count; i++)
        run->all.objects[i]->watch.watches = run->all.objects[i]->number < scenario->process_count && watches(&scenario->processes[run->all.objects[i]->number]);
    for (size_t i = 0; i < watchers->count; i++)
        if (!watchers->items[i].records.count && watchers->items[i].paths.left_out)
            watcher_note(&watchers->items[i], "all that its paths match is ignored, by a .gitignore or by 'ignore': nothing is watched");
}

void watchers_close(struct run *run)
{
    struct watchers *watchers = run->watching.watchers;
    if (!watchers)
        return;
    run->watching.watchers = NULL;
    for (size_t i = 0; i < watchers->count; i++)
        watcher_release(&watchers->items[i]);
    for (size_t i = 0; i < run->watching.written_count; i++)
        free(run->watching.written[i]);
    free(run->watching.written);
    run->watching.written = NULL;
    run->watching.written_count = 0;
    places_free(watchers->places);
    timer_free(watchers->poll);
    own_files_release(&watchers->own);
    ignore_tree_free(watchers->tree);
    free(watchers->items);
    free(watchers);
}
