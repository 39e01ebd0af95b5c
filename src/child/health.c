/* Watching over one life of a process. */
#include "child/health.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/plain.h"
#include "base/regex.h"
#include "base/unit.h"
#include "child/exec_context.h"
#include "child/probe.h"
#include "child/streams.h"
#include "engine/run.h"
#include "loop/pipe.h"
#include "loop/timer.h"
#include "loop/watch.h"
#include "os/sd_notify.h"
#include "scenario/spec.h"

/* The first looks at whether a process is ready follow each other sooner than its interval. */
#define FIRST_INTERVAL (10 * NS_PER_MS)

/* What a line has beyond so many bytes is matched by itself. */
#define LINE_LONGEST (64u << 10)

/* Before a process that has told nothing is blamed the loop reads for so long what has come meanwhile: it may itself have had no
 * turn until now, and timers come first. */
#define READ_TIME (1 * NS_PER_MS)

/* A message of sd_notify is cut behind so many bytes. */
#define MESSAGE_SIZE 4096

/* One of the two probes. */
struct probe_state {
    struct monitor *monitor;
    const struct probe_spec *spec;
    const char *word;           /* that sd_notify has for it */
    struct probe_target *target; /* NULL: the process tells of itself */
    struct probe_run *look;
    struct timer *timer; /* until the next look */
    int64_t interval;
    int64_t limit; /* of a look */
    struct regex *regex; /* of PROBE_LOG */
    bool gave_up;        /* a line took too many steps to compare */
    struct pipe_reader *reader; /* of PROBE_NOTIFY_FD */
    int theirs;            /* the process's end of it; -1: none, or given away */
    int64_t heard;         /* how often the process has told of itself since the last look */
    bool overdue;          /* that was never, and what has come is being read */
    int64_t in_a_row;
    void (*found)(struct probe_state *side, const char *why);
};

struct monitor {
    struct run *run;
    struct exec_context context;
    struct monitor_callbacks callbacks;
    void *arg;
    struct probe_state ready;
    struct probe_state health;
    struct timer *limit; /* of 'ready' */
    struct watch *socket;
    int socket_fd;
    char socket_name[NOTIFY_NAME_SIZE];
    pid_t session;   /* of the process */
    char *entries[2]; /* of its environment, which tell it from all others; NULL: others answer for it too */
    bool is_ready;
    bool held; /* that does not count yet */
    bool lines; /* some have come */
    bool stopped;
    bool hears_out; /* what comes was said before it was stopped */
    struct buf begun; /* of a line that is not finished: what has come of it */
    const char *begun_in; /* its stream; NULL: there is none */
    char *why;    /* what was found last */
    char *status; /* STATUS= */
};

static void keep_text(char **text, const char *value)
{
    free(*text);
    *text = value ? mem_strdup(value) : NULL;
}

static void side_wait(struct probe_state *side)
{
    if (!side->monitor->stopped)
        timer_start(side->timer, side->interval);
}

static void on_looked(void *arg, const char *why)
{
    struct probe_state *side = arg;
    struct probe_run *look = side->look;
    side->look = NULL;
    keep_text(&side->monitor->why, why);
    if (!side->monitor->stopped)
        side->found(side, why);
    look_free(look);
    if (side->monitor->stopped)
        side->monitor->callbacks.idle(side->monitor->arg);
}

/* What the process might have said. */
static void print_unheard(const struct probe_state *side, struct buf *out)
{
    switch (side->spec->kind) {
    case PROBE_LOG:
        buf_text(out, side->monitor->lines
                          ? "no line of its output matched"
                          : "it has written no line; where a program holds back what it writes into "
                            "a pipe, 'tty: true' helps");
        if (side->gave_up)
            buf_text(out, ", and one took too many steps to compare");
        break;
    case PROBE_NOTIFY:
        buf_printf(out, "it did not say %s", side->word);
        break;
    case PROBE_NOTIFY_FD:
        buf_printf(out, "it wrote no line to descriptor %d", (int)side->spec->fd);
        break;
    case PROBE_COMMAND:
        buf_text(out, "its check has not ended");
        break;
    default:
        buf_text(out, "no answer has come");
    }
}

static void side_look(void *arg)
{
    struct probe_state *side = arg;
    if (side->target) {
        side->look = look_new(side->target, side->limit, on_looked, side);
        return;
    }
    if (!side->heard && !side->overdue) {
        side->overdue = true;
        timer_start(side->timer, READ_TIME);
        return;
    }
    struct buf why = {0};
    if (!side->heard)
        print_unheard(side, &why);
    side->overdue = false;
    side->heard = 0;
    side->found(side, why.length ? buf_string(&why) : NULL);
    buf_release(&why);
}

