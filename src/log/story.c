/* The story: events as sentences. */
#include "log/story.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "log/terminal_text.h"
#include "log/writer_thread.h"

struct story {
    struct story_options options;
    struct output *output;
    struct buf line;
    struct buf sentence; /* filled in */
    struct buf closing;  /* the report at the end of the run, until the last line before it */
    bool in_line; /* what was told last has no newline yet */
    const char *open_object; /* a line in pieces: whose it is, until its last piece */
    const char *open_stream;
    size_t width; /* of the longest name of a process; 0: prefixes are as long as they are */
    struct terminal_text terminal; /* of options.terminal: what children write goes through it */
};

struct story *story_new(const struct story_options *options, struct output *output)
{
    struct story *story = mem_calloc(1, sizeof(*story));
    story->options = *options;
    story->output = output;
    story->terminal.color = options->color;
    return story;
}

void story_free(struct story *story)
{
    if (!story)
        return;
    buf_release(&story->line);
    buf_release(&story->sentence);
    buf_release(&story->closing);
    free(story);
}

static bool story_wants(void *arg, enum event_kind kind, unsigned flags)
{
    const struct story *story = arg;
    if (kind == EVENT_PROCESS_DECLARED && story->options.terminal)
        return true;
    if (kind == EVENT_RUN_ENDED && story->options.parts & STORY_SENTENCES)
        return true; /* what is kept for the end is written */
    unsigned parts = event_is_output(kind) ? STORY_OUTPUT | STORY_ERRORS : STORY_SENTENCES;
    if (!(story->options.parts & parts))
        return false;
    return filter_shows(&story->options.filter, kind, flags);
}

static void put_timestamp(struct story *story, const struct event *event)
{
    if (!story->options.timestamps)
        return;
    clock_print(&story->line, event->wall);
    buf_char(&story->line, ' ');
}

/* What somebody else wrote, as the destination may have it. */
static void put_foreign(struct story *story, const char *bytes, size_t length)
{
    if (story->options.terminal)
        terminal_put(&story->terminal, &story->line, bytes, length);
    else
        buf_append(&story->line, bytes, length);
}

/* A sentence never continues a line that somebody else began. */
static void end_open_line(struct story *story)
{
    terminal_end(&story->terminal, &story->line);
    if (story->in_line)
        buf_char(&story->line, '\n');
    story->in_line = false;
    story->open_object = NULL;
}

/* A line too long for one event goes on where its last piece ended, if nothing came in between. */
static bool goes_on(const struct story *story, const struct event *event)
{
    return story->in_line && story->open_object == event->object &&
           story->open_stream == event->output.stream;
}

/* On a terminal what processes write begins in one column. */
static void end_prefix(struct story *story, const struct event *event)
{
    for (size_t columns = story->width && !event->place.worker ? strlen(event->object) : SIZE_MAX; columns < story->width; columns++)
        buf_char(&story->line, ' ');
    buf_text(&story->line, " | ");
}

static void put_prefix(struct story *story, const struct event *event)
{
    if (!story->options.prefix)
        return;
    if (story->options.color)
        buf_printf(&story->line, "\033[%sm", terminal_color_of(event->object));
    if (event->kind == EVENT_THREAD_OUTPUT)
        buf_printf(&story->line, "thread %s >>> ", event->object);
    else
        buf_text(&story->line, event->object);
    if (event->place.worker)
        buf_printf(&story->line, ".%lld", (long long)event->place.worker);
    if (event->kind != EVENT_THREAD_OUTPUT)
        end_prefix(story, event);
    if (story->options.color)
        buf_text(&story->line, "\033[0m");
}

/* A task's bytes as they are, the time before each line that begins in them. */
static void tell_task_output(struct story *story, const struct event *event)
{
    const char *at = event->output.bytes;
    size_t left = event->output.length;
    while (left) {
        const char *newline = story->options.timestamps ? memchr(at, '\n', left) : NULL;
        size_t length = newline ? (size_t)(newline + 1 - at) : left;
        if (!story->in_line)
            put_timestamp(story, event);
        put_foreign(story, at, length);
        at += length;
        left -= length;
        story->in_line = at[-1] != '\n';
    }
    if (event->output.length)
        terminal_reset(&story->terminal, &story->line);
    story->open_object = NULL;
}

