/*
 * The joblog: a line a task in the columns of GNU parallel's --joblog, separated by tabs, so that
 * what reads those reads this: Seq Host Starttime JobRuntime Send Receive Exitval Signal Command.
 */
#ifndef LOG_JOBLOG_H
#define LOG_JOBLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "event/bus.h"

struct error;
struct joblog;
struct output;

/* Written to OUTPUT (borrowed); one that BEGINS the file has its head line at once. */
struct joblog *joblog_new(struct output *output, bool begins);
void joblog_free(struct joblog *joblog);

struct bus_reader joblog_reader(struct joblog *joblog);

/* Whether a line, without its end, is the one that a joblog begins with, or what there is of it after a kill. */
bool joblog_is_head(const char *line, size_t length);

/* ERROR_FAILED where PATH is a regular file that holds something and is no joblog: nothing is written onto it. Else 0: what cannot be
 * read is for whoever opens it. */
int joblog_check(const char *path, struct error *error);

/* Appends COMMAND, a line for a shell, as the joblog writes it: what would end its line or its column stands
 * there in quotes of the shell. */
void joblog_command(struct buf *out, const char *command);

#endif
