/* What a command finds in its environment of the task that it is run for: PARRUN_ITEM and so on. */
#ifndef WIRE_TASK_VARIABLES_H
#define WIRE_TASK_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct error;
struct value;

/* Those of every task, and one for each resource that it uses. */
#define VARIABLES 20

/* All zero: none. */
struct variables {
    struct buf texts[VARIABLES]; /* "NAME=VALUE"; empty: it is not there */
    size_t left_out; /* bytes of the item where it is longer than the system takes; 0: it is there */
};

struct variables_task {
    const struct value *item;
    int64_t index;
    int64_t worker;
    int64_t attempt;
    const struct value *uses; /* a table of texts: what it was given of resources; no table: nothing */
};

/* Those of a task; without PARRUN_ITEM where the system takes none of that length. */
void variables_fill(struct variables *variables, const struct variables_task *task);

/* 0; or -E2BIG where the item was left out and one of ARGV names it: it would be taken for an empty one. */
int variables_fit(const struct variables *variables, const char *const *argv, struct error *error);

/* PARRUN_WORKER alone, of a program that is there for many tasks. */
void variables_fill_worker(struct variables *variables, int64_t worker);

/* True where they are those of a task. */
bool variables_tell_task(const struct variables *variables);

/* True where ENTRY ("NAME=VALUE") sets one of them. */
bool variables_name(const char *entry);

/* Appends up to VARIABLES entries to LIST, borrowed from VARIABLES; returns how many. */
size_t variables_put(const struct variables *variables, const char **list);

/* The environment OF with them, as a list that ends with NULL; the list is the caller's to free, what is in
 * it borrowed. */
const char **variables_environment(const struct variables *variables, const char *const *of);

void variables_release(struct variables *variables);

#endif
