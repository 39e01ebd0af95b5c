/* Values out of JSON; the one place that includes jansson. */
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "script/value.h"

static int convert(struct arena *arena, json_t *json, unsigned depth, struct value *value);

static struct value string_of(struct arena *arena, const char *bytes, size_t length)
{
    struct value value = {.type = VALUE_STRING};
    value.string.bytes = arena_copy(arena, bytes, length);
    value.string.length = length;
    return value;
}

static struct value table_of(struct arena *arena, size_t count)
{
    struct value value = {.type = VALUE_TABLE};
    value.table.pairs = arena_alloc(arena, count * sizeof(*value.table.pairs));
    value.table.count = count;
    return value;
}

static int convert_array(struct arena *arena, json_t *json, unsigned depth,
                         struct value *value)
{
    *value = table_of(arena, json_array_size(json));
    for (size_t i = 0; i < value->table.count; i++) {
        struct value_pair *pair = &value->table.pairs[i];
        pair->key = (struct value){.type = VALUE_INTEGER, .integer = (int64_t)i + 1};
        int result = convert(arena, json_array_get(json, i), depth, &pair->value);
        if (result)
            return result;
    }
    return 0;
}

static int convert_object(struct arena *arena, json_t *json, unsigned depth, struct value *value)
{
    struct value_pair *pair;
    *value = table_of(arena, json_object_size(json));
    value->table.object = true;
    pair = value->table.pairs;
    for (void *at = json_object_iter(json); at; at = json_object_iter_next(json, at), pair++) {
        const char *key = json_object_iter_key(at);
        pair->key = string_of(arena, key, strlen(key));
        int result = convert(arena, json_object_iter_value(at), depth, &pair->value);
        if (result)
            return result;
    }
    return 0;
}

static int convert(struct arena *arena, json_t *json, unsigned depth, struct value *value)
{
    *value = (struct value){.type = VALUE_NIL};
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return depth ? convert_object(arena, json, depth - 1, value) : -1;
    case JSON_ARRAY:
        return depth ? convert_array(arena, json, depth - 1, value) : -1;
    case JSON_STRING:
        *value = string_of(arena, json_string_value(json), json_string_length(json));
        break;
    case JSON_INTEGER:
        *value = (struct value){.type = VALUE_INTEGER, .integer = json_integer_value(json)};
        break;
    case JSON_REAL:
        *value = (struct value){.type = VALUE_NUMBER, .number = json_real_value(json)};
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        *value = (struct value){.type = VALUE_BOOLEAN, .boolean = json_is_true(json)};
        break;
    case JSON_NULL:
        break;
    }
    return 0;
}

int value_from_json(struct arena *arena, const char *bytes, size_t length, struct value *value,
                    struct error *error)
{
    json_error_t fault;
    json_t *json = json_loadb(bytes, length,
                              JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
    if (!json)
        return error_set(error, ERROR_FAILED, "no JSON: %s, at byte %d", fault.text,
                         fault.position);
    int result = convert(arena, json, VALUE_DEPTH, value);
    json_decref(json);
    if (result)
        return error_set(error, ERROR_FAILED, "nested more than %d deep", VALUE_DEPTH);
    return 0;
}

int value_encode_json(struct buf *out, const char *bytes, size_t length, struct error *error)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    int result = value_from_json(arena, bytes, length, &value, error);
    if (!result && value.type == VALUE_NIL)
        result = error_set(error, ERROR_FAILED, "null cannot be put into a queue");
    if (!result)
        value_encode(out, &value);
    arena_free(arena);
    return result;
}
