/* What came of a run as JUnit XML, in the form of xunit-plugin's junit-10.xsd. */
#include "record/junit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/name_index.h"
#include "base/unit.h"
#include "log/filter.h"
#include "log/writer_thread.h"
#include "record/living.h"
#include "record/names.h"
#include "record/xml.h"
#include "value/value.h"

/* Bytes of what went wrong with no object of its own. */
#define WRONG_MOST ((size_t)16 << 10)

/* Bytes that are written at once. */
#define PIECE ((size_t)256 << 10)

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

struct suite {
    const char *object; /* a pool; NULL: the name says which other one */
    const char *name;
    FILE *cases;
    struct buf early; /* cases, where there is no file for them */
    int64_t tests;
    int64_t failures;
    int64_t errors;
    int64_t skipped;
    int64_t time; /* ns */
    bool allowed; /* what fails in it is no failure of the run */
};

struct junit {
    struct output *output;
    struct living *living;
    struct interned_names *items; /* of the tasks that have a name, */
    struct names counts;          /* and how many have each */
    struct suite *suites;
    size_t count;
    size_t capacity;
    struct buf text;  /* of the case that is written */
    struct buf wrong; /* what went wrong with the run and its queues */
    struct buf allowed; /* processes and threads that may fail, each between two newlines */
    struct buf daemons; /* the same: those that are ended when all others are */
    char *stopped;    /* why, where that was no signal; NULL: it was one, or goes on */
    int64_t began;    /* wall time */
    bool ended;
};

struct junit *junit_new(struct output *output)
{
    struct junit *junit = mem_calloc(1, sizeof(*junit));
    junit->output = output;
    junit->living = living_new();
    junit->items = names_new();
    return junit;
}

void junit_free(struct junit *junit)
{
    if (!junit)
        return;
    for (size_t i = 0; i < junit->count; i++) {
        if (junit->suites[i].cases)
            fclose(junit->suites[i].cases);
        buf_release(&junit->suites[i].early);
    }
    free(junit->suites);
    living_free(junit->living);
    names_free(junit->items);
    names_release(&junit->counts);
    free(junit->stopped);
    buf_release(&junit->text);
    buf_release(&junit->wrong);
    buf_release(&junit->allowed);
    buf_release(&junit->daemons);
    free(junit);
}

static struct suite *suite_of(struct junit *junit, const char *object, const char *name)
{
    for (size_t i = 0; i < junit->count; i++)
        if (junit->suites[i].object == object && (object || !strcmp(junit->suites[i].name, name)))
            return &junit->suites[i];
    junit->suites = mem_grow(junit->suites, &junit->capacity, junit->count + 1, sizeof(*junit->suites));
    struct suite *suite = &junit->suites[junit->count++];
    *suite = (struct suite){.object = object, .name = object ? object : name, .cases = tmpfile()};
    return suite;
}

static struct suite *suite_for(struct junit *junit, const struct event *event)
{
    switch (event_row(event->kind)->object) {
    case EVENT_OF_POOL:
        return suite_of(junit, event->object, NULL);
    case EVENT_OF_PROCESS:
        return suite_of(junit, NULL, "processes");
    case EVENT_OF_THREAD:
        return suite_of(junit, NULL, "threads");
    default:
        return suite_of(junit, NULL, "run");
    }
}

static void put_seconds(struct buf *out, int64_t ns)
{
    buf_printf(out, " time=\"%" PRId64 ".%06" PRId64 "\"", ns / NS_PER_S, ns % NS_PER_S / 1000);
}

/* <ELEMENT type="TYPE" message="REASON">, without its end. */
static void open_element(struct buf *out, const char *element, const char *type, const char *reason)
{
    buf_printf(out, "<%s", element);
    xml_attribute(out, "type", type);
    xml_attribute(out, "message", reason);
    buf_char(out, '>');
}

/* The reason whole, and the output of the attempt, under its own element where the form has one. */
static void put_failure(struct buf *out, const char *element, const char *reason, const struct buf *output)
{
    bool first = !strcmp(element, "failure");
    open_element(out, element, "failed", reason);
    buf_text(out, first ? "" : "<stackTrace>");
    xml_text(out, reason, strlen(reason));
    buf_text(out, first ? "" : "</stackTrace>");
    if (output && output->length && !first) {
        buf_text(out, "<system-out>");
        xml_text(out, output->data, output->length);
        buf_text(out, "</system-out>");
    } else if (output && output->length) {
        buf_char(out, '\n');
        xml_text(out, output->data, output->length);
    }
    buf_printf(out, "</%s>\n", element);
}

