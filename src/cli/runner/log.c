/* The log of a run: its readers and destinations. */
#include "cli/runner/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/control/background.h"
#include "cli/each/each.h"
#include "cli/log_settings.h"
#include "cli/options.h"
#include "cli/recording.h"
#include "event/bus.h"
#include "log/destination.h"
#include "log/file.h"
#include "log/filter.h"
#include "log/joblog.h"
#include "log/jsonl.h"
#include "log/record.h"
#include "log/story.h"
#include "log/terminal_text.h"
#include "log/writer_thread.h"
#include "record/junit.h"
#include "report/report.h"
#include "scenario/spec.h"

/* Standard output, the files of --log, --joblog, --junit, --trace, --report and --record, and standard error for --progress. */
#define DESTINATIONS 8

/* The log of a run in the background, unless --log-rotate says otherwise. */
#define BACKGROUND_SIZE ((int64_t)16 << 20)
#define BACKGROUND_KEEP 4

struct destination {
    struct log *log;
    const char *name;
    bool standard; /* standard output */
    bool terminal;
    struct output *output;
    struct story *stories[2];
    size_t story_count;
    struct jsonl *jsonl;
    struct joblog *joblog;
    struct record *record;
    struct view *view;
    bool full;
    bool finished;
    int failed; /* errno value */
};

struct log {
    struct destination items[DESTINATIONS];
    size_t count;
    struct destination *errors; /* standard error; NULL: nothing goes there */
    struct each_report *report; /* of a run of "each"; NULL: there is a story */
    const struct destination *board; /* for progress; NULL: nobody wants it */
    struct log_callbacks callbacks;
    void *arg;
    char *record; /* its path; NULL: none */
    bool json;
    bool viewed; /* something is made of it besides */
    bool held;
    bool closed;
    bool finishing; /* nothing more is put */
};

/* Held as long as any destination is full. */
static void tell_held(struct log *log)
{
    bool held = false;
    for (size_t i = 0; i < log->count; i++)
        held = held || log->items[i].full;
    if (held == log->held)
        return;
    log->held = held;
    log->callbacks.hold(log->arg, held);
}

static void on_full(void *arg)
{
    struct destination *destination = arg;
    destination->full = true;
    tell_held(destination->log);
}

static void on_room(void *arg)
{
    struct destination *destination = arg;
    destination->full = false;
    tell_held(destination->log);
}

/* At once, as it may be hours until the end tells how much was lost; at the end that is all. */
static void tell_unwritten(const struct destination *destination, int number)
{
    const struct log *log = destination->log;
    struct buf text = {0};
    if (log->errors && !log->finishing && destination != log->errors && number != ENOENT) {
        buf_printf(&text, "parrun: error: %s: cannot be written, the run goes on: %s\n", destination->name,
                   target_reason(number));
        output_put(log->errors->output, text.data, text.length);
        buf_release(&text);
    }
    if (log->callbacks.unwritten)
        log->callbacks.unwritten(log->arg, destination->name, number);
}

static void on_failed(void *arg, int number)
{
    struct destination *destination = arg;
    destination->failed = number;
    if (number != EPIPE)
        tell_unwritten(destination, number);
    if (!destination->standard || number != EPIPE)
        return;
    destination->log->closed = true;
    destination->log->callbacks.closed(destination->log->arg);
}

static void on_finished(void *arg)
{
    struct destination *destination = arg;
    struct log *log = destination->log;
    destination->finished = true;
    for (size_t i = 0; i < log->count; i++)
        if (!log->items[i].finished)
            return;
    log->callbacks.finished(log->arg);
}

/* TARGET is the destination's own from now on, in any case; NULL: ERROR tells why there is none. */
static int add_destination(struct log *log, struct loop *loop, const char *name,
                           struct target *target, struct error *error)
{
    static const struct output_callbacks callbacks = {
        .full = on_full, .room = on_room, .failed = on_failed, .finished = on_finished};
    if (!target)
        return error->code;
    struct destination *destination = &log->items[log->count];
    *destination = (struct destination){.log = log, .name = name, .standard = !log->count};
    destination->terminal = target_is_terminal(target);
    destination->output = output_new(loop, target, &callbacks, destination);
    log->count++;
    return 0;
}

