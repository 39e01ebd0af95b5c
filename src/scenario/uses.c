/* Amounts of resources, both ways. */
#include "scenario/uses.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/unit.h"
#include "scenario/spec.h"

/* No more digits before or after the point than so many. */
#define WHOLE_DIGITS 9
#define PART_DIGITS 4

/* "2" or "0.25" as parts of a unit; -1 where TEXT is something else. A part is less than one unit: nobody could say of
 * which unit the rest would be. */
static int64_t parse_units(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    const char *point = text + whole;
    size_t part = *point == '.' ? strspn(point + 1, "0123456789") : 0;
    if (!whole || whole > WHOLE_DIGITS || (*point && (*point != '.' || !part || point[part + 1])))
        return -1;
    int64_t parts = strtoll(text, NULL, 10) * USES_UNIT;
    int64_t digit = USES_UNIT;
    for (size_t i = 1; i <= part; i++) {
        if (point[i] != '0' && (i > PART_DIGITS || strtoll(text, NULL, 10)))
            return -1;
        digit /= 10;
        parts += digit * (point[i] - '0');
    }
    return parts;
}

static int64_t total_of(const struct resource_spec *resource)
{
    return resource->units ? resource->total * USES_UNIT : resource->total;
}

static int fail_too_much(const struct resource_spec *resource, int64_t amount, struct error *error)
{
    struct buf wanted = {0}, there = {0};
    uses_print(resource, amount, &wanted);
    uses_print(resource, total_of(resource), &there);
    error_set(error, ERROR_FAILED, "it needs %s of '%s', and there %s %s", wanted.data, resource->name,
              resource->units && resource->total != 1 ? "are" : "is", there.data);
    buf_release(&wanted);
    buf_release(&there);
    return ERROR_FAILED;
}

int uses_amount(const struct resource_spec *resource, const char *text, int64_t *amount, struct error *error)
{
    uint64_t bytes = 0;
    struct error ignored = {0};
    if (resource->units) {
        *amount = parse_units(text);
    } else {
        bool wrong = size_parse(text, &bytes, &ignored) || bytes > INT64_MAX;
        *amount = wrong ? -1 : (int64_t)bytes;
        error_release(&ignored);
    }
    if (*amount < 0)
        return error_set(error, ERROR_FAILED, "'%s' of '%s' is %s", text, resource->name,
                         resource->units ? "no number of units: write a whole number, or a part of one unit such as 0.25"
                                         : "no size such as 512M or 8G");
    return *amount > total_of(resource) ? fail_too_much(resource, *amount, error) : 0;
}

void uses_print(const struct resource_spec *resource, int64_t amount, struct buf *out)
{
    int64_t part = amount % USES_UNIT;
    if (!resource->units) {
        size_print(out, (uint64_t)amount);
        return;
    }
    buf_number(out, amount / USES_UNIT);
    if (!part)
        return;
    buf_printf(out, ".%04" PRId64, part);
    while (out->data[out->length - 1] == '0')
        out->data[--out->length] = 0;
}

void uses_variable(const char *name, size_t length, struct buf *out)
{
    buf_text(out, "PARRUN_USES_");
    for (size_t i = 0; i < length; i++)
        buf_char(out, name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i]);
}
