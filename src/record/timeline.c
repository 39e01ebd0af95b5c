/* A run as a trace in Chrome's format. */
#include "record/timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "log/writer_thread.h"

/* A slice of no length is not shown by all readers. */
#define SHORTEST INT64_C(1)

/* The track of an object's messages: no pool has so many workers. */
#define MESSAGES_TID 1000000

/* Bytes of a message. */
#define MESSAGE_MOST ((size_t)200)

/* What has tracks: a pool one a worker, anything else one. Numbers of our own: a pid of the system may come twice. */
struct tracks {
    const char *object; /* names are one text each */
    enum event_object kind;
    int64_t pid;      /* the real one, of a process that runs */
    int64_t began;    /* of a life that has not ended; -1: none runs */
    int64_t ended;    /* where its last slice ends: the next begins no earlier */
    int64_t named;    /* workers that have names */
    int64_t passed;   /* where the last slice of its messages ends */
    bool passes;      /* there was one */
    int64_t *free_at; /* of each worker: where its last slice ends */
    size_t capacity;
    int64_t cpu;      /* ns that the life had used at its last sample */
    int64_t sampled;  /* when that was; 0: not yet */
    int64_t done;     /* tasks */
    int64_t failed;
};

struct timeline {
    struct output *output;
    struct buf line;
    struct tracks *tracks;
    size_t count;
    size_t capacity;
    size_t last; /* that was looked for */
    int64_t now;
    bool begun;
};

struct timeline *timeline_new(struct output *output)
{
    struct timeline *timeline = mem_calloc(1, sizeof(*timeline));
    timeline->output = output;
    return timeline;
}

void timeline_free(struct timeline *timeline)
{
    if (!timeline)
        return;
    for (size_t i = 0; i < timeline->count; i++)
        free(timeline->tracks[i].free_at);
    free(timeline->tracks);
    buf_release(&timeline->line);
    free(timeline);
}

/* Microseconds with three decimals, of whole nanoseconds. */
static void put_time(struct buf *out, const char *key, int64_t ns)
{
    buf_printf(out, ",\"%s\":%" PRId64 ".%03" PRId64, key, ns / 1000, ns % 1000);
}

static void put_text(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "\"%s\":", key);
    json_quote(out, text, strlen(text));
}

static void begin(struct timeline *timeline, char phase)
{
    buf_clear(&timeline->line);
    buf_text(&timeline->line, timeline->begun ? ",\n" : "[\n");
    buf_printf(&timeline->line, "{\"ph\":\"%c\"", phase);
    timeline->begun = true;
}

static void end(struct timeline *timeline)
{
    buf_char(&timeline->line, '}');
    output_put(timeline->output, timeline->line.data, timeline->line.length);
}

/* The name of what PID and TID number. */
static void name(struct timeline *timeline, const char *what, size_t pid, int64_t tid, const char *text)
{
    begin(timeline, 'M');
    buf_printf(&timeline->line, ",\"name\":\"%s_name\",\"pid\":%zu,\"tid\":%" PRId64 ",\"args\":{", what, pid, tid);
    put_text(&timeline->line, "name", text);
    buf_char(&timeline->line, '}');
    end(timeline);
    begin(timeline, 'M');
    buf_printf(&timeline->line, ",\"name\":\"%s_sort_index\",\"pid\":%zu,\"tid\":%" PRId64 ",\"args\":{\"sort_index\":%" PRId64 "}",
               what, pid, tid, !strcmp(what, "process") ? (int64_t)pid : tid);
    end(timeline);
}

static size_t number_of(const struct timeline *timeline, const struct tracks *tracks)
{
    return (size_t)(tracks - timeline->tracks) + 1;
}

static struct tracks *tracks_of(struct timeline *timeline, const struct event *event)
{
    enum event_object kind = event_row(event->kind)->object;
    for (size_t i = 0; i < timeline->count; i++) {
        size_t at = (timeline->last + i) % timeline->count;
        if (timeline->tracks[at].object == event->object && timeline->tracks[at].kind == kind) {
            timeline->last = at;
            return &timeline->tracks[at];
        }
    }
    timeline->tracks = mem_grow(timeline->tracks, &timeline->capacity, timeline->count + 1, sizeof(*timeline->tracks));
    struct tracks *tracks = &timeline->tracks[timeline->count++];
    *tracks = (struct tracks){.object = event->object, .kind = kind, .began = -1};
    name(timeline, "process", timeline->count, 0, event->object ? event->object : "run");
    return tracks;
}

