/* The world of a body: its environment, its directory, and what a worker must be told of it. */
#ifndef CHILD_EXEC_CONTEXT_H
#define CHILD_EXEC_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "os/spawn_attributes.h"

struct arena;
struct body_spec;
struct buf;
struct error;
struct object_spec;
struct run;
struct script;
struct template;
struct worker_config;

/* All of it lives in ARENA until world_release(). */
struct world {
    struct arena *arena;
    const char **environment; /* "NAME=VALUE", NULL at the end */
    size_t environment_count;
    const char **declared; /* of these, the ones that the scenario sets */
    size_t declared_count;
    const char *directory; /* NULL: where parrun runs */
    struct attributes attributes;
    struct script *script; /* for templates; made when one needs it */
    const struct run *run;
    const struct object_spec *spec;
    const char *overruled; /* a variable that stands whatever the scenario says of it; NULL: none */
    const char *name; /* of the object, or of one of its replicas */
    int64_t index;    /* of a replica, from 1; 0: it has none */
};

/* Variables that world_set() may add. */
#define WORLD_MORE_VARIABLES 4

/*
 * Works out environment, directory and attributes for SPEC, called NAME; INDEX is that of a
 * replica, 0 for what has none. 0, or a negative code: an expression that fails, a user who is not
 * there. WORLD is to be released in either case.
 */
int world_init(struct world *world, const struct run *run, const struct object_spec *spec,
               const char *name, int64_t index, struct error *error);
void world_release(struct world *world);

/* Puts "NAME=VALUE" into the environment: of up to WORLD_MORE_VARIABLES names. */
void world_set(struct world *world, const char *name, const char *value);

/* Renders a template in this world, appended to OUT. */
int world_render(struct world *world, const struct template *template, struct buf *out,
                 struct error *error);

/* The same as a path: absolute, or relative to the scenario. Lives in the world's arena. */
int world_path(struct world *world, const struct template *template, const char **path,
               struct error *error);

/* The arguments of a command, NULL at the end; they live in the world's arena. */
int world_arguments(struct world *world, const struct body_spec *body, const char ***argv,
                    struct error *error);

/* Fills what a worker for this object's body must know; the caller releases CONFIG. */
void world_config(const struct world *world, struct worker_config *config);

#endif
