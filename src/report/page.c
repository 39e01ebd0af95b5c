/* The page: what it says in words, which needs neither script nor style. */
#include "report/page.h"

#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "log/writer_thread.h"
#include "report/markup.h"
#include "report/private.h"
#include "report/report.h"
#include "value/value.h"

/* Nothing is loaded, and no script runs but the page's own: not even one that has got in by a fault. */
static void put_policy(struct buf *out)
{
    buf_printf(out,
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src "
               "'unsafe-inline'; script-src '%s'; base-uri 'none'; form-action 'none'\">\n",
               page_script_hash);
}

/* The text of a member of run.opened; NULL where there is none. */
static const char *find_opened(struct arena *arena, const struct report *report, const char *name)
{
    struct buf json = {0};
    struct value value;
    struct error error = {0};
    const char *found = NULL;
    if (!report->opened)
        return NULL;
    buf_printf(&json, "{%s}", report->opened);
    int result = value_from_json(arena, json.data, json.length, &value, &error);
    for (size_t i = 0; !result && value.type == VALUE_TABLE && i < value.table.count; i++) {
        const struct value_pair *pair = &value.table.pairs[i];
        if (pair->key.string.length == strlen(name) && !memcmp(pair->key.string.bytes, name, strlen(name)) &&
            pair->value.type == VALUE_STRING)
            found = arena_copy(arena, pair->value.string.bytes, pair->value.string.length);
    }
    error_release(&error);
    buf_release(&json);
    return found;
}

static void put_escaped(struct buf *out, const char *text)
{
    markup_escape(out, text, strlen(text));
}

/* ---- the verdict ---- */

static const struct verdict {
    const char *sign;
    const char *word;
    const char *style;
} verdicts[] = {
    {"\xe2\x9c\x93", "Succeeded", "good"},
    {"\xe2\x9c\x97", "Failed", "bad"},
    {"\xe2\x96\xa0", "Stopped", "odd"},
    {"?", "Not ended", "odd"},
};

static const struct verdict *verdict_of(const struct report *report)
{
    return &verdicts[!report->ended ? 3 : report->stopped ? 2 : report->failed ? 1 : 0];
}

static void put_some(struct buf *out, int64_t count, const char *one, const char *several, const char *what)
{
    if (!count)
        return;
    buf_text(out, out->length ? ", " : "");
    markup_count(out, count);
    buf_printf(out, " %s %s", count == 1 ? one : several, what);
}

static void put_tasks(struct buf *out, int64_t count, const char *what)
{
    put_some(out, count, "task", "tasks", what);
}

static void put_failed(const struct report *report, enum event_object kind, const char *one, const char *several, struct buf *out)
{
    int64_t count = 0, allowed = 0;
    for (size_t i = 0; i < report->objects.count; i++) {
        const struct report_object *object = &report->objects.items[i];
        count += object->kind == kind && object->failed && !object->allowed;
        allowed += object->kind == kind && object->failed && object->allowed;
    }
    put_some(out, count, one, several, "failed");
    put_some(out, allowed, one, several, "failed as allowed");
}

/* "117 tasks done, 3 tasks failed" */
static void put_tally(const struct report *report, struct buf *out)
{
    struct totals totals = report_totals(report);
    struct buf text = {0};
    put_failed(report, EVENT_OF_PROCESS, "process", "processes", &text);
    put_failed(report, EVENT_OF_THREAD, "thread", "threads", &text);
    put_tasks(&text, totals.failed - totals.allowed, "failed");
    put_tasks(&text, totals.allowed, "failed as allowed");
    put_tasks(&text, totals.done, "done");
    put_tasks(&text, totals.stopped, "ended before their time");
    put_tasks(&text, totals.open, "begun and not known to have ended");
    put_tasks(&text, totals.passed_over, "not run");
    put_tasks(&text, totals.resumed, "done by an earlier run");
    put_tasks(&text, totals.current, "up to date");
    if (text.length) {
        buf_text(out, "<p>");
        buf_append(out, text.data, text.length);
        buf_text(out, ".</p>\n");
    }
    buf_release(&text);
}