/* Of replicas, NAME.1 and so on, the name counts. */
static bool is_listed(const struct buf *list, const char *object)
{
    struct buf line = {0};
    buf_printf(&line, "\n%s\n", object);
    bool listed = list->length && strstr(list->data, line.data);
    size_t name = line.length - 2;
    while (name && line.data[name] >= '0' && line.data[name] <= '9')
        name--;
    if (!listed && line.data[name] == '.' && list->length) {
        buf_truncate(&line, name);
        buf_char(&line, '\n');
        listed = strstr(list->data, line.data);
    }
    buf_release(&line);
    return listed;
}

/* The element of attempt I before the last, by what came of all: the first one of a failure is that failure. */
static const char *element_of(bool failed, bool succeeded, size_t i)
{
    if (succeeded)
        return "flakyFailure";
    return failed && !i ? "failure" : "rerunFailure";
}

/* By its final state: one that has succeeded at last was flaky. */
static void put_outcome(struct junit *junit, struct suite *suite, const struct lifetime *life)
{
    struct buf *out = &junit->text;
    bool failed = life->reason && !suite->allowed && !life->allowed && !(life->task < 0 && is_listed(&junit->allowed, life->object));
    bool skipped = !failed && (life->skipped || life->reason);
    for (size_t i = 0; i < life->try_count; i++)
        put_failure(out, element_of(failed, !failed && !skipped, i), life->tries[i].reason, &life->tries[i].output);
    if (failed)
        put_failure(out, life->try_count ? "rerunFailure" : "failure", life->reason, NULL);
    suite->failures += failed;
    if (skipped) {
        buf_text(out, "<skipped");
        xml_attribute(out, "message", life->skipped ? life->skipped : life->reason);
        buf_text(out, "/>\n");
        suite->skipped++;
    }
}

static void write_case(struct junit *junit, struct suite *suite)
{
    if (!suite->cases || fwrite(junit->text.data, 1, junit->text.length, suite->cases) != junit->text.length)
        buf_append(&suite->early, junit->text.data, junit->text.length);
    suite->tests++;
}

static void open_case(struct junit *junit, const struct suite *suite, const char *name, int64_t time)
{
    buf_clear(&junit->text);
    buf_text(&junit->text, "<testcase");
    xml_attribute(&junit->text, "classname", suite->name);
    xml_attribute(&junit->text, "name", name);
    put_seconds(&junit->text, time);
    buf_text(&junit->text, ">\n");
}

static void put_life(struct junit *junit, struct suite *suite, const struct lifetime *life,
                     int64_t time)
{
    struct buf output = {0};
    open_case(junit, suite, life->name ? life->name : life->object, time);
    put_outcome(junit, suite, life);
    life_print(life, &output);
    if (output.length) {
        buf_text(&junit->text, "<system-out>");
        xml_text(&junit->text, output.data, output.length);
        buf_text(&junit->text, "</system-out>\n");
    }
    buf_text(&junit->text, "</testcase>\n");
    suite->time += time;
    write_case(junit, suite);
    buf_release(&output);
}

/* A case without a life of its own: KIND is skipped, failure or error. */
static void put_note(struct junit *junit, struct suite *suite, const char *name, const char *kind, const char *text)
{
    open_case(junit, suite, name, 0);
    open_element(&junit->text, kind, "run", text);
    xml_text(&junit->text, text, strlen(text));
    buf_printf(&junit->text, "</%s>\n</testcase>\n", kind);
    suite->skipped += !strcmp(kind, "skipped");
    suite->failures += !strcmp(kind, "failure");
    suite->errors += !strcmp(kind, "error");
    write_case(junit, suite);
}

static void set_text(char **to, const char *text)
{
    free(*to);
    *to = mem_strdup(text);
}

/* The sentence of an event, which says what went wrong. */
static void put_told(struct buf *out, const struct event *event)
{
    const char *sentence = event_sentence(event);
    if (sentence)
        event_fill(out, sentence, strlen(sentence), event);
}

/* An item that is a mapping, such as a cell of a matrix, as a person writes it: "os=linux, cc=gcc". Any other as it is. */
static void put_item(const char *shown, struct buf *out)
{
    struct value item;
    struct error error = {0};
    struct arena *arena = *shown == '{' ? arena_new() : NULL;
    bool mapping = arena && !value_from_json(arena, shown, strlen(shown), &item, &error) && item.type == VALUE_TABLE && item.table.count;
    if (!mapping)
        buf_text(out, shown);
    for (size_t i = 0; mapping && i < item.table.count; i++) {
        buf_text(out, i ? ", " : "");
        value_text(out, &item.table.pairs[i].key);
        buf_char(out, '=');
        value_text(out, &item.table.pairs[i].value);
    }
    error_release(&error);
    arena_free(arena);
}

