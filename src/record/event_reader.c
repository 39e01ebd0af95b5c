/* Lines of JSON as the events that they were. */
#include "record/event_reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "event/fields.h"
#include "record/names.h"
#include "value/value.h"

struct event_reader {
    struct arena *arena; /* of the event that was read last */
    struct interned_names *names;
    char *run;
    struct buf item;
    struct buf members;
    struct buf decoded[4]; /* what was in base64, see take_base64() */
    size_t decoded_count;
    size_t next_field;     /* where the one that comes next is most likely */
    uint64_t unknown;
};

/* How a field becomes a member of struct event. */
enum event_way {
    INTEGER,
    INT,
    NANOSECONDS,
    TRUTH,
    TEXT,
    NAME,  /* of an object: one text each */
    BYTES, /* with its length */
    WAY_SIGNAL,
    WAY_FLAGS,
    WAY_STREAM,
    WAY_TIME, /* of the wall clock */
    NOTHING,  /* read elsewhere */
};

#define AT(member) offsetof(struct event, member)

/* In the order in which they stand on a line. HAS: a bool that says that it is there; 0: none. */
static const struct field_reader {
    const char *name;
    enum event_way way;
    size_t member;
    size_t has;
} fields[] = {
    {"time", WAY_TIME, AT(wall), 0},
    {"at", NANOSECONDS, AT(at), 0},
    {"seq", INTEGER, AT(sequence), 0},
    {"event", NOTHING, 0, 0},
    {"run", NOTHING, 0, 0},
    {"wrong", NOTHING, 0, 0},
    {"allowed", NOTHING, 0, 0},
    {"flags", WAY_FLAGS, 0, 0},
    {"process", NOTHING, 0, 0},
    {"pool", NOTHING, 0, 0},
    {"queue", NOTHING, 0, 0},
    {"thread", NOTHING, 0, 0},
    {"task", INTEGER, AT(task), AT(has_task)},
    {"worker", INTEGER, AT(place.worker), 0},
    {"pid", INTEGER, AT(place.pid), 0},
    {"machine", TEXT, AT(place.machine), 0},
    {"job", TEXT, AT(place.job), 0},
    {"item", TEXT, AT(work.shown), 0},
    {"cell", TEXT, AT(work.cell), 0},
    {"code", INT, AT(end.code), AT(end.has_code)},
    {"signal", WAY_SIGNAL, AT(end.signal), 0},
    {"seconds", NANOSECONDS, AT(duration), AT(has_duration)},
    {"began", NANOSECONDS, AT(span.began), AT(span.known)},
    {"finished", NANOSECONDS, AT(span.finished), AT(span.known)},
    {"all_seconds", NANOSECONDS, AT(span.all), 0},
    {"attempt", INTEGER, AT(attempt), 0},
    {"count", INTEGER, AT(count), 0},
    {"total", INTEGER, AT(total), 0},
    {"succeeded", INTEGER, AT(tally.succeeded), AT(tally.known)},
    {"allowed_failures", INTEGER, AT(tally.allowed), 0},
    {"skipped", INTEGER, AT(tally.skipped), AT(tally.known)},
    {"current", INTEGER, AT(tally.current), 0},
    {"left", INTEGER, AT(tally.left), 0},
    {"leaked", INTEGER, AT(leak.count), AT(leak.known)},
    {"put", INTEGER, AT(books.put), AT(books.known)},
    {"taken", INTEGER, AT(books.taken), AT(books.known)},
    {"output_bytes", INTEGER, AT(output.received), 0},
    {"memory", INTEGER, AT(usage.memory), 0},
    {"cpu_seconds", NANOSECONDS, AT(usage.cpu), AT(usage.has_cpu)},
    {"number", INTEGER, AT(message.number), 0},
    {"producer", NAME, AT(message.party), 0},
    {"consumer", NAME, AT(message.party), 0},
    {"reason", TEXT, AT(reason), 0},
    {"stream", WAY_STREAM, AT(output.stream), 0},
    {"uses", TEXT, AT(work.uses), 0},
    {"tasks", TEXT, AT(work.tasks), 0},
    {"command", TEXT, AT(work.command), 0},
    {"line", BYTES, AT(output.bytes), 0},
    {"message", BYTES, AT(output.bytes), 0},
    {"output", BYTES, AT(output.bytes), 0},
    {"unfinished", TRUTH, AT(output.unfinished), 0},
    {"unrecorded", INTEGER, AT(record.unrecorded), 0},
    {"omitted", INTEGER, AT(record.omitted), 0},
};

struct event_reader *event_reader_new(void)
{
    struct event_reader *reader = mem_calloc(1, sizeof(*reader));
    reader->names = names_new();
    return reader;
}

void event_reader_free(struct event_reader *reader)
{
    if (!reader)
        return;
    arena_free(reader->arena);
    names_free(reader->names);
    buf_release(&reader->item);
    buf_release(&reader->members);
    for (size_t i = 0; i < countof(reader->decoded); i++)
        buf_release(&reader->decoded[i]);
    free(reader->run);
    free(reader);
}

