/* A process of a process-compose.yaml: keys that stand in files of their own. */
#ifndef IMPORT_PROCESS_COMPOSE_H
#define IMPORT_PROCESS_COMPOSE_H

#include "import/private.h"

/* The keys that say what tells that it is ready, and stays healthy. */
extern const struct key_row probe_rows[];

/* True where it has what tells that it is ready. */
bool process_tells_ready(const struct node *process);

#endif