/* By its item, so that it stays when others come before it; the second with that item is "ITEM (2)". */
static char *name_of_task(struct junit *junit, const struct event *event)
{
    struct buf name = {0};
    if (!event->work.shown || !*event->work.shown) {
        buf_printf(&name, "task %" PRId64, event->task);
        return buf_take(&name);
    }
    buf_printf(&name, "%s\n%s", event->object, event->work.shown);
    size_t *count = names_slot(&junit->counts, names_get(junit->items, name.data, name.length), name.length);
    *count = *count == NAMES_NONE ? 1 : *count + 1;
    buf_clear(&name);
    put_item(event->work.shown, &name);
    if (*count > 1)
        buf_printf(&name, " (%zu)", *count);
    return buf_take(&name);
}

static struct lifetime *life_of(struct junit *junit, const struct event *event)
{
    struct lifetime *life =
        living_get(junit->living, event->object, event->has_task ? event->task : -1);
    if (!life->name && event->has_task)
        life->name = name_of_task(junit, event);
    return life;
}

static void end_life(struct junit *junit, const struct event *event, struct lifetime *life,
                     int64_t time)
{
    put_life(junit, suite_for(junit, event), life, time);
    living_take(junit->living, life);
    life_free(life);
}

static void take_task(struct junit *junit, const struct event *event)
{
    struct lifetime *life = life_of(junit, event);
    int64_t time = event->span.all ? event->span.all : event->span.known || event->kind == EVENT_TASK_ENDED ? event->duration : 0;
    if (event->kind == EVENT_TASK_OUTPUT)
        life_put(life, event->output.bytes, event->output.length);
    if (event->kind == EVENT_TASK_RETRYING)
        life_try_again(life, event->reason ? event->reason : "failed");
    if (event->kind == EVENT_TASK_ENDED && !event->span.known && life->try_count)
        life_end_with_try(life);
    if (event->kind == EVENT_TASK_ENDED && event->flags & EVENT_WRONG)
        life->allowed = event->flags & EVENT_ALLOWED;
    if (event->kind == EVENT_TASK_ENDED && event->flags & EVENT_WRONG)
        set_text(&life->reason, event->reason ? event->reason : "failed");
    if (event->kind == EVENT_TASK_SKIPPED)
        set_text(&life->skipped, life->try_count ? "not tried again: the run was stopped" : "not begun: the run was stopped");
    if (event->kind == EVENT_TASK_STOPPED && event->flags & EVENT_AGAIN)
        return; /* the case goes on when its pool does */
    if (event->kind == EVENT_TASK_STOPPED)
        set_text(&life->skipped, "begun, and ended before its time");
    if (event->kind == EVENT_TASK_ENDED || event->kind == EVENT_TASK_SKIPPED || event->kind == EVENT_TASK_STOPPED)
        end_life(junit, event, life, time);
}

static bool is_end(enum event_kind kind)
{
    return kind == EVENT_PROCESS_ENDED || kind == EVENT_PROCESS_SKIPPED || kind == EVENT_THREAD_ENDED ||
           kind == EVENT_THREAD_SKIPPED;
}

static bool may_fail(const struct event *event)
{
    return event->record.members && strstr(event->record.members, "\"allow_failure\":true");
}

static void note_object(struct junit *junit, const struct event *event)
{
    if (may_fail(event))
        buf_printf(&junit->allowed, "\n%s\n", event->object);
    if (event->record.members && strstr(event->record.members, "\"daemon\":true"))
        buf_printf(&junit->daemons, "\n%s\n", event->object);
}

/* Asked to end before it has by itself, which only a daemon's proper end is; started again, that counts no more. */
static void note_stop(const struct junit *junit, const struct event *event, struct lifetime *life)
{
    if (event->kind == EVENT_PROCESS_STARTED && life->skipped) {
        free(life->skipped);
        life->skipped = NULL;
    }
    if (event->kind == EVENT_PROCESS_STOPPING && !is_listed(&junit->daemons, event->object))
        set_text(&life->skipped, "begun, and ended before its time");
}

