/* Filling the {placeholders} of a sentence from the fields of an event. */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/unit.h"
#include "event/event.h"

static void fill_name(struct buf *out, const struct event *event)
{
    buf_text(out, event->object ? event->object : "");
}

static void fill_pid(struct buf *out, const struct event *event)
{
    buf_number(out, event->place.pid);
}

static void fill_task(struct buf *out, const struct event *event)
{
    buf_number(out, event->task);
}

static void fill_worker(struct buf *out, const struct event *event)
{
    buf_number(out, event->place.worker);
}

/* Seconds with two decimals, rounded half up as printf does not always. */
static void fill_seconds(struct buf *out, const struct event *event)
{
    int64_t hundredths = (event->duration + 5 * NS_PER_MS) / (10 * NS_PER_MS);
    buf_number(out, hundredths / 100);
    buf_char(out, '.');
    buf_char(out, (char)('0' + hundredths / 10 % 10));
    buf_char(out, (char)('0' + hundredths % 10));
}

static void fill_limit(struct buf *out, const struct event *event)
{
    duration_print(out, duration_round(event->duration));
}

static void fill_code(struct buf *out, const struct event *event)
{
    buf_number(out, event->end.code);
}

static void fill_signal(struct buf *out, const struct event *event)
{
    buf_text(out, event->end.signal ? signal_name(event->end.signal) : "0");
}

static void fill_reason(struct buf *out, const struct event *event)
{
    buf_text(out, event->reason ? event->reason : "");
}

/* As the end of a sentence: one line gets a full stop, a traceback below it has none. */
static void fill_last_reason(struct buf *out, const struct event *event)
{
    size_t length = event->reason ? strlen(event->reason) : 0;
    buf_append(out, event->reason, length);
    if (length && !strchr(event->reason, '\n') && !strchr(".!?", event->reason[length - 1]))
        buf_char(out, '.');
}

/* Of what went wrong, that it may. */
static void fill_allowed(struct buf *out, const struct event *event)
{
    if (event->flags & EVENT_WRONG && event->flags & EVENT_ALLOWED)
        buf_text(out, ", which is allowed");
}

static void fill_counted(struct buf *out, const struct event *event, const char *noun)
{
    buf_number(out, event->count);
    buf_printf(out, " %s%s", noun, event->count == 1 ? "" : "s");
}

static void fill_workers(struct buf *out, const struct event *event)
{
    fill_counted(out, event, "worker");
}

static void fill_messages(struct buf *out, const struct event *event)
{
    fill_counted(out, event, "message");
}

static void fill_running(struct buf *out, const struct event *event)
{
    fill_counted(out, event, "task");
}

static void fill_attempt(struct buf *out, const struct event *event)
{
    buf_number(out, event->attempt);
}

static void fill_attempts(struct buf *out, const struct event *event)
{
    buf_number(out, event->attempt);
    buf_printf(out, " attempt%s", event->attempt == 1 ? "" : "s");
}

static void fill_put(struct buf *out, const struct event *event)
{
    buf_number(out, event->books.put);
}

static void fill_taken(struct buf *out, const struct event *event)
{
    buf_number(out, event->books.taken);
}

static void fill_count(struct buf *out, const struct event *event)
{
    buf_number(out, event->count);
}

static void fill_when(struct buf *out, const struct event *event)
{
    int64_t wait = duration_round(event->duration);
    buf_text(out, wait ? "in " : "at once");
    if (wait)
        duration_print(out, wait);
}

static void fill_total(struct buf *out, const struct event *event)
{
    if (event->total == EVENT_UNLIMITED)
        buf_text(out, "any number");
    else
        buf_number(out, event->total);
}

static void fill_machine(struct buf *out, const struct event *event)
{
    buf_text(out, event->place.machine ? event->place.machine : "");
}

static void fill_text(struct buf *out, const struct event *event)
{
    buf_append(out, event->output.bytes, event->output.length);
}

/* A line of the story has room for so many bytes of an item. */
#define ITEM_MOST 80

