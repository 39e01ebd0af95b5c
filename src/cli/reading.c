/* The words that read the record of a run. */
#include "cli/reading.h"

#include <signal.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/log_settings.h"
#include "cli/options.h"
#include "cli/runner/complain.h"
#include "cli/runner/log.h"
#include "cli/runner/status.h"
#include "event/bus.h"
#include "loop/loop.h"
#include "os/guard.h"
#include "os/stdio.h"
#include "record/replay.h"
#include "scenario/spec.h"
#include "value/value.h"

/* Events that are shown in one turn of the loop. */
#define AT_ONCE 256

struct reading {
    const struct options *options;
    struct replay *replay;
    struct loop *loop;
    struct bus *bus;
    struct log *log;
    struct error error; /* why nothing behind some line was read */
    bool held;          /* the log is full */
    bool asked;         /* the next events are on their way */
    bool closed;        /* nobody reads what is written */
    bool ended;
};

static void show_more(void *arg);

static void go_on(struct reading *reading)
{
    if (reading->asked || reading->held || reading->ended)
        return;
    reading->asked = true;
    loop_post(reading->loop, show_more, reading);
}

static void show_more(void *arg)
{
    struct reading *reading = arg;
    reading->asked = false;
    if (reading->ended)
        return;
    if (!reading->closed && replay_next(reading->replay, reading->bus, AT_ONCE, &reading->error) == 1) {
        go_on(reading);
        return;
    }
    reading->ended = true;
    log_finish(reading->log);
}

static void on_hold(void *arg, bool held)
{
    struct reading *reading = arg;
    reading->held = held;
    go_on(reading);
}

static void on_closed(void *arg)
{
    struct reading *reading = arg;
    reading->closed = true;
    reading->held = false;
    go_on(reading);
}

static void on_finished(void *arg)
{
    struct reading *reading = arg;
    loop_stop(reading->loop);
}

/* The settings of the log as the run had them, and what the command line wishes besides. */
static void read_settings(const struct reading *reading, struct log_settings *settings)
{
    const struct event *opened = replay_opened(reading->replay);
    struct arena *arena = arena_new();
    struct error error = {0};
    struct buf text = {0};
    struct value members = {0};
    struct value none = {0};
    const struct value *log = &none;
    buf_printf(&text, "{%s}", opened->record.members);
    value_from_json(arena, text.data, text.length, &members, &error);
    for (size_t i = 0; members.type == VALUE_TABLE && i < members.table.count; i++)
        if (!strcmp(members.table.pairs[i].key.string.bytes, "log"))
            log = &members.table.pairs[i].value;
    log_settings_read(settings, log);
    log_settings_add(settings, reading->options);
    error_release(&error);
    buf_release(&text);
    arena_free(arena);
}

/* A destination would empty what is read before it is read. */
static int check_destinations(const struct reading *reading, struct error *error)
{
    const char *const paths[] = {reading->options->files.output, reading->options->files.log, reading->options->files.joblog};
    for (size_t i = 0; i < countof(paths); i++)
        if (paths[i] && replay_reads(reading->replay, paths[i]))
            return error_set(error, ERROR_FAILED, "'%s' is the record itself, which is read: name another file",
                             paths[i]);
    return 0;
}

static const struct log_callbacks callbacks = {.hold = on_hold, .closed = on_closed, .finished = on_finished};

static int open_view(struct reading *reading, enum view_kind view, struct error *error)
{
    reading->log = log_new_view(reading->loop, reading->bus, view, reading->options, &callbacks, reading, error);
    return reading->log ? 0 : error->code;
}

static int open_log(struct reading *reading, struct error *error)
{
    static const struct log_spec nowhere;
    struct log_settings settings;
    read_settings(reading, &settings);
    reading->log = log_new(reading->loop, reading->bus, &settings, &nowhere, reading->options,
                           replay_run(reading->replay), &callbacks, reading, error);
    log_settings_release(&settings);
    return reading->log ? 0 : error->code;
}

/* What was read and what was written, as far as either went wrong. */
static int end(struct reading *reading)
{
    struct buf report = {0};
    bool written = log_report(reading->log, &report);
    bool whole = reading->closed || replay_report(reading->replay, &report);
    if (reading->error.code)
        buf_printf(&report, "parrun: error: %s\n", reading->error.text);
    stdio_say(buf_string(&report));
    buf_release(&report);
    if (reading->closed)
        die_by_signal(SIGPIPE);
    if (!written || !whole || reading->error.code)
        return STATUS_OUTPUT;
    return reading->options->status ? log_run_status(reading->log) : STATUS_OK;
}

/* Reads the record for VIEW, NULL: for a log. */
static int read_record(const struct options *options, const enum view_kind *view)
{
    struct reading reading = {.options = options, .bus = bus_new()};
    struct error error = {0};
    int status = STATUS_OK;
    reading.loop = loop_new(&error);
    if (reading.loop)
        reading.replay = replay_open(options->subject, &error);
    if (reading.replay && !check_destinations(&reading, &error) &&
        !(view ? open_view(&reading, *view, &error) : open_log(&reading, &error))) {
        go_on(&reading);
        loop_run(reading.loop);
        status = end(&reading);
    }
    if (error.code)
        status = complain_of(&error);
    log_free(reading.log);
    replay_free(reading.replay);
    loop_free(reading.loop);
    bus_free(reading.bus);
    error_release(&reading.error);
    return status;
}

int reading_replay(const struct options *options)
{
    return read_record(options, NULL);
}

int reading_summary(const struct options *options)
{
    return read_record(options, &(enum view_kind){VIEW_SUMMARY});
}

int reading_junit(const struct options *options)
{
    return read_record(options, &(enum view_kind){VIEW_JUNIT});
}

int reading_trace(const struct options *options)
{
    return read_record(options, &(enum view_kind){VIEW_TRACE});
}

int reading_report(const struct options *options)
{
    return read_record(options, &(enum view_kind){VIEW_REPORT});
}