/* A terminal that can, and nobody who does not want it: see no-color.org. */
static bool is_colored(const struct destination *destination, enum color_option option)
{
    const char *unwanted = getenv("NO_COLOR");
    if (option != COLOR_AUTO)
        return option == COLOR_ALWAYS && (destination->standard || destination->terminal);
    return destination->terminal && (!unwanted || !*unwanted) && terminal_is_able();
}

static void add_reader(struct destination *destination, struct bus *bus,
                       const struct story_options *wanted, const struct options *command, bool json,
                       const char *run)
{
    struct bus_reader reader;
    struct story_options given = *wanted;
    const struct story_options *options = &given;
    given.terminal = destination->terminal;
    given.color = is_colored(destination, command->story.color);
    if (json) {
        destination->jsonl = jsonl_new(options, run, destination->output);
        reader = jsonl_reader(destination->jsonl);
    } else {
        struct story *story = story_new(options, destination->output);
        destination->stories[destination->story_count++] = story;
        reader = story_reader(story);
    }
    bus_add(bus, &reader);
}

static bool is_empty(const char *path)
{
    struct stat status;
    return stat(path, &status) || !status.st_size;
}

/* A run that goes on with the work of others, or does a part of it, adds to what they have told. */
static int open_joblog(struct log *log, struct loop *loop, struct bus *bus,
                       const struct options *options, struct error *error)
{
    const char *path = options->files.joblog;
    bool adds = options->select.resume != RESUME_NONE || options->select.resume_joblog || options_name_a_part(options);
    bool begins = !adds || is_empty(path);
    int result = joblog_check(path, error);
    if (result)
        return result;
    struct target *target =
        target_open(path, FILE_CLAIM | (adds ? FILE_APPEND : FILE_EMPTY), NULL, "write the joblog to", error);
    result = add_destination(log, loop, path, target, error);
    if (result)
        return result;
    struct destination *destination = &log->items[log->count - 1];
    destination->joblog = joblog_new(destination->output, begins);
    struct bus_reader reader = joblog_reader(destination->joblog);
    bus_add(bus, &reader);
    return 0;
}

/* The file that --log names, or else the scenario. A dry run tells on standard output. */
static int open_file(struct log *log, struct loop *loop, const struct log_spec *spec,
                     const struct options *options, struct error *error)
{
    const struct rotation_rules declared = {spec->rotate.size, spec->rotate.keep,
                                            spec->rotate.compress};
    const struct rotation_rules *rules = options->files.rotate.size ? &options->files.rotate : &declared;
    const char *path = options->files.log;
    unsigned flags = FILE_EMPTY;
    if (path && !options->files.rotate.size)
        rules = NULL;
    if (!path && spec->file && !options->plan.dry) {
        path = spec->file;
        flags = FILE_DIRECTORIES | (spec->append ? FILE_APPEND : FILE_EMPTY);
    }
    if (!path && options->files.rotate.size && !options->plan.dry && !options->apart.background)
        return error_set(error, ERROR_FAILED,
                         "--log-rotate is for a log file, and there is none: add --log FILE");
    if (!path)
        return 0;
    struct target *target = target_open(path, flags | FILE_CLAIM, rules, "write the log to", error);
    return add_destination(log, loop, path, target, error);
}

static int open_errors(struct log *log, struct loop *loop, struct error *error)
{
    if (log->errors)
        return 0;
    log->errors = &log->items[log->count];
    return add_destination(log, loop, "standard error", target_new(STDERR_FILENO), error);
}

