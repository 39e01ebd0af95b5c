/* Events as JSON Lines: one object a line, its keys in a fixed order; see parrun(1), EVENTS. */
#ifndef LOG_JSONL_H
#define LOG_JSONL_H

#include "event/bus.h"
#include "log/story.h"

struct buf;
struct jsonl;

/* Written to OUTPUT (borrowed; NULL: for jsonl_line() alone); RUN is the run's id. Of the options, filter and part count. */
struct jsonl *jsonl_new(const struct story_options *options, const char *run,
                        struct output *output);
void jsonl_free(struct jsonl *jsonl);

/* EVENT as a line with its newline; valid until the next call. */
const struct buf *jsonl_line(struct jsonl *jsonl, const struct event *event);

struct bus_reader jsonl_reader(struct jsonl *jsonl);

#endif
