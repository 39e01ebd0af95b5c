/* The context of a body: its environment, its directory, and what a worker must be told of it. */
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

/* All of it lives in ARENA until exec_context_release(). */
struct exec_context {
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
    int64_t index;    /* of a process: of the replica, from 1; 0: it is no process */
};

/* Variables that exec_context_set() may add. */
#define WORLD_MORE_VARIABLES 5

/*
 * Works out environment, directory and attributes for SPEC, called NAME; INDEX is that of a
 * replica, 0 for what has none. 0, or a negative code: an expression that fails, a user who is not
 * there. CONTEXT is to be released in either case.
 */
int exec_context_init(struct exec_context *context, const struct run *run,
                      const struct object_spec *spec, const char *name, int64_t index,
                      struct error *error);
void exec_context_release(struct exec_context *context);

/* Puts "NAME=VALUE" into the environment: of up to WORLD_MORE_VARIABLES names. */
void exec_context_set(struct exec_context *context, const char *name, const char *value);

/* The entry "NAME=VALUE" of the environment, which has one. */
const char *exec_context_entry(const struct exec_context *context, const char *name);

/* Renders a template in this context, appended to OUT. */
int exec_context_render(struct exec_context *context, const struct template *template,
                        struct buf *out, struct error *error);

/* The state for templates in this context, made where there is none yet. */
struct script *exec_context_script(struct exec_context *context);

/* Appends what the process was given of the resources, as resources_put_granted(); nothing where that is nothing. */
void exec_context_put_uses(const struct exec_context *context, struct buf *out);

/* The same as a path: absolute, or relative to the scenario. Lives in the context's arena. */
int exec_context_path(struct exec_context *context, const struct template *template,
                      const char **path, struct error *error);

/* The arguments of a command, NULL at the end; they live in the context's arena. */
int exec_context_arguments(struct exec_context *context, const struct body_spec *body,
                           const char ***argv, struct error *error);

/* Fills what a worker for this object's body must know; the caller releases CONFIG. */
void exec_context_config(const struct exec_context *context, struct worker_config *config);

#endif
