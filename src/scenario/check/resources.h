/* Whether what is to be shared can be. */
#ifndef SCENARIO_CHECK_RESOURCES_H
#define SCENARIO_CHECK_RESOURCES_H

struct loader;

/* Notes in the scenario whether anything runs alone, and reports what then could not; warns of daemons that have what others
 * need. */
void resources_check(struct loader *loader);

#endif
