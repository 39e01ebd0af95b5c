/* The combinations of a matrix: a value of each list, the last list turning fastest. */
#ifndef SCENARIO_BIND_MATRIX_H
#define SCENARIO_BIND_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct matrix_spec;
struct value;

/* A matrix may have so many: what `exclude` leaves out is counted one by one. */
#define MATRIX_MOST 100000000

/* How many there are, left out or not; at most MATRIX_MOST + 1. */
int64_t matrix_combinations(const struct matrix_spec *matrix);

/* The value that combination NUMBER (from 0) has of list AXIS. */
const struct value *matrix_value(const struct matrix_spec *matrix, int64_t number, size_t axis);

/* True where `exclude` leaves the combination out. */
bool matrix_excludes(const struct matrix_spec *matrix, int64_t number);

/* How many items the matrix has. */
int64_t matrix_count(const struct matrix_spec *matrix);

#endif
