/*
 * Who waits for whom: counters that reach zero, so nothing is scanned when an object moves on.
 *
 * A node is one declared object with all its replicas: a condition holds once each of them has
 * reached it, and can no longer come about once one of them has ended without it.
 */
#ifndef ENGINE_DEPENDENCIES_H
#define ENGINE_DEPENDENCIES_H

#include <stdbool.h>
#include <stddef.h>

#include "scenario/spec.h"

struct graph;
struct object;
struct run;

/* A move has no more objects than this; of a node with more replicas the rest follows in the next. */
#define GRAPH_MOVE_MOST 16

/* Objects that are to be started, or that can no longer start. */
struct graph_move {
    struct object *const *objects;
    size_t count;
    const char *reason; /* why they are skipped; NULL: they are to be started. Until graph_free() */
    bool failure;       /* skipped because something failed */
    const struct object *cause; /* what failed by itself in the first place; NULL: nothing did */
};

/* For a run whose objects are made. */
struct graph *graph_new(const struct run *run);

/* NULL is accepted. */
void graph_free(struct graph *graph);

/* The object has come so far, for the first time or again after graph_lost(). */
void graph_reached(struct graph *graph, const struct object *object, enum condition condition);

/* The object is one more of its declaration, or one of them that has not ended is none any more. */
void graph_add(struct graph *graph, struct object *object);
void graph_remove(struct graph *graph, const struct object *object);

/* The objects of the declaration NUMBER, but for those removed; *COUNT of them, until the next graph_add(). */
struct object *const *graph_objects(const struct graph *graph, size_t number, size_t *count);

/* True where all that the object depends on has come so far. */
bool graph_holds(const struct graph *graph, const struct object *object);

/* What the object waits for in vain, as it has ended before it came so far; NULL: nothing. *CONDITION: how far. */
const struct object *graph_in_vain(const struct graph *graph, const struct object *object, enum condition *condition);

/* Why that is so: "db failed". The caller frees it. */
char *graph_explain_end(const struct object *object, enum condition condition);

/* What it had reached holds no longer: those that were not decided wait for it again. */
void graph_lost(struct graph *graph, const struct object *object, enum condition condition);

/* The object has ended or was skipped: what it has not reached it never will. */
void graph_ended(struct graph *graph, const struct object *object);

/* The next move that follows from all that was told; false when there is none. */
bool graph_next(struct graph *graph, struct graph_move *move);

/* True where something that depends on the object runs, daemons counted only where DAEMONS. */
bool graph_is_needed(const struct graph *graph, const struct object *object, bool daemons);

/* True where HOLDS(other) is for any object that depends on this one. */
bool graph_any_dependent(const struct graph *graph, const struct object *object,
                         bool (*holds)(const struct object *other));

/*
 * What the object still waits for, appended as text: "db is ready, seed has succeeded"; what was stopped by
 * hand is told: "db is ready (it was stopped)". Nothing where it waits for nothing.
 */
struct buf;
void graph_explain(const struct graph *graph, const struct object *object, struct buf *out);

#endif
