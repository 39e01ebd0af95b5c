/* Looking at ports, sockets, URLs, files and commands. */
#include "child/probe.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "child/exec_context.h"
#include "child/helper.h"
#include "engine/run.h"
#include "loop/again.h"
#include "loop/connect.h"
#include "loop/loop.h"
#include "loop/timer.h"
#include "os/connect.h"
#include "scenario/bind/probe.h"
#include "scenario/spec.h"

/* Of what a check says no more is told. */
#define SAID_MOST 200

struct probe_target {
    struct run *run;
    struct exec_context *context;
    const struct probe_spec *spec;
    char *text; /* of the target, rendered; a path is absolute */
    struct probe_address address;
    char *request; /* of HTTP */
    bool was_there;     /* a file: before its process was started, */
    struct stat before; /* like this */
};

struct probe_run {
    struct probe_target *target;
    struct timer *timer; /* the limit; or, at 0, what is known at once */
    struct dial *dial;
    struct helper *helper;
    struct again again; /* until the system has a process for it, or the limit is reached */
    char *found; /* known at once: why it is not well */
    struct buf said; /* the last line of the helper */
    bool known;
    int64_t limit;
    bool late;
    look_done *done;
    void *arg;
};

static void make_request(struct probe_target *target)
{
    struct buf request = {0};
    const char *path = target->address.path;
    size_t length = strcspn(path, "#");
    buf_text(&request, "GET ");
    if (*path != '/')
        buf_char(&request, '/');
    buf_append(&request, path, length);
    buf_printf(&request,
               " HTTP/1.1\r\nHost: %s%s%s:%s\r\nUser-Agent: parrun\r\nAccept: */*\r\n"
               "Connection: close\r\n\r\n",
               strchr(target->address.host, ':') ? "[" : "", target->address.host,
               strchr(target->address.host, ':') ? "]" : "", target->address.port);
    target->request = buf_take(&request);
}

static int render(struct probe_target *target, struct error *error)
{
    const struct probe_spec *spec = target->spec;
    struct buf text = {0};
    const char *path;
    int result = 0;
    if (spec->kind == PROBE_UNIX || spec->kind == PROBE_FILE) {
        result = exec_context_path(target->context, spec->target, &path, error);
        if (!result)
            buf_text(&text, path);
    } else if (spec->target) {
        result = exec_context_render(target->context, spec->target, &text, error);
    }
    target->text = buf_take(&text);
    if (result)
        return result;
    bool fine = spec->kind == PROBE_TCP    ? probe_parse_tcp(target->text, &target->address)
                : spec->kind == PROBE_HTTP ? probe_parse_url(target->text, &target->address)
                                           : true;
    if (!fine)
        return error_set(error, ERROR_FAILED, "'%s' is no %s", target->text,
                         spec->kind == PROBE_TCP ? "HOST:PORT" : "http:// URL");
    if (spec->kind == PROBE_HTTP)
        make_request(target);
    return 0;
}

struct probe_target *look_target_new(struct run *run, struct exec_context *context,
                                     const struct probe_spec *spec, struct error *error)
{
    struct probe_target *target = mem_calloc(1, sizeof(*target));
    target->run = run;
    target->context = context;
    target->spec = spec;
    if (!render(target, error))
        return target;
    look_target_free(target);
    return NULL;
}

void look_target_free(struct probe_target *target)
{
    if (!target)
        return;
    free(target->text);
    free(target->request);
    free(target);
}

/* A port alone says whose it is. */
void look_print_place(const struct probe_target *target, struct buf *out)
{
    if (target->spec->kind == PROBE_TCP && !strchr(target->text, ':'))
        buf_printf(out, "%s:", target->address.host);
    buf_text(out, target->text);
}

static void finish(struct probe_run *look, const char *why)
{
    struct buf late = {0};
    look_done *done = look->done;
    timer_stop(look->timer);
    again_release(&look->again);
    look->done = NULL;
    if (look->late) {
        bool command = look->target->spec->kind == PROBE_COMMAND;
        if (!command) {
            look_print_place(look->target, &late);
            buf_text(&late, ": ");
        }
        buf_text(&late, command ? "its check did not end within " : "no answer within ");
        duration_print(&late, look->limit);
        why = buf_string(&late);
    }
    if (done)
        done(look->arg, why);
    buf_release(&late);
}

static void on_dialled(void *arg, int status, int code)
{
    struct probe_run *look = arg;
    struct buf why = {0};
    struct buf place = {0};
    look_print_place(look->target, &place);
    const char *name = buf_string(&place);
    if (status == -EPROTO)
        buf_printf(&why, "%s does not answer in HTTP", name);
    else if (status == -ENXIO)
        buf_printf(&why, "the host of %s has no address", name);
    else if (status)
        buf_printf(&why, "%s: %s", name, strerror(-status));
    else if (code && (code < 200 || code > 399))
        buf_printf(&why, "%s answered with status %d", name, code);
    finish(look, why.length ? buf_string(&why) : NULL);
    buf_release(&place);
    buf_release(&why);
}

