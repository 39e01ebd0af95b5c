/*
 * Diagnostics: what is wrong in a file a person wrote, where, and what to do about it.
 *
 *     FILE:LINE:COLUMN: error: what is wrong
 *        LINE | the line of the file
 *             |     ^~~~~ hint
 *
 * They are gathered while a file is read and printed all at once, in the order of their places. One beyond those that are shown costs
 * its number alone.
 */
#ifndef BASE_DIAG_H
#define BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/* A text that diagnostics point into; NAME and TEXT must outlive every mark into it. */
struct source {
    const char *name; /* as a person would write it: "configs/pool.yaml", "<stdin>" */
    const char *text;
    size_t length; /* bytes of text */
    bool (*is_key)(const char *word); /* of the language that the text is in; NULL: none is known */
};

/* A place in a source. LINE and COLUMN count from 1, COLUMN in characters (UTF-8 code points). */
struct mark {
    const struct source *source; /* NULL: no place, the message stands alone */
    uint32_t line;
    uint32_t column;
    uint32_t length; /* characters to underline, at least 1 is shown */
};

struct diags;

/* Diagnostics shown at most; more are counted and the count is told. */
#define DIAGS_SHOWN 20

struct diags *diags_new(void);
void diags_free(struct diags *diags);

/* Adds an error at MARK. HINT (may be NULL) is copied and stands behind the caret. */
void diag_error(struct diags *diags, struct mark mark, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same for what is not wrong and surely not what was meant: it counts as no error. */
void diag_warning(struct diags *diags, struct mark mark, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds a note to the error added last: a second place that explains it. */
void diag_note(struct diags *diags, struct mark mark, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a note to every error that was added so far in SOURCE. */
void diags_note_source(struct diags *diags, const struct source *source, struct mark mark,
                       const char *text);

/* Number of errors added so far. */
size_t diags_count(const struct diags *diags);

/* Writes all of them, warnings too, sorted by place, to OUT. */
void diags_print(const struct diags *diags, struct buf *out);

/* The mark for byte OFFSET of SOURCE, underlining LENGTH characters. */
struct mark source_mark(const struct source *source, size_t offset, uint32_t length);

#endif