static void put_why(const struct report *report, struct buf *out)
{
    if (!report->ended) {
        buf_text(out, "<p>What follows is what was known ");
        markup_duration(out, report->now);
        buf_text(out, " after its beginning: it was killed, or it still runs.</p>\n");
    }
    if (report->stop_reason.length) {
        buf_text(out, "<p>It was stopped before its end: <bdi>");
        markup_escape(out, report->stop_reason.data, report->stop_reason.length);
        buf_text(out, "</bdi>.</p>\n");
    }
    if (report->leaked)
        buf_printf(out, "<p>%lld processes were left behind and had to be ended.</p>\n", (long long)report->leaked);
}

/* What failed first stands beside the verdict, with all that is known of it. */
static void put_first(const struct report *report, struct buf *out)
{
    if (!report->findings.failure_count)
        return;
    const struct finding *first = &report->findings.failures[0];
    const struct report_object *object = &report->objects.items[first->object];
    buf_text(out, "<section class=\"first\" aria-labelledby=\"first\">\n<h2 id=\"first\">What failed first</h2>\n<p>");
    if (first->task >= 0)
        buf_printf(out, "Task %lld of %s <b>", (long long)first->task, object_word(object->kind));
    else
        buf_printf(out, "The %s <b>", object_word(object->kind));
    put_escaped(out, object->name); /* that of the run is empty */
    buf_text(out, "</b>, ");
    markup_duration(out, first->at);
    buf_text(out, " after the beginning");
    if (first->attempts > 1 && first->task >= 0)
        buf_printf(out, ", in the last of %lld tries", (long long)first->attempts);
    buf_text(out, ":</p>\n");
    const struct {
        const char *name;
        const struct buf *text;
    } parts[] = {{"Why", &first->words.reason},
                 {"Item", &first->words.item},
                 {"Command", &first->words.command},
                 {"Last output", &first->words.output}};
    buf_text(out, "<dl>\n");
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!parts[i].text->length)
            continue;
        buf_printf(out, "<dt>%s</dt><dd><pre dir=\"auto\" tabindex=\"0\">", parts[i].name);
        markup_escape(out, parts[i].text->data, parts[i].text->length);
        buf_text(out, "</pre></dd>\n");
    }
    buf_text(out, "</dl>\n</section>\n");
}

/* ---- the numbers ---- */

static void put_number(struct buf *out, const char *name, const struct buf *text)
{
    if (text->length)
        buf_printf(out, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, text->data);
}

static void put_numbers(const struct report *report, struct buf *out)
{
    struct totals totals = report_totals(report);
    struct buf texts[6] = {{0}};
    static const char *const names[] = {"Took", "Tasks done", "Tasks failed", "Tried again", "Workers busy",
                                        "Most memory of a task"};
    markup_duration(&texts[0], report->now);
    if (totals.done + totals.failed) {
        markup_count(&texts[1], totals.done);
        markup_count(&texts[2], totals.failed);
        markup_count(&texts[3], totals.retried);
    }
    if (totals.could > 0)
        buf_printf(&texts[4], "%lld %%", (long long)((double)totals.busy * 100 / (double)totals.could));
    if (totals.memory)
        markup_bytes(&texts[5], totals.memory);
    buf_text(out, "<dl class=\"numbers\">\n");
    for (size_t i = 0; i < 6; i++) {
        put_number(out, names[i], &texts[i]);
        buf_release(&texts[i]);
    }
    buf_text(out, "</dl>\n");
}

/* ---- what is left out ---- */

static void put_left_out(const struct report *report, struct buf *out)
{
    struct buf text = {0};
    const struct findings *findings = &report->findings;
    if (findings->failed > (int64_t)findings->failure_count) {
        buf_text(&text, "<li>What failed is told in words of the first ");
        markup_count(&text, (int64_t)findings->failure_count);
        buf_text(&text, " of ");
        markup_count(&text, findings->failed);
        buf_text(&text, "; <code>parrun replay --hide '*' --show task.ended RECORD</code> tells of all.</li>\n");
    }
    if (report->texts.left_out) {
        buf_text(&text, "<li>Items, commands and output of ");
        markup_count(&text, report->texts.left_out);
        buf_text(&text, " tasks that did not fail found no room; <code>parrun replay RECORD</code> shows them.</li>\n");
    }
    buf_text(&text, "<li>Of output there are the last lines: 4 kB of what failed, 1 kB of the rest; "
                    "<code>parrun replay RECORD</code> shows all of it. A run makes a record by <code>--record "
                    "RECORD</code>.</li>\n");
    buf_printf(out, "<section aria-labelledby=\"left-out\">\n<h2 id=\"left-out\">What is left out</h2>\n<ul>\n%s</ul>\n"
                    "</section>\n",
               text.data);
    buf_release(&text);
}