static void health_begin(struct monitor *monitor)
{
    if (monitor->health.spec)
        side_wait(&monitor->health);
}

static void tell_ready(struct monitor *monitor)
{
    if (monitor->ready.spec)
        monitor->callbacks.ready(monitor->arg);
    health_begin(monitor);
}

static void become_ready(struct monitor *monitor)
{
    monitor->is_ready = true;
    timer_stop(monitor->limit);
    if (!monitor->held)
        tell_ready(monitor);
}

/* Somebody answers where the process is to: not it but another, where that can be seen. */
static bool is_anothers(const struct probe_state *side, struct buf *why)
{
    const struct monitor *monitor = side->monitor;
    struct holder_of ours = {monitor->session, {monitor->entries[0], monitor->entries[1]}};
    struct holder holder;
    if (!side->target || !monitor->entries[0] || look_holder(side->target, &ours, &holder) != HOLDING_OTHER)
        return false;
    look_print_place(side->target, why);
    buf_printf(why, " answers, but %s (%ld) has it, which is none of its processes; 'conflict: accept' takes it all the "
                    "same", holder.name, (long)holder.pid);
    return true;
}

static void ready_found(struct probe_state *side, const char *why)
{
    struct buf another = {0};
    if (!why && is_anothers(side, &another)) {
        keep_text(&side->monitor->why, another.data);
        why = side->monitor->why;
    }
    buf_release(&another);
    side->in_a_row = why ? 0 : side->in_a_row + 1;
    if (side->in_a_row >= side->spec->threshold) {
        become_ready(side->monitor);
        return;
    }
    side_wait(side);
    side->interval *= 2;
    if (side->interval > side->spec->interval)
        side->interval = side->spec->interval;
}

static void health_found(struct probe_state *side, const char *why)
{
    struct buf text = {0};
    side->in_a_row = why ? side->in_a_row + 1 : 0;
    if (side->in_a_row < side->spec->threshold) {
        side_wait(side);
        return;
    }
    if (side->in_a_row > 1)
        buf_printf(&text, "%" PRId64 " looks in a row: ", side->in_a_row);
    buf_text(&text, why);
    side->monitor->callbacks.unhealthy(side->monitor->arg, buf_string(&text));
    buf_release(&text);
}

/* The process has told of itself. */
static void side_heard(struct probe_state *side)
{
    struct monitor *monitor = side->monitor;
    if (monitor->stopped && !monitor->hears_out)
        return;
    side->heard++;
    if (side == &monitor->ready && !monitor->is_ready && side->heard >= side->spec->threshold)
        become_ready(monitor);
}

static void on_late(void *arg)
{
    struct monitor *monitor = arg;
    struct buf why = {0};
    monitor_print_found(monitor, &why);
    monitor->callbacks.late(monitor->arg, buf_string(&why));
    buf_release(&why);
}

/* A message of sd_notify: lines of NAME=VALUE. */
static void take_message(struct monitor *monitor, char *text)
{
    struct probe_state *sides[] = {&monitor->ready, &monitor->health};
    for (char *line = text, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        for (size_t i = 0; i < countof(sides); i++)
            if (sides[i]->spec && sides[i]->spec->kind == PROBE_NOTIFY &&
                !strcmp(line, sides[i]->word))
                side_heard(sides[i]);
        if (!strncmp(line, "STATUS=", 7))
            keep_text(&monitor->status, line + 7);
    }
}

static void on_message(void *arg)
{
    struct monitor *monitor = arg;
    char text[MESSAGE_SIZE];
    int result;
    while ((result = notify_take(monitor->socket_fd, text, sizeof(text))) >= 0)
        if (result)
            take_message(monitor, text);
}

static void on_bytes(void *arg, const char *bytes, size_t length)
{
    if (memchr(bytes, '\n', length))
        side_heard(arg);
}

static void on_bytes_end(void *arg, int status)
{
    (void)arg;
    (void)status;
}

static int open_socket(struct monitor *monitor, struct error *error)
{
    if (monitor->socket)
        return 0;
    int fd = notify_listen(monitor->socket_name, error);
    if (fd < 0)
        return fd;
    monitor->socket_fd = fd;
    monitor->socket = watch_new(monitor->run->loop, fd, on_message, monitor);
    return 0;
}

static int open_pipe(struct probe_state *side, struct error *error)
{
    static const struct reader_callbacks callbacks = {.data = on_bytes, .end = on_bytes_end};
    int ends[2];
    int result = pipe_open(ends, error);
    if (result)
        return result;
    side->theirs = ends[1];
    side->reader = reader_new(side->monitor->run->loop, ends[0], &callbacks, side);
    return 0;
}