static void fill_item(struct buf *out, const struct event *event)
{
    const char *item = event->work.cell ? event->work.cell : event->work.shown;
    size_t length = item ? strlen(item) : 0;
    size_t most = length > ITEM_MOST ? ITEM_MOST : length;
    if (!item)
        return;
    while (most < length && most && ((unsigned char)item[most] & 0xC0) == 0x80)
        most--;
    buf_printf(out, " (%.*s%s)", (int)most, item, most < length ? "..." : "");
}

static void fill_tasks(struct buf *out, const struct event *event)
{
    buf_text(out, event->work.tasks ? event->work.tasks : "");
}

/* Each line of the output on one of its own. */
static void fill_lines(struct buf *out, const struct event *event)
{
    const char *at = event->output.bytes;
    size_t left = event->output.length;
    while (left) {
        const char *newline = memchr(at, '\n', left);
        size_t length = newline ? (size_t)(newline - at) : left;
        buf_text(out, "\n    | ");
        buf_append(out, at, length);
        length += newline != NULL;
        at += length;
        left -= length;
    }
}

static void fill_alone(struct buf *out, const struct event *event)
{
    if (event->work.command)
        buf_printf(out, "\n    run it alone: %s", event->work.command);
}

/* How to go on: a command, or why there is none. */
static void fill_rest(struct buf *out, const struct event *event)
{
    if (event->work.command)
        buf_printf(out, "\n    run what is left: %s", event->work.command);
    else if (event->reason)
        buf_printf(out, "\n    %s.", event->reason);
}

struct placeholder {
    const char *name;
    size_t length;
    void (*fill)(struct buf *out, const struct event *event);
};

#define PLACEHOLDER(name, fill) {name, sizeof(name) - 1, fill}

static const struct placeholder placeholders[] = {
    PLACEHOLDER("{task}", fill_task),     PLACEHOLDER("{pid}", fill_pid),
    PLACEHOLDER("{seconds}", fill_seconds), PLACEHOLDER("{name}", fill_name),
    PLACEHOLDER("{text}", fill_text),     PLACEHOLDER("{reason}", fill_reason),
    PLACEHOLDER("{code}", fill_code),     PLACEHOLDER("{signal}", fill_signal),
    PLACEHOLDER("{limit}", fill_limit),   PLACEHOLDER("{worker}", fill_worker),
    PLACEHOLDER("{workers}", fill_workers), PLACEHOLDER("{messages}", fill_messages),
    PLACEHOLDER("{reason.}", fill_last_reason), PLACEHOLDER("{attempt}", fill_attempt),
    PLACEHOLDER("{put}", fill_put),       PLACEHOLDER("{taken}", fill_taken),
    PLACEHOLDER("{count}", fill_count),   PLACEHOLDER("{item}", fill_item),
    PLACEHOLDER("{lines}", fill_lines),   PLACEHOLDER("{alone}", fill_alone),
    PLACEHOLDER("{rest}", fill_rest),     PLACEHOLDER("{tasks}", fill_tasks),
    PLACEHOLDER("{running}", fill_running), PLACEHOLDER("{machine}", fill_machine),
    PLACEHOLDER("{allowed}", fill_allowed), PLACEHOLDER("{attempts}", fill_attempts), PLACEHOLDER("{total}", fill_total),     PLACEHOLDER("{when}", fill_when),
};

static const struct placeholder *find_placeholder(const char *sentence, size_t length)
{
    for (size_t i = 0; i < countof(placeholders); i++)
        if (placeholders[i].length <= length && placeholders[i].name[1] == sentence[1] &&
            !memcmp(sentence, placeholders[i].name, placeholders[i].length))
            return &placeholders[i];
    return NULL;
}

void event_fill(struct buf *out, const char *sentence, size_t length, const struct event *event)
{
    const char *end = sentence + length;
    while (sentence < end) {
        const char *brace = memchr(sentence, '{', (size_t)(end - sentence));
        buf_append(out, sentence, (size_t)((brace ? brace : end) - sentence));
        if (!brace)
            break;
        const struct placeholder *placeholder = find_placeholder(brace, (size_t)(end - brace));
        if (placeholder)
            placeholder->fill(out, event);
        else
            buf_char(out, '{');
        sentence = brace + (placeholder ? placeholder->length : 1);
    }
}
