/* The objects that --only names. */
#ifndef CLI_ONLY_H
#define CLI_ONLY_H

struct error;
struct options;
struct scenario;

/* Leaves out of SCENARIO all but these and what they depend on; without --only nothing. 0, or ERROR_FAILED where there is
 * no such object. */
int only_apply(const struct options *options, struct scenario *scenario, struct error *error);

#endif
