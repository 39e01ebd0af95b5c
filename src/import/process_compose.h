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

/* The key 'watch' of a process. */
void process_take_watch(void *object, const struct key_row *row, const struct node *value);

/* True where it is restarted with what it depends on, by 'cascade' of that or of what that depends on. */
bool process_follows(const struct foreign_process *process);

/* Appends ", rotate: {...}" for the log_configuration beside a log_location, which may be NULL. */
void process_rotation(struct import *import, const struct node *settings, struct buf *out);

#endif
