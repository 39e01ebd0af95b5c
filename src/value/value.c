/* Values that cross: their encoded form, and copies of them. */
#include "value/value.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"

/* The least a pair can take: an empty string as key and nil as value. */
#define PAIR_LEAST 6

/* What stands for the count of an empty table that is an object in JSON: no other has so many pairs. */
#define EMPTY_OBJECT 0xff
#define EMPTY_OBJECT_COUNT UINT32_MAX

/* Encoded bytes that are still to be read. */
struct value_reader {
    const char *at;
    size_t left;
};

struct value value_of_string(const char *text)
{
    return (struct value){.type = VALUE_STRING, .string = {text, strlen(text)}};
}

/* The type, and behind it COUNT bytes of BITS. */
static void put_head(struct buf *out, enum value_type type, uint64_t bits, size_t count)
{
    uint64_t little = htole64(bits);
    char *room = buf_reserve(out, 1 + sizeof(little));
    *room = (char)type;
    memcpy(room + 1, &little, sizeof(little));
    buf_added(out, 1 + count);
}

void value_encode_nil(struct buf *out)
{
    buf_char(out, VALUE_NIL);
}

void value_encode_boolean(struct buf *out, bool boolean)
{
    put_head(out, VALUE_BOOLEAN, boolean, 1);
}

void value_encode_integer(struct buf *out, int64_t integer)
{
    put_head(out, VALUE_INTEGER, (uint64_t)integer, 8);
}

void value_encode_number(struct buf *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    put_head(out, VALUE_NUMBER, bits, 8);
}

void value_encode_string(struct buf *out, const char *bytes, size_t length)
{
    put_head(out, VALUE_STRING, length, 4);
    buf_append(out, bytes, length);
}

void value_encode_table(struct buf *out, size_t count)
{
    put_head(out, VALUE_TABLE, count, 4);
}

void value_mark_object(char *count)
{
    memset(count, EMPTY_OBJECT, 4);
}

void value_encode(struct buf *out, const struct value *value)
{
    switch (value->type) {
    case VALUE_NIL:
        value_encode_nil(out);
        break;
    case VALUE_BOOLEAN:
        value_encode_boolean(out, value->boolean);
        break;
    case VALUE_INTEGER:
        value_encode_integer(out, value->integer);
        break;
    case VALUE_NUMBER:
        value_encode_number(out, value->number);
        break;
    case VALUE_STRING:
        value_encode_string(out, value->string.bytes, value->string.length);
        break;
    case VALUE_TABLE:
        value_encode_table(out, value->table.count);
        if (!value->table.count && value->table.object)
            value_mark_object(out->data + out->length - 4);
        for (size_t i = 0; i < value->table.count; i++) {
            value_encode(out, &value->table.pairs[i].key);
            value_encode(out, &value->table.pairs[i].value);
        }
        break;
    }
}

/* COUNT is one of those that a value has in front: known to the compiler each, these are single loads. */
static uint64_t read_little(const char *at, size_t count)
{
    uint64_t eight = 0;
    uint32_t four;
    switch (count) {
    case 8:
        memcpy(&eight, at, 8);
        return le64toh(eight);
    case 4:
        memcpy(&four, at, 4);
        return le32toh(four);
    case 1:
        return (unsigned char)*at;
    default:
        return 0;
    }
}

static bool take_bytes(struct value_reader *reader, uint64_t *bits, size_t count)
{
    if (reader->left < count)
        return false;
    *bits = read_little(reader->at, count);
    reader->at += count;
    reader->left -= count;
    return true;
}