static bool is(const struct value *value, const char *text)
{
    size_t length = strlen(text);
    return value->type == VALUE_STRING && value->string.length == length &&
           !memcmp(value->string.bytes, text, length);
}

static const struct value *find(const struct value *line, const char *key)
{
    for (size_t i = 0; key && i < line->table.count; i++)
        if (is(&line->table.pairs[i].key, key))
            return &line->table.pairs[i].value;
    return NULL;
}

/* Names of events are found by where they stood last: most lines are of few kinds. */
static int kind_of(const struct value *name)
{
    for (int kind = 0; kind < EVENT_KINDS; kind++)
        if (is(name, event_row((enum event_kind)kind)->name))
            return kind;
    return -1;
}

static int64_t whole(const struct value *value)
{
    return value->type == VALUE_INTEGER ? value->integer : 0;
}

static int64_t nanoseconds(const struct value *value)
{
    double seconds = value->type == VALUE_INTEGER  ? (double)value->integer
                     : value->type == VALUE_NUMBER ? value->number
                                                   : 0;
    return llround(seconds * (double)NS_PER_S);
}

static int64_t digits(const char **at, size_t count)
{
    int64_t number = 0;
    while (count-- && **at >= '0' && **at <= '9')
        number = number * 10 + (*(*at)++ - '0');
    return number;
}