static int compile(struct probe_state *side, struct error *error)
{
    struct buf text = {0};
    if (!exec_context_render(&side->monitor->context, side->spec->target, &text, error))
        side->regex = regex_new(buf_string(&text), error);
    buf_release(&text);
    return side->regex ? 0 : ERROR_FAILED;
}

static int side_open(struct probe_state *side, struct monitor *monitor,
                     const struct probe_spec *spec, struct error *error)
{
    side->monitor = monitor;
    side->spec = spec;
    side->timer = timer_new(monitor->run->loop, side_look, side);
    switch (spec->kind) {
    case PROBE_LOG:
        return compile(side, error);
    case PROBE_NOTIFY:
        return open_socket(monitor, error);
    case PROBE_NOTIFY_FD:
        return open_pipe(side, error);
    default:
        side->target = look_target_new(monitor->run, &monitor->context, spec, error);
        return side->target ? 0 : error->code;
    }
}

/* What tells the processes of this one from all others, where it alone is to answer. */
static void note_entries(struct monitor *monitor, const struct process_spec *spec, const char *name)
{
    const char *values[] = {monitor->run->identity.id, name};
    static const char *const names[] = {"PARRUN_RUN", "PARRUN_NAME"};
    enum probe_kind kind = spec->ready->kind;
    bool is_place = kind == PROBE_TCP || kind == PROBE_HTTP || kind == PROBE_UNIX;
    for (size_t i = 0; is_place && spec->replicas == 1 && spec->ready->conflict != CONFLICT_ACCEPT && i < countof(names); i++) {
        struct buf entry = {0};
        buf_printf(&entry, "%s=%s", names[i], values[i]);
        monitor->entries[i] = buf_take(&entry);
    }
}

struct monitor *monitor_new(struct run *run, const struct process_spec *spec, const char *name,
                            int64_t index, const struct monitor_callbacks *callbacks, void *arg,
                            struct error *error)
{
    struct monitor *monitor = mem_calloc(1, sizeof(*monitor));
    monitor->run = run;
    note_entries(monitor, spec, name);
    monitor->callbacks = *callbacks;
    monitor->arg = arg;
    monitor->limit = timer_new(run->loop, on_late, monitor);
    monitor->ready.found = ready_found;
    monitor->ready.word = "READY=1";
    monitor->ready.interval = FIRST_INTERVAL;
    monitor->ready.limit = spec->ready->look_timeout;
    monitor->ready.theirs = monitor->health.theirs = -1;
    monitor->health.found = health_found;
    monitor->health.word = "WATCHDOG=1";
    monitor->health.interval = spec->health->interval;
    monitor->health.limit = spec->health->timeout;
    int result = exec_context_init(&monitor->context, run, &spec->object, name, index, error);
    if (!result && spec->ready->kind != PROBE_NONE &&
        (result = side_open(&monitor->ready, monitor, spec->ready, error)))
        error_wrap(error, "ready");
    if (!result && monitor->ready.target && spec->replicas == 1) /* replicas may share one */
        look_note_file(monitor->ready.target);
    if (!result && spec->health->kind != PROBE_NONE &&
        (result = side_open(&monitor->health, monitor, spec->health, error)))
        error_wrap(error, "health");
    if (!result)
        return monitor;
    monitor_free(monitor);
    return NULL;
}

bool monitor_is_answered(const struct monitor *monitor, struct buf *place, struct holder *holder)
{
    const struct holder_of nobody = {0};
    *holder = (struct holder){0};
    if (!monitor->ready.target || !look_is_answered(monitor->ready.target, place))
        return false;
    look_holder(monitor->ready.target, &nobody, holder);
    return true;
}

static void give_pipe(struct probe_state *side, struct streams *streams)
{
    if (side->theirs >= 0)
        streams_give(streams, (int)side->spec->fd, side->theirs);
    side->theirs = -1;
}

void monitor_equip(struct monitor *monitor, struct exec_context *context, struct streams *streams)
{
    give_pipe(&monitor->ready, streams);
    give_pipe(&monitor->health, streams);
    if (!monitor->socket)
        return;
    exec_context_set(context, "NOTIFY_SOCKET", monitor->socket_name);
    if (monitor->health.spec && monitor->health.spec->kind == PROBE_NOTIFY) {
        struct buf text = {0};
        int64_t patience = monitor->health.spec->interval * monitor->health.spec->threshold;
        buf_printf(&text, "%" PRId64, patience / 1000);
        exec_context_set(context, "WATCHDOG_USEC", buf_string(&text));
        buf_release(&text);
    }
}

