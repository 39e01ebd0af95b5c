/* Who uses which queue. */
#ifndef QUEUE_ENDS_H
#define QUEUE_ENDS_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct object_spec;
struct queue_users;
struct run;
struct scenario;

/* Counts the users of queue number INDEX over all objects of the scenario. */
void users_count(const struct scenario *scenario, size_t index, struct queue_users *users);

/* The object NAME has ended: it puts and takes no more. */
void users_ended(struct run *run, const struct object_spec *spec, const char *name);

/*
 * The object NAME is one more that uses its queues, or uses them again after users_ended(): 0, or a negative code with
 * ERROR filled where a queue has come to its end, or has a copy of each message for those alone that it was declared
 * with. CHECK: nothing is done in any case.
 */
int users_join(struct run *run, const struct object_spec *spec, const char *name, bool check, struct error *error);

/* True where every queue that the object takes from is empty. */
bool users_drained(const struct run *run, const struct object_spec *spec);

#endif
