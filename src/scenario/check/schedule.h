/* Whether what has a schedule can run by it. */
#ifndef SCENARIO_CHECK_SCHEDULE_H
#define SCENARIO_CHECK_SCHEDULE_H

struct loader;

/* Reports what cannot stand beside 'schedule'. */
void schedule_check(struct loader *loader);

#endif
