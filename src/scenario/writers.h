/* Files into which several processes write. */
#ifndef SCENARIO_WRITERS_H
#define SCENARIO_WRITERS_H

struct loader;

/* Warns of files that a process empties when it starts although another writes into them too. Once all objects
 * are bound. */
void writers_check(struct loader *loader);


#endif
