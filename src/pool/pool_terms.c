/* What of a pool depends on the task, worked out before each attempt of one. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/unit.h"
#include "child/limits.h"
#include "engine/run.h"
#include "pool/private.h"
#include "scenario/spec.h"
#include "script/script.h"
#include "template/template.h"
#include "value/value.h"

#define CODE_MOST 255

/* Some of them do not hold for all tasks alike. */
static bool differs(const struct pool *pool)
{
    const struct pool_spec *spec = pool->spec;
    return spec->own_timeout || spec->own_allowed || spec->success->own_count ||
           attributes_depend(spec->object.attributes);
}

void pool_open_terms(struct pool *pool)
{
    struct error error = {0};
    pool->needs.differs = differs(pool);
    if (!pool->needs.claims && !pool->spec->object.creates.path && !pool->needs.differs)
        return;
    if (exec_context_init(&pool->needs.terms, pool->object.run, &pool->spec->object, pool->object.name, 0, &error))
        pool_break(pool, error.text);
    error_release(&error);
}

void pool_close_terms(struct pool *pool)
{
    exec_context_release(&pool->needs.terms);
}

int pool_set_terms(struct pool *pool, const struct task *task, struct error *error)
{
    struct script *script = exec_context_script(&pool->needs.terms);
    struct arena *arena = value_is_table(task->item.data, task->item.length) ? arena_new() : NULL;
    struct value item = {0};
    const char *at = task->item.data;
    size_t left = task->item.length;
    int result = value_decode(arena, &at, &left, &item, error);
    if (!result)
        script_set_task(script, &item, task->index, 0, task->attempt);
    arena_free(arena);
    return result;
}

/* The text of WRITTEN, which is the value of KEY. */
static int render(struct pool *pool, const char *key, const struct template *written, struct buf *text, struct error *error)
{
    buf_clear(text);
    int result = template_render(written, exec_context_script(&pool->needs.terms), text, error);
    return result ? error_wrap(error, "%s", key) : 0;
}

static int find_timeout(struct pool *pool, struct task *task, struct buf *text, struct error *error)
{
    struct error unread = {0};
    int result = render(pool, "timeout", pool->spec->own_timeout, text, error);
    if (!result && duration_parse(buf_string(text), &task->terms.timeout, &unread))
        result = error_set(error, ERROR_FAILED, "timeout: %s", unread.text);
    error_release(&unread);
    return result;
}

/* As render(), the value in ARENA: nil where the item has not what is asked for. */
static int find_value(struct pool *pool, const char *key, const struct template *written, struct arena *arena,
                      struct value *value, struct error *error)
{
    int result = template_value(written, exec_context_script(&pool->needs.terms), arena, value, error);
    return result ? error_wrap(error, "%s", key) : 0;
}

/* What an item does not say is false. */
static int find_allowed(struct pool *pool, struct task *task, struct buf *text, struct error *error)
{
    struct arena *arena = arena_new();
    struct value value = {0};
    int result = find_value(pool, "allow_failure", pool->spec->own_allowed, arena, &value, error);
    buf_clear(text);
    if (!result && value.type != VALUE_NIL)
        value_text(text, &value);
    task->terms.allowed = !strcmp(buf_string(text), "true");
    if (!result && value.type != VALUE_NIL && !task->terms.allowed && strcmp(buf_string(text), "false"))
        result = error_set(error, ERROR_FAILED, "allow_failure: '%s' is neither true nor false", buf_string(text));
    arena_free(arena);
    return result;
}

static int find_limits(struct pool *pool, struct task *task, struct error *error)
{
    struct attributes limits = {0};
    buf_clear(&task->terms.limits);
    int result = attributes_work_out(pool->spec->object.attributes, exec_context_script(&pool->needs.terms), &limits, error);
    if (!result)
        attributes_print(&task->terms.limits, &limits);
    bool limited = attributes_given(&limits, ATTRIBUTE_MEMORY) && limits.values[ATTRIBUTE_MEMORY] != ATTRIBUTE_UNLIMITED;
    task->terms.memory_limit = limited ? limits.values[ATTRIBUTE_MEMORY] : 0;
    attributes_release(&limits);
    return result;
}

/* A number, or one as text. */
static bool is_code(const struct value *value, int64_t *code)
{
    char *end;
    if (value->type == VALUE_INTEGER) {
        *code = value->integer;
    } else {
        if (value->type != VALUE_STRING || !value->string.length || value->string.bytes[0] < '0' || value->string.bytes[0] > '9')
            return false;
        *code = strtoll(value->string.bytes, &end, 10);
        if (end != value->string.bytes + value->string.length)
            return false;
    }
    return *code >= 0 && *code <= CODE_MOST;
}

static int add_codes(struct task *task, const struct value *value, struct error *error)
{
    int64_t code;
    if (value->type == VALUE_TABLE) {
        int result = 0;
        for (size_t i = 0; i < value->table.count && !result; i++)
            result = add_codes(task, &value->table.pairs[i].value, error);
        return result;
    }
    if (is_code(value, &code)) {
        buf_char(&task->terms.codes, (char)code);
        return 0;
    }
    struct buf text = {0};
    value_text(&text, value);
    error_set(error, ERROR_FAILED, "success_codes: '%s' is no exit code from 0 to 255", buf_string(&text));
    buf_release(&text);
    return ERROR_FAILED;
}

static int find_codes(struct pool *pool, struct task *task, struct error *error)
{
    const struct codes_spec *codes = pool->spec->success;
    struct arena *arena = arena_new();
    int result = 0;
    buf_clear(&task->terms.codes);
    for (size_t i = 0; i < codes->own_count && !result; i++) {
        struct value value;
        result = find_value(pool, "success_codes", codes->own[i], arena, &value, error);
        if (!result && value.type != VALUE_NIL)
            result = add_codes(task, &value, error);
    }
    arena_free(arena);
    return result;
}

int pool_work_out_terms(struct pool *pool, struct task *task, struct error *error)
{
    const struct pool_spec *spec = pool->spec;
    struct buf text = {0};
    task->terms.allowed = spec->object.allow_failure;
    if (!pool->needs.differs)
        return 0;
    int result = pool_set_terms(pool, task, error);
    if (!result && spec->own_allowed)
        result = find_allowed(pool, task, &text, error);
    if (!result && spec->own_timeout)
        result = find_timeout(pool, task, &text, error);
    if (!result && spec->success->own_count)
        result = find_codes(pool, task, error);
    if (!result && attributes_depend(spec->object.attributes))
        result = find_limits(pool, task, error);
    buf_release(&text);
    return result;
}

bool pool_code_is_success(const struct pool *pool, const struct task *task, int64_t code)
{
    const struct codes_spec *codes = pool->spec->success;
    if (!codes->own_count || (!codes->count && !task->terms.codes.length))
        return scenario_is_success(codes, code);
    return (codes->count && scenario_is_success(codes, code)) ||
           (task->terms.codes.length && memchr(task->terms.codes.data, (int)code, task->terms.codes.length));
}
