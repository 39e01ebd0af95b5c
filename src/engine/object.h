/*
 * An object of a run: a process, a pool or a thread, as the engine sees it.
 *
 * Each kind (cli/runner/objects.h) puts this struct first in its own. The engine drives it through the
 * kind's functions; the object reports back with object_gone() and nothing else.
 */
#ifndef ENGINE_OBJECT_H
#define ENGINE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/lifecycle.h"
#include "event/event.h"
#include "scenario/spec.h"

struct buf;
struct error;
struct event;
struct object;
struct run;
struct schedule;
struct tail;
struct usages;

/* What an object waits for, and nothing else can let it go on. */
struct object_wait {
    size_t queue;  /* index into run.queues */
    bool for_room; /* in the queue; false: for a message of it */
};

/* A part of an object that waits so, while other parts of it might go on. */
struct part_wait {
    const char *part; /* "stdin"; NULL: all of it */
    size_t count;     /* of such parts */
    bool timed;       /* not for ever */
    struct object_wait wait;
};

/* A list of those; a zeroed one is empty. ITEMS is the holder's to free. */
struct part_waits {
    struct part_wait *items;
    size_t count;
    size_t capacity;
};

/* Of a pool: its tasks and workers now. */
struct object_staff {
    bool paused;     /* no tasks are begun, as a word says */
    size_t tasks;    /* that run */
    bool waits;      /* for tasks: there are none to begin now */
    bool settled;    /* it has as many workers as it is to have, or as its tasks need */
    size_t wanted;   /* workers */
    size_t workers;  /* that it has and is to keep */
    size_t leaving;  /* that it has and is not */
};

/* What words want of an object, over what the run wants of it. */
enum object_wanted {
    WANTED_NOTHING, /* the run alone decides */
    WANTED_DOWN,
    WANTED_NEW, /* down, and then up again */
    WANTED_UP,
};

/* What a client may ask of an object as it is now; each kind fills in what it has. */
struct object_facts {
    int64_t pid;         /* of the process; 0: there is none */
    int64_t *pids;       /* of all that run for it, or of what watches over them; to be freed */
    size_t pid_count;
    size_t pid_capacity;
    int terminal_rows;   /* of its own terminal; 0: it has none */
    int terminal_columns;
    bool has_health;
    bool healthy;        /* with HAS_HEALTH */
    bool is_pool;        /* it has the next ones */
    size_t workers;      /* that there are */
    size_t busy;         /* of them */
    int64_t succeeded;   /* tasks */
    int64_t failed;
    int64_t allowed;     /* of those: allow_failure lets them pass */
    int64_t current;
    int64_t skipped;
    int64_t left;        /* below 0: nobody knows */
    char *hosts;         /* where its workers run elsewhere: members of a JSON list, to be freed; NULL: here */
};

/* The events of a kind of object for what is the same for all kinds. */
struct object_events {
    enum event_kind asked;   /* its event for a word that is done to it */
    enum event_kind stopped; /* and for its being down by a word */
    enum event_kind scheduled; /* when its schedule starts it next */
    enum event_kind missed;    /* and a time at which that does not */
};

/* How a kind of object tells of itself. */
struct object_tell {
    /* Appends what it is doing, for a person: "runs for 3s". It was started and has not ended. */
    void (*describe)(const struct object *object, struct buf *out);
    /* Fills in what it is as of now; it was started at some time. */
    void (*facts)(const struct object *object, struct object_facts *facts);
    /* Appends how far it is, in a few words: "412 of 5000 (8%), 2 failed". NULL: there is no measure
     * of that. */
    void (*progress)(const struct object *object, struct buf *out);
    /* Appends what it runs as a line for a shell; false where there is no such line. NULL: never. */
    bool (*plan)(struct object *object, struct buf *out);
    /* The run is over: tells, as events, what of it failed and what it has left undone. NULL: what
     * object_emit() has kept says it all. */
    void (*report)(struct object *object);
    /* It runs: emits what it uses now, where that has changed since it was asked last, as an event that is a
     * sample. NULL: it has nothing to tell. */
    void (*sample)(struct object *object, const struct usages *usages);
};

