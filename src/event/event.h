/*
 * Lifecycle events: the one stream that the log, the JSON output and every other reader see.
 *
 * An event is built on the stack, handed to bus_emit() and forgotten: all it points to is borrowed
 * for that call. The names, fields and sentences are rows of the table in event/table.c.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct buf;

enum event_kind {
    EVENT_RUN_OPENED,
    EVENT_RUN_STARTED,
    EVENT_RUN_PAUSED,
    EVENT_RUN_CONTINUED,
    EVENT_RUN_DRAINING,
    EVENT_RUN_STOPPING,
    EVENT_RUN_STATUS,
    EVENT_RUN_STALLED,
    EVENT_RUN_IDLE,
    EVENT_RUN_UNWRITTEN,
    EVENT_RUN_FAILED,
    EVENT_RUN_LEFT,
    EVENT_RUN_ENDED,
    EVENT_PROCESS_DECLARED,
    EVENT_PROCESS_STARTING,
    EVENT_PROCESS_WAITING,
    EVENT_PROCESS_CURRENT,
    EVENT_PROCESS_FILE,
    EVENT_PROCESS_STARTED,
    EVENT_PROCESS_BACKGROUND,
    EVENT_PROCESS_LIMITED,
    EVENT_PROCESS_ANSWERED,
    EVENT_PROCESS_READY,
    EVENT_PROCESS_SAMPLE,
    EVENT_PROCESS_OUTPUT,
    EVENT_PROCESS_UNWRITTEN,
    EVENT_PROCESS_EXITED,
    EVENT_PROCESS_RESTARTING,
    EVENT_PROCESS_SCHEDULED,
    EVENT_PROCESS_MISSED,
    EVENT_PROCESS_UNHEALTHY,
    EVENT_PROCESS_TIMEOUT,
    EVENT_PROCESS_ASKED,
    EVENT_PROCESS_CHANGED,
    EVENT_PROCESS_WATCH,
    EVENT_PROCESS_SCALED,
    EVENT_PROCESS_STOPPING,
    EVENT_PROCESS_STOP_FAILED,
    EVENT_PROCESS_TERMINATED,
    EVENT_PROCESS_STOPPED,
    EVENT_PROCESS_ENDED,
    EVENT_PROCESS_SKIPPED,
    EVENT_PROCESS_PLANNED,
    EVENT_POOL_DECLARED,
    EVENT_POOL_STARTED,
    EVENT_POOL_LIMITED,
    EVENT_POOL_RESUMED,
    EVENT_POOL_CURRENT,
    EVENT_POOL_SAMPLE,
    EVENT_POOL_OUTPUT,
    EVENT_POOL_CARRIAGE_RETURN,
    EVENT_POOL_WAITING,
    EVENT_POOL_THROTTLED,
    EVENT_POOL_PENDING,
    EVENT_POOL_HALTED,
    EVENT_POOL_ASKED,
    EVENT_POOL_PAUSED,
    EVENT_POOL_CONTINUED,
    EVENT_POOL_SCALED,
    EVENT_POOL_STOPPED,
    EVENT_POOL_SCHEDULED,
    EVENT_POOL_MISSED,
    EVENT_POOL_ENDED,
    EVENT_POOL_FAILURE,
    EVENT_POOL_SUMMARY,
    EVENT_POOL_SKIPPED,
    EVENT_WORKER_LAUNCHER,
    EVENT_WORKER_STARTED,
    EVENT_WORKER_OUTPUT,
    EVENT_WORKER_LOST,
    EVENT_WORKER_ENDED,
    EVENT_TASK_UNDONE,
    EVENT_TASK_CURRENT,
    EVENT_TASK_FILE,
    EVENT_TASK_STARTED,
    EVENT_TASK_OUTPUT,
    EVENT_TASK_TIMEOUT,
    EVENT_TASK_RETRYING,
    EVENT_TASK_ENDED,
    EVENT_TASK_SKIPPED,
    EVENT_TASK_STOPPED,
    EVENT_TASK_PLANNED,
    EVENT_QUEUE_DECLARED,
    EVENT_QUEUE_OPENED,
    EVENT_QUEUE_RESTORED,
    EVENT_QUEUE_PUT,
    EVENT_QUEUE_GET,
    EVENT_QUEUE_SAMPLE,
    EVENT_QUEUE_FULL,
    EVENT_QUEUE_CLOSED,
    EVENT_QUEUE_DEAD_LETTER,
    EVENT_QUEUE_UNREADABLE,
    EVENT_QUEUE_DAMAGED,
    EVENT_QUEUE_KEYLESS,
    EVENT_QUEUE_HALF,
    EVENT_QUEUE_UNSURE,
    EVENT_QUEUE_KEPT,
    EVENT_QUEUE_DROPPED,
    EVENT_QUEUE_STATS,
    EVENT_THREAD_DECLARED,
    EVENT_THREAD_STARTED,
    EVENT_THREAD_OUTPUT,
    EVENT_THREAD_TIMEOUT,
    EVENT_THREAD_ASKED,
    EVENT_THREAD_STOPPED,
    EVENT_THREAD_ENDED,
    EVENT_THREAD_SKIPPED,
    EVENT_THREAD_PLANNED,
    EVENT_KINDS,
};

/* The kind of object an event is about: the JSON key that names it. */
enum event_object {
    EVENT_OF_RUN,
    EVENT_OF_PROCESS,
    EVENT_OF_POOL,
    EVENT_OF_QUEUE,
    EVENT_OF_THREAD,
};

