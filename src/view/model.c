/* The state of a view. */
#include "view/model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/regex.h"
#include "base/unit.h"
#include "event/event.h"
#include "log/filter.h"
#include "record/event_reader.h"
#include "value/value.h"
#include "view/emulator.h"
#include "view/output_pane.h"
#include "view/text.h"

/* Lines of an object's output that are asked for when it is chosen. */
#define LAST_LINES 1000

/* So long after one question about all objects comes the next; with more than so many of them, so long. */
#define STATUS_EACH (250 * NS_PER_MS)
#define STATUS_MANY 200
#define STATUS_EACH_MANY (NS_PER_S)

/* Where tasks run they are counted anew. */
#define TASKS_EACH (NS_PER_S)

/* Where a time of day stands in 2026-01-02T03:04:05.678901Z. */
#define TIME_AT 11
#define TIME_LENGTH 8

struct view_model *model_new(bool owner)
{
    struct view_model *model = mem_calloc(1, sizeof(*model));
    model->owner = owner;
    model->about.run = mem_strdup("");
    model->about.scenario = mem_strdup("");
    model->about.since = mem_strdup("");
    model->about.state = mem_strdup("");
    model->pane.output = pane_new();
    model->reader = event_reader_new();
    model->changed = true;
    return model;
}

void model_free(struct view_model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->notes.message_count; i++) {
        free(model->notes.messages[i].time);
        free(model->notes.messages[i].text);
    }
    view_objects_release(&model->objects);
    pane_free(model->pane.output);
    emulator_free(model->pane.emulator);
    event_reader_free(model->reader);
    regex_free(model->pane.search);
    buf_release(&model->requests);
    buf_release(&model->typed);
    free(model->about.run);
    free(model->about.scenario);
    free(model->about.since);
    free(model->about.state);
    free(model->pane.of);
    free(model->notes.notice);
    free(model);
}

bool model_is_alive(const struct view_model *model)
{
    return model->connected && strcmp(model->about.state, "ended") != 0;
}

struct view_object *model_chosen(const struct view_model *model)
{
    return model->chosen < model->objects.count ? model->objects.items[model->chosen] : NULL;
}

void model_notice(struct view_model *model, char *text, bool is_wrong)
{
    free(model->notes.notice);
    model->notes.notice = text;
    model->notes.notice_is_wrong = is_wrong;
    model->changed = true;
}

static void set_text(char **member, const char *text)
{
    free(*member);
    *member = mem_strdup(text);
}

/* The events that tell of a change of what is shown; what is done for each task is counted, not followed. */
static void put_events(struct buf *out)
{
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        const struct event_row *row = event_row((enum event_kind)kind);
        static const char *const prefixes[] = {"run.", "process.", "pool.", "thread."};
        bool wanted = false;
        for (size_t i = 0; i < countof(prefixes); i++)
            wanted = wanted || !strncmp(row->name, prefixes[i], strlen(prefixes[i]));
        if (wanted && row->level != EVENT_LEVEL_SAMPLE && !event_is_output((enum event_kind)kind))
            buf_printf(out, "%s,", row->name);
    }
    buf_truncate(out, out->length - 1);
}

void model_connect(struct view_model *model)
{
    model->connected = true;
    model->status.asked = false;
    model->status.wanted = true;
    free(model->pane.of);
    model->pane.of = NULL;
    buf_clear(&model->requests);
    buf_text(&model->requests, "{\"hello\":1}\n{\"id\":\"e\",\"follow\":[],\"events\":\"");
    put_events(&model->requests);
    buf_text(&model->requests, "\"}\n{\"id\":\"w\",\"follow\":[],\"wrong\":true}\n");
}

void model_disconnect(struct view_model *model)
{
    bool ended = !strcmp(model->about.state, "ended");
    model->connected = false;
    set_text(&model->about.state, "ended");
    buf_clear(&model->requests);
    if (!ended)
        model_notice(model, mem_strdup("The run has ended, or was killed."), true);
    model->changed = true;
}

