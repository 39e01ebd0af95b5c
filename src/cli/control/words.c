/* The words that ask a run. */
#include "cli/control/words.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/unit.h"
#include "cli/commands.h"
#include "cli/control/find.h"
#include "cli/control/link.h"
#include "cli/control/log_lines.h"
#include "cli/control/run_logs.h"
#include "cli/control/table.h"
#include "cli/options.h"
#include "cli/runner/complain.h"
#include "cli/runner/status.h"
#include "view/view.h"

/* When a run has answered that it has ended, its last process goes within a moment; so many ms are waited for it. */
#define GONE_TIME 60000

static int complain_of_run(struct error *error)
{
    int status = error->code == -ESRCH ? STATUS_NO_RUN : error->code == ERROR_FAILED ? STATUS_USAGE : STATUS_SYSTEM;
    complain_of(error);
    return status;
}

/* {"web": "3"}: what is no NAME=N stands there whole, and the run says so. */
static void put_counts(const struct options *options, struct buf *out)
{
    for (size_t i = 0; i < options->values.count; i++) {
        const char *value = options->values.items[i];
        size_t length = strcspn(value, "=");
        buf_text(out, i ? "," : "");
        json_quote(out, value, length);
        buf_char(out, ':');
        value += length + (value[length] != '\0');
        json_quote(out, value, strlen(value));
    }
}

static void put_flag(struct buf *out, const char *name, bool flag)
{
    if (flag)
        buf_printf(out, ",\"%s\":true", name);
}

static void put_names(const struct options *options, struct buf *out)
{
    for (size_t i = 0; i < options->values.count; i++) {
        buf_text(out, i ? "," : "");
        json_quote(out, options->values.items[i], strlen(options->values.items[i]));
    }
}

/* The request that the word is, of its names and options. */
static void put_request(const struct options *options, struct buf *out)
{
    const struct asking *asking = &options->asking;
    bool counts = options->mode == MODE_SCALE;
    buf_printf(out, "{\"id\":1,\"%s\":%c", options->command->word, counts ? '{' : '[');
    (counts ? put_counts : put_names)(options, out);
    buf_char(out, counts ? '}' : ']');
    put_flag(out, "follow", options->control.follow);
    put_flag(out, "now", options->control.now);
    put_flag(out, "drain", options->control.drain);
    put_flag(out, "no_wait", options->control.no_wait);
    put_flag(out, "with_deps", options->control.with_deps);
    put_flag(out, "no_deps", options->select.no_deps);
    if (options->mode == MODE_SIGNAL) {
        buf_text(out, ",\"send\":");
        json_quote(out, options->subject, strlen(options->subject));
    }
    if (options->control.last >= 0)
        buf_printf(out, ",\"last\":%" PRId64, options->control.last);
    if (options->control.until)
        buf_printf(out, ",\"until\":\"%s\"", options->control.until);
    if (asking->timeout >= 0)
        buf_printf(out, ",\"timeout\":%.3f", (double)asking->timeout / (double)NS_PER_S);
    buf_char(out, '}');
}

/* Behind {"id":1,"NAME": what stands there as JSON, without the line's last bracket. */
static void put_raw(const char *text, const char *name, struct buf *out)
{
    struct buf before = {0};
    buf_printf(&before, "{\"id\":1,\"%s\":", name);
    size_t length = strlen(text);
    if (!strncmp(text, before.data, before.length))
        buf_append(out, text + before.length, length - before.length - 1);
    buf_release(&before);
}

/* An object as the run has told it, with what its processes use and, of a run in the background, its LOG. */
static void print_object(struct text_table *table, const char *text, const struct value *object, const char *log)
{
    struct buf raw = {0};
    put_raw(text, "object", &raw);
    table_add_usage(table, object, &raw);
    if (*log && raw.length) {
        buf_truncate(&raw, raw.length - 1);
        buf_text(&raw, ",\"log\":");
        json_quote(&raw, log, strlen(log));
        buf_char(&raw, '}');
    }
    printf("%s\n", buf_string(&raw));
    buf_release(&raw);
}