/* The value at the reader, but for a table's pairs: of a table the count alone is read. */
static bool take_head(struct value_reader *reader, struct value *value)
{
    static const unsigned char sizes[] = {
        [VALUE_BOOLEAN] = 1, [VALUE_INTEGER] = 8, [VALUE_NUMBER] = 8,
        [VALUE_STRING] = 4,  [VALUE_TABLE] = 4,
    };
    uint64_t type, bits;
    if (!take_bytes(reader, &type, 1) || type > VALUE_TABLE ||
        !take_bytes(reader, &bits, sizes[type]))
        return false;
    *value = (struct value){.type = (enum value_type)type};
    switch (value->type) {
    case VALUE_NIL:
        return true;
    case VALUE_BOOLEAN:
        value->boolean = bits;
        return bits <= 1;
    case VALUE_INTEGER:
        value->integer = (int64_t)bits;
        return true;
    case VALUE_NUMBER:
        memcpy(&value->number, &bits, sizeof(bits));
        return true;
    case VALUE_STRING:
        value->string.bytes = reader->at;
        value->string.length = bits;
        if (bits > reader->left)
            return false;
        reader->at += bits;
        reader->left -= bits;
        return true;
    case VALUE_TABLE:
        value->table.object = bits == EMPTY_OBJECT_COUNT;
        value->table.count = value->table.object ? 0 : bits;
        return value->table.object || bits <= reader->left / PAIR_LEAST;
    }
    return false;
}

const struct value *value_member(const struct value *table, const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; table->type == VALUE_TABLE && i < table->table.count; i++) {
        const struct value_pair *pair = &table->table.pairs[i];
        if (pair->key.type == VALUE_STRING && pair->key.string.length == length &&
            !memcmp(pair->key.string.bytes, name, length))
            return &pair->value;
    }
    return NULL;
}

bool value_is_key(const struct value *value)
{
    return value->type == VALUE_STRING || value->type == VALUE_INTEGER ||
           (value->type == VALUE_NUMBER && !isnan(value->number));
}

/* Walks over one value without keeping it, so that what follows may trust every count. */
static bool check(struct value_reader *reader, unsigned depth)
{
    struct value value;
    if (!take_head(reader, &value))
        return false;
    if (value.type != VALUE_TABLE)
        return true;
    if (depth == VALUE_DEPTH)
        return false;
    for (size_t i = 0; i < value.table.count; i++) {
        struct value key;
        if (!take_head(reader, &key) || !value_is_key(&key) || !check(reader, depth + 1))
            return false;
    }
    return true;
}

size_t value_size(const char *encoded, size_t length)
{
    struct value_reader reader = {encoded, length};
    return check(&reader, 0) ? length - reader.left : 0;
}

bool value_is_list(const struct value *value)
{
    if (value->type != VALUE_TABLE || value->table.object)
        return false;
    for (size_t i = 0; i < value->table.count; i++) {
        const struct value *key = &value->table.pairs[i].key;
        if (key->type != VALUE_INTEGER || key->integer != (int64_t)i + 1)
            return false;
    }
    return true;
}

bool value_is_table(const char *encoded, size_t length)
{
    return length && *encoded == VALUE_TABLE;
}

void value_head(const char **at, struct value *value)
{
    struct value_reader reader = {*at, SIZE_MAX};
    take_head(&reader, value);
    *at = reader.at;
}

/* Builds what check() has found good. */
static void build(struct arena *arena, const char **at, struct value *value)
{
    value_head(at, value);
    if (value->type != VALUE_TABLE)
        return;
    size_t count = value->table.count;
    value->table.pairs = arena_alloc(arena, count * sizeof(*value->table.pairs));
    for (size_t i = 0; i < count; i++) {
        build(arena, at, &value->table.pairs[i].key);
        build(arena, at, &value->table.pairs[i].value);
    }
}

int value_decode(struct arena *arena, const char **at, size_t *left, struct value *value,
                 struct error *error)
{
    size_t size = value_size(*at, *left);
    if (!size)
        return error_set(error, ERROR_PROTOCOL, "%zu bytes that are no value", *left);
    build(arena, at, value);
    *left -= size;
    return 0;
}

struct value value_copy(struct arena *arena, const struct value *value)
{
    struct value copy = *value;
    if (value->type == VALUE_STRING) {
        copy.string.bytes = arena_copy(arena, value->string.bytes, value->string.length);
    } else if (value->type == VALUE_TABLE) {
        copy.table.pairs = arena_alloc(arena, value->table.count * sizeof(*copy.table.pairs));
        for (size_t i = 0; i < value->table.count; i++) {
            copy.table.pairs[i].key = value_copy(arena, &value->table.pairs[i].key);
            copy.table.pairs[i].value = value_copy(arena, &value->table.pairs[i].value);
        }
    }
    return copy;
}