/* Room for WORKER, whose track is called "pool.worker". */
static void name_workers(struct timeline *timeline, struct tracks *tracks, int64_t worker)
{
    struct buf text = {0};
    tracks->free_at = mem_grow(tracks->free_at, &tracks->capacity, (size_t)worker + 1, sizeof(*tracks->free_at));
    for (; tracks->named < worker; tracks->named++) {
        buf_clear(&text);
        buf_printf(&text, "%s.%" PRId64, tracks->object, tracks->named + 1);
        name(timeline, "thread", number_of(timeline, tracks), tracks->named + 1, text.data);
        tracks->free_at[tracks->named + 1] = 0;
    }
    buf_release(&text);
}

/* A slice from BEGAN to FINISHED, no earlier than *FREE, where the one before it ends; its args are to be put. */
static void begin_slice(struct timeline *timeline, size_t pid, int64_t tid, int64_t began, int64_t finished,
                        int64_t *free_at, const char *text)
{
    if (began < *free_at)
        began = *free_at;
    if (finished < began + SHORTEST)
        finished = began + SHORTEST;
    *free_at = finished;
    begin(timeline, 'X');
    buf_printf(&timeline->line, ",\"pid\":%zu,\"tid\":%" PRId64 ",", pid, tid);
    put_text(&timeline->line, "name", text);
    put_time(&timeline->line, "ts", began);
    put_time(&timeline->line, "dur", finished - began);
}

/* The beginning of a message, as the last of a slice's args. */
static void put_message(struct buf *out, const struct event *event)
{
    size_t length = event->output.length > MESSAGE_MOST ? MESSAGE_MOST : event->output.length;
    buf_text(out, "\"message\":");
    json_quote(out, event->output.bytes ? event->output.bytes : "", length - utf8_tail(event->output.bytes ? event->output.bytes : "", length));
    buf_char(out, '}');
}

static void put_args(struct buf *out, const struct event *event)
{
    buf_printf(out, ",\"args\":{\"task\":%" PRId64 ",\"attempt\":%" PRId64, event->task,
               event->kind == EVENT_TASK_RETRYING ? event->attempt - 1 : event->attempt);
    if (event->place.pid)
        buf_printf(out, ",\"pid\":%" PRId64, event->place.pid);
    if (event->end.has_code)
        buf_printf(out, ",\"code\":%d", event->end.code);
    if (event->end.signal) {
        buf_char(out, ',');
        put_text(out, "signal", signal_name(event->end.signal));
    }
    if (event->work.shown) {
        buf_char(out, ',');
        put_text(out, "item", event->work.shown);
    }
    if (event->work.command) {
        buf_char(out, ',');
        put_text(out, "command", event->work.command);
    }
    if (event->reason) {
        buf_char(out, ',');
        put_text(out, "reason", event->reason);
    }
    buf_char(out, '}');
}

static void put_counter(struct timeline *timeline, size_t pid, const char *text, int64_t at)
{
    begin(timeline, 'C');
    buf_printf(&timeline->line, ",\"pid\":%zu,\"tid\":0,", pid);
    put_text(&timeline->line, "name", text);
    put_time(&timeline->line, "ts", at);
    buf_text(&timeline->line, ",\"args\":{");
}

static void put_slice(struct timeline *timeline, struct tracks *tracks, size_t pid, const struct event *event)
{
    struct buf text = {0};
    name_workers(timeline, tracks, event->place.worker);
    buf_printf(&text, "%s %" PRId64, tracks->object, event->task);
    begin_slice(timeline, pid, event->place.worker, event->span.began, event->span.finished, &tracks->free_at[event->place.worker], text.data);
    if (event->flags & EVENT_WRONG)
        buf_text(&timeline->line, ",\"cname\":\"terrible\"");
    put_args(&timeline->line, event);
    end(timeline);
    buf_release(&text);
}

/* An attempt of a task has ended. It is told later where output is ordered: its own times count. */
static void take_attempt(struct timeline *timeline, const struct event *event)
{
    struct tracks *tracks = tracks_of(timeline, event);
    size_t pid = number_of(timeline, tracks);
    if (event->span.known && event->place.worker >= 1)
        put_slice(timeline, tracks, pid, event);
    if (event->kind != EVENT_TASK_ENDED)
        return;
    tracks->done++;
    tracks->failed += (event->flags & EVENT_WRONG) != 0;
    put_counter(timeline, pid, "tasks done", event->at);
    buf_printf(&timeline->line, "\"done\":%" PRId64 ",\"failed\":%" PRId64 "}", tracks->done, tracks->failed);
    end(timeline);
}

