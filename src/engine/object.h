/*
 * An object of a run: a process, a pool or a thread, as the engine sees it.
 *
 * Each kind (object/kinds.h) puts this struct first in its own. The engine drives it through the
 * kind's functions; the object reports back with object_gone() and nothing else.
 */
#ifndef ENGINE_OBJECT_H
#define ENGINE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/lifecycle.h"

struct object;
struct object_spec;
struct run;

struct object_kind {
    const char *word; /* "process" */
    /* Starts it. What fails is reported as an event, then by object_gone(). */
    void (*start)(struct object *object);
    /* Ends it, with its grace. */
    void (*stop)(struct object *object);
    /* Ends it by force. */
    void (*kill)(struct object *object);
    /* It will never start: tells so as an event. */
    void (*skip)(struct object *object, const char *reason);
    /* HELD: the log is full, make no more output; else go on. */
    void (*hold)(struct object *object, bool held);
    /* True when nothing waits in the queues that it takes from: it may be ended. */
    bool (*drained)(const struct object *object);
    void (*free)(struct object *object);
};

struct object {
    const struct object_kind *kind;
    struct run *run;
    const struct object_spec *spec;
    const char *name;
    bool daemon; /* ended when all that is no daemon has ended */
    enum object_state state;
    bool skipped;
    bool failed; /* counts against the run's outcome */
};

/* What an object's own file calls when nothing of it is left, once. */
void object_gone(struct object *object);

/* True once the object was asked to end. */
bool object_is_ending(const struct object *object);

#endif
