/* Messages that were given up. */
#include "store/dead_letter.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "value/value.h"

static void write_text(struct buf *out, const char *text)
{
    value_encode_string(out, text, strlen(text));
}

void dead_letter_write(struct buf *out, const char *message, size_t length, const char *queue,
                       const char *reason, int64_t attempts)
{
    value_encode_table(out, 4);
    write_text(out, "message");
    buf_append(out, message, length);
    write_text(out, "queue");
    write_text(out, queue);
    write_text(out, "reason");
    write_text(out, reason);
    write_text(out, "attempts");
    value_encode_integer(out, attempts);
}

/* The value of the key NAME; NULL where there is none. */
static const struct value *find(const struct value *table, const char *name)
{
    for (size_t i = 0; i < table->table.count; i++) {
        const struct value *key = &table->table.pairs[i].key;
        if (key->type == VALUE_STRING && key->string.length == strlen(name) &&
            !memcmp(key->string.bytes, name, key->string.length))
            return &table->table.pairs[i].value;
    }
    return NULL;
}

static bool decode(struct arena *arena, const char *encoded, size_t length, struct value *value)
{
    struct error error = {0};
    bool good = !value_decode(arena, &encoded, &length, value, &error);
    if (good && value->type == VALUE_STRING) {
        const struct value text = *value;
        good = !value_from_json(arena, text.string.bytes, text.string.length, value, &error);
    }
    error_release(&error);
    return good && value->type == VALUE_TABLE;
}

bool dead_letter_open(const char *encoded, size_t length, struct buf *message, struct buf *queue)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    bool good = decode(arena, encoded, length, &value);
    const struct value *inner = good ? find(&value, "message") : NULL;
    const struct value *name = good ? find(&value, "queue") : NULL;
    good = inner && name && name->type == VALUE_STRING && find(&value, "reason");
    if (good) {
        value_encode(message, inner);
        buf_append(queue, name->string.bytes, name->string.length);
    }
    arena_free(arena);
    return good;
}