/* What tells apart the sentences of one kind, and more. */
enum event_flag {
    EVENT_WRONG = 1 << 0,      /* something went wrong: shown even with -q */
    EVENT_NAMED = 1 << 1,      /* several such objects: the sentence must name this one */
    EVENT_PRODUCER = 1 << 2,   /* the process puts into a queue */
    EVENT_CONSUMER = 1 << 3,   /* the process takes from a queue */
    EVENT_PROCESSES = 1 << 4,  /* run.*: the scenario has processes or pools */
    EVENT_THREADS = 1 << 5,    /* run.*: the scenario has threads */
    EVENT_SIGNALED = 1 << 6,   /* ended by a signal; run.ended: stopped by one before its end */
    EVENT_REASONED = 1 << 7,   /* REASON says it all */
    EVENT_TOLD = 1 << 8,       /* another event told the story of it already */
    EVENT_ALIKE = 1 << 9,      /* several processes put into queues, or take from them, as it does */
    EVENT_AGAIN = 1 << 10,     /* task.stopped: it is begun anew: by another worker, or when its pool is started again; *.scheduled:
                                  how its run before has ended does not count, as another follows */
    EVENT_ELSEWHERE = 1 << 11, /* the worker runs on MACHINE */
    EVENT_ALLOWED = 1 << 12,   /* with EVENT_WRONG: allow_failure lets it pass */
};

/* The word of the flag 1 << NUMBER, as JSON has it; NULL where there are no more. EVENT_WRONG, the first, and EVENT_ALLOWED,
 * behind the last, are fields of their own. (fields.c) */
const char *event_flag(size_t number);

/* When an event is shown without any option. */
enum event_level {
    EVENT_LEVEL_ALWAYS, /* with -q too */
    EVENT_LEVEL_STORY,  /* without -q */
    EVENT_LEVEL_DETAIL, /* with -v, or where EVENT_WRONG is set */
    EVENT_LEVEL_SAMPLE, /* where --show names it: what was measured, besides what has happened */
};

#define EVENT_UNLIMITED INT64_MAX

/* Where what an event tells has happened. */
struct event_place {
    int64_t worker;     /* from 1; 0: none */
    int64_t pid;        /* 0: none */
    const char *machine; /* of a worker that runs elsewhere; NULL: none */
    const char *job;     /* the same: of a batch system; NULL: none */
};

/* How a command has ended. */
struct event_end {
    bool has_code;
    int code;           /* exit status */
    int signal;         /* 0: none */
};

/* When an attempt of a task began and ended. */
struct event_span {
    bool known;      /* of a task: the next two */
    int64_t began;      /* of this attempt: clock_monotonic() as the emitter has it, like AT behind the bus */
    int64_t finished;   /* the same of its end, which is told later where output is grouped or ordered */
    int64_t all;        /* ns: of a task's attempts together; 0: there was one */
};

/* What had to be ended beyond the objects. */
struct event_leak {
    bool known;
    int64_t count; /* descendants of the run that had to be ended */
};