/* True where a person may look at pools for long, and nobody else writes to that terminal. */
static bool shows_progress(const struct log *log, const struct log_settings *settings, const struct options *options)
{
    return options->mode == MODE_RUN && log->items[0].terminal && terminal_is_able() && !options->story.no_progress &&
           !options->plan.dry && !log->json && !settings->each && !settings->apart && settings->level != FILTER_QUIET;
}

static int open_board(struct log *log, struct loop *loop, struct error *error)
{
    log->board = &log->items[0];
    if (log->board->terminal)
        return 0;
    int result = open_errors(log, loop, error);
    log->board = log->errors;
    return result;
}

/* Standard output, or what --output names in its place. */
static int open_standard(struct log *log, struct loop *loop, const struct options *options, struct error *error)
{
    const char *path = options->files.output && strcmp(options->files.output, "-") != 0 ? options->files.output : NULL;
    struct target *target = path ? target_open(path, FILE_CLAIM | FILE_EMPTY, NULL, "write to", error)
                                 : target_new(STDOUT_FILENO);
    return add_destination(log, loop, path ? path : "standard output", target, error);
}

/* What takes the place of standard output and of standard error. */
static int open_background(struct log *log, struct loop *loop, const struct options *options, struct error *error)
{
    static const struct rotation_rules usual = {.size = BACKGROUND_SIZE, .keep = BACKGROUND_KEEP};
    const struct rotation_rules *rules = options->files.rotate.size && !options->files.log ? &options->files.rotate : &usual;
    const char *path = options->apart.background->log;
    log->errors = log->items;
    return add_destination(log, loop, path, target_open(path, FILE_CLAIM | FILE_APPEND, rules, "write the log to", error), error);
}

static int open_all(struct log *log, struct loop *loop, const struct log_spec *spec,
                    const struct options *options, struct error *error)
{
    int result = (options->apart.background ? open_background : open_standard)(log, loop, options, error);
    return result ? result : open_file(log, loop, spec, options, error);
}

/* What the bodies put out is not the log's to leave out: neither -q nor --hide takes it away. */
static void add_output(struct log *log, struct bus *bus, struct story_options *story,
                       const struct options *options, const char *run)
{
    filter_init(&story->filter, FILTER_STORY);
    story->parts = STORY_OUTPUT;
    story->timestamps = false;
    add_reader(&log->items[0], bus, story, options, false, run);
}

/* With a log of its own, standard output is the bodies', unless both are to have the whole STORY. JSON is whole in any
 * case, and for the file alone where there is one. */
static void add_readers(struct log *log, struct bus *bus, struct story_options *story, bool both,
                        const struct options *options, bool json, const char *run)
{
    bool file = log->count > 1;
    story->parts = file && json ? STORY_ALL : file && !both ? STORY_SENTENCES : STORY_SENTENCES | STORY_OUTPUT;
    if (file)
        add_reader(&log->items[1], bus, story, options, json, run);
    if (file && json)
        story->parts = STORY_SENTENCES | STORY_OUTPUT;
    if (!file || both)
        add_reader(&log->items[0], bus, story, options, json && !file, run);
    else
        add_output(log, bus, story, options, run);
}

/* Standard error of tasks that is kept apart. JSON has it with all the rest. */
static int add_errors(struct log *log, struct loop *loop, struct bus *bus,
                      struct story_options *story, const struct options *options, const char *run,
                      struct error *error)
{
    int result = open_errors(log, loop, error);
    if (result)
        return result;
    filter_init(&story->filter, FILTER_STORY);
    story->parts = STORY_ERRORS;
    story->timestamps = false;
    add_reader(log->errors, bus, story, options, false, run);
    return 0;
}

/* How a run of "each" goes on after a stop; NULL of one that is told again. */
static const char *rest_of(const struct options *options)
{
    if (options->mode == MODE_REPLAY)
        return NULL;
    if (options->select.resume != RESUME_NONE || options->select.resume_joblog)
        return "the same line does what is left";
    return options->files.journal || options->files.joblog ? "the same line with --resume does what is left"
                                               : "with --joblog FILE, --resume could do what is left";
}

