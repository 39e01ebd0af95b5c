/* The last lines of each object. */
#include "serve/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/name_index.h"
#include "engine/run.h"
#include "scenario/spec.h"

/* What a line may have on the average. */
#define LINE_SIZE 1024

/* An object keeps at least so many bytes, however many objects there are. */
#define SIZE_LEAST ((size_t)16 << 10)

struct history {
    size_t most_lines; /* of an object */
    size_t most_size;
    struct names names; /* of the tracks */
    struct track **tracks;
    size_t count;
    size_t capacity;
    struct track *last; /* that was asked for */
    struct kept *first;
    struct kept *newest;
    struct kept *spare; /* the last line that has gone: room for the next */
};

struct history *history_new(const struct run *run)
{
    struct history *history = mem_calloc(1, sizeof(*history));
    size_t share = HISTORY_MOST / (run->all.object_count ? run->all.object_count : 1);
    history->most_lines = (size_t)run->scenario->log.keep;
    history->most_size = history->most_lines * LINE_SIZE;
    if (history->most_size > share)
        history->most_size = share > SIZE_LEAST ? share : SIZE_LEAST;
    return history;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    for (struct kept *next, *kept = history->first; kept; kept = next) {
        next = kept->next;
        free(kept);
    }
    free(history->spare);
    names_release(&history->names);
    for (size_t i = 0; i < history->count; i++) {
        free(history->tracks[i]->name);
        free(history->tracks[i]);
    }
    free(history->tracks);
    free(history);
}

static struct track *make_track(struct history *history, const char *name)
{
    struct track *track = mem_calloc(1, sizeof(*track));
    *track = (struct track){.name = mem_strdup(name), .index = history->count};
    history->tracks = mem_grow(history->tracks, &history->capacity, history->count + 1, sizeof(struct track *));
    history->tracks[history->count++] = track;
    *names_slot(&history->names, track->name, strlen(track->name)) = track->index;
    return track;
}

static struct track *find_track(struct history *history, const char *name)
{
    if (history->last && !strcmp(history->last->name, name))
        return history->last;
    size_t number = names_find(&history->names, name, strlen(name));
    history->last = number == NAMES_NONE ? make_track(history, name) : history->tracks[number];
    return history->last;
}

/* Takes the oldest line of the object away. */
static void drop(struct history *history, struct track *track)
{
    struct kept *kept = track->oldest;
    track->oldest = kept->newer;
    if (!track->oldest)
        track->newest = NULL;
    track->lines -= kept->lines;
    track->size -= kept->size;
    if (kept->previous)
        kept->previous->next = kept->next;
    else
        history->first = kept->next;
    if (kept->next)
        kept->next->previous = kept->previous;
    else
        history->newest = kept->previous;
    free(history->spare);
    history->spare = kept;
}

/* Output of a task may be many lines; a line whose end has not come counts as one. */
static size_t count_lines(const struct event *event)
{
    size_t lines = 0;
    const char *end = event->output.bytes + event->output.length;
    if (event->kind != EVENT_TASK_OUTPUT)
        return 1;
    for (const char *at = event->output.bytes; at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        lines++;
    return lines ? lines : 1;
}

/* NAME or NULL, copied to *AT, which is moved on. */
static const char *copy_text(char **at, const char *text)
{
    char *copy = *at;
    if (!text)
        return NULL;
    *at = stpcpy(copy, text) + 1;
    return copy;
}

static size_t text_size(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

/* Room for SIZE bytes: that of the line that has gone where it fits, and where no more than half would be wasted. */
static struct kept *take_room(struct history *history, size_t size)
{
    struct kept *spare = history->spare;
    if (spare && size <= spare->room && size >= spare->room / 2) {
        history->spare = NULL;
        return spare;
    }
    size_t room = (size + 63) / 64 * 64;
    struct kept *kept = mem_realloc(NULL, 1, room);
    kept->room = room;
    return kept;
}

static struct kept *make(struct history *history, const struct event *event)
{
    size_t size = sizeof(struct kept) + event->output.length + 1 + text_size(event->work.shown) + text_size(event->work.cell);
    struct kept *kept = take_room(history, size);
    *kept = (struct kept){
        .room = kept->room,
        .sequence = event->sequence,
        .wall = event->wall,
        .at = event->at,
        .task = event->task,
        .worker = event->place.worker,
        .pid = event->place.pid,
        .attempt = event->attempt,
        .stream = event->output.stream,
        .kind = event->kind,
        .flags = event->flags,
        .has_task = event->has_task,
        .unfinished = event->output.unfinished,
        .length = event->output.length,
        .size = size,
        .lines = count_lines(event),
    };
    char *at = kept->bytes + event->output.length + 1;
    memcpy(kept->bytes, event->output.bytes, event->output.length);
    kept->bytes[event->output.length] = '\0';
    kept->shown = copy_text(&at, event->work.shown);
    kept->cell = copy_text(&at, event->work.cell);
    return kept;
}

struct event kept_event(const struct kept *kept)
{
    return (struct event){
        .kind = kept->kind,
        .flags = kept->flags,
        .sequence = kept->sequence,
        .wall = kept->wall,
        .at = kept->at,
        .object = kept->track->name,
        .has_task = kept->has_task,
        .task = kept->task,
        .place.worker = kept->worker,
        .place.pid = kept->pid,
        .attempt = kept->attempt,
        .output.stream = kept->stream,
        .work.shown = kept->shown,
        .work.cell = kept->cell,
        .output.bytes = kept->bytes,
        .output.length = kept->length,
        .output.unfinished = kept->unfinished,
    };
}

struct kept *history_add(struct history *history, const struct event *event,
                         void (*gone)(void *arg, const struct kept *kept), void *arg)
{
    if (!event->object || !event->output.bytes || !history->most_lines)
        return NULL;
    struct track *track = find_track(history, event->object);
    struct kept *kept = make(history, event);
    kept->track = track;
    kept->number = ++track->number;
    while (track->oldest && (track->lines + kept->lines > history->most_lines ||
                             track->size + kept->size > history->most_size)) {
        gone(arg, track->oldest);
        drop(history, track);
    }
    kept->previous = history->newest;
    if (history->newest)
        history->newest->next = kept;
    else
        history->first = kept;
    history->newest = kept;
    if (track->newest)
        track->newest->newer = kept;
    else
        track->oldest = kept;
    track->newest = kept;
    track->lines += kept->lines;
    track->size += kept->size;
    return kept;
}

const struct kept *history_first(const struct history *history)
{
    return history->first;
}

const struct track *history_track(const struct history *history, size_t i)
{
    return i < history->count ? history->tracks[i] : NULL;
}
