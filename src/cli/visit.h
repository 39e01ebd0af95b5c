/* A visit to the door of the run that this program was started in: --put and --get. */
#ifndef CLI_VISIT_H
#define CLI_VISIT_H

struct options;

/* Puts the values, or what standard input holds, into the queue; returns the exit status. */
int visit_put(const struct options *options);

/* Prints a message of the queue, or with --all each of them; returns the exit status. */
int visit_get(const struct options *options);

#endif
