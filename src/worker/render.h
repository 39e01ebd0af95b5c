/* Rendering a pool's command for one task: arguments, environment, directory. */
#ifndef WORKER_RENDER_H
#define WORKER_RENDER_H

struct attributes;
struct input_block;
struct body_command;
struct cgroup;
struct buf;
struct error;
struct spawn_options;
struct worker_task;
struct worker;

/*
 * Fills argv, environment, directory and attributes of OPTIONS for TASK; all of it is valid until the next
 * call. 0, or ERROR_FAILED where an expression fails.
 */
int render_command(struct body_command *command, struct worker *worker,
                   const struct worker_task *task, struct spawn_options *options,
                   struct error *error);

/* The same for a program that is started once for many tasks; of these only the worker is known. */
int render_program(struct body_command *command, struct worker *worker,
                   struct spawn_options *options, struct error *error);

/* Appends what render_command() or render_program() has filled as a line for a shell, see
 * spawn_print(), with the task's variables where the command needs them. */
void render_print(const struct body_command *command, const struct spawn_options *options,
                  struct buf *out);

/* What each command is given. */
const struct attributes *render_attributes(const struct body_command *command);

/* Where each command runs; NULL: where the worker does. */
struct cgroup *render_cgroup(const struct body_command *command);

/* What the task's command reads, as render_command() has rendered it: the text, or the path of the file, absolute. */
const struct buf *render_input(const struct body_command *command);

/* The block that it reads. */
const struct input_block *render_block(const struct body_command *command);

/* A descriptor of /dev/null. */
int render_null(const struct body_command *command);

#endif