/* Of a process or a thread. */
static void take_object(struct junit *junit, const struct event *event)
{
    if (event->kind == EVENT_PROCESS_DECLARED || event->kind == EVENT_THREAD_DECLARED) {
        note_object(junit, event);
        return;
    }
    struct lifetime *life = life_of(junit, event);
    struct buf told = {0};
    bool skipped = event->kind == EVENT_PROCESS_SKIPPED || event->kind == EVENT_THREAD_SKIPPED;
    if (!life->began)
        life->began = event->at;
    note_stop(junit, event, life);
    if (event_is_output(event->kind)) {
        life_put(life, event->output.bytes, event->output.length);
        life_put(life, "\n", !event->output.unfinished);
        return;
    }
    if (event->flags & EVENT_WRONG || skipped)
        put_told(&told, event);
    bool again = event->kind == EVENT_PROCESS_SCHEDULED && event->flags & EVENT_AGAIN && life->reason;
    if (event->kind == EVENT_PROCESS_RESTARTING || again) {
        life_try_again(life, life->reason ? life->reason : "it has ended");
        free(life->reason);
        life->reason = NULL;
    }
    else if (skipped && !(event->flags & EVENT_WRONG))
        set_text(&life->skipped, buf_string(&told));
    else if (told.length)
        set_text(&life->reason, buf_string(&told));
    if (is_end(event->kind))
        end_life(junit, event, life, event->at - life->began);
    buf_release(&told);
}

/* What --resume took as done, what was never begun, and what failed of the pool itself. */
static void take_pool(struct junit *junit, const struct event *event)
{
    struct suite *suite = suite_for(junit, event);
    struct buf name = {0};
    struct buf told = {0};
    if (event->kind == EVENT_POOL_DECLARED)
        suite->allowed = may_fail(event);
    if (event->kind == EVENT_POOL_RESUMED && event->count) {
        buf_printf(&name, "%" PRId64 " done before", event->count);
        put_note(junit, suite, name.data, "skipped", "done by an earlier run");
    }
    if (event->kind == EVENT_POOL_ENDED && event->tally.current) {
        buf_printf(&name, "%" PRId64 " up to date", event->tally.current);
        put_note(junit, suite, name.data, "skipped", "the files that they create are up to date");
        buf_clear(&name);
    }
    if (event->kind == EVENT_POOL_ENDED && event->tally.left > 0) {
        buf_printf(&name, "%" PRId64 " never begun", event->tally.left);
        put_note(junit, suite, name.data, "skipped", "never begun: the pool ended before");
    }
    if (event->kind == EVENT_POOL_SKIPPED || event->flags & EVENT_WRONG)
        put_told(&told, event);
    if (event->kind == EVENT_POOL_SKIPPED && !(event->flags & EVENT_WRONG))
        put_note(junit, suite, "pool", "skipped", buf_string(&told));
    else if ((event->kind == EVENT_POOL_SKIPPED || event->kind == EVENT_POOL_ENDED) && told.length &&
             !suite->failures && !suite->allowed)
        put_note(junit, suite, "pool", "failure", buf_string(&told));
    buf_release(&told);
    buf_release(&name);
}

static void count(const struct junit *junit, int64_t *tests, int64_t *failures, int64_t *errors)
{
    *tests = *failures = *errors = 0;
    for (size_t i = 0; i < junit->count; i++) {
        *tests += junit->suites[i].tests;
        *failures += junit->suites[i].failures;
        *errors += junit->suites[i].errors;
    }
}

/* A run that failed has a failure or an error in any case. */
static void take_run_ended(struct junit *junit, const struct event *event)
{
    struct suite *suite = suite_of(junit, NULL, "run");
    int64_t tests, failures, errors;
    struct buf text = {0};
    count(junit, &tests, &failures, &errors);
    junit->ended = true;
    if (event->flags & EVENT_SIGNALED && junit->stopped)
        buf_printf(&text, "stopped: %s", junit->stopped);
    else if (event->flags & EVENT_SIGNALED)
        buf_printf(&text, "stopped by signal %s", event->end.signal ? signal_name(event->end.signal) : "PIPE");
    else if (event->end.code || event->flags & EVENT_WRONG)
        buf_printf(&text, "exit status %d", event->end.code);
    if (text.length && (event->flags & EVENT_SIGNALED || failures + errors == 0)) {
        buf_text(&text, junit->wrong.length ? "\n" : "");
        buf_append(&text, junit->wrong.data, junit->wrong.length);
        put_note(junit, suite, "run", "error", text.data);
    } else if (!tests) {
        open_case(junit, suite, "run", event->at);
        buf_text(&junit->text, "</testcase>\n");
        write_case(junit, suite);
    }
    buf_release(&text);
}

static void take_run(struct junit *junit, const struct event *event)
{
    if (event->kind == EVENT_RUN_OPENED)
        junit->began = event->wall;
    if (event->kind == EVENT_RUN_STOPPING && event->reason && !event->end.signal)
        set_text(&junit->stopped, event->reason);
    if (event->kind == EVENT_RUN_ENDED) {
        take_run_ended(junit, event);
    } else if (event->flags & EVENT_WRONG && junit->wrong.length < WRONG_MOST) {
        put_told(&junit->wrong, event);
        buf_char(&junit->wrong, '\n');
    }
}

