/*
 * A value as it stands in a column of a database: a number as number, text as text, other bytes as
 * BLOB, a boolean or a table as JSON. What JSON would change (a key that is a number, bytes that are
 * no text) stands as an encoded value (value/value.h) in a BLOB.
 */
#ifndef STORE_STORED_VALUE_H
#define STORE_STORED_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct cell;
struct error;
struct query;

enum stored_type {
    STORED_NULL,
    STORED_INTEGER,
    STORED_NUMBER,
    STORED_TEXT,
    STORED_BLOB,
};

/* What a column says of its neighbour that holds the value. */
#define STORED_PLAIN NULL /* it is the value itself */
#define STORED_JSON "json"
#define STORED_ENCODED "lua"

struct stored_value {
    enum stored_type type;
    int64_t integer;
    double number;
    const char *bytes; /* TEXT and BLOB; borrowed from the encoded value or from SCRATCH */
    size_t length;
    const char *form; /* one of the three above */
    struct buf scratch;
};

/* Finds how the encoded value is to stand; *STORED is zeroed or was used here before. */
void stored_value_of(struct stored_value *stored, const char *encoded, size_t length);
void stored_value_release(struct stored_value *stored);

/* Sets a column to it, or one to its form. */
void cell_set_stored(struct cell *cell, const struct stored_value *stored);
void cell_set_form(struct cell *cell, const struct stored_value *stored);

/* The same for places of a statement. */
void query_set_stored(struct query *query, int place, const struct stored_value *stored);
void query_set_form(struct query *query, int place, const struct stored_value *stored);

/* What stands in the column at PLACE, and in the one behind it; valid until the query's next step. */
void query_stored(struct query *query, int place, struct stored_value *stored);

/* Appends the encoded value of the column at PLACE, whose form is in the one behind it. A negative
 * code with ERROR filled where they hold no value. */
int query_value(struct query *query, int place, struct buf *encoded, struct error *error);

#endif
