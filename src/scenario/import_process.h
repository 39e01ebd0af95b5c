/* A process of a process-compose.yaml. */
#ifndef SCENARIO_IMPORT_PROCESS_H
#define SCENARIO_IMPORT_PROCESS_H

#include "scenario/import_private.h"

struct process {
    const char *name; /* in the file */
    const struct node *map;
    const struct node *all; /* the processes */
    const char *shell;
    bool ready; /* something tells that it is */
    struct draft draft;
};

/* True where it has what tells that it is ready, and parrun can look at it. */
bool process_tells_ready(const struct node *process);

/* readiness_probe, liveness_probe and ready_log_line. */
void process_readiness(struct process *process, const struct node *value);
void process_liveness(struct process *process, const struct node *value);
void process_log_line(struct process *process, const struct node *value);

/* log_location, and what of log_configuration does not belong to it. */
void process_log(struct process *process, const struct node *value);
void process_log_settings(struct process *process, const struct node *value);

/* Appends "log:" to OUT, from the log_location beside the processes. */
void process_log_of_all(struct import *import, const struct node *root, const struct node *value,
                        struct buf *out);

#endif