static void add_message(struct view_model *model, const char *time, char *text)
{
    if (model->notes.message_count == MESSAGES_MOST) {
        free(model->notes.messages[0].time);
        free(model->notes.messages[0].text);
        memmove(model->notes.messages, model->notes.messages + 1, --model->notes.message_count * sizeof(model->notes.messages[0]));
    }
    model->notes.messages[model->notes.message_count++] =
        (struct view_message){mem_copy(time, strnlen(time, TIME_LENGTH)), text};
    model->changed = true;
}

/* Something went wrong: each line of what is said of it. */
static void take_wrong(struct view_model *model, const struct event *event, const char *time)
{
    const char *sentence = event_sentence(event);
    struct buf text = {0}, safe = {0};
    int column = 0;
    if (sentence)
        event_fill(&text, sentence, strlen(sentence), event);
    text_make_safe(&safe, buf_string(&text), text.length, false, &column);
    for (char *rest = safe.data, *line; (line = strsep(&rest, "\n"));)
        if (*line)
            add_message(model, time, mem_strdup(line));
    buf_release(&safe);
    buf_release(&text);
}

/* What it has come to; NULL: the answer to status will say. The end of the run may leave no time to ask. */
static const char *state_after(const struct view_object *object, const struct event *event)
{
    bool wrong = event->flags & EVENT_WRONG;
    switch (event->kind) {
    case EVENT_PROCESS_EXITED:
        return wrong ? "failed" : NULL;
    case EVENT_PROCESS_ENDED:
    case EVENT_POOL_ENDED:
    case EVENT_THREAD_ENDED:
        return wrong || !strcmp(object->state, "failed") ? "failed" : "done";
    case EVENT_PROCESS_SKIPPED:
    case EVENT_POOL_SKIPPED:
    case EVENT_THREAD_SKIPPED:
        return "skipped";
    case EVENT_PROCESS_STOPPED:
    case EVENT_POOL_STOPPED:
    case EVENT_THREAD_STOPPED:
        return "stopped";
    default:
        return NULL;
    }
}

static void take_change(struct view_model *model, const struct event *event)
{
    struct view_object *object = event->object ? view_objects_find(&model->objects, event->object) : NULL;
    const char *state = object ? state_after(object, event) : NULL;
    model->status.wanted = model->changed = true;
    if (state)
        view_objects_set_state(object, state);
    if (object && event->kind == EVENT_POOL_ENDED && event->tally.known)
        view_objects_set_tasks(object, event);
    if (event->kind == EVENT_RUN_ENDED)
        set_text(&model->about.state, "ended");
}

/* The event behind "event": in TEXT, one line as the run has sent it; false where there is none. */
static bool read_event(struct view_model *model, const char *text, size_t length, struct event *event)
{
    static const char before[] = ",\"event\":";
    struct error error = {0};
    const char *at = strstr(text, before);
    if (!at || at + strlen(before) >= text + length)
        return false;
    at += strlen(before);
    int result = event_reader_take(model->reader, at, (size_t)(text + length - at) - 1, event, &error);
    error_release(&error);
    return result == 1;
}

static void take_event(struct view_model *model, char *text, size_t length)
{
    struct event event;
    const char *time = strstr(text, "\"time\":\"");
    if (!read_event(model, text, length, &event))
        return;
    if (!strncmp(text, "{\"id\":\"w\"", 9))
        take_wrong(model, &event, time && strlen(time) > 8 + TIME_AT ? time + 8 + TIME_AT : "");
    else
        take_change(model, &event);
}

