/* By what a task is known from run to run. */
#include "object/task_key.h"

#include <string.h>

#include "base/buf.h"
#include "scenario/spec.h"
#include "script/template.h"
#include "script/value.h"

/* The key of the hashes of pools: a change of what is put into them changes its number. */
static const struct hash content_key = {UINT64_C(0x6b736174206e7572), 1};

/* Each text with its length before it, so that no two lists of texts look alike. */
static void put_text(struct buf *content, const char *text, size_t length)
{
    buf_number(content, (int64_t)length);
    buf_char(content, ':');
    buf_append(content, text, length);
}

static void put_word(struct buf *content, const char *word)
{
    put_text(content, word ? word : "", word ? strlen(word) : 0);
}

static void put_template(struct buf *content, const struct template *template)
{
    size_t length = 0;
    const char *source = template ? template_source(template, &length) : NULL;
    put_text(content, source, length);
}

static void put_lua(struct buf *content, const struct lua_spec *lua)
{
    put_text(content, lua->text, lua->text ? lua->length : 0);
}

static void put_body(struct buf *content, const struct body_spec *body)
{
    buf_number(content, body->kind);
    for (size_t i = 0; body->kind == BODY_RUN && i < body->shell_count; i++)
        put_word(content, body->shell[i]);
    put_template(content, body->kind == BODY_RUN ? body->run : NULL);
    buf_number(content, (int64_t)body->argument_count);
    for (size_t i = 0; i < body->argument_count; i++)
        put_template(content, body->arguments[i]);
    put_lua(content, &body->lua);
    if (body->kind == BODY_COPROCESS)
        buf_number(content, body->format);
}

static struct hash hash_value(const struct hash *key, const char **at);

/* The hashes of the pairs are added up, as their order says nothing. */
static struct hash hash_table(const struct hash *key, const char **at, size_t count)
{
    unsigned char bytes[2 * HASH_SIZE];
    struct hash sum = {count, VALUE_TABLE};
    for (size_t i = 0; i < count; i++) {
        struct hash name = hash_value(key, at);
        struct hash value = hash_value(key, at);
        hash_write(&name, bytes);
        hash_write(&value, bytes + HASH_SIZE);
        struct hash pair = hash_bytes(key, bytes, sizeof(bytes));
        sum.low += pair.low;
        sum.high += pair.high;
    }
    hash_write(&sum, bytes);
    return hash_bytes(key, bytes, HASH_SIZE);
}

static struct hash hash_value(const struct hash *key, const char **at)
{
    const char *start = *at;
    struct value value;
    value_head(at, &value);
    if (value.type == VALUE_TABLE)
        return hash_table(key, at, value.table.count);
    return hash_bytes(key, start, (size_t)(*at - start));
}

static void put_vars(struct buf *content, const struct scenario *scenario)
{
    struct buf encoded = {0};
    unsigned char bytes[HASH_SIZE];
    value_encode(&encoded, &scenario->vars);
    struct hash hash = task_key(&content_key, encoded.data, encoded.length);
    hash_write(&hash, bytes);
    buf_append(content, bytes, sizeof(bytes));
    buf_release(&encoded);
}

struct hash task_key_pool(const struct scenario *scenario, const struct pool_spec *spec)
{
    struct buf content = {0};
    put_word(&content, spec->object.name);
    buf_number(&content, spec->kind);
    put_body(&content, &spec->object.body);
    put_lua(&content, &spec->setup);
    put_template(&content, spec->object.cwd);
    for (size_t i = 0; i < spec->object.env_count; i++) {
        put_word(&content, spec->object.env[i].name);
        put_template(&content, spec->object.env[i].value);
    }
    if (memmem(content.data, content.length, "vars", 4))
        put_vars(&content, scenario);
    struct hash hash = hash_bytes(&content_key, content.data, content.length);
    buf_release(&content);
    return hash;
}

struct hash task_key(const struct hash *pool, const char *item, size_t length)
{
    const char *at = item;
    if (!value_is_table(item, length) || !value_size(item, length))
        return hash_bytes(pool, item, length);
    return hash_value(pool, &at);
}
