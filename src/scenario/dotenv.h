/*
 * Environment files, by the grammar of the compose specification.
 *
 * A zeroed struct dotenv with an arena is an empty set of variables; dotenv_release() frees what is
 * not in the arena. Files read later win over those read before.
 */
#ifndef SCENARIO_DOTENV_H
#define SCENARIO_DOTENV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/name_index.h"

struct arena;
struct buf;
struct diags;
struct source;

/* What the system passes on to a program as one variable, at most, "NAME=VALUE" and its NUL; and what a scenario may read. */
#define DOTENV_VALUE_LIMIT ((size_t)128 << 10)
#define DOTENV_TOTAL_LIMIT ((size_t)4 << 20)

struct dotenv_entry {
    const char *name;
    const char *value; /* NULL: the variable is to be as it is in parrun's own environment */
};

struct dotenv {
    struct arena *arena;
    const char *const *environment; /* "NAME=VALUE"; what $NAME stands for there it stands for in the files too */
    struct dotenv_entry *entries;
    size_t count;
    size_t capacity;
    struct names names;
    size_t bytes; /* of all values */
};

/* Reads the variables of SOURCE into ENV; what is wrong in it is in DIAGS. */
void dotenv_read(struct dotenv *env, const struct source *source, struct diags *diags);

/*
 * Appends TEXT with what each '$' in it stands for; false where one is wrong. What is not set is
 * nothing.
 */
bool dotenv_expand(struct dotenv *env, const char *text, struct buf *out);

/* Frees what ENV holds outside its arena. */
void dotenv_release(struct dotenv *env);

#endif
