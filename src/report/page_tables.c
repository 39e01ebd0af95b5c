/* The tables of the page. */
#include <string.h>

#include "base/mem.h"
#include "report/markup.h"
#include "report/private.h"

/* A column: its head, and whether it holds numbers, which are sorted as such. */
struct column {
    const char *name;
    bool number;
};

static void begin_table(struct buf *out, const char *id, const char *title, const struct column *columns, size_t count)
{
    buf_printf(out, "<section aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n<div class=\"scroll\" "
                    "tabindex=\"0\" role=\"region\" aria-labelledby=\"%s-title\">\n<table id=\"%s\" "
                    "aria-labelledby=\"%s-title\">\n<thead><tr>",
               id, id, title, id, id, id);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "<th scope=\"col\"%s>%s</th>", columns[i].number ? " class=\"n\"" : "", columns[i].name);
    buf_text(out, "</tr></thead>\n<tbody>\n");
}

static void end_table(struct buf *out)
{
    buf_text(out, "</tbody>\n</table>\n</div>\n</section>\n");
}

/* A cell of text; in code where others wrote it. */
static void put_text(struct buf *out, const char *tag, const char *text, size_t length)
{
    buf_printf(out, "<td>%s%s%s", *tag ? "<" : "", tag, *tag ? " dir=\"auto\">" : "");
    markup_escape(out, text, length);
    buf_printf(out, "%s%s%s</td>", *tag ? "</" : "", tag, *tag ? ">" : "");
}

static void put_word(struct buf *out, const char *word)
{
    put_text(out, "", word, strlen(word));
}

/* A cell that shows one thing and is sorted by NUMBER. */
static void begin_number(struct buf *out, int64_t number)
{
    buf_printf(out, "<td class=\"n\" data-n=\"%lld\">", (long long)number);
}

static void put_count(struct buf *out, int64_t number)
{
    begin_number(out, number);
    markup_count(out, number);
    buf_text(out, "</td>");
}

static void put_time(struct buf *out, int64_t ns)
{
    begin_number(out, ns == NEVER ? -1 : ns / 1000);
    if (ns == NEVER)
        buf_text(out, "\xe2\x80\x93");
    else
        markup_duration(out, ns);
    buf_text(out, "</td>");
}

static void put_bytes(struct buf *out, int64_t bytes)
{
    begin_number(out, bytes);
    if (bytes)
        markup_bytes(out, bytes);
    else
        buf_text(out, "\xe2\x80\x93");
    buf_text(out, "</td>");
}

static void put_state(struct buf *out, enum span_state state)
{
    buf_printf(out, "<td><span class=\"state s%d\">%s</span></td>", (int)state, span_state_word(state));
}

/* The object, and the task's number where it is one. */
static void put_who(const struct report *report, const struct finding *finding, struct buf *out)
{
    const struct report_object *object = &report->objects.items[finding->object];
    put_text(out, "", object->name, strlen(object->name));
    if (finding->task < 0) {
        put_word(out, object_word(object->kind));
        return;
    }
    buf_printf(out, "<td class=\"n\" data-n=\"%lld\" data-span=\"%lld\">%lld</td>", (long long)finding->task,
               (long long)finding->span, (long long)finding->task);
}

void page_failures(const struct report *report, struct buf *out)
{
    static const struct column columns[] = {{"Of", false},  {"Task", true},  {"Item", false}, {"Why", false},
                                            {"After", true}, {"Took", true}, {"Tries", true}, {"Last output", false}};
    const struct findings *findings = &report->findings;
    if (!findings->failure_count)
        return;
    begin_table(out, "failed", "What failed", columns, countof(columns));
    for (size_t i = 0; i < findings->failure_count; i++) {
        const struct finding *finding = &findings->failures[i];
        buf_text(out, "<tr>");
        put_who(report, finding, out);
        put_text(out, "code", finding->words.item.data, finding->words.item.length);
        put_text(out, "bdi", finding->words.reason.data, finding->words.reason.length);
        put_time(out, finding->at);
        put_time(out, finding->began == NEVER ? NEVER : finding->took);
        put_count(out, finding->attempts > 0 ? finding->attempts : 1);
        put_text(out, finding->words.output.length ? "pre" : "", finding->words.output.data,
                 finding->words.output.length);
        buf_text(out, "</tr>\n");
    }
    end_table(out);
}

void page_slowest(const struct report *report, struct buf *out)
{
    static const struct column columns[] = {{"Of", false},  {"Task", true},   {"Item", false}, {"Outcome", false},
                                            {"Took", true}, {"Began at", true}, {"Worker", true}, {"Memory", true}};
    const struct findings *findings = &report->findings;
    if (!findings->slowest_count)
        return;
    begin_table(out, "slowest", "Slowest tasks", columns, countof(columns));
    for (size_t i = 0; i < findings->slowest_count; i++) {
        const struct finding *finding = &findings->slowest[i];
        buf_text(out, "<tr>");
        put_who(report, finding, out);
        put_text(out, "code", finding->words.item.data, finding->words.item.length);
        put_state(out, finding->state);
        put_time(out, finding->took);
        put_time(out, finding->began);
        put_count(out, finding->worker);
        put_bytes(out, finding->memory);
        buf_text(out, "</tr>\n");
    }
    end_table(out);
}

/* PART of WHOLE in percent. */
static void put_share(struct buf *out, int64_t part, int64_t whole)
{
    int64_t percent = whole > 0 ? (int64_t)((double)part * 100 / (double)whole + 0.5) : 0;
    begin_number(out, percent);
    buf_printf(out, "%lld %%</td>", (long long)percent);
}

