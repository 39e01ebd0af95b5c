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
#ifndef VALUE_VALUE_H
#define VALUE_VALUE_H

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

/* A value that is passed on has no more bytes than this. */
#define VALUE_MOST ((size_t)2 << 30)

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
            bool object; /* an empty one is {} in JSON, not [] */
        } table;
    };
};

struct value_pair {
    struct value key;
    struct value value;
};

/* A string value that borrows TEXT. */
struct value value_of_string(const char *text);

/* The value at the key NAME of TABLE; NULL where it is no table, or has none. */
const struct value *value_member(const struct value *table, const char *name);

/* True for what may be the key of a table: a string, an integer, a number that is not NaN. */
bool value_is_key(const struct value *value);

/* Appends the encoded form. */
void value_encode(struct buf *out, const struct value *value);

/* The same piece by piece, for a writer that has no struct value; COUNT pairs follow a table. */
void value_encode_nil(struct buf *out);
void value_encode_boolean(struct buf *out, bool boolean);
void value_encode_integer(struct buf *out, int64_t integer);
void value_encode_number(struct buf *out, double number);
void value_encode_string(struct buf *out, const char *bytes, size_t length);
void value_encode_table(struct buf *out, size_t count);

/* Makes the empty table whose encoded COUNT, 4 bytes, this is an object of JSON. */
void value_mark_object(char *count);

/* Bytes of the encoded value at the front of ENCODED, after a full check; 0 where there is none. */
size_t value_size(const char *encoded, size_t length);

/* True for a table whose keys are 1, 2, 3 ... in this order; for an empty one that is no object. */
bool value_is_list(const struct value *value);

/* True where the bytes begin as those of a table do. */
bool value_is_table(const char *encoded, size_t length);

/*
 * Reads the value at *AT, of a table only the count, and moves *AT behind what was read. For bytes
 * that value_size() has found good.
 */
void value_head(const char **at, struct value *value);

/*
 * Reads one value at *AT, which has *LEFT bytes, and moves both behind it. Strings borrow from the
 * encoded bytes, tables alone are allocated in ARENA (see value_is_table()). 0, or ERROR_PROTOCOL where the bytes are no value.
 */
int value_decode(struct arena *arena, const char **at, size_t *left, struct value *value,
                 struct error *error);

/*
 * Reads the one JSON value (RFC 8259) that BYTES are, into ARENA: an array is a table with the keys
 * 1 to n, null is nil, a number that neither 64 bits nor a double can hold is the text that it is, and
 * of a key that stands twice in an object the last one counts. 0, or ERROR_FAILED with what is wrong: no
 * JSON, nested too deep.
 */
int value_from_json(struct arena *arena, const char *bytes, size_t length, struct value *value,
                    struct error *error);

/* Appends the encoded form of the JSON value that BYTES are, as a message may be: null is refused too. 0,
 * or ERROR_FAILED as value_from_json(). */
int value_encode_json(struct buf *out, const char *bytes, size_t length, struct error *error);

/* A copy that lives in ARENA, strings included. */
struct value value_copy(struct arena *arena, const struct value *value);

/*
 * Appends the value as text, as a template shows it: strings as they are, numbers as
 * value_number_text() does, true, false, nothing for nil, JSON for a table.
 */
void value_text(struct buf *out, const struct value *value);

/* The same for an encoded value; nothing where the bytes are none. */
void value_text_of(struct buf *out, const char *encoded, size_t length);

/* Appends the value as JSON; a table whose keys are 1 to n is an array, else an object. What JSON has no number for
 * is a text: "NaN", "Infinity", "-Infinity". */
void value_json(struct buf *out, const struct value *value);

/* Appends the shortest text that reads back as the same number, and as one with a fraction: 1.0, 0.1, 1e+300. */
void value_number_text(struct buf *out, double number);

#endif