/* ---- the whole ---- */

static void put_head(const struct report *report, const char *name, struct buf *out)
{
    const struct verdict *verdict = verdict_of(report);
    buf_text(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    put_policy(out);
    buf_text(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n"
                  "<link rel=\"icon\" href=\"data:,\">\n");
    buf_printf(out, "<title>%s %s: ", verdict->sign, verdict->word);
    put_escaped(out, name);
    buf_printf(out, "</title>\n<style>\n%s</style>\n</head>\n", page_style);
}

/* "2026-01-02 03:04:05 UTC" */
static void put_wall(struct buf *out, int64_t wall)
{
    struct buf text = {0};
    clock_print(&text, wall);
    buf_printf(out, "%.10s %.8s UTC", text.data, text.data + 11);
    buf_release(&text);
}

static void put_header(const struct report *report, struct arena *arena, const char *name, struct buf *out)
{
    const struct verdict *verdict = verdict_of(report);
    const char *host = find_opened(arena, report, "host");
    buf_text(out, "<header>\n<p class=\"run\"><b>");
    put_escaped(out, name);
    buf_text(out, "</b>, begun ");
    put_wall(out, report->wall);
    if (host && *host) {
        buf_text(out, " on ");
        put_escaped(out, host);
    }
    buf_printf(out, "</p>\n<h1 class=\"%s\"><span aria-hidden=\"true\">%s</span> %s</h1>\n", verdict->style,
               verdict->sign, verdict->word);
    put_tally(report, out);
    put_why(report, out);
    put_numbers(report, out);
    buf_text(out, "</header>\n");
}

static const char script_places[] =
    "<section id=\"timeline\" aria-labelledby=\"timeline-title\">\n<h2 id=\"timeline-title\">What ran when</h2>\n"
    "<p class=\"no-script\">The timeline, the list of all tasks and the graph are drawn by the script of this page. It "
    "does not run here: scripts are off, or whoever serves the page forbids them, as Jenkins does. Save the page and "
    "open it from the disk.</p>\n</section>\n";

void report_begun(struct buf *out)
{
    const struct report none = {0};
    const struct verdict *verdict = verdict_of(&none);
    put_head(&none, "run", out);
    buf_printf(out, "<body>\n<header>\n<h1 class=\"%s\"><span aria-hidden=\"true\">%s</span> %s</h1>\n", verdict->style,
               verdict->sign, verdict->word);
    buf_text(out, "<p>The run goes on, or it was killed: when it ends, the report stands here in place of this page. What a "
                  "killed run has come to is told by parrun report RECORD, where it was recorded.</p>\n"
                  "</header>\n</body>\n</html>\n");
}

/* In pieces, as the texts may be large. */
static void flush(const struct report *report, struct buf *out)
{
    output_put(report->output, out->data, out->length);
    buf_clear(out);
}

void page_write(struct report *report)
{
    struct arena *arena = arena_new();
    struct buf out = {0};
    const char *name = find_opened(arena, report, "scenario");
    name = name ? name : "run";
    put_head(report, name, &out);
    buf_text(&out, "<body>\n");
    put_header(report, arena, name, &out);
    buf_text(&out, "<main>\n");
    put_first(report, &out);
    buf_text(&out, script_places);
    page_failures(report, &out);
    page_slowest(report, &out);
    page_pools(report, &out);
    page_others(report, &out);
    page_queues(report, &out);
    put_left_out(report, &out);
    buf_text(&out, "</main>\n");
    page_data(report, &out);
    buf_text(&out, "<script type=\"application/json\" id=\"texts\">[");
    flush(report, &out);
    output_put(report->output, report->texts.blocks.data, report->texts.blocks.length);
    buf_printf(&out, "]</script>\n<script>%s</script>\n</body>\n</html>\n", page_script);
    flush(report, &out);
    buf_release(&out);
    arena_free(arena);
}
