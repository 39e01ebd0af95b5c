/*
 * Rows of ours that a statement reads as a table: INSERT ... SELECT takes many of them at the cost
 * of one statement, where binding and running one for each costs more than the row itself.
 */
#ifndef STORE_VIRTUAL_TABLE_H
#define STORE_VIRTUAL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cell;
struct database;

struct virtual_table {
    /* Goes to the next row, at first to the first; false behind the last. */
    bool (*next)(void *arg);
    /* Sets CELL to the column at PLACE, from 0, of this row; it is NULL where that sets nothing. */
    void (*column)(void *arg, int place, struct cell *cell);
    void *arg;
};

/* Makes the table NAME with these COLUMNS (their names with commas) as long as DATABASE is open,
 * for one statement at a time. WRITER must stay as long. */
void feed_add(struct database *database, const char *name, const char *columns,
              struct virtual_table *feed);

/* Bytes must stay until the next row is asked for. */
void cell_set_integer(struct cell *cell, int64_t number);
void cell_set_number(struct cell *cell, double number);
void cell_set_text(struct cell *cell, const char *text, size_t length);
void cell_set_blob(struct cell *cell, const void *bytes, size_t length);

#endif