/* A run of "each" has no story: standard output is the commands' own. */
static int report_each(struct log *log, struct loop *loop, struct bus *bus,
                       struct story_options *story, const struct log_settings *settings,
                       const struct options *options, const char *run, struct error *error)
{
    if (!settings->dry)
        add_output(log, bus, story, options, run);
    int result = open_errors(log, loop, error);
    if (result)
        return result;
    log->report = each_report_new(settings->commands, rest_of(options), log->items[0].output, log->errors->output);
    struct bus_reader reader = each_report_reader(log->report);
    bus_add(bus, &reader);
    return 0;
}

/* Into what was opened last. */
static void add_view(struct log *log, struct bus *bus, enum view_kind kind)
{
    struct destination *destination = &log->items[log->count - 1];
    destination->view = view_new(kind, destination->output);
    log->viewed = true;
    struct bus_reader reader = view_reader(destination->view);
    bus_add(bus, &reader);
}

/* A trace can be read as far as it has come. */
static int open_trace(struct log *log, struct loop *loop, struct bus *bus, const char *path, struct error *error)
{
    struct target *target = target_open(path, FILE_CLAIM | FILE_EMPTY, NULL, "write the trace to", error);
    int result = add_destination(log, loop, path, target, error);
    if (!result)
        add_view(log, bus, VIEW_TRACE);
    return result;
}

/* What is written at the end alone: until then the file has what BEGUN writes, as nobody is to take an earlier one for its
 * own. DOING is for errors. */
static int open_last(struct log *log, struct loop *loop, struct bus *bus, const char *path, const char *doing,
                     void (*begun)(struct buf *out), enum view_kind kind, struct error *error)
{
    const unsigned flags = FILE_CLAIM | FILE_EMPTY | FILE_REPLACE;
    struct target *target = target_open(path, flags, NULL, doing, error);
    struct buf text = {0};
    size_t lost = 0;
    if (!target)
        return error->code;
    begun(&text);
    int number = target_write(target, text.data, text.length, &lost);
    if (!number)
        number = target_close(target);
    buf_release(&text);
    target_free(target);
    if (number)
        return error_system(error, number, "cannot %s '%s'", doing, path);
    int result = add_destination(log, loop, path, target_open(path, flags | FILE_LATE, NULL, doing, error), error);
    if (!result)
        add_view(log, bus, kind);
    return result;
}

static int open_views(struct log *log, struct loop *loop, struct bus *bus, const struct options *options,
                      struct error *error)
{
    int result = 0;
    if (options->files.report)
        result = open_last(log, loop, bus, options->files.report, "write the report to", report_begun, VIEW_REPORT, error);
    if (!result && options->files.junit)
        result = open_last(log, loop, bus, options->files.junit, "write JUnit to", junit_begun, VIEW_JUNIT, error);
    if (!result && options->files.trace)
        result = open_trace(log, loop, bus, options->files.trace, error);
    return result;
}

/* The record of the run, where one is wanted. */
static int open_record(struct log *log, struct loop *loop, struct bus *bus, const struct log_spec *spec,
                       const struct options *options, const char *run, struct error *error)
{
    char *path = recording_path(spec, options, run);
    if (!path)
        return 0;
    log->record = path;
    int result = add_destination(log, loop, path, recording_open(path, options, spec, error),
                                 error);
    if (result)
        return result;
    struct destination *destination = &log->items[log->count - 1];
    destination->record = record_new(spec->record_output, run, destination->output);
    struct bus_reader reader = record_reader(destination->record);
    bus_add(bus, &reader);
    return 0;
}

