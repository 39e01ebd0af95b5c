/* The world of a body: its environment, its directory, and what a worker must be told of it. */
#ifndef OBJECT_WORLD_H
#define OBJECT_WORLD_H

#include <stddef.h>

#include "os/attributes.h"

struct arena;
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
    const char **declared;    /* of these, the ones that the scenario sets */
    size_t declared_count;
    const char *directory; /* NULL: where parrun runs */
    struct attributes attributes;
    struct script *script;    /* for templates; made when one needs it */
    const struct run *run;
    const struct object_spec *spec;
    const char *name; /* of the object, or of one of its replicas */
};

/*
 * Works out environment, directory and attributes for SPEC, called NAME. 0, or a negative code: an
 * expression that fails, a user who is not there. WORLD is to be released in either case.
 */
int world_init(struct world *world, const struct run *run, const struct object_spec *spec,
               const char *name, struct error *error);
void world_release(struct world *world);

/* Renders a template in this world, appended to OUT. */
int world_render(struct world *world, const struct template *template, struct buf *out,
                 struct error *error);

/* The same as a path: absolute, or relative to the scenario. Lives in the world's arena. */
int world_path(struct world *world, const struct template *template, const char **path,
               struct error *error);

/* The arguments of the command, NULL at the end; they live in the world's arena. */
int world_arguments(struct world *world, const char ***argv, struct error *error);

/* Fills what a worker for this object's body must know; the caller releases CONFIG. */
void world_config(const struct world *world, struct worker_config *config);

#endif