static void put_load(struct timeline *timeline, size_t pid, int64_t at, int64_t percent)
{
    put_counter(timeline, pid, "CPU", at);
    buf_printf(&timeline->line, "\"percent\":%" PRId64 "}", percent);
    end(timeline);
}

static void put_memory(struct timeline *timeline, size_t pid, int64_t at, int64_t bytes)
{
    put_counter(timeline, pid, "memory", at);
    buf_printf(&timeline->line, "\"bytes\":%" PRId64 "}", bytes);
    end(timeline);
}

/* A counter holds until its next value: that of a time stands at its beginning. */
static void take_process_sample(struct timeline *timeline, const struct event *event)
{
    struct tracks *tracks = tracks_of(timeline, event);
    size_t pid = number_of(timeline, tracks);
    int64_t since = event->at - event->duration;
    if (since > tracks->sampled && tracks->sampled)
        put_load(timeline, pid, tracks->sampled, 0);
    put_load(timeline, pid, since > tracks->sampled ? since : tracks->sampled,
             (event->usage.cpu - tracks->cpu) * 100 / (event->duration ? event->duration : 1));
    put_memory(timeline, pid, event->at, event->usage.memory);
    tracks->cpu = event->usage.cpu;
    tracks->sampled = event->at;
}

/* The object that has put or got a message; where it is none of the run, the queue itself. */
static struct tracks *party_of(struct timeline *timeline, const struct event *event)
{
    for (size_t i = 0; event->message.party && i < timeline->count; i++)
        if (timeline->tracks[i].kind != EVENT_OF_QUEUE && timeline->tracks[i].object &&
            !strcmp(timeline->tracks[i].object, event->message.party))
            return &timeline->tracks[i];
    return tracks_of(timeline, event);
}

/* One end of the way of a message: the arrow of its queue and number sits on a slice of its own. */
static void put_flow(struct timeline *timeline, const struct event *event, size_t pid, int64_t at)
{
    bool put = event->kind == EVENT_QUEUE_PUT;
    size_t queue = number_of(timeline, tracks_of(timeline, event));
    begin(timeline, put ? 's' : 'f');
    buf_printf(&timeline->line, ",\"pid\":%zu,\"tid\":%d,\"cat\":\"queue\",", pid, MESSAGES_TID);
    put_text(&timeline->line, "name", event->object);
    buf_printf(&timeline->line, ",\"id\":\"%zu.%" PRId64 "\"", queue, event->message.number);
    put_time(&timeline->line, "ts", at);
    if (!put)
        buf_text(&timeline->line, ",\"bp\":\"e\"");
    end(timeline);
}

static void take_message(struct timeline *timeline, const struct event *event)
{
    struct tracks *tracks = party_of(timeline, event);
    size_t pid = number_of(timeline, tracks);
    struct buf text = {0};
    if (!tracks->passes)
        name(timeline, "thread", pid, MESSAGES_TID, "messages");
    tracks->passes = true;
    buf_printf(&text, "%s %s", event->kind == EVENT_QUEUE_PUT ? "put" : "get", event->object);
    begin_slice(timeline, pid, MESSAGES_TID, event->at, event->at, &tracks->passed, text.data);
    buf_printf(&timeline->line, ",\"args\":{\"number\":%" PRId64 ",", event->message.number);
    put_message(&timeline->line, event);
    end(timeline);
    buf_release(&text);
    if (event->message.number)
        put_flow(timeline, event, pid, tracks->passed - SHORTEST);
}

static void end_samples(struct timeline *timeline, struct tracks *tracks, int64_t at)
{
    if (tracks->sampled) {
        put_load(timeline, number_of(timeline, tracks), at, 0);
        put_memory(timeline, number_of(timeline, tracks), at, 0);
    }
    tracks->cpu = tracks->sampled = 0;
}

static void take_pool_sample(struct timeline *timeline, const struct event *event)
{
    put_counter(timeline, number_of(timeline, tracks_of(timeline, event)), "workers", event->at);
    buf_printf(&timeline->line, "\"busy\":%" PRId64 ",\"idle\":%" PRId64 "}", event->count, event->total - event->count);
    end(timeline);
}