/* How the tasks of a pool have ended; COUNT of the event has failed. */
struct event_tally {
    bool known;      /* of a pool: the next two and LEFT, and COUNT has failed */
    int64_t succeeded;   /* tasks */
    int64_t skipped;     /* tasks that were begun or taken, and not run to their ends */
    int64_t allowed;     /* of a pool: failed tasks that allow_failure lets pass; 0: none */
    int64_t current;     /* of a pool: tasks that were not run as their files are up to date; 0: none */
    int64_t left;        /* tasks that were not looked at; below 0: nobody knows */
};

/* What went through a queue; DURATION of the event is the average wait. */
struct event_books {
    bool known;      /* of a queue: the next two, and DURATION is the average wait */
    int64_t put;         /* messages that were put so far */
    int64_t taken;       /* and taken */
};

/* What was written by who is told of. */
struct event_output {
    const char *stream; /* "stdout" or "stderr" of output, else NULL */
    const char *bytes;  /* a line, a message or output; NULL: none */
    size_t length;
    uint64_t received;   /* bytes of output of a task */
    bool unfinished;    /* the line had no newline: it was cut, or the output ended there */
};

/* What a task or process is, for a person and for a later run. */
struct event_work {
    const char *command; /* of a task, as a line for a shell; of pool.summary, how to go on */
    const char *shown;   /* of a task: its item as a person reads it; NULL: it is its number */
    const char *uses;    /* of a process or task that begins: what it was given of resources; NULL: nothing */
    const char *tasks;   /* of pool.failure: those that failed in one way, as a person reads them */
    const char *cell;    /* of a task of a matrix: the values of its lists */
    const char *item;    /* of task.ended, encoded; for the journal and for reports of "each" */
    size_t item_length;
    struct hash key;     /* of its content; for the journal alone */
};

/* What was used. */
struct event_usage {
    int64_t memory;      /* bytes that its command held at most; of process.sample, that it holds; 0: not known */
    bool has_cpu;
    int64_t cpu;         /* ns of processor time that it has used, with its children */
};

/* Which message of a queue, and whose. */
struct event_message {
    int64_t number;      /* of a message in its queue, from 1; 0: none */
    const char *party;   /* of queue.put and queue.get: the object that has put it, or got it; NULL: not known */
};

/* What a record tells of itself. */
struct event_record {
    const char *members; /* of *.declared and run.opened: what they tell, as members of a JSON object; NULL: none */
    uint64_t unrecorded; /* in a record: bytes of the object's output that it leaves out, */
    uint64_t omitted;    /* and the events that held nothing else */
};

struct event {
    enum event_kind kind;
    unsigned flags;
    uint64_t sequence;  /* set by the bus, from 1; a sample has that of the event before it */
    int64_t wall;       /* ns since 1970, whole microseconds; set by the bus for readers that are DATED */
    int64_t at;         /* ns of clock_monotonic() since the run began; set with WALL */
    const char *object; /* name of the process, pool, queue or thread; NULL for the run */
    bool has_task;
    int64_t task;       /* index of the task */
    struct event_place place;
    struct event_end end;
    bool has_duration;
    int64_t duration;   /* ns: of a task, or the limit that passed */
    struct event_span span;
    int64_t attempt;    /* from 1; 0: none */
    int64_t count;      /* of what the sentence counts: failed tasks, messages left; 0: none */
    int64_t total; /* EVENT_UNLIMITED: there is no limit */
    struct event_leak leak;
    struct event_tally tally;
    struct event_books books;
    const char *reason; /* NULL: none */
    struct event_output output;
    struct event_work work;
    struct event_usage usage;
    struct event_message message;
    struct event_record record;
};

/* One sentence of a kind: it is used where all of FLAGS are set; the first that fits is taken. */
struct event_sentence {
    unsigned flags;
    const char *text; /* with {name} {pid} {task} ...; "" for no line at all; NULL ends the list */
};

#define EVENT_SENTENCES 6

struct event_row {
    const char *name; /* "task.started" */
    enum event_object object;
    enum event_level level;
    const char *help;
    struct event_sentence sentences[EVENT_SENTENCES];
};

/* The row of a kind. */
const struct event_row *event_row(enum event_kind kind);

/* The sentence of an event; NULL where it has none, "" where it is not to be told. */
const char *event_sentence(const struct event *event);

/* Appends LENGTH bytes of SENTENCE with its {placeholders} filled from EVENT. */
void event_fill(struct buf *out, const char *sentence, size_t length, const struct event *event);

#endif
