/* The commands of a pool's tasks as a worker would run them, for whoever has to know them beforehand. */
#ifndef WORKER_PLANNER_H
#define WORKER_PLANNER_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;
struct planner;
struct worker_config;

/* One for the workers of CONFIG, which belongs to it from now on, in any case. NULL with ERROR filled where its
 * templates are wrong. */
struct planner *planner_new(struct worker_config *config, struct error *error);

/* Appends the command of the task as a line for a shell; ITEM is its encoded item. 0, or ERROR_FAILED where an
 * expression fails. */
int planner_print(struct planner *planner, const char *item, size_t length, int64_t index,
                  struct buf *out, struct error *error);

/* NULL is accepted. */
void planner_free(struct planner *planner);

#endif