/* How a kind of object tells what it waits for. */
struct object_wait_kind {
    /* Where nothing but a message of some queue, or room in one, lets it go on: adds each of these to
     * the empty WAITS. Else it leaves them empty. NULL: never. */
    void (*waits)(struct object *object, struct part_waits *waits);
    /* Adds what parts of it wait for, while others might go on, to the empty WAITS. NULL: it has none. */
    void (*parts)(const struct object *object, struct part_waits *waits);
    /* With PARTS: true where, but for those WAITS, all of it sleeps; adds to *TURNS how often any of
     * its processes was given a processor so far. */
    bool (*sleeps)(const struct object *object, const struct part_waits *waits, uint64_t *turns);
    /* It runs: appends what keeps it from going on, for a person, where anything does: "waits until its
     * setup has ended". True where it is sure to be held up, whatever others do. NULL: never. */
    bool (*held_up)(const struct object *object, struct buf *out);
    /* True when nothing waits in the queues that it takes from: it may be ended. */
    bool (*drained)(const struct object *object);
};

struct object_kind {
    const char *word; /* "process" */
    struct object_events events;
    /* Starts it, after object_down() or an end once more. What fails is reported as an event, then by object_gone(). */
    void (*start)(struct object *object);
    /* Ends it, with its grace; where it is DOWN it does not run, and only the end is told. */
    void (*stop)(struct object *object);
    /* Ends it by force; the same holds. */
    void (*kill)(struct object *object);
    /* It rests, and will not be started again by itself: nothing is told. NULL: it never rests. */
    void (*cancel)(struct object *object);
    /* It is to have another life though it has ended: 0, or a negative code with ERROR filled where that cannot be. */
    int (*revive)(struct object *object, bool check, struct error *error);
    /* Another of the same declaration, not yet in the run. NULL: there is one alone. */
    struct object *(*replicate)(struct object *object, int64_t replica);
    /* Sends the signal to all of it; false where nothing of it runs. NULL: no signal reaches it. */
    bool (*signal)(struct object *object, int signal);
    /* Types BYTES at its own terminal, which is to have so many ROWS and COLUMNS, 0: as it has. 0, or a negative code with ERROR
     * filled: it has none, or has no room for all of them now. NULL: it never has one. */
    int (*type)(struct object *object, const char *bytes, size_t length, int rows, int columns, struct error *error);
    /* No more tasks are begun, or they are again. NULL: it has none. */
    void (*pause)(struct object *object, bool paused);
    /* It is to have so many workers. 0, or a negative code with ERROR filled and nothing done; CHECK: nothing is
     * done in any case. NULL: it has none. */
    int (*scale)(struct object *object, int64_t workers, bool check, struct error *error);
    /* Fills in how its tasks and workers stand. NULL: it has none. */
    void (*staff)(const struct object *object, struct object_staff *staff);
    /* It is not to be started again after all (object_rests()): it tells its end, and object_gone(), now or when all of
     * it is written. NULL: it never rests. */
    void (*settle)(struct object *object);
    struct object_tell tell;
    /* It will never start: tells so as an event. */
    void (*skip)(struct object *object, const char *reason);
    /* In another thread than the loop's: waits until what it records of its tasks that have ended is
     * written; false where any of it is lost. NULL: it records nothing. */
    bool (*recorded)(struct object *object);
    /* HELD: the log is full, make no more output; else go on. */
    void (*hold)(struct object *object, bool held);
    /* The run's terminal has another size. NULL: that is nothing to it. */
    void (*resize)(struct object *object);
    struct object_wait_kind wait;
    void (*free)(struct object *object);
};

/* How the last life of an object has ended. */
struct object_end {
    bool stopped; /* it was asked to */
    bool failed;  /* whether that is allowed or not */
    bool has_code;
    int64_t code; /* the exit code of a process */
    int signal;   /* that has ended it; 0: none */
};

