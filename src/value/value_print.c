/* Values for people and for other programs: as plain text and as JSON. */
#include "value/value.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"

/* A number must not read back as an integer: 1 and 1.0 are two values in Lua. */
static void put_decimal(struct buf *out, const char *digits)
{
    buf_text(out, digits);
    if (!digits[strspn(digits, "-0123456789")])
        buf_text(out, ".0");
}

static bool reads_back(const char *digits, double number)
{
    double again = strtod(digits, NULL);
    return !(again < number) && !(again > number);
}

/* 15 digits say all of most numbers, and of some of the smallest fewer do. */
void value_number_text(struct buf *out, double number)
{
    char digits[40];
    int precision = isnormal(number) ? DBL_DIG : 1;
    do
        snprintf(digits, sizeof(digits), "%.*g", precision++, number);
    while (precision <= DBL_DECIMAL_DIG && !reads_back(digits, number));
    if (isfinite(number))
        put_decimal(out, digits);
    else
        buf_text(out, digits);
}

/* JSON has no infinity and no NaN: a text says what it was, where null would say nothing. */
static void put_json_number(struct buf *out, double number)
{
    if (isfinite(number))
        value_number_text(out, number);
    else
        buf_text(out, isnan(number) ? "\"NaN\"" : number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

/* The pairs by their keys 1 to n, to be freed; NULL where the keys are others. */
static const struct value_pair **array_order(const struct value *table)
{
    size_t count = table->table.count;
    const struct value_pair **order = mem_calloc(count + 1, sizeof(const struct value_pair *));
    for (size_t i = 0; i < count; i++) {
        const struct value_pair *pair = &table->table.pairs[i];
        if (pair->key.type != VALUE_INTEGER || pair->key.integer < 1 ||
            (uint64_t)pair->key.integer > count || order[pair->key.integer - 1]) {
            free(order);
            return NULL;
        }
        order[pair->key.integer - 1] = pair;
    }
    return order;
}

static void put_json_key(struct buf *out, const struct value *key)
{
    struct buf text = {0};
    value_text(&text, key);
    json_quote(out, buf_string(&text), text.length);
    buf_release(&text);
}

static void put_json_table(struct buf *out, const struct value *table)
{
    const struct value_pair **order = table->table.object ? NULL : array_order(table);
    buf_char(out, order ? '[' : '{');
    for (size_t i = 0; i < table->table.count; i++) {
        const struct value_pair *pair = order ? order[i] : &table->table.pairs[i];
        if (i)
            buf_char(out, ',');
        if (!order) {
            put_json_key(out, &pair->key);
            buf_char(out, ':');
        }
        value_json(out, &pair->value);
    }
    buf_char(out, order ? ']' : '}');
    free(order);
}

void value_json(struct buf *out, const struct value *value)
{
    switch (value->type) {
    case VALUE_NIL:
        buf_text(out, "null");
        break;
    case VALUE_STRING:
        json_quote(out, value->string.bytes, value->string.length);
        break;
    case VALUE_NUMBER:
        put_json_number(out, value->number);
        break;
    case VALUE_TABLE:
        put_json_table(out, value);
        break;
    case VALUE_BOOLEAN:
    case VALUE_INTEGER:
        value_text(out, value);
        break;
    }
}

void value_text(struct buf *out, const struct value *value)
{
    switch (value->type) {
    case VALUE_NIL:
        break;
    case VALUE_BOOLEAN:
        buf_text(out, value->boolean ? "true" : "false");
        break;
    case VALUE_INTEGER:
        buf_number(out, value->integer);
        break;
    case VALUE_NUMBER:
        value_number_text(out, value->number);
        break;
    case VALUE_STRING:
        buf_append(out, value->string.bytes, value->string.length);
        break;
    case VALUE_TABLE:
        put_json_table(out, value);
        break;
    }
}

void value_text_of(struct buf *out, const char *encoded, size_t length)
{
    struct arena *arena = value_is_table(encoded, length) ? arena_new() : NULL;
    struct value value = {0};
    struct error error = {0};
    if (!value_decode(arena, &encoded, &length, &value, &error))
        value_text(out, &value);
    error_release(&error);
    arena_free(arena);
}
