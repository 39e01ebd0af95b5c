/* What goes to the control socket of the run that this program was started in: put and get. */
#ifndef CLI_PUT_GET_H
#define CLI_PUT_GET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct options;

/* Puts the values, or what standard input holds, into the queue; returns the exit status. */
int queue_client_put(const struct options *options);

/* Prints a message of the queue, or with --all each of them; returns the exit status. */
int queue_client_get(const struct options *options);

/* Messages on their way into a queue. */
struct messages {
    struct buf bytes; /* those that nobody has yet: u32 length and bytes each */
    uint64_t done;    /* those that somebody has */
    const char *word; /* what one of several is, "line" or "value"; NULL: there is but one */
};

void messages_add(struct messages *messages, const char *bytes, size_t length);

/* The run could not be asked, or had ended before it did what was asked: nothing was. */
#define VISIT_AGAIN (-1)

/*
 * What queue FILE does where a run has the file: SOCKET is that run's. Each returns the exit status, or
 * VISIT_AGAIN without a word. Of MESSAGES those are taken that the run has on its disk; WORDS are the
 * COUNT queues that the others are about, and these say on standard output what was done.
 */
int queue_client_file_put(const struct options *options, const char *socket, const char *queue,
                          struct messages *messages);
int queue_client_requeue(const struct options *options, const char *socket,
                         const char *const *words, size_t count);
int queue_client_purge(const struct options *options, const char *socket, const char *const *words,
                       size_t count);

#endif
