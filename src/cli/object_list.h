/* The objects of a scenario, whichever their kind, in one list. */
#ifndef CLI_OBJECT_LIST_H
#define CLI_OBJECT_LIST_H

#include <stddef.h>

struct dependency_spec;
struct scenario;

/* An object; what it points to is the scenario's. */
struct object_entry {
    const char *kind; /* "process" */
    const char *name;
    const char *help;       /* NULL: none */
    const size_t *produces; /* numbers of queues, in the scenario's order */
    size_t produces_count;
    const size_t *consumes;
    size_t consumes_count;
    const struct dependency_spec *depends_on; /* by the numbers of this list */
    size_t depends_on_count;
};

/* Processes, pools, threads, then the queues; the caller frees the list. */
struct object_entry *object_list_make(const struct scenario *scenario, size_t *count);

#endif
