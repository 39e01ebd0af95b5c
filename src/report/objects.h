/* The objects of a run as its events tell of them, and what came of each. */
#ifndef REPORT_OBJECTS_H
#define REPORT_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "event/event.h"
#include "report/map.h"
#include "report/series.h"
#include "report/spans.h"

#define NEVER INT64_MIN

/* A line of the timeline: a worker of a pool, a process, a thread. */
struct lane {
    uint32_t object;
    int64_t worker; /* 0: the object itself */
    char *host;     /* where that worker ran last; NULL: where the run did */
};

/* Of a pool. */
struct report_pool {
    /* of a pool */
    int64_t workers;
    int64_t states[SPAN_STATES]; /* attempts by how they ended */
    int64_t passed_over;         /* tasks that were not run: the run or the pool was stopped */
    int64_t resumed;             /* tasks that were done before */
    int64_t current;             /* and whose files were up to date */
    int64_t busy;                /* ns of all attempts */
    int64_t wasted;              /* of these, of those that were not the last or failed */
    int64_t longest;
};

/* Of a process or thread. */
struct report_lives {
    /* of a process or thread */
    int64_t life;   /* which it is, from 0 */
    bool alive;
    int64_t lived; /* when that life began */
    int64_t pid;
    int64_t cpu;         /* ns of all lives, as far as they were measured; MEMORY is the most it held */
    int64_t cpu_of_life; /* ns, of these */
    int64_t sampled;     /* when that was measured last; NEVER */
    struct series load;  /* per cent of one processor */
    struct series held;  /* bytes of memory */
};

/* Of a queue. */
struct report_queue {
    /* of a queue */
    int64_t put;
    int64_t taken;
    int64_t waiting;
    int64_t most_waiting;
    int64_t wait; /* ns, on average */
    struct series depth;
};

struct report_object {
    enum event_object kind;
    char *name;
    char *members;  /* JSON, as declared; NULL: it was not */
    uint32_t *lanes; /* by worker; MAP_NONE: none yet */
    size_t lane_count;
    size_t lane_capacity;
    int64_t began;  /* ns since the run began; NEVER */
    int64_t ended;
    bool failed;    /* as what it told last says */
    bool allowed;   /* what it failed by last may be */
    bool skipped;
    struct buf reason; /* of its failure, or why it was not started */
    struct buf output; /* the last of what a process or thread wrote */
    struct report_pool pool;
    int64_t tasks_allowed;       /* of those that failed: allow_failure lets them pass */
    int64_t memory;              /* bytes, the most of a task, or of the process */
    struct report_lives lives;
    struct report_queue queue;
};

/* A zeroed one is empty. */
struct objects {
    struct report_object *items;
    size_t count;
    size_t capacity;
    struct map names;
    struct lane *lanes;
    size_t lane_count;
    size_t lane_capacity;
    uint32_t last; /* that was looked for */
};

/* The number of the object of that kind and name, which is added where it is new. */
uint32_t objects_find(struct objects *objects, enum event_object kind, const char *name);

/* The number of the lane of WORKER (0: the object itself), which is added where it is new. */
uint32_t objects_lane(struct objects *objects, uint32_t object, int64_t worker);

/* "process", "pool" ... */
const char *object_word(enum event_object kind);

void objects_release(struct objects *objects);

#endif
