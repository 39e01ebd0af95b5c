/* What depends on what. */
#ifndef SCENARIO_BIND_DEPEND_H
#define SCENARIO_BIND_DEPEND_H

struct loader;

/*
 * Once all names are resolved: works out the condition where none is given, and reports conditions
 * that cannot come about, and cycles.
 */
void depend_check(struct loader *loader);

#endif
