/* What processes and tasks take of the scenario's resources, as a number. */
#ifndef SCENARIO_USES_H
#define SCENARIO_USES_H

#include <stddef.h>
#include <stdint.h>

struct buf;
struct error;
struct resource_spec;

/* Units are counted in parts of this size. */
#define USES_UNIT INT64_C(10000)

/*
 * TEXT, what an object or a task wants of RESOURCE: of units a whole number or a part of one such as 0.25, counted in
 * USES_UNIT; else a size in bytes. 0, or ERROR_FAILED: it is none, or more than there is.
 */
int uses_amount(const struct resource_spec *resource, const char *text, int64_t *amount, struct error *error);

/* Appends AMOUNT as uses_amount() reads it: "2", "0.25", "8G". */
void uses_print(const struct resource_spec *resource, int64_t amount, struct buf *out);

/* Appends the name of the variable that tells a body what it was given of the resource NAME: PARRUN_USES_GPU. */
void uses_variable(const char *name, size_t length, struct buf *out);

#endif
