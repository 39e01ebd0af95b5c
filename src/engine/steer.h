/*
 * Steering a run from outside: words that say what is wanted of its objects.
 *
 * A word changes nothing but what is wanted: up, down, or a new life. The run brings it about, one
 * transition of an object at a time, dependents first down and last up; the last word holds.
 */
#ifndef ENGINE_STEER_H
#define ENGINE_STEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;
struct object;
struct run;

enum steer_word {
    STEER_STOP,
    STEER_START,
    STEER_RESTART,
    STEER_SIGNAL,
    STEER_PAUSE,
    STEER_RESUME,
    STEER_SCALE,
    STEER_WORDS,
};

struct steer_request {
    enum steer_word word;
    struct object *const *objects; /* those that are meant; NULL: NAMES say it */
    size_t object_count;
    /* Names: of a declared object with all its replicas, of one replica (web.1, a lone one too), or a
     * pattern with *; of STEER_SCALE each with =N, =+N or =-N behind it. */
    const char *const *names;
    size_t name_count; /* 0: all pools for pause and resume, else an error */
    int signal;        /* STEER_SIGNAL */
    bool now;          /* STEER_STOP: by force, without the rest of the grace */
    bool with_deps;    /* start, restart: what they depend on is started too */
    bool no_deps;      /* start, restart: at once, whatever they depend on */
    const char *changed; /* restart, signal: files have, which the caller has told; where their list is, borrowed; NULL: by hand */
};

/* What is waited for. */
enum steer_until {
    STEER_UNTIL_READY, /* each is ready, or has started where nothing says when it is ready, or has ended well */
    STEER_UNTIL_DOWN,  /* nothing of any of them runs */
    STEER_UNTIL_IDLE,  /* nothing of them runs a task or is under way: pools wait for tasks or have ended, others have
                        * ended or, as daemons, run */
    STEER_UNTIL_ENDED, /* each has ended for good, or was stopped */
    STEER_UNTIL_SETTLED, /* no word is under way for any of them */
};

/* What becomes of one object. */
struct steer_line {
    struct object *object;
    bool already; /* it is so already: nothing will be done */
    char *text;   /* for a person: "is being stopped" */
};

struct steer_answer {
    struct steer_line *lines;
    size_t count;
    enum steer_until until; /* what a caller that waits waits for */
};

/*
 * Checks all of the request, then does it: ANSWER gets a line for each object that is meant or follows, in
 * the order of the file. 0, or nothing is done and ERROR is filled, a line for each fault: ERROR_STOPPED where
 * what is asked for cannot be as things stand, else ERROR_FAILED, where it is wrong. The loop's thread.
 */
int steer(struct run *run, const struct steer_request *request, struct steer_answer *answer,
          struct error *error);

/* A zeroed one is accepted. */
void steer_release(struct steer_answer *answer);

/* The objects that NAMES mean, each once, in the order of the file, into *FOUND, which is the caller's to
 * free; their number. Below 0 with ERROR filled where a name means none. */
int64_t steer_find(const struct run *run, const char *const *names, size_t count,
                   struct object ***found, struct error *error);

/*
 * No more tasks are begun; when those that run have ended the run is stopped, as one whose work is done.
 * The number of tasks that run. Once more changes nothing.
 */
size_t steer_drain(struct run *run);

/* How it stands with one object; also the exit statuses of words. */
enum steer_standing {
    STEER_COME = 0,     /* as was wanted */
    STEER_FAILED = 1,   /* it has failed, or was skipped as another has */
    STEER_NOT_YET = 6,  /* it is under way */
    STEER_STOPPED = 7,  /* it was stopped by hand */
};

/* Where it stands now. */
enum steer_standing steer_stands(const struct object *object, enum steer_until until);

/* The worst of them: failed, then not yet, then stopped. */
enum steer_standing steer_worst(struct object *const *objects, size_t count, enum steer_until until);

/*
 * Calls DONE(ARG, standing) from the loop, once, as soon as none of the OBJECTS (copied) is STEER_NOT_YET, with the worst;
 * in the next turn of the loop at the earliest. The watch frees itself then. When the run ends, what has not come is told as it stands.
 */
struct steer_watch *steer_watch(struct run *run, struct object *const *objects, size_t count,
                                enum steer_until until,
                                void (*done)(void *arg, enum steer_standing standing), void *arg);

/* DONE will not be called; not after it was. NULL is accepted. */
void steer_watch_cancel(struct steer_watch *watch);

/* Appends how those stand that are not as they are waited for, in some words: "web was stopped by hand, db is not ready"; nothing
 * where all are. */
void steer_watch_explain(const struct steer_watch *watch, struct buf *out);

/* "running", "waiting", "stopped", "failed" ... : the object's state in one word, for status. */
const char *steer_state(const struct object *object);

#endif
