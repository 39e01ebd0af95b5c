/* A process of a process-compose.yaml. */
#ifndef IMPORT_PROCESS_COMPOSE_H
#define IMPORT_PROCESS_COMPOSE_H

#include "import/private.h"

struct foreign_process {
    struct draft draft; /* the first member, for draft_take_*() */
    const struct node *map;
    const struct node *all; /* the processes */
    const char *shell;
};

/* True where it has what tells that it is ready. */
bool process_tells_ready(const struct node *process);

/* The keys that say what tells that it is ready, and stays healthy. */
extern const struct key_rows probe_rows;

/* The key 'schedule' of a process. */
void process_take_schedule(void *object, const struct key_row *row, const struct node *value);

/* Appends ", rotate: {...}" for the log_configuration beside a log_location, which may be NULL. */
void process_rotation(struct import *import, const struct node *settings, struct buf *out);

#endif
