/* What all tasks of a pool have in common, part by part. */
#include "store/pool_content.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/database.h"

void pool_content_release(struct pool_content *content)
{
    for (size_t i = 0; i < content->count; i++)
        free(content->parts[i].name);
    free(content->parts);
    *content = (struct pool_content){0};
}

void pool_content_add(struct pool_content *content, const char *prefix, const char *name, size_t length,
                      int64_t hash)
{
    struct buf whole = {0};
    buf_text(&whole, prefix);
    buf_append(&whole, name, length);
    content->parts =
        mem_grow(content->parts, &content->capacity, content->count + 1, sizeof(*content->parts));
    content->parts[content->count++] = (struct content_part){buf_take(&whole), hash};
}

void pool_content_copy(struct pool_content *to, const struct pool_content *from)
{
    *to = (struct pool_content){.hash = from->hash};
    for (size_t i = 0; i < from->count; i++)
        pool_content_add(to, "", from->parts[i].name, strlen(from->parts[i].name), from->parts[i].hash);
}

static const struct content_part *find_part(const struct pool_content *content, const char *name)
{
    for (size_t i = 0; i < content->count; i++)
        if (!strcmp(content->parts[i].name, name))
            return &content->parts[i];
    return NULL;
}

static void put_change(struct buf *text, size_t start, const char *name, const char *what)
{
    buf_printf(text, "%s%s %s", text->length > start ? ", " : "", name, what);
}

void pool_content_compare(const struct pool_content *before, const struct pool_content *now, struct buf *text)
{
    size_t start = text->length;
    for (size_t i = 0; i < now->count; i++) {
        const struct content_part *part = &now->parts[i];
        const struct content_part *old = find_part(before, part->name);
        if (!old || old->hash != part->hash)
            put_change(text, start, part->name, old ? "changed" : "is new");
    }
    for (size_t i = 0; i < before->count; i++)
        if (!find_part(now, before->parts[i].name))
            put_change(text, start, before->parts[i].name, "is gone");
}

static int write_parts(struct query *query, const unsigned char *hash, const struct pool_content *content,
                       struct error *error)
{
    int result = 0;
    for (size_t i = 0; !result && i < content->count; i++) {
        const struct content_part *part = &content->parts[i];
        query_set_blob(query, 1, hash, HASH_SIZE);
        query_set_text(query, 2, part->name, strlen(part->name));
        query_set_integer(query, 3, part->hash);
        result = query_run(query, error);
    }
    return result;
}

int pool_content_write(struct database *database, int64_t run, const char *pool,
                       const struct pool_content *content, struct error *error)
{
    unsigned char hash[HASH_SIZE];
    struct query *query =
        database_query(database, "INSERT INTO pool (run, pool, content) VALUES (?, ?, ?)", error);
    struct query *parts =
        query ? database_query(database, "INSERT OR IGNORE INTO part (content, name, hash) VALUES (?, ?, ?)",
                               error)
              : NULL;
    if (!parts)
        return error->code;
    hash_write(&content->hash, hash);
    query_set_integer(query, 1, run);
    query_set_text(query, 2, pool, strlen(pool));
    query_set_blob(query, 3, hash, HASH_SIZE);
    int result = query_run(query, error);
    return result ? result : write_parts(parts, hash, content, error);
}

static int read_parts(struct database *database, const void *hash, struct pool_content *content,
                      struct error *error)
{
    const char *name;
    int64_t part;
    int step = 1;
    struct query *query =
        database_query(database, "SELECT name, hash FROM part WHERE content = ? ORDER BY name", error);
    if (!query)
        return error->code;
    content->hash = hash_read(hash);
    query_set_blob(query, 1, hash, HASH_SIZE);
    while ((step = query_step(query, error)) == 1)
        if (query_text(query, 0, &name) && query_integer(query, 1, &part))
            pool_content_add(content, "", name, strlen(name), part);
    return step;
}

int pool_content_read(struct database *database, int64_t run, pool_content_take *take, void *arg,
                      struct error *error)
{
    const char *pool;
    const void *hash = NULL;
    int step = 1;
    struct query *query = database_query(database, "SELECT pool, content FROM pool WHERE run = ?", error);
    if (!query)
        return error->code;
    query_set_integer(query, 1, run);
    while (step >= 0 && (step = query_step(query, error)) == 1) {
        struct pool_content content = {0};
        if (!query_text(query, 0, &pool) || !query_blob(query, 1, HASH_SIZE, &hash))
            continue;
        step = read_parts(database, hash, &content, error);
        if (!step)
            take(arg, pool, &content);
        pool_content_release(&content);
    }
    query_reset(query);
    return step;
}
