/*
 * A time zone: what its clocks have shown at each instant, and will show, as a file of /usr/share/zoneinfo (TZif, RFC 8536)
 * or a rule of POSIX ("CET-1CEST,M3.5.0,M10.5.0/3") says it. Offsets alone count; which of them is summer time does not.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;
struct zone;

/* A time during which the clocks of a zone are not changed. All in seconds. */
struct zone_span {
    int64_t from;   /* since 1970; INT64_MIN: always so before */
    int64_t to;     /* the first second behind it; INT64_MAX: for ever */
    int32_t offset; /* local time less UTC */
    int32_t before; /* the same before FROM */
};

/* Reads the bytes of a TZif file, whatever they are. NULL with ERROR filled where they are none. zone_free() frees it. */
struct zone *zone_read(const char *bytes, size_t length, struct error *error);

/* Reads a rule of POSIX. The same holds. */
struct zone *zone_read_rule(const char *text, struct error *error);

/* One whose clocks show UTC. */
struct zone *zone_utc(void);

/* NULL is accepted. */
void zone_free(struct zone *zone);

/* The span in which INSTANT is, in seconds since 1970. */
struct zone_span zone_span(const struct zone *zone, int64_t instant);

/* Appends INSTANT as its clocks show it: "2026-11-30 03:05:00+01:00", with MILLISECONDS, 0 to 999, behind the seconds
 * where they are not 0. */
void zone_print(const struct zone *zone, int64_t instant, int milliseconds, struct buf *out);

#endif
