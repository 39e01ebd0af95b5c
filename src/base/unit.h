/*
 * Durations, sizes and signals as people write them, both ways.
 *
 * The parsers return 0, or a negative code with ERROR filled; the text says what was found and what
 * was expected.
 */
#ifndef BASE_UNIT_H
#define BASE_UNIT_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

/* "500ms", "30s", "5m", "1h30m", "2d", or a bare number of seconds ("0.5") -> nanoseconds >= 0. 0,
 * -ERANGE where it is too long, or ERROR_FAILED. */
int duration_parse(const char *text, int64_t *ns, struct error *error);

/* NS for a person to read: to the millisecond, from 10 s on to the second. */
int64_t duration_round(int64_t ns);

/* Whole numbers of units, largest first: duration_parse() reads them back to the same value. */
void duration_print(struct buf *out, int64_t ns);

/* "64K", "10M", "1G", "2T" (powers of 1024, an optional "B" or "iB" behind) or bytes -> bytes. */
int size_parse(const char *text, uint64_t *bytes, struct error *error);

/* A whole number of the largest unit that divides it: size_parse() reads back the same value. */
void size_print(struct buf *out, uint64_t bytes);

/* "TERM", "SIGTERM", "term" or "15" -> 15. */
int signal_parse(const char *text, int *number, struct error *error);

/* "TERM" for 15, "RTMIN+3" for 37; NULL for a number that is no signal. */
const char *signal_name(int number);

#endif