static bool has_kind(const struct report *report, unsigned kinds)
{
    for (size_t i = 0; i < report->objects.count; i++)
        if (kinds >> report->objects.items[i].kind & 1)
            return true;
    return false;
}

static void put_pool(const struct report *report, const struct report_object *pool, struct buf *out)
{
    int64_t failed = pool->pool.states[SPAN_FAILED] + pool->pool.states[SPAN_TIMEOUT];
    int64_t ended = pool->pool.states[SPAN_DONE] + failed;
    int64_t lasted = pool_lasted(report, pool);
    buf_text(out, "<tr><th scope=\"row\">");
    markup_escape(out, pool->name, strlen(pool->name));
    buf_text(out, "</th>");
    put_count(out, pool->pool.states[SPAN_DONE]);
    put_count(out, failed);
    put_count(out, pool->pool.states[SPAN_RETRIED]);
    put_count(out, pool->pool.passed_over);
    put_time(out, pool->began == NEVER ? NEVER : lasted);
    put_count(out, pool->pool.workers);
    put_share(out, pool->pool.busy, pool->pool.workers * lasted);
    put_share(out, pool->pool.wasted, pool->pool.busy);
    put_time(out, ended ? (pool->pool.busy - pool->pool.wasted) / ended : NEVER);
    put_time(out, pool->pool.longest);
    put_bytes(out, pool->memory);
    buf_text(out, "</tr>\n");
}

void page_pools(const struct report *report, struct buf *out)
{
    static const struct column columns[] = {
        {"Pool", false},   {"Done", true},      {"Failed", true},         {"Tried again", true},
        {"Not run", true}, {"Took", true},      {"Workers", true},        {"Busy", true},
        {"In vain", true}, {"Mean task", true}, {"Longest task", true}, {"Memory", true},
    };
    if (!has_kind(report, 1u << EVENT_OF_POOL))
        return;
    begin_table(out, "pools", "Where the time went", columns, countof(columns));
    for (size_t i = 0; i < report->objects.count; i++)
        if (report->objects.items[i].kind == EVENT_OF_POOL)
            put_pool(report, &report->objects.items[i], out);
    end_table(out);
    buf_text(out, "<p class=\"note\">Busy: the share of the time in which its workers ran tasks. In vain: the share of "
                  "that which went to tries that failed or were ended before their time.</p>\n");
}

static const char *outcome_of(const struct report_object *object)
{
    return object->skipped                 ? "not started"
           : object->failed                ? object->allowed ? "failed as allowed" : "failed"
           : object->lives.life < 0              ? "not started"
           : object->pool.states[SPAN_OPEN]     ? "not ended"
           : object->pool.states[SPAN_STOPPED]  ? "stopped"
                                           : "ended";
}

/* Replicas are told of one by one: what declares them has no life of its own. */
static bool is_told(const struct report_object *object)
{
    return object->lives.life >= 0 || object->skipped || object->failed;
}

void page_others(const struct report *report, struct buf *out)
{
    static const struct column columns[] = {{"Name", false}, {"Kind", false},  {"Outcome", false}, {"Why", false},
                                            {"Began at", true}, {"Lasted", true}, {"Starts", true},
                                            {"CPU", true}, {"Memory", true}};
    bool any = false;
    for (size_t i = 0; i < report->objects.count; i++) {
        const struct report_object *object = &report->objects.items[i];
        if ((object->kind != EVENT_OF_PROCESS && object->kind != EVENT_OF_THREAD &&
             !(object->kind == EVENT_OF_POOL && object->skipped)) ||
            !is_told(object))
            continue;
        if (!any)
            begin_table(out, "others", "Processes and threads", columns, countof(columns));
        any = true;
        buf_text(out, "<tr><th scope=\"row\">");
        markup_escape(out, object->name, strlen(object->name));
        buf_text(out, "</th>");
        put_word(out, object_word(object->kind));
        put_word(out, outcome_of(object));
        put_text(out, "bdi", object->reason.data, object->reason.length);
        put_time(out, object->began);
        put_time(out, object->began == NEVER ? NEVER : object->ended - object->began);
        put_count(out, object->lives.life + 1);
        put_time(out, object->lives.cpu ? object->lives.cpu : NEVER);
        put_bytes(out, object->memory);
        buf_text(out, "</tr>\n");
    }
    if (any)
        end_table(out);
}

void page_queues(const struct report *report, struct buf *out)
{
    static const struct column columns[] = {{"Queue", false},      {"Put", true},        {"Taken", true},
                                            {"Waiting at the end", true}, {"Most waiting", true}, {"Wait on average", true}};
    if (!has_kind(report, 1u << EVENT_OF_QUEUE))
        return;
    begin_table(out, "queues", "Queues", columns, countof(columns));
    for (size_t i = 0; i < report->objects.count; i++) {
        const struct report_object *queue = &report->objects.items[i];
        if (queue->kind != EVENT_OF_QUEUE)
            continue;
        buf_text(out, "<tr><th scope=\"row\">");
        markup_escape(out, queue->name, strlen(queue->name));
        buf_text(out, "</th>");
        put_count(out, queue->queue.put);
        put_count(out, queue->queue.taken);
        put_count(out, queue->queue.waiting);
        put_count(out, queue->queue.most_waiting);
        put_time(out, queue->queue.wait);
        buf_text(out, "</tr>\n");
    }
    end_table(out);
}