static void on_helper_line(void *arg, const char *bytes, size_t length)
{
    struct probe_run *look = arg;
    if (!length)
        return;
    buf_clear(&look->said);
    buf_append(&look->said, bytes, length < SAID_MOST ? length : SAID_MOST);
}

static void on_helper(void *arg, const char *why)
{
    struct probe_run *look = arg;
    struct buf text = {0};
    if (why)
        buf_printf(&text, "its check ended with %s%s%s", why, look->said.length ? ": " : "",
                   buf_string(&look->said));
    finish(look, why ? buf_string(&text) : NULL);
    buf_release(&text);
}

static void on_time(void *arg)
{
    struct probe_run *look = arg;
    if (look->known) {
        finish(look, look->found);
        return;
    }
    if (look->dial && dial_code(look->dial)) {
        on_dialled(look, 0, dial_code(look->dial)); /* the answer is there, only its end is not */
        return;
    }
    look->late = true;
    look_end(look);
}

static void know(struct probe_run *look, char *found)
{
    look->known = true;
    look->found = found;
    timer_start(look->timer, 0);
}

bool look_is_answered(const struct probe_target *target, struct buf *place)
{
    const struct probe_address *address = &target->address;
    enum probe_kind kind = target->spec->kind;
    look_print_place(target, place);
    if (kind == PROBE_UNIX)
        return answer_at_path(target->text);
    return (kind == PROBE_TCP || kind == PROBE_HTTP) && answer_at_port(address->host, address->port);
}

enum holding look_holder(const struct probe_target *target, const struct holder_of *ours,
                         struct holder *holder)
{
    const struct probe_address *address = &target->address;
    if (target->spec->kind == PROBE_UNIX)
        return holder_of_path(target->text, ours, holder);
    return holder_of_port(address->host, address->port, ours, holder);
}

void look_note_file(struct probe_target *target)
{
    if (target->spec->kind == PROBE_FILE)
        target->was_there = !stat(target->text, &target->before);
}

/* Whether the file is the one that was there before. */
static bool is_old(const struct probe_target *target, const struct stat *now)
{
    const struct stat *before = &target->before;
    return target->was_there && now->st_dev == before->st_dev && now->st_ino == before->st_ino &&
           now->st_ctim.tv_sec == before->st_ctim.tv_sec &&
           now->st_ctim.tv_nsec == before->st_ctim.tv_nsec;
}

bool look_finds_file(const struct probe_target *target)
{
    struct stat status;
    return !stat(target->text, &status) && !is_old(target, &status);
}

static void look_at_file(struct probe_run *look)
{
    struct buf why = {0};
    struct stat status;
    if (stat(look->target->text, &status))
        buf_printf(&why, "%s: %s", look->target->text, strerror(errno));
    else if (is_old(look->target, &status))
        buf_printf(&why, "%s was there before the process was started: it counts when it is made or written anew",
                   look->target->text);
    know(look, why.length ? buf_take(&why) : NULL);
}

static void send_helper(void *arg)
{
    struct probe_run *look = arg;
    struct probe_target *target = look->target;
    struct error error = {0};
    look->helper = helper_new(target->run, target->context, &target->spec->body, on_helper_line,
                              on_helper, look, &error);
    if (!look->helper &&
        !again_later(&look->again, target->run->loop, error.code, send_helper, look))
        know(look, mem_strdup(error.text));
    error_release(&error);
}

static void dial(struct probe_run *look)
{
    const struct probe_target *target = look->target;
    const struct dial_options options = {
        .host = target->address.host,
        .port = target->address.port,
        .path = target->spec->kind == PROBE_UNIX ? target->text : NULL,
        .request = target->request,
    };
    look->dial = dial_new(target->run->loop, &options, on_dialled, look);
}

struct probe_run *look_new(struct probe_target *target, int64_t limit, look_done *done, void *arg)
{
    struct probe_run *look = mem_calloc(1, sizeof(*look));
    look->target = target;
    look->limit = limit;
    look->done = done;
    look->arg = arg;
    look->timer = timer_new(target->run->loop, on_time, look);
    if (limit)
        timer_start(look->timer, limit);
    if (target->spec->kind == PROBE_FILE)
        look_at_file(look);
    else if (target->spec->kind == PROBE_COMMAND)
        send_helper(look);
    else
        dial(look);
    return look;
}

void look_end(struct probe_run *look)
{
    if (look->helper && look->done)
        helper_kill(look->helper);
    else if (look->done)
        finish(look, "it was ended");
}

void look_free(struct probe_run *look)
{
    if (!look)
        return;
    timer_free(look->timer);
    again_release(&look->again);
    dial_free(look->dial);
    helper_free(look->helper);
    buf_release(&look->said);
    free(look->found);
    free(look);
}
