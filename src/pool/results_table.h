/*
 * Records of tasks as the rows of a table, CSV (RFC 4180) or the same with tabs:
 *
 *     index, the item's columns, exit, seconds, output, [errors,] [result,] attempt, signal, reason, memory, state, other
 *
 * The item's columns are the keys of the first item where that is a mapping, item.1, item.2 ... where it is a list
 * but no batch, else "item". One that is called as another column is "item." and its name. What a row has
 * no column for is in "other", an object of JSON, so that nothing is left out.
 */
#ifndef POOL_RESULTS_TABLE_H
#define POOL_RESULTS_TABLE_H

#include <stddef.h>

struct buf;
struct error;
struct pool_spec;
struct results_table;

/* The table of POOL, which must outlive it. */
struct results_table *results_table_new(const struct pool_spec *pool);

/*
 * Rows will be added to those that the file PATH has: takes the names of the columns from its first one. 0, too where
 * there is no such file or it is empty; or a negative code with ERROR filled where its columns are no such as above.
 */
int results_table_continue(struct results_table *table, const char *path, struct error *error);

/* Appends the row of a record, which is RECORD in JSON; before the first one that of the columns' names. */
void results_table_put(struct results_table *table, const char *record, size_t length, struct buf *out);

/* NULL is accepted. */
void results_table_free(struct results_table *table);

#endif
