/*
 * What `parrun queue FILE put` puts: values of the command line, or what standard input holds. It goes into the
 * file, or to the run that has it; where that ends in the midst of it, the rest into the file.
 */
#ifndef CLI_QUEUE_PUT_H
#define CLI_QUEUE_PUT_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/put_get.h"
#include "cli/read_messages.h"

struct database;
struct error;
struct options;

struct queue_put {
    const struct options *options;
    const char *queue;
    const char *const *values; /* borrowed */
    size_t count;              /* 0: standard input */
    struct input input;
    struct messages messages; /* read, and on their way */
};

/* WORDS are the queue and then values. */
void queue_put_init(struct queue_put *put, const struct options *options, const char *const *words,
                    size_t count);

/* Standard input is read to its end before anybody waits for the file, but where a run has it it goes there as it
 * comes: *LIVE. 0, or a negative code with ERROR filled. */
int queue_put_prepare(struct queue_put *put, const char *file, bool *live, struct error *error);

/* Puts all that is left into the file, or nothing. 0, or a negative code with ERROR filled. */
int queue_put_file(struct queue_put *put, struct database *database, struct error *error);

/* The same to a run, as queue_client_file_put(). */
int queue_put_run(struct queue_put *put, const char *socket);

void queue_put_release(struct queue_put *put);

#endif
