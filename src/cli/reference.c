/* Writing parts of the manual from tables: what a page has between its two "made" comments. */
#include "cli/reference.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "event/fields.h"
#include "log/filter.h"
#include "scenario/print/key_reference.h"
#include "serve/request_table.h"

/* A line of text that roff takes for nothing else. */
static void put_line(struct buf *out, const char *text, size_t length)
{
    if (length && strchr(".'", text[0]))
        buf_text(out, "\\&");
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\')
            buf_text(out, "\\e");
        else
            buf_char(out, text[i]);
    }
    buf_char(out, '\n');
}

/* Sentences, each on a line of its own as roff wants it. */
static void put_sentences(struct buf *out, const char *text)
{
    for (const char *end; (end = strstr(text, ". ")); text = end + 2)
        put_line(out, text, (size_t)(end + 1 - text));
    put_line(out, text, strlen(text));
}

static const struct {
    unsigned flag;
    const char *text;
} conditions[] = {
    {EVENT_TOLD, "another event has told it"},
    {EVENT_WRONG, "something went wrong"},
    {EVENT_REASONED, "there is a reason to give"},
    {EVENT_SIGNALED, "a signal ended it"},
    {EVENT_NAMED, "there are several of its kind, or for a process of any kind"},
    {EVENT_PROCESSES, "the scenario has processes or pools"},
    {EVENT_THREADS, "the scenario has threads"},
    {EVENT_PRODUCER, "it puts into a queue"},
    {EVENT_CONSUMER, "it takes from a queue"},
    {EVENT_ALIKE, "others do the same"},
    {EVENT_ELSEWHERE, "it runs elsewhere"},
};

/* When a sentence is taken: the first of a kind whose condition holds. */
static void put_condition(struct buf *out, unsigned flags, bool first)
{
    const char *before = "Where ";
    if (!flags && !first)
        buf_text(out, "Otherwise");
    for (size_t i = 0; i < countof(conditions); i++) {
        if (!(flags & conditions[i].flag))
            continue;
        buf_printf(out, "%s%s", before, conditions[i].text);
        before = " and ";
    }
}

static void put_sentence(struct buf *out, const struct event_sentence *sentence, bool first)
{
    put_condition(out, sentence->flags, first);
    if (!sentence->text[0]) {
        buf_text(out, " nothing is said.\n");
        return;
    }
    if (sentence->flags || !first)
        buf_text(out, ":\n");
    buf_text(out, ".Bd -literal -offset indent -compact\n");
    for (const char *line = sentence->text, *end; line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        put_line(out, line, end ? (size_t)(end - line) : strlen(line));
    }
    buf_text(out, ".Ed\n");
}

static void put_fields(struct buf *out, enum event_kind kind)
{
    const char *object = event_object_field(kind);
    const char *field = event_fields(kind);
    const char *before = "Fields:\n.Va ";
    if (object)
        buf_printf(out, "%s%s", before, object);
    if (object)
        before = " ,\n.Va ";
    while (*field) {
        size_t length = strcspn(field, " ");
        buf_text(out, before);
        buf_append(out, field, length);
        before = " ,\n.Va ";
        field += length + (field[length] == ' ');
    }
    buf_text(out, " .\n");
}

static void put_event(struct buf *out, enum event_kind kind)
{
    const struct event_row *row = event_row(kind);
    buf_printf(out, ".It Cm %s\n", row->name);
    put_sentences(out, row->help);
    if (row->level == EVENT_LEVEL_DETAIL)
        buf_text(out, "A detail.\n");
    else if (row->level == EVENT_LEVEL_SAMPLE)
        buf_text(out, "A sample, which is shown where\n.Fl Fl show\nnames it.\n");
    else if (row->level == EVENT_LEVEL_ALWAYS)
        buf_text(out, "Shown with -q too.\n");
    put_fields(out, kind);
    if (event_is_output(kind))
        buf_text(out, "It is shown as it came.\n");
    for (size_t i = 0; i < EVENT_SENTENCES && row->sentences[i].text; i++)
        put_sentence(out, &row->sentences[i], !i);
}

/* What stands before the dot of an event's name: each gets a heading. */
static const struct {
    const char *word;
    const char *heading;
} subjects[] = {
    {"run.", "The run"}, {"process.", "Processes"}, {"pool.", "Pools"},     {"worker.", "Workers"},
    {"task.", "Tasks"},  {"queue.", "Queues"},      {"thread.", "Threads"},
};

static void print_events(struct buf *out)
{
    for (size_t i = 0; i < countof(subjects); i++) {
        size_t length = strlen(subjects[i].word);
        buf_printf(out, ".Ss %s\n.Bl -tag -width Ds\n", subjects[i].heading);
        for (int kind = 0; kind < EVENT_KINDS; kind++)
            if (!strncmp(event_row((enum event_kind)kind)->name, subjects[i].word, length))
                put_event(out, (enum event_kind)kind);
        buf_text(out, ".El\n");
    }
}

static void print_fields(struct buf *out)
{
    const char *name;
    buf_text(out, ".Bl -tag -width unfinished\n");
    for (size_t i = 0; (name = event_field(i)); i++) {
        buf_printf(out, ".It Va %s\n", name);
        put_sentences(out, event_field_help(i));
    }
    buf_text(out, ".El\n");
}

/* Before the word whose page is asked for. */
#define PAGE "page-"

static const struct reference_part {
    const char *name;
    void (*print)(struct buf *out);
} references[] = {
    {"events", print_events},      {"event-fields", print_fields},
    {"keys", key_reference_print}, {"each-options", command_each_options},
    {"words", command_reference},  {"requests", request_reference},
};

int reference_print(const char *name, struct buf *out, struct error *error)
{
    if (!strncmp(name, PAGE, strlen(PAGE)))
        return command_page(name + strlen(PAGE), out, error);
    for (size_t i = 0; i < countof(references); i++) {
        if (!strcmp(references[i].name, name)) {
            references[i].print(out);
            return 0;
        }
    }
    return error_set(error, ERROR_FAILED, "no reference is called '%s'", name);
}
