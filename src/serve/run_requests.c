/* Requests about the run and its objects. */
#include "serve/requests.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine/object.h"
#include "engine/run.h"
#include "serve/call.h"
#include "serve/identity.h"
#include "serve/object_row.h"
#include "serve/session.h"
#include "value/value.h"

static void put_tasks(const struct run *run, struct buf *out)
{
    int64_t done = 0, left = 0, failed = 0;
    for (size_t i = 0; i < run->all.object_count; i++) {
        struct object_facts facts = {0};
        run->all.objects[i]->kind->tell.facts(run->all.objects[i], &facts);
        failed += facts.failed ? facts.failed - facts.allowed : run->all.objects[i]->failed && !run->all.objects[i]->spec->allow_failure;
        done += facts.succeeded + facts.failed;
        left = left < 0 || facts.left < 0 ? -1 : left + facts.left;
        facts_release(&facts);
    }
    buf_printf(out, ",\"done\":%" PRId64, done);
    if (left >= 0)
        buf_printf(out, ",\"tasks\":%" PRId64, done + left);
    buf_printf(out, ",\"failed\":%" PRId64, failed);
}

void serve_ps(struct call *call)
{
    const struct run *run = call->run;
    struct buf *out = call_line(call, "ps");
    size_t up = 0, all = 0;
    for (size_t i = 0; i < run->all.object_count; i++)
        up += run->all.objects[i]->state == OBJECT_RUNNING;
    for (size_t i = 0; i < run->all.object_count; i++)
        all += !run->all.objects[i]->copy.retired;
    buf_char(out, '{');
    identity_print(run, out);
    buf_printf(out, ",\"state\":\"%s\",\"up\":%zu,\"all\":%zu", run->over ? "ended" : run->stop.cause ? "stopping" : "running",
               up, all);
    put_tasks(run, out);
    buf_char(out, '}');
    call_send(call);
    call_end(call, CALL_DONE, NULL);
}

void serve_status(struct call *call)
{
    for (size_t i = 0; i < call->object_count; i++) {
        object_row_print(call, call->objects[i], call_line(call, "object"));
        call_send(call);
    }
    call_end(call, (enum call_status)steer_worst(call->objects, call->object_count, STEER_UNTIL_READY), NULL);
}

void serve_stop(struct call *call)
{
    struct run *run = call->run;
    if (call->pattern_count) {
        serve_stop_objects(call);
        return;
    }
    if (call_flag(call, "drain"))
        steer_drain(run);
    else if (!run->stop.cause || call_flag(call, "now"))
        run_stop(run, STOP_SIGNAL, SIGTERM);
    if (call_flag(call, "no_wait"))
        call_end(call, CALL_DONE, NULL);
    else
        call_await_end(call);
}

void serve_wait(struct call *call)
{
    static const char *const words[] = {
        [STEER_UNTIL_READY] = "ready", [STEER_UNTIL_ENDED] = "ended", [STEER_UNTIL_IDLE] = "idle"};
    const char *word = call_text(call, "until");
    for (size_t i = 0; i < countof(words); i++) {
        if (!words[i] || strcmp(words[i], word ? word : "ready") != 0)
            continue;
        if (i == STEER_UNTIL_ENDED && !call->pattern_count)
            call_await_end(call);
        else
            call_await(call, call->objects, call->object_count, (enum steer_until)i);
        return;
    }
    call_end(call, CALL_WRONG, "\"until\" is \"ready\", \"ended\" or \"idle\", not \"%s\"", word);
}

void serve_cancel(struct call *call)
{
    struct buf id = {0};
    struct call *found = NULL;
    value_json(&id, value_member(call->fields, "cancel"));
    for (struct call *other = session_calls(call->session); other; other = other->next)
        if (other != call && !strcmp(other->id, buf_string(&id)))
            found = other;
    if (found)
        call_end(found, CALL_DOWN, "it was cancelled");
    if (found)
        call_end(call, CALL_DONE, NULL);
    else
        call_end(call, CALL_WRONG, "no request with the id %s waits for an answer", buf_string(&id));
    buf_release(&id);
}
