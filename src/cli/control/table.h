/* Rows of runs or of objects, as columns for a person. */
#ifndef CLI_CONTROL_TABLE_H
#define CLI_CONTROL_TABLE_H

struct buf;
struct text_table;
struct value;

struct text_table *table_new(void);

/* NULL is accepted. */
void table_free(struct text_table *table);

/* The answer of a run to ps; STATE, NULL: its own, is what it is doing. */
void table_add_run(struct text_table *table, const struct value *run, const char *state);

/* The same of one that has ended: a row of run_logs_each(). */
void table_add_ended(struct text_table *table, const struct value *run);

/* A row of status, with what its processes use now, which is read here. */
void table_add_object(struct text_table *table, const struct value *object);

/* Adds what they use to the row as JSON, as members. */
void table_add_usage(struct text_table *table, const struct value *object, struct buf *json);

/* Prints all rows under their headings; nothing where there are none. */
void table_print(struct text_table *table);

#endif