struct log *log_new(struct loop *loop, struct bus *bus, const struct log_settings *settings,
                    const struct log_spec *spec, const struct options *options, const char *run,
                    const struct log_callbacks *callbacks, void *arg, struct error *error)
{
    struct story_options story = {.timestamps = settings->timestamps, .prefix = settings->prefix, .plan = settings->dry};
    struct log *log = mem_calloc(1, sizeof(*log));
    log->callbacks = *callbacks;
    log->arg = arg;
    log->json = settings->json && !settings->each;
    int result = log_settings_filter(settings, &story.filter, error);
    if (!result)
        result = open_all(log, loop, spec, options, error);
    if (!result && settings->each)
        result = report_each(log, loop, bus, &story, settings, options, run, error);
    else if (!result)
        add_readers(log, bus, &story, settings->screen, options, log->json, run);
    if (!result && settings->apart && !log->json)
        result = add_errors(log, loop, bus, &story, options, run, error);
    if (!result && options->files.joblog)
        result = open_joblog(log, loop, bus, options, error);
    if (!result && (options->story.progress || shows_progress(log, settings, options)))
        result = open_board(log, loop, error);
    if (!result && !settings->dry)
        result = open_views(log, loop, bus, options, error);
    if (!result && !settings->dry && options->mode != MODE_REPLAY)
        result = open_record(log, loop, bus, spec, options, run, error);
    if (!result && log->count > 1)
        result = open_errors(log, loop, error);
    if (!result)
        return log;
    log_free(log);
    return NULL;
}

struct log *log_new_view(struct loop *loop, struct bus *bus, enum view_kind view, const struct options *options,
                         const struct log_callbacks *callbacks, void *arg, struct error *error)
{
    struct log *log = mem_calloc(1, sizeof(*log));
    log->callbacks = *callbacks;
    log->arg = arg;
    if (open_standard(log, loop, options, error)) {
        log_free(log);
        return NULL;
    }
    add_view(log, bus, view);
    return log;
}

int log_run_status(const struct log *log)
{
    return view_status(log->items[0].view);
}

bool log_tells_commands(const struct log *log)
{
    return log->json || log->record || log->viewed;
}

struct output *log_board(const struct log *log, int *fd)
{
    *fd = log->board == log->items ? STDOUT_FILENO : STDERR_FILENO;
    return log->board ? log->board->output : NULL;
}

void log_finish(struct log *log)
{
    log->finishing = true;
    for (size_t i = 0; i < log->count; i++) {
        if (log->items[i].view)
            view_finish(log->items[i].view);
        output_finish(log->items[i].output);
    }
}

bool log_report(const struct log *log, struct buf *out)
{
    bool whole = true;
    for (size_t i = 0; i < log->count; i++) {
        const struct destination *destination = &log->items[i];
        size_t lost = output_lost(destination->output);
        int stuck = output_stuck(destination->output);
        bool unread = (log->closed && destination->standard) ||
                      (destination == log->errors && !destination->story_count && !destination->jsonl);
        if (unread || (!lost && !destination->failed && !stuck))
            continue;
        whole = false;
        if (destination->failed == ENOENT)
            buf_printf(out, "parrun: error: %s: %s while it was being written\n", destination->name,
                       target_reason(ENOENT));
        else if (lost || destination->failed)
            buf_printf(out, "parrun: error: %s: %zu bytes could not be written: %s\n",
                       destination->name, lost,
                       destination->failed ? target_reason(destination->failed) : "nobody reads them");
        else
            buf_printf(out, "parrun: error: %s: it could not rotate and is longer than it may be: %s\n",
                       destination->name, strerror(stuck));
    }
    return whole;
}

void log_free(struct log *log)
{
    if (!log)
        return;
    each_report_free(log->report);
    for (size_t i = 0; i < log->count; i++) {
        for (size_t j = 0; j < log->items[i].story_count; j++)
            story_free(log->items[i].stories[j]);
        jsonl_free(log->items[i].jsonl);
        joblog_free(log->items[i].joblog);
        record_free(log->items[i].record);
        view_free(log->items[i].view);
        output_free(log->items[i].output);
    }
    free(log->record);
    free(log);
}
