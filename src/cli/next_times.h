/* When the objects of a scenario that have a schedule run next. */
#ifndef CLI_NEXT_TIMES_H
#define CLI_NEXT_TIMES_H

struct options;

/* show --next N --at TIME: prints the next N times after TIME, or now, of each. The exit status. */
int next_times(const struct options *options);

#endif