/* A line of output under its owner's name. */
static void tell_output(struct story *story, const struct event *event)
{
    if (event->kind == EVENT_TASK_OUTPUT) {
        tell_task_output(story, event);
        return;
    }
    if (!goes_on(story, event)) {
        end_open_line(story);
        put_timestamp(story, event);
        put_prefix(story, event);
    }
    put_foreign(story, event->output.bytes, event->output.length);
    if (event->output.unfinished)
        terminal_reset(&story->terminal, &story->line);
    else
        terminal_end(&story->terminal, &story->line);
    story->in_line = event->output.unfinished;
    story->open_object = event->output.unfinished ? event->object : NULL;
    story->open_stream = event->output.stream;
    if (!event->output.unfinished)
        buf_char(&story->line, '\n');
}

/* The sentence, the time before each line but the first, which has it already. */
static void put_lines(struct story *story, const struct event *event)
{
    const char *at = buf_string(&story->sentence);
    const char *end = at + story->sentence.length;
    for (const char *newline; (newline = memchr(at, '\n', (size_t)(end - at))) && story->options.timestamps;
         at = newline + 1) {
        put_foreign(story, at, (size_t)(newline + 1 - at));
        put_timestamp(story, event);
    }
    put_foreign(story, at, (size_t)(end - at));
    if (story->options.terminal)
        terminal_end(&story->terminal, &story->line);
}

/* It may hold what a child wrote or was given: an item, a message. What went wrong is red. */
static void put_sentence(struct story *story, const char *sentence, size_t length,
                         const struct event *event)
{
    bool red = story->options.color && event->flags & EVENT_WRONG;
    if (red)
        buf_text(&story->line, "\033[31m");
    buf_clear(&story->sentence);
    event_fill(&story->sentence, sentence, length, event);
    put_lines(story, event);
    if (red)
        buf_text(&story->line, "\033[0m");
}

/* A plan's own sentences are made for that. */
static bool is_comment(const struct story *story, const struct event *event)
{
    return story->options.plan && event->kind != EVENT_PROCESS_PLANNED && event->kind != EVENT_TASK_PLANNED &&
           event->kind != EVENT_THREAD_PLANNED;
}

static void tell_sentence(struct story *story, const struct event *event)
{
    const char *sentence = event_sentence(event);
    if (!sentence || !*sentence)
        return;
    end_open_line(story);
    while (*sentence) {
        const char *newline = strchr(sentence, '\n');
        size_t length = newline ? (size_t)(newline - sentence) : strlen(sentence);
        put_timestamp(story, event);
        if (is_comment(story, event))
            buf_text(&story->line, "# ");
        put_sentence(story, sentence, length, event);
        buf_char(&story->line, '\n');
        sentence += length + (newline ? 1 : 0);
    }
}

/* True for output that another story has. */
static bool is_elsewhere(const struct story *story, const struct event *event)
{
    bool apart = event->kind == EVENT_TASK_OUTPUT && event->output.stream && !strcmp(event->output.stream, "stderr");
    return !(story->options.parts & (unsigned)(apart ? STORY_ERRORS : STORY_OUTPUT));
}

const struct buf *story_line(struct story *story, const struct event *event)
{
    buf_clear(&story->line);
    if (event_is_output(event->kind) && is_elsewhere(story, event))
        return &story->line;
    if (event_is_output(event->kind))
        tell_output(story, event);
    else
        tell_sentence(story, event);
    return &story->line;
}

/* What went wrong is told of last. */
static bool is_report(enum event_kind kind)
{
    return kind == EVENT_RUN_FAILED || kind == EVENT_RUN_LEFT || kind == EVENT_POOL_FAILURE || kind == EVENT_POOL_SUMMARY;
}

static void story_take(void *arg, const struct event *event)
{
    struct story *story = arg;
    if (event->kind == EVENT_PROCESS_DECLARED && strlen(event->object) > story->width)
        story->width = strlen(event->object);
    if (event->kind == EVENT_PROCESS_DECLARED && !filter_shows(&story->options.filter, event->kind, event->flags))
        return;
    const struct buf *line = story_line(story, event);
    struct buf *closing = &story->closing;
    if (is_report(event->kind)) {
        buf_append(closing, line->data, line->length);
        return;
    }
    if (line->length && filter_shows(&story->options.filter, event->kind, event->flags))
        output_put(story->output, line->data, line->length);
    if (event->kind == EVENT_RUN_ENDED && closing->length)
        output_put(story->output, closing->data, closing->length);
}

struct bus_reader story_reader(struct story *story)
{
    return (struct bus_reader){.arg = story,
                               .wants = story_wants,
                               .take = story_take,
                               .dated = story->options.timestamps};
}
