/* What would be run, as text: for a dry run. */
#ifndef CHILD_DRY_RUN_H
#define CHILD_DRY_RUN_H

struct buf;
struct error;
struct lua_spec;
struct object_spec;
struct process_spec;
struct exec_context;

/*
 * Appends the process's command as a line that a shell runs the same way, its files as
 * redirections; of a Lua body, where it stands. 0, or a negative code where an expression fails.
 */
int plan_process(struct exec_context *context, const struct process_spec *spec, struct buf *out,
                 struct error *error);

/* Appends what holds for the object's programs besides their commands, "user nobody, nofile 100, timeout 2s";
 * nothing where that is nothing. */
void plan_conditions(const struct object_spec *spec, struct buf *out);

/* Appends, as a comment, that it is not run, and WHY. */
void plan_current(const struct buf *why, struct buf *out);

/* Appends, as a comment, where the chunk stands. */
void plan_lua(const struct lua_spec *lua, struct buf *out);

#endif
