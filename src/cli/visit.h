/* A visit to the door of the run that this program was started in: --put and --get. */
#ifndef CLI_VISIT_H
#define CLI_VISIT_H

#include <stddef.h>

struct options;

/* Puts the values, or what standard input holds, into the queue; returns the exit status. */
int visit_put(const struct options *options);

/* Prints a message of the queue, or with --all each of them; returns the exit status. */
int visit_get(const struct options *options);

/*
 * What --queue FILE does where a run has the file: SOCKET is that run's, WORDS are COUNT queues, or of
 * a put one and then values. Each returns the exit status and says on standard output what it did.
 */
int visit_file_put(const struct options *options, const char *socket, const char *const *words,
                   size_t count);
int visit_requeue(const struct options *options, const char *socket, const char *const *words,
                  size_t count);
int visit_purge(const struct options *options, const char *socket, const char *const *words,
                size_t count);

#endif
