/*
 * The story: each event as the sentence that the table of events has for it, output with the name
 * of who wrote it.
 */
#ifndef LOG_STORY_H
#define LOG_STORY_H

#include <stdbool.h>

#include "event/bus.h"
#include "log/filter.h"

struct buf;
struct output;
struct story;

/* What a story tells: any of these bits. */
enum story_part {
    STORY_SENTENCES = 1 << 0, /* all but what the bodies put out */
    STORY_OUTPUT = 1 << 1,    /* what the bodies put out, but for what follows */
    STORY_ERRORS = 1 << 2,    /* standard error of tasks, where it is kept apart */
    STORY_ALL = STORY_SENTENCES | STORY_OUTPUT | STORY_ERRORS,
};

struct story_options {
    struct filter filter;
    unsigned parts; /* enum story_part */
    bool timestamps; /* the wall clock before each line */
    bool prefix;     /* "name | " before each line of output */
    bool color;      /* prefixes in colours, failures in red */
    bool plan;       /* lines for a shell: what is none of them is a comment */
    bool terminal;   /* a person looks at it: nothing that a child writes is obeyed but its colours */
};

/* A story that is written to OUTPUT (borrowed; NULL: for story_line() alone); free it with story_free(). */
struct story *story_new(const struct story_options *options, struct output *output);
void story_free(struct story *story);

/* What is told of EVENT, whole lines but for output that is not finished; valid until the next call. */
const struct buf *story_line(struct story *story, const struct event *event);

/* The story as a reader of a bus. */
struct bus_reader story_reader(struct story *story);

#endif
