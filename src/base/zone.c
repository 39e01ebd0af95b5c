/* Reading time zones, and finding spans in them. */
#include "base/zone.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/calendar.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/zone_rule.h"

#define HEADER 44

/* What a file may hold: those of the world have a few hundred. */
#define TRANSITIONS_MOST 100000
#define RULE_MOST 128

/* RFC 8536: no offset is further from UTC. */
#define OFFSET_MOST (26 * 3600)

struct zone {
    int64_t *times; /* of the transitions, ascending */
    int32_t *offsets; /* from each on */
    size_t count;
    int32_t first; /* the offset before all of them */
    bool has_rule; /* what comes behind the last transition */
    struct zone_rule rule;
};

struct header {
    uint32_t isut;
    uint32_t isstd;
    uint32_t leaps;
    uint32_t times;
    uint32_t types;
    uint32_t chars;
};

static int64_t number(const char *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | (unsigned char)bytes[i];
    return size == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

/* Reads the header at BYTES; false where it is none. */
static bool read_header(const char *bytes, size_t length, struct header *header)
{
    uint32_t *const counts[] = {&header->isut, &header->isstd, &header->leaps, &header->times, &header->types, &header->chars};
    if (length < HEADER || memcmp(bytes, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < countof(counts); i++) {
        *counts[i] = (uint32_t)number(bytes + 20 + 4 * i, 4);
        if (*counts[i] > TRANSITIONS_MOST)
            return false;
    }
    return header->types > 0;
}

/* Bytes of the data behind it, where a time has SIZE of them. */
static size_t data_size(const struct header *header, size_t size)
{
    return header->times * (size + 1) + header->types * (size_t)6 + header->chars + header->leaps * (size + 4) +
           header->isstd + header->isut;
}

static bool read_offset(const struct header *header, const char *types, size_t type, int32_t *offset)
{
    if (type >= header->types)
        return false;
    *offset = (int32_t)number(types + 6 * type, 4);
    return *offset >= -OFFSET_MOST && *offset <= OFFSET_MOST;
}

/* Reads the data behind the header; false where it is wrong. */
static bool read_data(struct zone *zone, const struct header *header, const char *data, size_t size)
{
    const char *kinds = data + header->times * size;
    const char *types = kinds + header->times;
    zone->times = mem_calloc(header->times + 1, sizeof(*zone->times));
    zone->offsets = mem_calloc(header->times + 1, sizeof(*zone->offsets));
    zone->count = header->times;
    if (!read_offset(header, types, 0, &zone->first))
        return false;
    for (size_t i = 0; i < zone->count; i++) {
        zone->times[i] = number(data + i * size, size);
        if (!read_offset(header, types, (unsigned char)kinds[i], &zone->offsets[i]) ||
            zone->times[i] > INT64_MAX / 4 || zone->times[i] < INT64_MIN / 4 || (i && zone->times[i] <= zone->times[i - 1]))
            return false;
    }
    return true;
}

/* The rule between two newlines at the end of the file; an empty one is none. */
static bool read_footer(struct zone *zone, const char *bytes, size_t length)
{
    char text[RULE_MOST];
    const char *end = length && *bytes == '\n' ? memchr(bytes + 1, '\n', length - 1) : NULL;
    size_t size = end ? (size_t)(end - bytes - 1) : 0;
    if (!end || size >= sizeof(text))
        return false;
    memcpy(text, bytes + 1, size);
    text[size] = '\0';
    zone->has_rule = size > 0;
    return !size || (strlen(text) == size && zone_rule_read(text, &zone->rule));
}

static bool read_file(struct zone *zone, const char *bytes, size_t length)
{
    struct header header;
    size_t size = 4;
    if (!read_header(bytes, length, &header))
        return false;
    bool wide = bytes[4] >= '2';
    if (wide) {
        size_t skipped = HEADER + data_size(&header, size);
        if (skipped > length || !read_header(bytes + skipped, length - skipped, &header))
            return false;
        bytes += skipped;
        length -= skipped;
        size = 8;
    }
    bytes += HEADER;
    length -= HEADER;
    size_t data = data_size(&header, size);
    if (data > length || header.leaps || !read_data(zone, &header, bytes, size))
        return false;
    return !wide || read_footer(zone, bytes + data, length - data);
}

struct zone *zone_read(const char *bytes, size_t length, struct error *error)
{
    struct zone *zone = mem_calloc(1, sizeof(*zone));
    if (read_file(zone, bytes, length))
        return zone;
    error_set(error, ERROR_FAILED, "it is no file of a time zone that can be read");
    zone_free(zone);
    return NULL;
}

struct zone *zone_read_rule(const char *text, struct error *error)
{
    struct zone *zone = zone_utc();
    zone->has_rule = true;
    if (zone_rule_read(text, &zone->rule)) {
        zone->first = zone->rule.standard;
        return zone;
    }
    error_set(error, ERROR_FAILED, "'%s' is no time zone", text);
    zone_free(zone);
    return NULL;
}

struct zone *zone_utc(void)
{
    return mem_calloc(1, sizeof(struct zone));
}

void zone_free(struct zone *zone)
{
    if (!zone)
        return;
    free(zone->times);
    free(zone->offsets);
    free(zone);
}

/* Of the transitions of the file, those at or before INSTANT. */
static size_t count_before(const struct zone *zone, int64_t instant)
{
    size_t low = 0, high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->times[middle] <= instant)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct zone_span zone_span(const struct zone *zone, int64_t instant)
{
    size_t at = count_before(zone, instant);
    struct zone_span span = {
        .from = at ? zone->times[at - 1] : INT64_MIN,
        .to = at < zone->count ? zone->times[at] : INT64_MAX,
        .offset = at ? zone->offsets[at - 1] : zone->first,
        .before = at > 1 ? zone->offsets[at - 2] : zone->first,
    };
    if (at == zone->count && zone->has_rule)
        zone_rule_span(&zone->rule, instant, &span);
    return span;
}

void zone_print(const struct zone *zone, int64_t instant, int milliseconds, struct buf *out)
{
    int32_t offset = zone_span(zone, instant).offset;
    int64_t day = calendar_day_of(instant + offset);
    struct date date = calendar_date(day);
    int second = (int)(instant + offset - day * DAY_SECONDS);
    int ahead = abs(offset);
    buf_printf(out, "%04lld-%02d-%02d %02d:%02d:%02d", (long long)date.year, date.month, date.day, second / 3600, second / 60 % 60,
               second % 60);
    if (milliseconds)
        buf_printf(out, ".%03d", milliseconds);
    buf_printf(out, "%c%02d:%02d", offset < 0 ? '-' : '+', ahead / 3600, ahead / 60 % 60);
    if (ahead % 60)
        buf_printf(out, ":%02d", ahead % 60);
}
