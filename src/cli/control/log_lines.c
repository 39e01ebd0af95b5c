/* The lines that logs prints. */
#include "cli/control/log_lines.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/regex.h"
#include "cli/control/find.h"
#include "cli/control/link.h"
#include "cli/options.h"
#include "log/story.h"
#include "log/terminal_text.h"
#include "record/event_reader.h"
#include "value/value.h"

struct log_lines {
    const struct options *options;
    struct regex *wanted; /* NULL: all */
    int64_t since;        /* clock_wall(); 0: all */
    struct event_reader *reader;
    struct story *story;
};

/* A terminal that can, and nobody who does not want it. */
static bool is_colored(enum color_option option)
{
    const char *unwanted = getenv("NO_COLOR");
    if (option != COLOR_AUTO)
        return option == COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && (!unwanted || !*unwanted) && terminal_is_able();
}

struct log_lines *log_lines_new(const struct options *options, struct error *error)
{
    struct log_lines *lines = mem_calloc(1, sizeof(*lines));
    struct story_options story = {.parts = STORY_ALL, .prefix = true, .terminal = isatty(STDOUT_FILENO)};
    story.color = is_colored(options->story.color);
    filter_init(&story.filter, FILTER_ALL);
    lines->options = options;
    lines->since = options->control.since >= 0 ? clock_wall() - options->control.since : 0;
    lines->reader = event_reader_new();
    lines->story = story_new(&story, NULL);
    if (options->control.grep)
        lines->wanted = regex_new(options->control.grep, error);
    if (!options->control.grep || lines->wanted)
        return lines;
    error_wrap(error, "--grep");
    log_lines_free(lines);
    return NULL;
}

void log_lines_free(struct log_lines *lines)
{
    if (!lines)
        return;
    regex_free(lines->wanted);
    event_reader_free(lines->reader);
    story_free(lines->story);
    free(lines);
}

static void print_gap(const struct log_lines *lines, const struct value *line)
{
    int64_t count = control_number(line, "gap", 0);
    if (!lines->options->control.json)
        printf("%s | (%" PRId64 " lines went before they could be read)\n", control_text(line, "object"), count);
}

static bool is_wanted(const struct log_lines *lines, const struct event *event)
{
    return event->wall >= lines->since &&
           (!lines->wanted || regex_match(lines->wanted, event->output.bytes ? event->output.bytes : "", event->output.length) == 1);
}

void log_lines_take(struct log_lines *lines, const char *text, const struct value *line)
{
    const char *bytes = strstr(text, ",\"event\":");
    struct event event;
    struct error error = {0};
    if (!bytes) {
        print_gap(lines, line);
        return;
    }
    bytes += strlen(",\"event\":");
    size_t length = strlen(bytes) - 1; /* the line's own bracket */
    if (event_reader_take(lines->reader, bytes, length, &event, &error) == 1 && is_wanted(lines, &event)) {
        const struct buf *told = lines->options->control.json ? NULL : story_line(lines->story, &event);
        if (told)
            fwrite(told->data, 1, told->length, stdout);
        else
            printf("%.*s\n", (int)length, bytes);
    }
    error_release(&error);
}
