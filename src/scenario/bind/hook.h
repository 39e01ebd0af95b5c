/* Hooks: processes that follow the end of an object, or of the run. */
#ifndef SCENARIO_BIND_HOOK_H
#define SCENARIO_BIND_HOOK_H

#include <stddef.h>

struct loader;

/* How many hooks the scenario's tree has, each in a place where one may stand. */
size_t hooks_count(const struct loader *loader);

#endif
