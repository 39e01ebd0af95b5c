/* CSV: reading is a machine that goes from byte to byte. */
#include "base/csv.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

static void begin_row(struct csv *csv)
{
    buf_clear(&csv->bytes);
    csv->place = CSV_START;
    csv->count = 0;
    csv->begun = csv->whole = false;
    csv->row = csv->lines + 1;
}

static void end_field(struct csv *csv)
{
    csv->ends = mem_grow(csv->ends, &csv->capacity, csv->count + 1, sizeof(*csv->ends));
    csv->ends[csv->count++] = csv->bytes.length;
    csv->place = CSV_START;
}

static enum csv_result end_row(struct csv *csv)
{
    csv->lines++;
    if (!csv->begun) {
        begin_row(csv);
        return CSV_MORE;
    }
    end_field(csv);
    csv->whole = true;
    return CSV_ROW;
}

static char separator_of(const struct csv *csv)
{
    return csv->separator ? csv->separator : ',';
}

static bool is_mark(char byte, char separator)
{
    return byte == separator || byte == '"' || byte == '\n' || byte == '\r';
}

/* Takes what stands for itself; returns how many bytes. */
static size_t take_run(struct csv *csv, const char *bytes, size_t length)
{
    size_t size = 0;
    if (csv->place == CSV_QUOTED)
        while (size < length && bytes[size] != '"')
            csv->lines += bytes[size++] == '\n';
    else if (csv->place == CSV_START || csv->place == CSV_PLAIN)
        while (size < length && !is_mark(bytes[size], separator_of(csv)))
            size++;
    buf_append(&csv->bytes, bytes, size);
    if (size && csv->place == CSV_START)
        csv->place = CSV_PLAIN;
    csv->begun |= size > 0;
    return size;
}

static enum csv_result wrong(struct error *error, const char *text)
{
    error_set(error, ERROR_FAILED, "%s", text);
    return CSV_WRONG;
}

static enum csv_result take_quote(struct csv *csv, struct error *error)
{
    if (csv->place == CSV_PLAIN)
        return wrong(error, "a quote stands inside a field that is not in quotes");
    if (csv->place == CSV_QUOTE)
        buf_char(&csv->bytes, '"');
    csv->place = csv->place == CSV_QUOTED ? CSV_QUOTE : CSV_QUOTED;
    csv->begun = true;
    return CSV_MORE;
}

/* Takes a byte that does not stand for itself. */
static enum csv_result take_mark(struct csv *csv, char byte, struct error *error)
{
    if (csv->place == CSV_RETURN && byte != '\n')
        return wrong(error, "a carriage return stands outside quotes");
    if (byte == separator_of(csv)) {
        csv->begun = true;
        end_field(csv);
        return CSV_MORE;
    }
    switch (byte) {
    case '\n':
        return end_row(csv);
    case '\r':
        csv->place = CSV_RETURN;
        return CSV_MORE;
    case '"':
        return take_quote(csv, error);
    default:
        return wrong(error, "text stands behind the closing quote of a field");
    }
}

enum csv_result csv_take(struct csv *csv, const char *bytes, size_t length, size_t *taken,
                         struct error *error)
{
    if (csv->whole || !csv->row)
        begin_row(csv);
    *taken = 0;
    for (;;) {
        *taken += take_run(csv, bytes + *taken, length - *taken);
        if (*taken == length)
            return CSV_MORE;
        enum csv_result result = take_mark(csv, bytes[(*taken)++], error);
        if (result != CSV_MORE)
            return result;
    }
}

enum csv_result csv_end(struct csv *csv, struct error *error)
{
    if (csv->whole || !csv->row)
        begin_row(csv);
    if (csv->place == CSV_QUOTED)
        return wrong(error, "a quote is never closed");
    return csv->begun ? end_row(csv) : CSV_MORE;
}

const char *csv_field(const struct csv *csv, size_t i, size_t *length)
{
    size_t from = i ? csv->ends[i - 1] : 0;
    *length = csv->ends[i] - from;
    return buf_string(&csv->bytes) + from;
}

void csv_release(struct csv *csv)
{
    buf_release(&csv->bytes);
    free(csv->ends);
    *csv = (struct csv){0};
}

void csv_put(struct buf *out, const char *field, size_t length, char separator, bool quote_empty)
{
    bool plain = length || !quote_empty;
    for (size_t i = 0; i < length && plain; i++)
        plain = !is_mark(field[i], separator);
    if (plain) {
        buf_append(out, field, length);
        return;
    }
    buf_char(out, '"');
    for (size_t i = 0; i < length; i++) {
        buf_text(out, field[i] == '"' ? "\"" : "");
        buf_char(out, field[i]);
    }
    buf_char(out, '"');
}
