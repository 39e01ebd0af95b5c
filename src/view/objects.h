/* The objects of a run, as its answers to status tell of them. */
#ifndef VIEW_OBJECTS_H
#define VIEW_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "os/usage.h"

struct event;
struct value;

/* Of a pool. */
struct view_tasks {
    int64_t workers;
    int64_t busy;
    int64_t done; /* of its tasks, those that failed or were skipped too */
    int64_t failed;
    int64_t skipped;
    int64_t left; /* below 0: nobody knows */
};

/* What an object uses. */
struct view_usage {
    bool measured; /* the next two */
    double cpu;    /* share of a processor, since the time before */
    int64_t memory;
    int64_t cpu_used; /* ns */
    int64_t cpu_at;   /* clock_monotonic() of that; 0: never */
};

struct view_object {
    char *name;
    char *declared; /* its name in the scenario, which replicas share */
    char *kind;
    char *state;
    char *doing;    /* for a person; these four are "" where there is nothing to say */
    char *progress;
    char *error;
    char *since;
    int64_t status; /* as of parrun status */
    int64_t pid;    /* 0: none */
    int64_t *pids;
    size_t pid_count;
    int64_t restarts;
    int64_t restarted;
    int rows;        /* of its own terminal; 0: it has none */
    int columns;
    bool is_pool;
    bool paused;
    struct view_tasks tasks;
    int64_t allowed; /* of those, which allow_failure lets pass */
    struct view_usage usage;
    unsigned seen;    /* in which answer it was last */
};

/* What all objects come to, as ps has it. */
struct view_sum {
    int64_t up;
    int64_t done;
    int64_t tasks; /* below 0: nobody knows */
    int64_t failed;
};

struct view_objects {
    struct view_object **items;
    size_t count;
    size_t capacity;
    unsigned answer; /* the number of the one that comes */
    size_t expected; /* where the next object of it may be */
};

void view_objects_release(struct view_objects *objects);

/* The object NAME; NULL: there is none. */
struct view_object *view_objects_find(const struct view_objects *objects, const char *name);

/* Takes an object of an answer to status. */
void view_objects_take(struct view_objects *objects, const struct value *row);

/* The answer about all of them is over: those that it did not have are no more. */
void view_objects_settle(struct view_objects *objects);

/* An event has told that it has come to STATE. */
void view_objects_set_state(struct view_object *object, const char *state);

/* A pool has ended, as EVENT tells with its tally. */
void view_objects_set_tasks(struct view_object *object, const struct event *event);

struct view_sum view_objects_sum(const struct view_objects *objects);

/* Works out what the COUNT objects from FIRST on use, from a walk over all processes at NOW. */
void view_objects_measure(struct view_objects *objects, size_t first, size_t count, const struct usages *usages, int64_t now);

/* The member NAME of what a run has sent, as safe text without colours, to be freed; "" where it is none. */
char *row_text(const struct value *row, const char *name);

/* The number NAME; OTHERWISE where it is none. */
int64_t row_number(const struct value *row, const char *name, int64_t otherwise);

#endif
