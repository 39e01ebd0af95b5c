/* Whether what creates a file can. */
#ifndef SCENARIO_CHECK_CREATES_H
#define SCENARIO_CHECK_CREATES_H

struct loader;

/* Reports processes and pools whose `creates` does not go with another of their keys. */
void creates_check(struct loader *loader);

#endif