/* Days since 1970 of a day of the Gregorian calendar. */
static int64_t days(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* "2026-01-02T03:04:05.678901Z" as ns since 1970; 0 for what is none. */
static int64_t wall_time(const struct value *value)
{
    if (value->type != VALUE_STRING || value->string.length != sizeof("2026-01-02T03:04:05.678901Z") - 1)
        return 0;
    const char *at = value->string.bytes;
    int64_t part[7];
    for (size_t i = 0; i < countof(part); i++, at++)
        part[i] = digits(&at, i == 0 ? 4 : i == 6 ? 6 : 2);
    int64_t seconds = days(part[0], part[1], part[2]) * 86400 + part[3] * 3600 + part[4] * 60 + part[5];
    return seconds * NS_PER_S + part[6] * 1000;
}

static unsigned read_flags(const struct value *list)
{
    unsigned flags = 0;
    const char *word;
    for (size_t i = 0; list->type == VALUE_TABLE && i < list->table.count; i++)
        for (size_t bit = 0; (word = event_flag(bit)); bit++)
            if (is(&list->table.pairs[i].value, word))
                flags |= 1u << bit;
    return flags;
}

static int read_signal(const struct value *value)
{
    struct error error = {0};
    int number = 0;
    if (value->type == VALUE_STRING)
        signal_parse(value->string.bytes, &number, &error);
    error_release(&error);
    return number;
}

/* One text a stream, as they are compared by their addresses. */
static const char *read_stream(const struct value *value)
{
    return is(value, "stderr") ? "stderr" : is(value, "stdout") ? "stdout" : NULL;
}

/* What a person calls the task, as its source would have given the text. */
static void fill_item(struct event_reader *reader, struct event *event)
{
    char number[24];
    snprintf(number, sizeof(number), "%lld", (long long)event->task);
    const char *text = event->work.shown ? event->work.shown : number;
    buf_clear(&reader->item);
    value_encode_string(&reader->item, text, strlen(text));
    event->work.item = reader->item.data;
    event->work.item_length = reader->item.length;
}

static void set(struct event_reader *reader, const struct field_reader *field,
                const struct value *value, struct event *event)
{
    char *to = (char *)event + field->member;
    bool text = value->type == VALUE_STRING;
    if (field->has)
        *(bool *)((char *)event + field->has) = true;
    switch (field->way) {
    case INTEGER:
        *(int64_t *)to = whole(value);
        break;
    case INT:
        *(int *)to = (int)whole(value);
        break;
    case NANOSECONDS:
        *(int64_t *)to = nanoseconds(value);
        break;
    case TRUTH:
        *(bool *)to = value->type == VALUE_BOOLEAN && value->boolean;
        break;
    case TEXT:
        *(const char **)to = text ? value->string.bytes : NULL;
        break;
    case NAME:
        *(const char **)to = text ? names_get(reader->names, value->string.bytes, value->string.length) : NULL;
        break;
    case BYTES:
        event->output.bytes = text ? value->string.bytes : NULL;
        event->output.length = text ? value->string.length : 0;
        break;
    case WAY_SIGNAL:
        event->end.signal = read_signal(value);
        break;
    case WAY_FLAGS:
        event->flags |= read_flags(value);
        break;
    case WAY_STREAM:
        event->output.stream = read_stream(value);
        break;
    case WAY_TIME:
        event->wall = wall_time(value);
        break;
    case NOTHING:
        break;
    }
}

/* Lines have their fields in the order of the table: the search goes on where the last one was found. */
static const struct field_reader *find_field(struct event_reader *reader, const char *name,
                                             size_t length)
{
    for (size_t i = 0; i < countof(fields); i++) {
        const struct field_reader *field = &fields[(reader->next_field + i) % countof(fields)];
        if (strlen(field->name) != length || memcmp(field->name, name, length) != 0)
            continue;
        reader->next_field = (size_t)(field - fields) + 1;
        return field;
    }
    return NULL;
}

static int digit_of(char c)
{
    static const char digits_of[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = c ? strchr(digits_of, c) : NULL;
    return found ? (int)(found - digits_of) : -1;
}

static void decode_base64(struct buf *out, const struct value *value)
{
    unsigned group = 0;
    int bits = 0;
    buf_clear(out);
    buf_append(out, "", 0);
    for (size_t i = 0; i < value->string.length; i++) {
        int digit = digit_of(value->string.bytes[i]);
        if (digit < 0)
            break;
        group = group << 6 | (unsigned)digit;
        bits += 6;
        if (bits < 8)
            continue;
        bits -= 8;
        buf_char(out, (char)(group >> bits & 0xFF));
    }
}

#define BASE64 "_base64"

/* The exact bytes of the field before, which are no UTF-8; false where it is something else. */
static bool take_base64(struct event_reader *reader, const struct value_pair *pair, struct event *event)
{
    size_t suffix = sizeof(BASE64) - 1;
    size_t length = pair->key.string.length;
    if (length <= suffix || memcmp(pair->key.string.bytes + length - suffix, BASE64, suffix) != 0 ||
        pair->value.type != VALUE_STRING || reader->decoded_count == countof(reader->decoded))
        return false;
    const struct field_reader *field = find_field(reader, pair->key.string.bytes, length - suffix);
    if (!field)
        return false;
    struct buf *bytes = &reader->decoded[reader->decoded_count++];
    decode_base64(bytes, &pair->value);
    struct value value = {.type = VALUE_STRING};
    value.string.bytes = buf_string(bytes);
    value.string.length = bytes->length;
    set(reader, field, &value, event);
    return true;
}

/* What of *.declared and run.opened no member of its own has. */
static bool has_members(enum event_kind kind)
{
    return kind == EVENT_RUN_OPENED || kind == EVENT_PROCESS_DECLARED || kind == EVENT_POOL_DECLARED ||
           kind == EVENT_QUEUE_DECLARED || kind == EVENT_THREAD_DECLARED;
}

static void add_member(struct event_reader *reader, const struct value_pair *pair)
{
    buf_text(&reader->members, reader->members.length ? "," : "");
    value_json(&reader->members, &pair->key);
    buf_char(&reader->members, ':');
    value_json(&reader->members, &pair->value);
}

static void take_pair(struct event_reader *reader, const struct value_pair *pair, struct event *event)
{
    const struct field_reader *field =
        find_field(reader, pair->key.string.bytes, pair->key.string.length);
    if (field)
        set(reader, field, &pair->value, event);
    else if (has_members(event->kind))
        add_member(reader, pair);
    else if (!take_base64(reader, pair, event))
        reader->unknown++;
}

static void keep_run(struct event_reader *reader, const struct value *run)
{
    if (!run || run->type != VALUE_STRING || (reader->run && is(run, reader->run)))
        return;
    free(reader->run);
    reader->run = mem_copy(run->string.bytes, run->string.length);
}

static bool is_true(const struct value *line, const char *name)
{
    const struct value *value = find(line, name);
    return value && value->type == VALUE_BOOLEAN && value->boolean;
}

static void fill(struct event_reader *reader, const struct value *line, enum event_kind kind, struct event *event)
{
    const struct value *object = find(line, event_object_field(kind));
    *event = (struct event){.kind = kind, .tally.left = -1};
    reader->next_field = reader->decoded_count = 0;
    buf_clear(&reader->members);
    keep_run(reader, find(line, "run"));
    if (object && object->type == VALUE_STRING)
        event->object = names_get(reader->names, object->string.bytes, object->string.length);
    event->flags |= is_true(line, "wrong") ? EVENT_WRONG : 0;
    event->flags |= is_true(line, "allowed") ? EVENT_ALLOWED : 0;
    for (size_t i = 0; i < line->table.count; i++)
        take_pair(reader, &line->table.pairs[i], event);
    if (reader->members.length)
        event->record.members = reader->members.data;
    if (kind == EVENT_TASK_ENDED)
        fill_item(reader, event);
    if (kind == EVENT_PROCESS_RESTARTING && !event->total)
        event->total = EVENT_UNLIMITED;
}

int event_reader_take(struct event_reader *reader, const char *line, size_t length, struct event *event,
                      struct error *error)
{
    struct value value;
    arena_free(reader->arena);
    reader->arena = arena_new();
    if (value_from_json(reader->arena, line, length, &value, error))
        return error->code;
    const struct value *name = value.type == VALUE_TABLE ? find(&value, "event") : NULL;
    if (!name)
        return error_set(error, ERROR_FAILED, "it is no event: it has no field 'event'");
    int kind = kind_of(name);
    if (kind < 0)
        return 0;
    fill(reader, &value, (enum event_kind)kind, event);
    return 1;
}

const char *event_reader_run(const struct event_reader *reader)
{
    return reader->run ? reader->run : "";
}

uint64_t event_reader_unknown(const struct event_reader *reader)
{
    return reader->unknown;
}
