/*
 * CSV (RFC 4180). It is read as it comes: rows end in LF or CRLF, a field in quotes may hold commas,
 * quotes (doubled) and line ends. Lines with nothing on them are passed over.
 *
 * A zeroed struct csv is at the start of a file; csv_release() frees it.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct error;

enum csv_result {
    CSV_ROW,   /* a row is whole: see csv_field() */
    CSV_MORE,  /* all bytes were taken and the row goes on */
    CSV_WRONG, /* ERROR says what; csv->row is the line where the row begins */
};

/* Where in a field the next byte stands. */
enum csv_place {
    CSV_START,  /* nothing of the field yet */
    CSV_PLAIN,  /* without quotes */
    CSV_QUOTED, /* inside quotes */
    CSV_QUOTE,  /* behind a quote inside quotes: its end, or the first of two */
    CSV_RETURN, /* behind a CR outside quotes */
};

struct csv {
    char separator;   /* what stands between two fields; 0: a comma */
    enum csv_place place;
    struct buf bytes; /* of the row's fields, one after the other */
    size_t *ends;     /* of each field in BYTES */
    size_t count;     /* of fields of the row */
    size_t capacity;
    bool begun;    /* the row has something on it */
    bool whole;    /* the row was given: the next call begins a new one */
    int64_t lines; /* line ends so far */
    int64_t row;   /* the line on which the row begins, from 1 */
};

/* Takes bytes up to the end of a row; *TAKEN says how many. */
enum csv_result csv_take(struct csv *csv, const char *bytes, size_t length, size_t *taken,
                         struct error *error);

/* The file has ended: CSV_ROW for a last row without a line end, CSV_MORE where there is none. */
enum csv_result csv_end(struct csv *csv, struct error *error);

/* Field I of the row; valid until the next call. */
const char *csv_field(const struct csv *csv, size_t i, size_t *length);

void csv_release(struct csv *csv);

/* Appends a field, in quotes where it needs them between SEPARATORs, or where it is empty and QUOTE_EMPTY. */
void csv_put(struct buf *out, const char *field, size_t length, char separator, bool quote_empty);

#endif
