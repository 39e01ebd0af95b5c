/* What the files of this room share: watchers.c looks at directories, watcher.c acts for one process. */
#ifndef WATCH_PRIVATE_H
#define WATCH_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "watch/changes.h"
#include "watch/own_files.h"
#include "watch/records.h"
#include "watch/watched_paths.h"

struct ignore_tree;
struct places;
struct process_spec;
struct run;
struct timer;
struct watchers;

/* Of one declared process. */
struct watcher {
    struct watchers *watchers;
    const struct process_spec *spec;
    size_t number; /* of its declaration */
    struct watched_paths paths;
    char **ways;  /* what is looked out for by name: where `paths` begins, links on the way to it, what is not there yet */
    size_t way_count;
    struct records records;
    struct changes heard;   /* that may have changed; the delay runs */
    struct changes pending; /* that have changed, since its last life began */
    struct timer *timer;    /* of the delay */
    bool running;           /* it did, when it was looked at last */
    bool waits;             /* for its end, to begin it anew */
    int64_t acted;          /* clock_monotonic() when a life began last, or a signal was sent */
    int64_t lives;          /* that had begun then, of all replicas */
    size_t own_in_a_row;    /* runs that have changed what is watched, and nobody else has since the first of them */
    int64_t put_off;        /* clock_monotonic() when that is acted for all the same; 0: nothing is put off */
    int64_t own_counted;    /* ACTED of the last of them */
    int lists[2];           /* of changed files: for the life that runs, and the next; -1: none */
    char **notes;           /* to be told once the run has begun */
    size_t note_count;
};

struct watchers {
    struct run *run;
    struct watcher *items;
    size_t count;
    struct ignore_tree *tree;
    struct places *places; /* NULL: the system has no room for them */
    struct own_files own;
    struct timer *poll;    /* where the kernel does not tell of all; NULL: it does */
    bool full;             /* it has none for all directories: what there is is to be given up */
    bool begun;            /* the run has */
    bool again;            /* what `paths` begins with may be somewhere else: it is looked for anew */
};

/* watcher.c */

void watcher_init(struct watcher *watcher, struct watchers *watchers, size_t number, const struct process_spec *spec);
void watcher_release(struct watcher *watcher);

/* PATH, which counts, may have changed as FLAGS say; CHANGE_OUTSIDE is added. */
void watcher_hear(struct watcher *watcher, const char *path, unsigned flags);

/* Looks what has become of its objects. */
void watcher_attend(struct watcher *watcher);

/* Whether any of its objects runs. */
bool watcher_is_alive(const struct watcher *watcher);

/* Tells something (copied) of it, now or when the run has begun. */
void watcher_note(struct watcher *watcher, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* PATH as a person reads it, seen from the scenario. Valid until the next call. */
const char *watcher_shown(const struct watcher *watcher, const char *path);

#endif
