/* Files into which several processes write. */
#ifndef SCENARIO_CHECK_SHARED_FILES_H
#define SCENARIO_CHECK_SHARED_FILES_H

struct loader;

/* Files that a process or a pool empties when it starts although another writes into them too: an error where the log or
 * a pool is one of the two and they may run at once, else a warning. Once all objects are bound. */
void writers_check(struct loader *loader);

/* Reports processes that have one pidfile. */
void pidfiles_check(struct loader *loader);

#endif
