/*
 * A record, put back on a bus: whoever reads the stream of events works on it as on a live run.
 */
#ifndef RECORD_REPLAY_H
#define RECORD_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct bus;
struct error;
struct event;
struct replay;

/* Opens the record PATH ("-": standard input) and reads its first line. NULL with ERROR filled where it cannot be read, is no
 * record, or one of a later major version. */
struct replay *replay_open(const char *path, struct error *error);

/* NULL is accepted. */
void replay_free(struct replay *replay);

/* The first event, run.opened, and the id of the run; valid as long as the replay. */
const struct event *replay_opened(const struct replay *replay);
const char *replay_run(const struct replay *replay);

/* True where PATH is the file that is read, by whatever name. */
bool replay_reads(const struct replay *replay, const char *path);

/* Shows the next COUNT events to BUS. 1: there may be more; 0: that was all; a negative code with ERROR filled: a line is none
 * of a record, and nothing behind it is shown. */
int replay_next(struct replay *replay, const struct bus *bus, size_t count, struct error *error);

/* At the end: appends what is to be said of the record, a line each: that it was cut off and when, that events are missing, that
 * some were of a later version. True where it is whole: then only the last is said. */
bool replay_report(const struct replay *replay, struct buf *out);

#endif