/* Its terminal has what all lines of its output have; their ends are the terminal's. */
static void feed(struct view_model *model, const struct event *event)
{
    const char *at = event->output.bytes ? event->output.bytes : "", *end = at + event->output.length;
    for (const char *newline; (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1) {
        emulator_write(model->pane.emulator, at, (size_t)(newline - at));
        emulator_write(model->pane.emulator, "\r\n", 2);
    }
    emulator_write(model->pane.emulator, at, (size_t)(end - at));
    if (!event->output.unfinished)
        emulator_write(model->pane.emulator, "\r\n", 2);
}

/* A line of the object whose output is shown, or the end of that; those of another that is shown no more are passed over. */
static void take_output(struct view_model *model, char *text, size_t length, const struct value *line)
{
    struct event event;
    char *id;
    if (strtoull(text + strlen("{\"id\":\"o"), &id, 10) != model->pane.id)
        return;
    if (line && value_member(line, "gap"))
        pane_take_gap(model->pane.output, row_number(line, "gap", 0));
    else if (!line && read_event(model, text, length, &event)) {
        pane_take(model->pane.output, &event);
        if (model->pane.emulator)
            feed(model, &event);
    }
    model->changed = true;
}

static void take_run(struct view_model *model, const struct value *run)
{
    free(model->about.run);
    free(model->about.scenario);
    free(model->about.since);
    model->about.run = row_text(run, "run");
    model->about.scenario = row_text(run, "scenario");
    model->about.since = row_text(run, "since");
    model->changed = true;
}

static void take_progress(struct view_model *model, const struct value *run)
{
    free(model->about.state);
    model->about.state = row_text(run, "state");
    model->changed = true;
}

/* A process that has a terminal now is shown by it; as large as that is, unless somebody types at it here. */
static void settle_terminal(struct view_model *model)
{
    const struct view_object *chosen = model_chosen(model);
    if (model->mode == SHOWS_TYPING && (!chosen || !chosen->rows)) {
        model->mode = model->before;
        model_notice(model, mem_strdup("It has ended: keys are the view's again."), false);
    }
    if (!chosen || !chosen->rows || !model->pane.of || strcmp(model->pane.of, chosen->name) != 0)
        return;
    if (!model->pane.emulator) {
        free(model->pane.of);
        model->pane.of = NULL;
    } else if (model->mode != SHOWS_TYPING) {
        emulator_resize(model->pane.emulator, chosen->rows, chosen->columns);
    }
}

/* What is chosen stays so where another object comes or goes before it. */
static void settle_objects(struct view_model *model)
{
    struct view_object *chosen = model_chosen(model);
    bool stays = chosen && chosen->seen == model->objects.answer;
    view_objects_settle(&model->objects);
    for (size_t i = 0; stays && i < model->objects.count; i++)
        if (model->objects.items[i] == chosen)
            model->chosen = i;
    if (model->chosen >= model->objects.count)
        model->chosen = model->objects.count ? model->objects.count - 1 : 0;
    settle_terminal(model);
    model->status.asked = false;
    model->changed = true;
}

/* The answer to a key: the last object that it names, or what was wrong. */
static void take_answer(struct view_model *model, const struct value *line)
{
    const struct value *object = value_member(line, "object");
    char *name = object ? row_text(object, "name") : NULL;
    char *said = object ? row_text(object, "text") : row_text(line, "error");
    struct buf text = {0};
    if (*said) {
        buf_printf(&text, "%s%s%s", name ? name : "", name ? " " : "", said);
        model_notice(model, buf_take(&text), !object);
    }
    free(name);
    free(said);
}

static void take_line(struct view_model *model, const struct value *line)
{
    const struct value *id = value_member(line, "id");
    const char *name = id && id->type == VALUE_STRING ? id->string.bytes : "";
    if (value_member(line, "hello"))
        take_run(model, line);
    else if (!strcmp(name, "p") && value_member(line, "ps"))
        take_progress(model, value_member(line, "ps"));
    else if (!strcmp(name, "s") && value_member(line, "object"))
        view_objects_take(&model->objects, value_member(line, "object"));
    else if (!strcmp(name, "s"))
        settle_objects(model);
    else if (!strcmp(name, "a") || !strcmp(name, "t"))
        take_answer(model, line);
    model->status.wanted = model->status.wanted || !strcmp(name, "t"); /* its size may be another */
}

void model_take(struct view_model *model, char *text, size_t length)
{
    struct arena *arena;
    struct error error = {0};
    struct value line;
    bool output = !strncmp(text, "{\"id\":\"o", 8);
    if (strstr(text, ",\"event\":")) { /* which there are most of */
        output ? take_output(model, text, length, NULL) : take_event(model, text, length);
        return;
    }
    arena = arena_new();
    if (value_from_json(arena, text, length, &line, &error))
        error_release(&error); /* a later parrun may know more than lines of JSON objects */
    else if (output)
        take_output(model, text, length, &line);
    else
        take_line(model, &line);
    arena_free(arena);
}

/* The output of the chosen object is asked for, and that of the one before no more. */
void model_ask_output(struct view_model *model)
{
    const struct view_object *chosen = model_chosen(model);
    struct buf *out = &model->requests;
    if (!chosen || (model->pane.of && !strcmp(model->pane.of, chosen->name)))
        return;
    if (model->pane.of)
        buf_printf(out, "{\"id\":\"c\",\"cancel\":\"o%" PRIu64 "\"}\n", model->pane.id);
    pane_clear(model->pane.output);
    emulator_free(model->pane.emulator);
    model->pane.emulator = chosen->rows ? emulator_new(chosen->rows, chosen->columns) : NULL;
    free(model->pane.of);
    model->pane.of = mem_strdup(chosen->name);
    buf_printf(out, "{\"id\":\"o%" PRIu64 "\",\"logs\":[", ++model->pane.id);
    json_quote(out, chosen->name, strlen(chosen->name));
    buf_printf(out, "],\"last\":%d,\"follow\":true,\"gaps\":true}\n", LAST_LINES);
}

void model_type(struct view_model *model, const char *text, size_t length)
{
    struct buf *out = &model->requests;
    const struct view_object *chosen = model_chosen(model);
    if (!chosen || !model->pane.emulator || !model_is_alive(model))
        return;
    emulator_resize(model->pane.emulator, model->pane.rows, model->pane.columns);
    buf_text(out, "{\"id\":\"t\",\"type\":[");
    json_quote(out, chosen->name, strlen(chosen->name));
    buf_printf(out, "],\"rows\":%d,\"columns\":%d,\"text\":", model->pane.rows, model->pane.columns);
    json_quote(out, text, length);
    buf_text(out, "}\n");
}

/* Some pool may have done more tasks than it had. */
static bool any_tasks(const struct view_model *model)
{
    for (size_t i = 0; i < model->objects.count; i++) {
        const struct view_object *object = model->objects.items[i];
        if (object->is_pool && (!strcmp(object->state, "running") || !strcmp(object->state, "stopping")))
            return true;
    }
    return false;
}

static int64_t ask_status(struct view_model *model, int64_t now)
{
    int64_t pause = model->objects.count > STATUS_MANY ? STATUS_EACH_MANY : STATUS_EACH;
    if (model->status.asked || (!model->status.wanted && !any_tasks(model)))
        return -1;
    if (!model->status.wanted)
        pause = TASKS_EACH;
    int64_t left = model->status.at ? model->status.at + pause - now : 0;
    if (left > 0)
        return left;
    buf_text(&model->requests, "{\"id\":\"p\",\"ps\":[]}\n{\"id\":\"s\",\"status\":[]}\n");
    model->status.wanted = false;
    model->status.asked = true;
    model->status.at = now;
    return -1;
}

int64_t model_step(struct view_model *model, int64_t now)
{
    if (!model->connected)
        return -1;
    model_ask_output(model);
    return ask_status(model, now);
}