/* One line of an answer, but the last. */
static void print_line(const struct options *options, struct text_table *table,
                       struct log_lines *lines, const char *text, const struct value *line, const char *log)
{
    const struct value *object = value_member(line, "object");
    if (value_member(line, "line") || value_member(line, "gap")) {
        log_lines_take(lines, text, line);
    } else if (object && options->control.json) {
        print_object(table, text, object, log);
    } else if (object && value_member(object, "text")) {
        printf("%s %s\n", control_text(object, "name"), control_text(object, "text"));
    } else if (object) {
        table_add_object(table, object);
    }
}

/* What a run prints with --json where it has nothing else to tell: how it ended. */
static void print_end(const struct options *options, const struct value *line, int status)
{
    const char *why = control_text(line, "error");
    if (options->control.json && options->mode != MODE_STATUS && options->mode != MODE_LOGS) {
        struct buf text = {0};
        json_quote(&text, why, strlen(why));
        printf("{\"status\":%d%s%s}\n", status, *why ? ",\"error\":" : "", *why ? text.data : "");
        buf_release(&text);
    } else if (*why) {
        fflush(stdout);
        complain("%s", why);
    }
}

/* Where the log of a run in the background is, of ARENA; "" of another. */
static const char *log_of(const struct control_link *link, struct arena *arena)
{
    struct error error = {0};
    struct value hello = {0};
    bool read = !value_from_json(arena, buf_string(&link->hello), link->hello.length, &hello, &error);
    error_release(&error);
    return read ? control_text(&hello, "log") : "";
}

/* Reads to the end of the answer. Its status, or below 0 with ERROR filled where that does not come. */
static int read_answer(const struct options *options, struct control_link *link, struct error *error)
{
    struct text_table *table = table_new();
    struct log_lines *lines = log_lines_new(options, error);
    const char *text;
    struct value line;
    struct arena *arena = arena_new();
    const char *log = options->mode == MODE_STATUS ? log_of(link, arena) : "";
    int result = 1, status = -1;
    while (lines && status < 0 && (result = control_next(link, &text, &line, error)) == 1) {
        if (value_member(&line, "status")) {
            status = (int)control_number(&line, "status", STATUS_SYSTEM);
            if (!options->control.json)
                table_print(table);
            if (*log && !options->control.json)
                printf("log: %s\n", log);
            print_end(options, &line, status);
            break;
        }
        print_line(options, table, lines, text, &line, log);
        if (!link->in.length || link->taken == link->in.length)
            flush_output();
    }
    if (lines && !result)
        error_set(error, -ESRCH, "the run was killed, or has let this word go, before it had answered");
    table_free(table);
    log_lines_free(lines);
    arena_free(arena);
    return status;
}

/* Waits until nothing of the run is left: its process is held by a descriptor since before it was asked. */
static void await_gone(struct control_link *link, int process)
{
    struct error error = {0};
    struct pollfd gone = {.fd = process, .events = POLLIN};
    const char *text;
    struct value line;
    while (control_next(link, &text, &line, &error) == 1)
        continue;
    error_release(&error);
    if (process >= 0)
        poll(&gone, 1, GONE_TIME);
}

/* Stop without names, and wait for the end of the run. */
static bool ends_run(const struct options *options)
{
    bool stop = options->mode == MODE_STOP;
    bool wait = options->mode == MODE_WAIT && options->control.until && !strcmp(options->control.until, "ended");
    return (stop || wait) && !options->values.count && !options->control.no_wait;
}

static int ask(const struct options *options, struct control_link *link, struct error *error)
{
    struct buf request = {0};
    bool end = ends_run(options);
    int process = end && link->pid > 0 ? (int)syscall(SYS_pidfd_open, (pid_t)link->pid, 0) : -1;
    put_request(options, &request);
    int status = control_send(link, buf_string(&request), error) ? -1 : read_answer(options, link, error);
    if (end && (status == STATUS_OK || status == STATUS_FAILED))
        await_gone(link, process);
    if (process >= 0)
        close(process);
    buf_release(&request);
    return status;
}

int control_word(const struct options *options)
{
    struct arena *arena = arena_new();
    struct error error = {0};
    struct control_link link = {.fd = -1};
    int status = -1;
    const char *path = control_find(options, arena, &error);
    if (path && !control_open(&link, path, &error)) {
        status = ask(options, &link, &error);
        control_close(&link);
    }
    if (status < 0)
        status = complain_of_run(&error);
    error_release(&error);
    arena_free(arena);
    int flushed = flush_output();
    return flushed == STATUS_OK ? status : flushed;
}

