/* The few spans that the page tells of in words: what failed, in the order in which it did, and the slowest tasks. */
#ifndef REPORT_FINDINGS_H
#define REPORT_FINDINGS_H

#include <stddef.h>
#include <stdint.h>

#include "report/span_texts.h"
#include "report/spans.h"

#define FAILURES_TOLD 100
#define SLOWEST_TOLD 10

struct finding {
    uint32_t object;
    int64_t task; /* -1: the object itself */
    int64_t span; /* its number; -1: none */
    int64_t worker;
    int64_t attempts;
    int64_t began; /* ns since the run began; NEVER where it did not */
    int64_t took;
    int64_t at; /* when it was told */
    int64_t memory; /* bytes; 0: not known */
    enum span_state state;
    struct words_of_span words;
};

/* A zeroed one is empty. */
struct findings {
    struct finding failures[FAILURES_TOLD];
    size_t failure_count;
    int64_t failed; /* in all */
    struct finding slowest[SLOWEST_TOLD]; /* the slowest first, once findings_finish() was called */
    size_t slowest_count;
};

/* Copies FINDING; beyond FAILURES_TOLD it is only counted. */
void findings_fail(struct findings *findings, const struct finding *finding);

/* Copies FINDING where it is among the slowest so far. */
void findings_time(struct findings *findings, const struct finding *finding);
void findings_finish(struct findings *findings);
void findings_release(struct findings *findings);

#endif