/* What is wanted of an object. */
struct object_wish {
    enum object_wanted wanted;
    bool now;     /* WANTED_DOWN, WANTED_NEW: by force */
    bool no_deps; /* WANTED_NEW, WANTED_UP: whatever it depends on */
};

/* Which of its declaration's replicas an object is. */
struct object_copy {
    int64_t replica; /* its number, from 1 */
    bool retired;    /* scaled away: it is not to be seen */
};

/* The files that an object watches. */
struct object_watch {
    bool watches;  /* files, whose change begins it anew: as no daemon it keeps the run from ending */
    char *changed; /* where the list of those is that its next life is for; NULL: it is for none */
};

struct object {
    const struct object_kind *kind;
    struct run *run;
    const struct object_spec *spec;
    struct schedule *schedule; /* NULL: it does not run by the clock, or was never to start yet */
    size_t number; /* of its declaration: see scenario_object(); its replicas share it */
    const char *name;
    bool daemon; /* ended when all that is no daemon has ended */
    struct object_copy copy;
    struct object_wish wish;
    struct object_watch watch;
    int64_t lives; /* how often it was started */
    bool down;    /* a word has stopped it; the same as OBJECT_STOPPED, and kept when the run ends so */
    int64_t restarts;  /* how often it was started again by itself */
    int64_t restarted; /* and by words */
    enum object_state state;
    int64_t since;    /* clock_monotonic() when it came into this state */
    unsigned reached; /* a bit for each enum condition */
    bool skipped;
    bool failed; /* counts against the run's outcome */
    bool reads_on; /* though it has ended: what it has left behind goes on writing to the log */
    size_t ended; /* which one of all it was to end or to be skipped, from 1; 0: not yet */
    const struct object *cause; /* what it was skipped or stopped for; NULL: no other's failure */
    struct object_end end;
    char *verdict;              /* what was told last of what went wrong with it; NULL: nothing */
    struct tail *tail;          /* its last lines */
};

/* Emits an event about the object, and keeps of it what report_end() needs. */
void object_emit(struct object *object, struct event *event);

/* True where PATTERN, in which '*' stands for anything, means the object NAME: NAME itself, or NAME without the number of a
 * replica; and NAME.1 is NAME. */
bool object_is_called(const char *name, const char *pattern);

/* Adds PID to those of FACTS. */
void facts_add_pid(struct object_facts *facts, int64_t pid);

void facts_release(struct object_facts *facts);

/* Frees what the engine keeps of it; each kind's free() calls it. */
void object_release(struct object *object);

/* "NAME.2", for a replica; the caller frees it. */
char *object_replica_name(const struct object_spec *spec, int64_t replica);

/* The object has come so far, started or ready; once more is ignored. */
void object_reached(struct object *object, enum condition condition);

/* It had come so far and has not any more; where it never had, nothing changes. */
void object_lost(struct object *object, enum condition condition);

/* What an object's own file calls when nothing of it is left, once a life. */
void object_gone(struct object *object);

/* The same where object_is_lowered(): it is no failure, and it may be started again. */
void object_down(struct object *object);

/*
 * Its body has ended and nothing of it is left, but it is to be started again; not while it is
 * being ended. object_due() starts it.
 */
void object_rests(struct object *object);
void object_due(struct object *object);

/* It has failed and will not recover, though it may not have ended: fail_fast stops the run. */
void object_fails(struct object *object);

/* True once the object was asked to end, or is about to be. */
bool object_is_ending(const struct object *object);

/* True where it is so because of a word, and the run goes on. */
bool object_is_lowered(const struct object *object);

/* True where a word, a change of files or its schedule wants its next life. */
bool object_is_raised(const struct object *object);

/* True where anything of it may run. */
bool object_is_alive(const struct object *object);

/* What happens to it, as the table of its lifecycle has it; REASON: why it is skipped, else NULL. */
void object_happens(struct object *object, enum happening happening, const char *reason);

/* A word is done to it: emits its event. SIGNAL: 0 for none. */
void object_asked(struct object *object, const char *reason, int signal);

#endif
