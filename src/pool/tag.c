/* The tag before each line of a task's output: its item, on one line and without tabs. */
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "engine/run.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "value/value.h"

static void put_visible(struct buf *out, const char *bytes, size_t length)
{
    static const char controls[] = "\n\t\r\\";
    static const char letters[] = "ntr\\";
    for (size_t i = 0; i < length; i++) {
        const char *found = bytes[i] ? strchr(controls, bytes[i]) : NULL;
        if (found)
            buf_printf(out, "\\%c", letters[found - controls]);
        else if ((unsigned char)bytes[i] < ' ' || bytes[i] == 0x7F)
            buf_printf(out, "\\x%02X", (unsigned)(unsigned char)bytes[i]);
        else
            buf_char(out, bytes[i]);
    }
}

/* The values of a table with blanks between them. */
static void put_value(struct buf *out, const struct value *value)
{
    struct buf text = {0};
    if (value->type == VALUE_TABLE) {
        for (size_t i = 0; i < value->table.count; i++) {
            buf_text(out, i ? " " : "");
            put_value(out, &value->table.pairs[i].value);
        }
        return;
    }
    value_text(&text, value);
    put_visible(out, text.data, text.length);
    buf_release(&text);
}

static void put_tag(const struct pool *pool, const struct task *task, struct buf *tag)
{
    struct arena *arena = arena_new();
    const char *at = task->item.data;
    size_t left = task->item.length;
    struct value value = {0};
    struct error error = {0};
    if (!value_decode(arena, &at, &left, &value, &error)) {
        if (pool->object.run->mask)
            value_hide(arena, pool->object.run->mask, &value);
        put_value(tag, &value);
    }
    buf_char(tag, '\t');
    error_release(&error);
    arena_free(arena);
}

void pool_tag_output(const struct pool *pool, const struct task *task, bool *in_line,
                     const char *bytes, size_t length, struct buf *out)
{
    struct buf tag = {0};
    put_tag(pool, task, &tag);
    while (length) {
        const char *newline = memchr(bytes, '\n', length);
        size_t size = newline ? (size_t)(newline + 1 - bytes) : length;
        if (!*in_line)
            buf_append(out, tag.data, tag.length);
        buf_append(out, bytes, size);
        *in_line = !newline;
        bytes += size;
        length -= size;
    }
    buf_release(&tag);
}