static void end_life(struct timeline *timeline, struct tracks *tracks, const struct event *event, int64_t at)
{
    if (tracks->began < 0)
        return;
    begin_slice(timeline, number_of(timeline, tracks), 0, tracks->began, at, &tracks->ended, tracks->object);
    tracks->began = -1;
    if (event && event->flags & EVENT_WRONG)
        buf_text(&timeline->line, ",\"cname\":\"terrible\"");
    buf_printf(&timeline->line, ",\"args\":{\"pid\":%" PRId64, tracks->pid);
    if (event && event->end.has_code)
        buf_printf(&timeline->line, ",\"code\":%d", event->end.code);
    if (event && event->reason) {
        buf_char(&timeline->line, ',');
        put_text(&timeline->line, "reason", event->reason);
    }
    buf_char(&timeline->line, '}');
    end(timeline);
    end_samples(timeline, tracks, at);
}

static void take_life(struct timeline *timeline, const struct event *event)
{
    struct tracks *tracks = tracks_of(timeline, event);
    if (event->kind == EVENT_PROCESS_STARTED || event->kind == EVENT_THREAD_STARTED) {
        tracks->began = event->at;
        tracks->pid = event->place.pid;
    } else {
        end_life(timeline, tracks, event, event->at);
    }
}

static void take_stats(struct timeline *timeline, const struct event *event)
{
    put_counter(timeline, number_of(timeline, tracks_of(timeline, event)), "waiting", event->at);
    buf_printf(&timeline->line, "\"messages\":%" PRId64 "}", event->count);
    end(timeline);
}

/* The wall time of where the clock of the trace begins stands once, in the name of the run's own process. */
static void take_opened(struct timeline *timeline, const struct event *event)
{
    struct buf text = {0};
    buf_text(&text, "run of ");
    clock_print(&text, event->wall - event->at);
    begin(timeline, 'M');
    buf_text(&timeline->line, ",\"name\":\"process_name\",\"pid\":0,\"tid\":0,\"args\":{");
    put_text(&timeline->line, "name", text.data);
    buf_char(&timeline->line, '}');
    end(timeline);
    buf_release(&text);
}

static bool timeline_wants(void *arg, enum event_kind kind, unsigned flags)
{
    (void)arg;
    (void)flags;
    switch (kind) {
    case EVENT_RUN_OPENED:
    case EVENT_RUN_ENDED:
    case EVENT_TASK_ENDED:
    case EVENT_TASK_RETRYING:
    case EVENT_TASK_STOPPED:
    case EVENT_PROCESS_STARTED:
    case EVENT_PROCESS_EXITED:
    case EVENT_PROCESS_ENDED:
    case EVENT_THREAD_STARTED:
    case EVENT_THREAD_STOPPED:
    case EVENT_THREAD_ENDED:
    case EVENT_QUEUE_STATS:
    case EVENT_PROCESS_SAMPLE:
    case EVENT_POOL_SAMPLE:
    case EVENT_QUEUE_SAMPLE:
    case EVENT_QUEUE_PUT:
    case EVENT_QUEUE_GET:
    case EVENT_POOL_STARTED:
        return true;
    default:
        return false;
    }
}

static void timeline_take(void *arg, const struct event *event)
{
    struct timeline *timeline = arg;
    timeline->now = event->at;
    if (event->kind == EVENT_RUN_OPENED)
        take_opened(timeline, event);
    else if (event->kind == EVENT_QUEUE_STATS || event->kind == EVENT_QUEUE_SAMPLE)
        take_stats(timeline, event);
    else if (event->kind == EVENT_QUEUE_PUT || event->kind == EVENT_QUEUE_GET)
        take_message(timeline, event);
    else if (event->kind == EVENT_POOL_STARTED)
        tracks_of(timeline, event); /* it has a place before its first task ends */
    else if (event->kind == EVENT_PROCESS_SAMPLE)
        take_process_sample(timeline, event);
    else if (event->kind == EVENT_POOL_SAMPLE)
        take_pool_sample(timeline, event);
    else if (event->kind == EVENT_RUN_ENDED)
        return; /* its time is what it tells */
    else if (event->has_task)
        take_attempt(timeline, event);
    else
        take_life(timeline, event);
}

struct bus_reader timeline_reader(struct timeline *timeline)
{
    return (struct bus_reader){.arg = timeline, .wants = timeline_wants, .take = timeline_take, .dated = true};
}

void timeline_finish(struct timeline *timeline)
{
    static const char empty[] = "[\n]\n", end_of_array[] = "\n]\n";
    for (size_t i = 0; i < timeline->count; i++)
        end_life(timeline, &timeline->tracks[i], NULL, timeline->now);
    if (timeline->begun)
        output_put(timeline->output, end_of_array, sizeof(end_of_array) - 1);
    else
        output_put(timeline->output, empty, sizeof(empty) - 1);
}
