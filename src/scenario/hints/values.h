/*
 * What a value that is nearly right was probably meant to be, in the form that it has here: for
 * hints. Each function gives NULL where it knows of none; what it gives lives in ARENA or for good.
 */
#ifndef SCENARIO_HINTS_VALUES_H
#define SCENARIO_HINTS_VALUES_H

struct arena;
struct error;
struct field;
struct loader;
struct node;

/* "5 minutes" -> "5m", "30" -> "30s". */
const char *meant_duration(struct arena *arena, const char *text);

/* "10 MB" -> "10M", "512 mib" -> "512M". */
const char *meant_size(struct arena *arena, const char *text);

/* "SIGINT" -> "INT", "TERMINATE" -> "TERM", "KIL" -> "KILL". */
const char *meant_signal(struct arena *arena, const char *text);

/* A word of a key that takes one of some: of 'restart' "on-failure:3" -> "{on: failure, max: 3}" and "no" ->
 * "never", of 'output' "buffered" -> "group". */
const char *meant_choice(struct arena *arena, const char *text);

/* A number of tries again as one of tries in all: "2" -> "3". */
const char *meant_attempts(struct arena *arena, const char *text);

/* A whole number of at most nine digits, as it is. */
const char *meant_count(struct arena *arena, const char *text);

/* The same of a limit, which may be one of thousands: "10k" -> "10000". */
const char *meant_limit(struct arena *arena, const char *text);

/* Digits, and a point where there is one, as they are. */
const char *meant_number(struct arena *arena, const char *text);

/* A number of minutes: "5" -> "5m". */
const char *meant_minutes(struct arena *arena, const char *text);

/* "0,2" -> "[0, 2]". */
const char *meant_codes(struct arena *arena, const char *text);

/* A rate: "10", "10/sec" and "10 per second" -> "10/s". */
const char *meant_rate(struct arena *arena, const char *text);

/* The whole of what stands behind 'tasks': "1..10" -> "{range: [1, 10]}", "-" -> "{lines: "-"}". */
const char *meant_tasks(struct arena *arena, const char *text);

/* What stands behind 'range': "1..10", "{1..10}", "1-10" -> "[1, 10]". */
const char *meant_range(struct arena *arena, const char *text);

/* Reports that TEXT, which NODE is, is no duration, or one that is too long: ERROR is that of
 * duration_parse(). */
void duration_wrong(struct loader *loader, const struct field *field, const struct node *node,
                    const char *text, const struct error *error);

#endif