static void junit_take(void *arg, const struct event *event)
{
    struct junit *junit = arg;
    enum event_object object = event_row(event->kind)->object;
    if (object == EVENT_OF_POOL && event->has_task && event->kind != EVENT_POOL_FAILURE)
        take_task(junit, event);
    else if (object == EVENT_OF_POOL)
        take_pool(junit, event);
    else if (object == EVENT_OF_PROCESS || object == EVENT_OF_THREAD)
        take_object(junit, event);
    else
        take_run(junit, event);
}

static bool junit_wants(void *arg, enum event_kind kind, unsigned flags)
{
    (void)arg;
    switch (kind) {
    case EVENT_TASK_PLANNED:
    case EVENT_PROCESS_PLANNED:
    case EVENT_THREAD_PLANNED:
    case EVENT_POOL_FAILURE:
    case EVENT_PROCESS_SAMPLE:
    case EVENT_POOL_SAMPLE:
        return false;
    case EVENT_RUN_OPENED:
    case EVENT_RUN_STOPPING:
    case EVENT_RUN_ENDED:
        return true;
    default:
        break;
    }
    enum event_object object = event_row(kind)->object;
    return flags & EVENT_WRONG || (object != EVENT_OF_RUN && object != EVENT_OF_QUEUE);
}

struct bus_reader junit_reader(struct junit *junit)
{
    return (struct bus_reader){.arg = junit, .wants = junit_wants, .take = junit_take, .dated = true};
}

/* The file is as long as the tasks are many: it is handed over piece by piece. */
static void write_piece(struct junit *junit, struct buf *piece)
{
    output_put(junit->output, piece->data, piece->length);
    output_push(junit->output);
    output_settle(junit->output);
    buf_clear(piece);
}

static void write_suite(struct junit *junit, const struct suite *suite)
{
    struct buf out = {0};
    buf_text(&out, "<testsuite");
    xml_attribute(&out, "name", suite->name);
    buf_printf(&out, " tests=\"%" PRId64 "\" failures=\"%" PRId64 "\" errors=\"%" PRId64 "\" skipped=\"%" PRId64 "\"",
               suite->tests, suite->failures, suite->errors, suite->skipped);
    put_seconds(&out, suite->time);
    buf_text(&out, " timestamp=\"");
    clock_print(&out, junit->began);
    buf_truncate(&out, out.length - (sizeof(".000000Z") - 1));
    buf_text(&out, "\">\n");
    if (suite->cases)
        rewind(suite->cases);
    for (size_t length = 1; suite->cases && length;) {
        length = fread(buf_reserve(&out, PIECE), 1, PIECE, suite->cases);
        buf_added(&out, length);
        write_piece(junit, &out);
    }
    buf_append(&out, suite->early.data, suite->early.length);
    buf_text(&out, "</testsuite>\n");
    write_piece(junit, &out);
    buf_release(&out);
}

void junit_finish(struct junit *junit)
{
    struct buf out = {0};
    struct lifetime *life;
    int64_t tests, failures, errors;
    while ((life = living_any(junit->living))) {
        struct suite *suite = life->task >= 0 ? suite_of(junit, life->object, NULL) : suite_of(junit, NULL, "run");
        put_note(junit, suite, life->name ? life->name : life->object, "error", "it has not ended");
        living_take(junit->living, life);
        life_free(life);
    }
    if (!junit->ended)
        put_note(junit, suite_of(junit, NULL, "run"), "run", "error", "the run has not ended");
    count(junit, &tests, &failures, &errors);
    buf_printf(&out, HEAD "<testsuites tests=\"%" PRId64 "\" failures=\"%" PRId64 "\" errors=\"%" PRId64 "\">\n", tests,
               failures, errors);
    write_piece(junit, &out);
    for (size_t i = 0; i < junit->count; i++)
        if (junit->suites[i].tests)
            write_suite(junit, &junit->suites[i]);
    buf_text(&out, "</testsuites>\n");
    write_piece(junit, &out);
    buf_release(&out);
}

void junit_begun(struct buf *out)
{
    buf_text(out, HEAD "<testsuites tests=\"1\" failures=\"0\" errors=\"1\">\n"
                       "<testsuite name=\"run\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
                       "<testcase classname=\"run\" name=\"run\"><error type=\"run\" message=\"the run has not ended\"/>"
                       "</testcase>\n</testsuite>\n</testsuites>\n");
}
