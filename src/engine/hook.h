/*
 * Hooks: processes that run once another object, or all of the run, has ended.
 *
 * A hook is started by the end of what it follows and by nothing else, once an end, and stopped by nothing but its
 * timeout, or with all that is ended by force. What never started has no end.
 */
#ifndef ENGINE_HOOK_H
#define ENGINE_HOOK_H

#include <stdbool.h>

struct buf;
struct object;
struct object_spec;
struct run;

/* What a hook finds in its environment. */
enum hook_variable {
    HOOK_OBJECT, /* the name of what has ended */
    HOOK_STATUS, /* succeeded, failed or stopped */
    HOOK_CODE,   /* its exit code; "" where it has none */
    HOOK_SIGNAL, /* that has ended it, such as TERM; "": none */
    HOOK_REASON, /* what went wrong, a sentence; "": nothing */
    HOOK_VARIABLES,
};

/* Their names. */
extern const char *const hook_variables[HOOK_VARIABLES];

/* Appends what VARIABLE is for the hook SPEC; nothing where what it follows has not ended, but for the name. */
void hook_print(const struct run *run, const struct object_spec *spec, enum hook_variable variable, struct buf *out);

/* OBJECT is about to start: its hooks wait for its end. */
void hooks_await(const struct object *object);

/* OBJECT has ended, or was stopped by hand: where that holds for all replicas, its hooks start, or are skipped. */
void hooks_follow(const struct object *object);

/* True while a hook of OBJECT runs. */
bool hooks_run(const struct object *object);

/* All else has ended: starts the hooks of the run, once. True while one of them has not ended. */
bool hooks_end_run(const struct run *run);

/* Appends what the hook SPEC waits for: "web has ended". */
void hook_explain(const struct run *run, const struct object_spec *spec, struct buf *out);

#endif
