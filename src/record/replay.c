/* A record, put back on a bus. */
#include "record/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "event/bus.h"
#include "log/file_lock.h"
#include "log/record.h"
#include "record/event_reader.h"
#include "record/record_file.h"

struct replay {
    char *path;
    struct record_file *file;
    struct event_reader *reader;
    struct event opened;
    char *members; /* of it */
    bool shown;    /* it was */
    uint64_t line;
    uint64_t sequence; /* of the last event */
    uint64_t missing;
    uint64_t missing_behind; /* the first of them came behind this one */
    uint64_t omitted;
    uint64_t strange; /* events that nobody here knows */
    int64_t wall;     /* of the last event */
    bool ended;       /* run.ended was there */
};

/* The next event that is known here: 1, or 0 at the end, or a negative code with ERROR filled. */
static int read_event(struct replay *replay, struct event *event, struct error *error)
{
    const char *line;
    size_t length;
    int result;
    while ((result = record_file_line(replay->file, &line, &length, error)) == 1) {
        replay->line++;
        result = event_reader_take(replay->reader, line, length, event, error);
        if (result < 0)
            return error_wrap(error, "record '%s', line %" PRIu64, replay->path, replay->line);
        if (result)
            return 1;
        replay->strange++;
        replay->sequence++; /* nothing is missing for that */
    }
    return result;
}

/* 0, or ERROR_FAILED where the first event is none of a record that can be read here. */
static int check_version(const struct replay *replay, int result, struct error *error)
{
    const char *version = replay->opened.record.members ? strstr(replay->opened.record.members, "\"version\":\"") : NULL;
    long major = version ? strtol(version + strlen("\"version\":\""), NULL, 10) : 0;
    bool foreign = result == ERROR_FAILED && replay->line == 1;
    if (result < 0 && !foreign)
        return result;
    error_release(error);
    if (!result && !replay->line)
        return error_set(error, -EIO, "record '%s' has no event: the run was cut off before the first was written",
                         replay->path);
    if (foreign || !result || replay->opened.kind != EVENT_RUN_OPENED || !version)
        return error_set(error, ERROR_FAILED,
                         "'%s' is no record: its first line is not the event run.opened; --record FILE writes one",
                         replay->path);
    if (major == RECORD_MAJOR)
        return 0;
    return error_set(error, ERROR_FAILED,
                     "record '%s' is of version %ld, which this parrun cannot read: it reads version %d",
                     replay->path, major, RECORD_MAJOR);
}

struct replay *replay_open(const char *path, struct error *error)
{
    struct record_file *file = record_file_open(path, error);
    if (!file)
        return NULL;
    struct replay *replay = mem_calloc(1, sizeof(*replay));
    replay->path = mem_strdup(path);
    replay->file = file;
    replay->reader = event_reader_new();
    int result = read_event(replay, &replay->opened, error);
    if (check_version(replay, result, error)) {
        replay_free(replay);
        return NULL;
    }
    replay->opened.record.members = replay->members = mem_strdup(replay->opened.record.members);
    replay->sequence = replay->opened.sequence;
    return replay;
}

void replay_free(struct replay *replay)
{
    if (!replay)
        return;
    record_file_close(replay->file);
    event_reader_free(replay->reader);
    free(replay->members);
    free(replay->path);
    free(replay);
}

const struct event *replay_opened(const struct replay *replay)
{
    return &replay->opened;
}

const char *replay_run(const struct replay *replay)
{
    return event_reader_run(replay->reader);
}

bool replay_reads(const struct replay *replay, const char *path)
{
    struct stat read, named;
    return !fstat(record_file_descriptor(replay->file), &read) && !stat(path, &named) &&
           read.st_dev == named.st_dev && read.st_ino == named.st_ino && S_ISREG(read.st_mode);
}

static void note_number(struct replay *replay, const struct event *event)
{
    if (event->sequence > replay->sequence + 1) {
        if (!replay->missing)
            replay->missing_behind = replay->sequence;
        replay->missing += event->sequence - replay->sequence - 1;
    }
    replay->sequence = event->sequence;
}

/* What stands in place of output that is not in the record, as a line of the object. */
static void show_unrecorded(const struct bus *bus, const struct event *event)
{
    struct buf text = {0};
    struct event output = *event;
    output.kind = event->kind == EVENT_PROCESS_ENDED ? EVENT_PROCESS_OUTPUT
                  : event->kind == EVENT_POOL_ENDED  ? EVENT_POOL_OUTPUT
                                                     : EVENT_THREAD_OUTPUT;
    output.flags = 0;
    output.record.members = output.reason = NULL;
    output.record.omitted = output.record.unrecorded = 0;
    buf_printf(&text, "(%" PRIu64 " bytes not recorded)", event->record.unrecorded);
    output.output.bytes = text.data;
    output.output.length = text.length;
    bus_show(bus, &output);
    buf_release(&text);
}

static void show(struct replay *replay, const struct bus *bus, const struct event *event)
{
    note_number(replay, event);
    replay->wall = event->wall;
    replay->omitted += event->record.omitted;
    replay->ended = replay->ended || event->kind == EVENT_RUN_ENDED;
    if (event->record.unrecorded)
        show_unrecorded(bus, event);
    bus_show(bus, event);
}

int replay_next(struct replay *replay, const struct bus *bus, size_t count, struct error *error)
{
    struct event event;
    int result = 1;
    if (!replay->shown)
        show(replay, bus, &replay->opened);
    replay->shown = true;
    while (count-- && (result = read_event(replay, &event, error)) == 1)
        show(replay, bus, &event);
    return result;
}

static void put_line(const struct replay *replay, struct buf *out, const char *text)
{
    buf_printf(out, "parrun: record '%s': %s", replay->path, text);
}

/* Why there is no more. */
static void put_cut(const struct replay *replay, struct buf *out)
{
    long holder = strcmp(replay->path, "-") ? file_holder(replay->path) : 0;
    put_line(replay, out, holder ? "the run still goes on, as process " : "the run was cut off; the record ends at ");
    if (holder)
        buf_printf(out, "%ld; the record ends at ", holder);
    clock_print(out, replay->wall);
    buf_char(out, '\n');
}

bool replay_report(const struct replay *replay, struct buf *out)
{
    bool cut = !replay->ended || record_file_is_cut(replay->file);
    uint64_t missing = replay->missing > replay->omitted ? replay->missing - replay->omitted : 0;
    uint64_t unknown = event_reader_unknown(replay->reader);
    if (cut)
        put_cut(replay, out);
    if (missing && replay->ended) {
        put_line(replay, out, "");
        buf_printf(out, "%" PRIu64 " events are missing, the first of them behind number %" PRIu64 "\n", missing,
                   replay->missing_behind);
    }
    if (replay->strange || unknown) {
        put_line(replay, out, "");
        buf_printf(out, "%" PRIu64 " events and %" PRIu64 " fields of a later version were passed over\n",
                   replay->strange, unknown);
    }
    return !cut && !(missing && replay->ended);
}
