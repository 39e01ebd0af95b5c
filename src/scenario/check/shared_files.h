/* Files into which several processes write. */
#ifndef SCENARIO_CHECK_SHARED_FILES_H
#define SCENARIO_CHECK_SHARED_FILES_H

struct loader;

/* Warns of files that a process empties when it starts although another writes into them too. Once all objects
 * are bound. */
void writers_check(struct loader *loader);


#endif
