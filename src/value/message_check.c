/* Messages that programs read. */
#include "value/message_check.h"

#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "value/value.h"

const char *message_json_fault(const struct value *value)
{
    const char *fault = NULL;
    if (value->type == VALUE_NUMBER && !isfinite(value->number))
        return isnan(value->number) ? "NaN" : "infinity";
    if (value->type == VALUE_STRING && !utf8_valid(value->string.bytes, value->string.length))
        return "a text that is not UTF-8";
    for (size_t i = 0; value->type == VALUE_TABLE && !fault && i < value->table.count; i++) {
        fault = message_json_fault(&value->table.pairs[i].value);
        if (value->table.pairs[i].key.type == VALUE_STRING && !fault)
            fault = message_json_fault(&value->table.pairs[i].key);
    }
    return fault;
}

static int check_json(const char *name, const char *encoded, size_t length, struct error *error)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    int code = value_decode(arena, &encoded, &length, &value, error);
    const char *fault = code ? NULL : message_json_fault(&value);
    if (fault)
        code = error_set(error, ERROR_FAILED, "queue %s: a program reads it as JSON, and %s cannot be JSON",
                         name, fault);
    arena_free(arena);
    return code;
}

int message_check(const char *name, int end, const char *encoded, size_t length, struct error *error)
{
    struct value value = {0};
    if (!length)
        return 0;
    if (end == MESSAGE_JSON)
        return check_json(name, encoded, length, error);
    value_head(&encoded, &value);
    if (value.type == VALUE_TABLE)
        return error_set(error, ERROR_FAILED,
                         "queue %s: a program reads it as text, and a table is none; framing: json passes it on",
                         name);
    if (value.type == VALUE_STRING && end != MESSAGE_NO_END &&
        memchr(value.string.bytes, end, value.string.length))
        return error_set(error, ERROR_FAILED,
                         "queue %s: a program reads it, and there %s ends a message; framing: length takes any bytes",
                         name, end ? "a newline" : "a NUL");
    return 0;
}
