/* Answering a request. */
#include "serve/call.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mask.h"
#include "base/mem.h"
#include "base/unit.h"
#include "engine/object.h"
#include "engine/run.h"
#include "loop/timer.h"
#include "serve/desk.h"
#include "serve/session.h"
#include "value/value.h"

/* A time limit is no longer: a year. */
#define TIMEOUT_MOST (366.0 * 24 * 3600)

struct call *call_new(struct session *session, const struct value *fields)
{
    struct call *call = mem_calloc(1, sizeof(*call));
    const struct value *id = value_member(fields, "id");
    struct buf text = {0};
    if (id)
        value_json(&text, id);
    else
        buf_text(&text, "null");
    *call = (struct call){
        .session = session, .run = desk_run(session_desk(session)), .id = buf_take(&text), .fields = fields};
    session_add(session, call);
    return call;
}

void call_free(struct call *call)
{
    session_forget(call->session, call);
    timer_free(call->timer);
    steer_watch_cancel(call->watch);
    for (size_t i = 0; i < call->pattern_count; i++) {
        free(call->patterns[i]);
        free(call->texts[i]);
    }
    free(call->patterns);
    free(call->texts);
    free(call->objects);
    free(call->arg);
    free(call->id);
    buf_release(&call->line);
    free(call);
}

bool call_flag(const struct call *call, const char *name)
{
    const struct value *value = value_member(call->fields, name);
    return value && value->type == VALUE_BOOLEAN && value->boolean;
}

const char *call_text(const struct call *call, const char *name)
{
    const struct value *value = value_member(call->fields, name);
    return value && value->type == VALUE_STRING ? value->string.bytes : NULL;
}

double call_number(const struct call *call, const char *name, double otherwise)
{
    const struct value *value = value_member(call->fields, name);
    return !value ? otherwise : value->type == VALUE_INTEGER ? (double)value->integer : value->number;
}

bool call_means(const struct call *call, const char *name)
{
    for (size_t i = 0; i < call->pattern_count; i++)
        if (object_is_called(name, call->patterns[i]))
            return true;
    return false;
}

struct buf *call_line(struct call *call, const char *name)
{
    buf_clear(&call->line);
    buf_text(&call->line, "{\"id\":");
    buf_text(&call->line, call->id);
    buf_text(&call->line, ",\"");
    buf_text(&call->line, name);
    buf_text(&call->line, "\":");
    return &call->line;
}

void call_send(struct call *call)
{
    buf_append(&call->line, "}\n", 2);
    session_send(call->session, call->line.data, call->line.length);
}

void call_quote(const struct call *call, struct buf *out, const char *text)
{
    struct buf hidden = {0};
    mask_text(call->run->mask, &hidden, text, strlen(text));
    json_quote(out, buf_string(&hidden), hidden.length);
    buf_release(&hidden);
}

void call_end(struct call *call, enum call_status status, const char *format, ...)
{
    struct buf *out = call_line(call, "status");
    struct buf text = {0};
    va_list arguments;
    buf_number(out, status);
    if (format) {
        va_start(arguments, format);
        buf_vprintf(&text, format, arguments);
        va_end(arguments);
        buf_text(out, ",\"error\":");
        call_quote(call, out, buf_string(&text));
        buf_release(&text);
    }
    call_send(call);
    call_free(call);
}

static void on_timeout(void *arg)
{
    struct call *call = arg;
    struct buf text = {0};
    if (call->watch)
        steer_watch_explain(call->watch, &text);
    else
        buf_text(&text, "the run goes on");
    call_end(call, CALL_NOT_YET, "the time has passed%s%s", text.length ? ": " : "", buf_string(&text));
    buf_release(&text);
}

static void limit_time(struct call *call)
{
    double timeout = call_number(call, "timeout", -1);
    if (timeout < 0)
        return;
    call->timer = timer_new(call->run->loop, on_timeout, call);
    timer_start(call->timer, (int64_t)((timeout < TIMEOUT_MOST ? timeout : TIMEOUT_MOST) * (double)NS_PER_S));
}

static void on_standing(void *arg, enum steer_standing standing)
{
    struct call *call = arg;
    struct buf text = {0};
    steer_watch_explain(call->watch, &text);
    call->watch = NULL;
    call_end(call, (enum call_status)standing, text.length ? "%s" : NULL, buf_string(&text));
    buf_release(&text);
}

void call_await(struct call *call, struct object *const *objects, size_t count, enum steer_until until)
{
    call->watch = steer_watch(call->run, objects, count, until, on_standing, call);
    limit_time(call);
}

void call_await_end(struct call *call)
{
    call->awaits_end = true;
    limit_time(call);
}
