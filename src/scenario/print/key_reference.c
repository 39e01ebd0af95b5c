/* The schema table in mdoc: a heading a block, an item a key. */
#include "scenario/print/key_reference.h"

#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "scenario/schema.h"
#include "scenario/wording.h"

/* A line of text that roff takes for nothing else. */
static void put_line(struct buf *out, const char *text, size_t length)
{
    if (length && strchr(".'", *text))
        buf_text(out, "\\&");
    for (const char *end = text + length; text < end; text++) {
        if (*text == '\\')
            buf_text(out, "\\e");
        else
            buf_char(out, *text);
    }
    buf_char(out, '\n');
}

/* Sentences, each on a line of its own as roff wants it. */
static void put_sentences(struct buf *out, const char *text)
{
    for (const char *end; (end = strstr(text, ". ")); text = end + 2)
        put_line(out, text, (size_t)(end + 1 - text));
    put_line(out, text, strlen(text));
}

/* Names as they are written in a sentence of the list: "run, exec or lua". */
static void put_others(struct buf *out, enum block_kind block)
{
    size_t count, seen = 0, total = 0;
    const struct key *keys = schema_keys(&count);
    for (size_t i = 0; i < count; i++)
        total += keys[i].alternative && schema_place(&keys[i], block);
    for (size_t i = 0; i < count; i++) {
        if (!keys[i].alternative || !schema_place(&keys[i], block))
            continue;
        buf_printf(out, "%s%s", seen == 0 ? "" : seen + 1 == total ? " or " : ", ", keys[i].name);
        seen++;
    }
}

/* True where it says something that there is no such thing by default. */
static bool has_default(const struct key *key)
{
    return key->fallback && strcmp(key->fallback, "{}") && strcmp(key->fallback, "[]");
}

static void put_value(struct buf *out, const struct key *key)
{
    struct buf line = {0};
    buf_text(&line, "Value: ");
    wording_append(&line, key);
    if (has_default(key))
        buf_printf(&line, "; default: %s", key->fallback);
    buf_char(&line, '.');
    put_line(out, buf_string(&line), line.length);
    buf_release(&line);
}

static void put_rules(struct buf *out, const struct key *key, enum block_kind block)
{
    if (key->required)
        buf_text(out, "It must be there.\n");
    if (key->needs)
        buf_printf(out, "It needs\n.Cm %s\nbeside it.\n", key->needs);
    if (key->child_only && block == BLOCK_POOL)
        buf_text(out, "Not in a pool of kind thread.\n");
}

static void put_key(struct buf *out, const struct key *key, enum block_kind block)
{
    buf_printf(out, ".It Cm %s\n", key->name);
    put_sentences(out, key->help);
    put_value(out, key);
    put_rules(out, key, block);
    buf_text(out, "Example:\n.Bd -literal -offset indent -compact\n");
    put_line(out, key->example, strlen(key->example));
    buf_text(out, ".Ed\n");
}

static void put_block(struct buf *out, enum block_kind block)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    buf_printf(out, ".Ss Keys of %s\n", schema_block(block)->article);
    if (schema_block(block)->lacks) {
        buf_text(out, "Exactly one of ");
        put_others(out, block);
        buf_text(out, " must be there.\n");
    }
    buf_text(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < count; i++)
        if (schema_place(&keys[i], block))
            put_key(out, &keys[i], block);
    buf_text(out, ".El\n");
}

void key_reference_print(struct buf *out)
{
    for (int block = BLOCK_SCENARIO; block < BLOCK_COUNT; block++)
        put_block(out, (enum block_kind)block);
}