int control_view(const struct options *options)
{
    struct arena *arena = arena_new();
    struct error error = {0};
    struct options named = *options;
    int signal_number = 0, end = -1;
    named.control.run = options->subject ? options->subject : options->control.run;
    const char *path = view_check(&error) ? NULL : control_find(&named, arena, &error);
    if (path)
        end = view_run(path, false, &signal_number, &error);
    arena_free(arena);
    if (end < 0)
        return complain_of_run(&error);
    if (signal_number || end == VIEW_GONE)
        die_by_signal(signal_number ? signal_number : SIGHUP);
    return STATUS_OK;
}

/* Takes what the run answers to ps; false where it answers nothing, *LATE where it may be stopped. */
static bool take_ps(const struct options *options, struct text_table *table, const struct found_run *run, bool *late)
{
    struct control_link link;
    struct error error = {0};
    const char *text;
    struct value line;
    struct buf raw = {0};
    bool open = !control_open(&link, run->socket, &error);
    bool told = open && !control_send(&link, "{\"id\":1,\"ps\":[]}", &error) && control_next(&link, &text, &line, &error) == 1 &&
                value_member(&line, "ps");
    *late = !open && error.code == ERROR_TIMEOUT;
    if (told && options->control.json) {
        put_raw(text, "ps", &raw);
        printf("%s\n", buf_string(&raw));
    } else if (told) {
        table_add_run(table, value_member(&line, "ps"), NULL);
    }
    if (open)
        control_close(&link);
    buf_release(&raw);
    error_release(&error);
    return told;
}

/* The row of a run; what its lock tells where it does not answer, or with --all where it answers no more. */
static void ask_ps(const struct options *options, struct text_table *table, const struct found_run *run)
{
    bool late;
    struct buf raw = {0};
    bool known = *control_text(run->identity, "run"); /* else it has ended as it was found, and its log says so */
    if (take_ps(options, table, run, &late) || !known || (!late && !options->asking.all))
        return;
    if (options->control.json) {
        value_json(&raw, run->identity);
        printf("%.*s,\"state\":\"%s\"}\n", (int)raw.length - 1, buf_string(&raw), late ? "stopped" : "ending");
    } else {
        table_add_run(table, run->identity, late ? "no answer" : "ending");
    }
    buf_release(&raw);
}

struct ended_rows {
    const struct options *options;
    struct text_table *table;
};

static void add_ended(void *arg, const char *text, const struct value *row)
{
    const struct ended_rows *rows = arg;
    if (rows->options->control.json)
        printf("%s\n", text);
    else
        table_add_ended(rows->table, row);
}

/* Nobody starts one meanwhile, whose log would be there before it can be found. */
static int list_all(const struct options *options, struct arena *arena, struct text_table *table, struct error *error)
{
    struct ended_rows rows = {options, table};
    struct found_run *runs = NULL;
    const char *directory = run_logs_directory(arena, error);
    bool there = directory && !access(directory, F_OK);
    int lock = there ? run_logs_lock(directory, error) : error->code;
    if (lock < 0)
        return lock;
    size_t count = control_runs(arena, &runs);
    if (there) {
        run_logs_each(directory, runs, count, add_ended, &rows);
        close(lock);
    }
    for (size_t i = 0; i < count; i++)
        ask_ps(options, table, &runs[i]);
    return 0;
}

int control_ps(const struct options *options)
{
    struct arena *arena = arena_new();
    struct found_run *runs = NULL;
    struct error error = {0};
    struct text_table *table = table_new();
    size_t count = options->asking.all ? 0 : control_runs(arena, &runs);
    for (size_t i = 0; i < count; i++)
        ask_ps(options, table, &runs[i]);
    int status = options->asking.all && list_all(options, arena, table, &error) ? complain_of_run(&error) : STATUS_OK;
    table_print(table);
    table_free(table);
    arena_free(arena);
    int flushed = flush_output();
    return status == STATUS_OK ? flushed : status;
}
