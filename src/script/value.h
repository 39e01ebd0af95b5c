/*
 * Values that cross from one Lua state to another, be it in another thread or another process.
 *
 * A struct value borrows what it points to: see each function for how long. The encoded form is
 * self-delimiting and the same on every machine (little endian):
 *
 *     byte 0  type (enum value_type)
 *     then    boolean: 1 byte · integer, number: 8 bytes · string: u32 length, bytes
 *             table: u32 count, then count times key, value (encoded the same way)
 */
#ifndef SCRIPT_VALUE_H
#define SCRIPT_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct error;

enum value_type {
    VALUE_NIL,
    VALUE_BOOLEAN,
    VALUE_INTEGER,
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_TABLE,
};

/* Tables may be nested so deep, and no deeper. */
#define VALUE_DEPTH 64

struct value {
    enum value_type type;
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct {
            const char *bytes;
            size_t length;
        } string;
        struct {
            struct value_pair *pairs;
            size_t count;
        } table;
    };
};

struct value_pair {
    struct value key;
    struct value value;
};

/* A string value that borrows TEXT. */
struct value value_of_string(const char *text);

/* Appends the encoded form. */
void value_encode(struct buf *out, const struct value *value);

/*
 * Reads one value at *AT, which has *LEFT bytes, and moves both behind it. Strings borrow from the
 * encoded bytes, tables are allocated in ARENA. 0, or ERROR_PROTOCOL where the bytes are no value.
 */
int value_decode(struct arena *arena, const char **at, size_t *left, struct value *value,
                 struct error *error);

/* A copy that lives in ARENA, strings included. */
struct value value_copy(struct arena *arena, const struct value *value);

/*
 * Appends the value as text, as a template shows it: strings as they are, numbers as Lua's tostring
 * does, true, false, nothing for nil, JSON for a table.
 */
void value_text(struct buf *out, const struct value *value);

/* Appends the value as JSON; a table whose keys are 1 to n is an array, else an object. */
void value_json(struct buf *out, const struct value *value);

#endif
