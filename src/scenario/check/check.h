/* What must hold between the parts of a scenario, once each part is read. */
#ifndef SCENARIO_CHECK_CHECK_H
#define SCENARIO_CHECK_CHECK_H

struct loader;

/*
 * Puts the queues of streams into what their processes produce and consume, each queue once, and
 * reports queues that nobody fills or nobody reads, and a scenario that runs nothing.
 */
void scenario_check(struct loader *loader);

#endif
