/* By what a task is known from run to run. */
#include "pool/task_key.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "scenario/spec.h"
#include "store/pool_content.h"
#include "template/template.h"
#include "value/value.h"

/* The key of the hashes of pools: a change of what is put into them changes its number. */
static const struct hash content_key = {UINT64_C(0x6b736174206e7572), 3};

/* Each text with its length before it, so that no two lists of texts look alike, and with an end, so that the
 * last name in it does not go on with the length of the next one. */
static void put_text(struct buf *content, const char *text, size_t length)
{
    buf_number(content, (int64_t)length);
    buf_char(content, ':');
    buf_append(content, text, length);
    buf_char(content, '\n');
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

static int64_t hash_part(const void *bytes, size_t size)
{
    return (int64_t)hash_low(&content_key, bytes, size);
}

/* What was put since START is the part that is called NAME. Returns where the next one starts. */
static size_t end_part(struct pool_content *parts, const char *name, const struct buf *content, size_t start)
{
    pool_content_add(parts, "", name, strlen(name), hash_part(content->data + start, content->length - start));
    return content->length;
}

static void put_shell(struct buf *content, const struct body_spec *body)
{
    buf_number(content, body->kind);
    for (size_t i = 0; body->kind == BODY_RUN && i < body->shell_count; i++)
        put_word(content, body->shell[i]);
}

static void put_body(struct buf *content, const struct body_spec *body)
{
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

static bool is_name(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/*
 * Copies to USED the variables that TEXTS name as vars.NAME; all of them where it has the word in
 * another way. Returns how many.
 */
static size_t find_used(const struct buf *texts, const struct value *vars, struct value_pair *used)
{
    bool *marks = mem_calloc(vars->table.count + 1, sizeof(bool));
    const char *end = texts->data + texts->length;
    bool all = false;
    size_t count = 0;
    for (const char *at = texts->data; (at = memmem(at, (size_t)(end - at), "vars", 4)); at += 4) {
        const char *name = at + 5;
        size_t length = 0;
        if ((at > texts->data && is_name(at[-1])) || (at + 4 < end && is_name(at[4])))
            continue;
        while (name + length < end && is_name(name[length]))
            length++;
        all = all || at + 4 == end || at[4] != '.' || !length;
        for (size_t i = 0; i < vars->table.count; i++) {
            const struct value *key = &vars->table.pairs[i].key;
            marks[i] |= key->string.length == length && !memcmp(key->string.bytes, name, length);
        }
    }
    for (size_t i = 0; i < vars->table.count; i++)
        if (all || marks[i])
            used[count++] = vars->table.pairs[i];
    free(marks);
    return count;
}

static void put_vars(struct buf *content, struct pool_content *parts, const struct buf *texts,
                     const struct scenario *scenario)
{
    struct buf encoded = {0};
    unsigned char bytes[HASH_SIZE];
    struct value vars = scenario->vars;
    vars.table.pairs = mem_calloc(vars.table.count + 1, sizeof(*vars.table.pairs));
    vars.table.count = find_used(texts, &scenario->vars, vars.table.pairs);
    for (size_t i = 0; i < vars.table.count; i++) {
        const struct value_pair *pair = &vars.table.pairs[i];
        value_encode(&encoded, &pair->value);
        struct hash hash = task_key(&content_key, encoded.data, encoded.length);
        pool_content_add(parts, "vars.", pair->key.string.bytes, pair->key.string.length, (int64_t)hash.low);
        buf_clear(&encoded);
    }
    value_encode(&encoded, &vars);
    free(vars.table.pairs);
    struct hash hash = task_key(&content_key, encoded.data, encoded.length);
    hash_write(&hash, bytes);
    buf_append(content, bytes, sizeof(bytes));
    buf_release(&encoded);
}

/* True where one of the same name comes later, which is the one that counts. */
static bool is_overruled(const struct object_spec *object, size_t index)
{
    for (size_t i = index + 1; i < object->env_count; i++)
        if (!strcmp(object->env[i].name, object->env[index].name))
            return true;
    return false;
}

/* In whatever order the variables come. */
static void put_env(struct buf *content, struct pool_content *parts, const struct object_spec *object)
{
    unsigned char bytes[HASH_SIZE];
    struct hash sum = {0};
    for (size_t i = 0; i < object->env_count; i++) {
        struct buf entry = {0};
        if (is_overruled(object, i))
            continue;
        put_word(&entry, object->env[i].name);
        put_template(&entry, object->env[i].value);
        struct hash hash = hash_bytes(&content_key, entry.data, entry.length);
        sum.low += hash.low;
        sum.high += hash.high;
        pool_content_add(parts, "env ", object->env[i].name, strlen(object->env[i].name), (int64_t)hash.low);
        buf_release(&entry);
    }
    hash_write(&sum, bytes);
    buf_append(content, bytes, sizeof(bytes));
}

/* The file that is cut into blocks, which are known by where they lie in it: another file has others. */
static void put_file(struct buf *content, struct pool_content *parts, const struct source_spec *source)
{
    struct stat status;
    size_t start = content->length;
    if (source->kind != SOURCE_BLOCKS || !strcmp(source->path, "-") || stat(source->path, &status) ||
        !S_ISREG(status.st_mode))
        return;
    buf_number(content, status.st_size);
    buf_printf(content, ":%lld.%09ld", (long long)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    end_part(parts, source->path, content, start);
}

/* The texts in which variables may be named, one behind the other, but for those of its environment. */
static void put_texts(struct buf *content, struct pool_content *parts, const struct pool_spec *spec)
{
    static const char *const names[] = {
        [BODY_RUN] = "run", [BODY_EXEC] = "exec", [BODY_LUA] = "lua", [BODY_COPROCESS] = "coprocess"};
    const struct body_spec *body = &spec->object.body;
    size_t start = content->length;
    put_shell(content, body);
    if (body->kind == BODY_RUN)
        start = end_part(parts, "shell", content, start);
    put_body(content, body);
    start = end_part(parts, names[body->kind], content, start);
    put_lua(content, &spec->setup);
    start = end_part(parts, "setup", content, start);
    put_template(content, spec->object.cwd);
    start = end_part(parts, "cwd", content, start);
    if (spec->input->kind == STREAM_NULL)
        return;
    buf_number(content, spec->input->kind);
    put_template(content, spec->input->kind == STREAM_FILE ? spec->input->path : spec->input->text);
    end_part(parts, "stdin", content, start);
}

void task_key_pool(const struct scenario *scenario, const struct pool_spec *spec, struct pool_content *parts)
{
    struct buf content = {0}, texts = {0};
    *parts = (struct pool_content){0};
    put_word(&content, spec->object.name);
    buf_number(&content, spec->kind);
    end_part(parts, "kind", &content, 0);
    size_t start = content.length;
    put_texts(&content, parts, spec);
    buf_append(&texts, content.data + start, content.length - start);
    for (size_t i = 0; i < spec->object.env_count; i++)
        put_template(&texts, spec->object.env[i].value);
    put_env(&content, parts, &spec->object);
    put_file(&content, parts, &spec->tasks);
    if (memmem(texts.data, texts.length, "vars", 4))
        put_vars(&content, parts, &texts, scenario);
    buf_release(&texts);
    parts->hash = hash_bytes(&content_key, content.data, content.length);
    buf_release(&content);
}

struct hash task_key(const struct hash *pool, const char *item, size_t length)
{
    const char *at = item;
    if (!value_is_table(item, length) || !value_size(item, length))
        return hash_bytes(pool, item, length);
    return hash_value(pool, &at);
}

struct hash task_key_command(const char *command, size_t length)
{
    return hash_bytes(&content_key, command, length);
}