void monitor_begin(struct monitor *monitor, pid_t session)
{
    monitor->session = session;
    if (!monitor->ready.spec) {
        become_ready(monitor);
        return;
    }
    if (monitor->ready.spec->timeout)
        timer_start(monitor->limit, monitor->ready.spec->timeout);
    if (monitor->ready.target)
        side_look(&monitor->ready);
}

void monitor_hold(struct monitor *monitor)
{
    monitor->held = true;
}

void monitor_let_go(struct monitor *monitor)
{
    monitor->held = false;
    if (monitor->is_ready && !monitor->stopped)
        tell_ready(monitor);
}

static bool wants_lines(const struct monitor *monitor)
{
    return monitor->health.regex || (monitor->ready.regex && !monitor->is_ready);
}

/* Tries the expressions on a line as a person sees it. */
static void match_line(struct monitor *monitor, const char *bytes, size_t length)
{
    struct probe_state *sides[] = {&monitor->ready, &monitor->health};
    struct buf line = {0};
    plain_text(&line, bytes, length);
    for (size_t i = 0; i < countof(sides); i++) {
        struct probe_state *side = sides[i];
        if (!side->regex || (side == &monitor->ready && monitor->is_ready))
            continue;
        int found = regex_match(side->regex, buf_string(&line), line.length);
        side->gave_up |= found < 0;
        if (found > 0)
            side_heard(side);
    }
    buf_release(&line);
}

void monitor_line(struct monitor *monitor, const char *stream, const char *bytes, size_t length,
                  bool unfinished)
{
    struct buf *begun = &monitor->begun;
    bool goes_on = monitor->begun_in == stream;
    monitor->lines = true;
    if (!wants_lines(monitor))
        return;
    if (!unfinished && !goes_on) {
        match_line(monitor, bytes, length);
        return;
    }
    if (!goes_on || begun->length + length > LINE_LONGEST)
        buf_clear(begun);
    buf_append(begun, bytes, length);
    match_line(monitor, buf_string(begun), begun->length);
    monitor->begun_in = unfinished ? stream : NULL;
}

void monitor_bytes(struct monitor *monitor, const char *stream, const char *bytes, size_t length)
{
    while (length) {
        const char *newline = memchr(bytes, '\n', length);
        size_t piece = newline ? (size_t)(newline - bytes) : length;
        monitor_line(monitor, stream, bytes, piece, !newline);
        piece += newline ? 1 : 0;
        bytes += piece;
        length -= piece;
    }
}

void monitor_stop(struct monitor *monitor)
{
    if (monitor->stopped)
        return;
    monitor->stopped = true;
    timer_stop(monitor->limit);
    struct probe_state *sides[] = {&monitor->ready, &monitor->health};
    for (size_t i = 0; i < countof(sides); i++) {
        if (sides[i]->timer)
            timer_stop(sides[i]->timer);
        if (sides[i]->look)
            look_end(sides[i]->look);
    }
}

void monitor_hear_out(struct monitor *monitor)
{
    struct probe_state *ready = &monitor->ready;
    monitor->hears_out = !monitor->stopped;
    if (monitor->hears_out && monitor->socket)
        on_message(monitor);
    if (monitor->hears_out && ready->reader)
        reader_drain(ready->reader);
    monitor_stop(monitor);
    if (monitor->hears_out && ready->spec && !monitor->is_ready && ready->spec->kind == PROBE_FILE &&
        look_finds_file(ready->target))
        ready_found(ready, NULL);
}

bool monitor_is_idle(const struct monitor *monitor)
{
    return !monitor || (!monitor->ready.look && !monitor->health.look);
}

bool monitor_is_ready(const struct monitor *monitor)
{
    return monitor->is_ready && !monitor->held;
}

bool monitor_is_held(const struct monitor *monitor)
{
    return monitor->is_ready && monitor->held;
}

void monitor_print_found(const struct monitor *monitor, struct buf *out)
{
    if (monitor->why)
        buf_text(out, monitor->why);
    else
        print_unheard(&monitor->ready, out);
}

const char *monitor_status(const struct monitor *monitor)
{
    return monitor->status;
}

static void side_release(struct probe_state *side)
{
    look_target_free(side->target);
    timer_free(side->timer);
    regex_free(side->regex);
    reader_free(side->reader);
    if (side->theirs >= 0)
        close(side->theirs);
}

void monitor_free(struct monitor *monitor)
{
    if (!monitor)
        return;
    side_release(&monitor->ready);
    side_release(&monitor->health);
    timer_free(monitor->limit);
    watch_free(monitor->socket);
    exec_context_release(&monitor->context);
    buf_release(&monitor->begun);
    free(monitor->entries[0]);
    free(monitor->entries[1]);
    free(monitor->why);
    free(monitor->status);
    free(monitor);
}
