/* A row of status. */
#include "serve/object_row.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/unit.h"
#include "engine/object.h"
#include "engine/report.h"
#include "engine/run.h"
#include "engine/schedule.h"
#include "engine/steer.h"
#include "serve/call.h"

static bool is_ready(const struct object *object)
{
    return object->reached >> CONDITION_READY & 1;
}

static void put_text(const struct call *call, struct buf *out, const char *name, const char *text)
{
    buf_printf(out, ",\"%s\":", name);
    call_quote(call, out, text);
}

static void put_time(struct buf *out, const struct object *object)
{
    int64_t since = object->since ? object->since : object->run->identity.started;
    int64_t past = clock_monotonic() - since;
    buf_text(out, ",\"since\":\"");
    clock_print(out, (clock_wall() - past) / 1000 * 1000);
    buf_printf(out, "\",\"seconds\":%.3f", (double)past / (double)NS_PER_S);
}

static void put_pool(struct buf *out, const struct object_facts *facts)
{
    buf_printf(out, ",\"workers\":%zu,\"busy\":%zu,\"succeeded\":%" PRId64 ",\"failed\":%" PRId64 ",\"skipped\":%" PRId64,
               facts->workers, facts->busy, facts->succeeded, facts->failed, facts->skipped);
    if (facts->allowed)
        buf_printf(out, ",\"allowed_failures\":%" PRId64, facts->allowed);
    if (facts->current)
        buf_printf(out, ",\"current\":%" PRId64, facts->current);
    if (facts->left >= 0)
        buf_printf(out, ",\"left\":%" PRId64, facts->left);
    if (facts->hosts)
        buf_printf(out, ",\"hosts\":[%s]", facts->hosts);
}

static void put_next(struct buf *out, const struct object *object)
{
    int64_t latest;
    int64_t next = schedule_next(object->schedule, &latest);
    if (!next)
        return;
    buf_text(out, ",\"next\":\"");
    clock_print(out, next / 1000 * 1000);
    buf_text(out, "\",\"latest\":\"");
    clock_print(out, latest / 1000 * 1000);
    buf_char(out, '"');
}

static void put_facts(const struct object *object, struct buf *out)
{
    struct object_facts facts = {0};
    struct object_staff staff = {0};
    object->kind->tell.facts(object, &facts);
    if (facts.pid)
        buf_printf(out, ",\"pid\":%" PRId64, facts.pid);
    if (facts.pid_count) {
        buf_text(out, ",\"pids\":[");
        for (size_t i = 0; i < facts.pid_count; i++)
            buf_printf(out, "%s%" PRId64, i ? "," : "", facts.pids[i]);
        buf_char(out, ']');
    }
    buf_printf(out, ",\"restarts\":%" PRId64 ",\"restarted\":%" PRId64 ",\"ready\":%s", object->restarts, object->restarted,
               is_ready(object) ? "true" : "false");
    if (facts.terminal_rows)
        buf_printf(out, ",\"rows\":%d,\"columns\":%d", facts.terminal_rows, facts.terminal_columns);
    if (facts.has_health)
        buf_printf(out, ",\"healthy\":%s", facts.healthy ? "true" : "false");
    if (facts.is_pool)
        put_pool(out, &facts);
    if (object->kind->staff)
        object->kind->staff(object, &staff);
    if (staff.paused)
        buf_text(out, ",\"paused\":true");
    facts_release(&facts);
}

static void put_doing(const struct call *call, struct object *object, struct buf *out)
{
    struct buf text = {0};
    if (object->state != OBJECT_ENDED) {
        report_object(object, &text);
        put_text(call, out, "doing", buf_string(&text));
        buf_clear(&text);
    }
    if (object->kind->tell.progress && object->state != OBJECT_PENDING) {
        object->kind->tell.progress(object, &text);
        put_text(call, out, "progress", buf_string(&text));
    }
    buf_release(&text);
    if (object->verdict)
        put_text(call, out, "error", object->verdict);
}

void object_row_print(const struct call *call, struct object *object, struct buf *out)
{
    buf_text(out, "{\"name\":");
    call_quote(call, out, object->name);
    put_text(call, out, "declared", object->spec->name);
    put_text(call, out, "kind", object->kind->word);
    put_text(call, out, "state", steer_state(object));
    buf_printf(out, ",\"status\":%d", steer_stands(object, STEER_UNTIL_READY));
    if (object->daemon)
        buf_text(out, ",\"daemon\":true");
    put_time(out, object);
    put_next(out, object);
    put_facts(object, out);
    put_doing(call, object, out);
    buf_char(out, '}');
}
