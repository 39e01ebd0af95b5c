/*
 * The texts of spans: item, command, reason and last output of each, compressed in blocks as they come, so that
 * memory is bounded by what the page may hold. A zeroed one is empty.
 *
 * A block is records compressed by deflate_bytes(), each ended by RECORD_END, its fields separated by FIELD_END, empty
 * ones at its end left out. Texts hold neither, see markup_clean().
 */
#ifndef REPORT_SPAN_TEXTS_H
#define REPORT_SPAN_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define RECORD_END '\x1e'
#define FIELD_END '\x1f'

/* What is known of a span, all of it clean. */
struct words_of_span {
    struct buf item;
    struct buf command;
    struct buf reason;
    struct buf output; /* its last lines */
};

void words_clear(struct words_of_span *words);
void words_copy(struct words_of_span *to, const struct words_of_span *from);
void words_release(struct words_of_span *words);

struct span_texts {
    struct buf open;    /* the block that is not full */
    size_t open_count;  /* records in it */
    struct buf blocks;  /* those that are: strings of base64 with commas between them */
    int64_t *firsts;    /* the number of the first record of each block */
    size_t block_count;
    size_t block_capacity;
    int64_t count;      /* records in all */
    int64_t left_out;   /* of these, those whose texts found no room */
};

/* Adds the record of the next span. WORTH: it is worth room that others do not get any more, as it failed. */
void span_texts_add(struct span_texts *texts, const struct words_of_span *words, bool worth);

/* No more come: ends the last block. */
void span_texts_finish(struct span_texts *texts);
void span_texts_release(struct span_texts *texts);

#endif
