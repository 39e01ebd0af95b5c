/* Columns for a person. */
#include "cli/control/table.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/unit.h"
#include "cli/control/find.h"
#include "cli/control/link.h"
#include "os/usage.h"
#include "value/value.h"

#define COLUMNS_MOST 10

/* Digits of a date and time without its fractions. */
#define TIME_LENGTH 19

struct table_row {
    char *cells[COLUMNS_MOST];
};

struct text_table {
    const char *const *heads; /* NULL ends them */
    struct table_row *rows;
    size_t count;
    size_t capacity;
    struct usages usages;
    bool measured;
};

static const char *const run_heads[] = {"RUN", "SCENARIO", "STATE", "PID", "UP", "TASKS", "FAILED", "SINCE", "FILE", "LOG", NULL};
static const char *const object_heads[] = {"NAME", "KIND", "STATE", "PID", "SINCE", "RESTARTS", "CPU", "MEMORY", "DOING", NULL};

struct text_table *table_new(void)
{
    return mem_calloc(1, sizeof(struct text_table));
}

void table_free(struct text_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->count; i++)
        for (size_t n = 0; n < COLUMNS_MOST; n++)
            free(table->rows[i].cells[n]);
    free(table->rows);
    usages_release(&table->usages);
    free(table);
}

static struct table_row *add_row(struct text_table *table, const char *const *heads)
{
    table->heads = heads;
    table->rows = mem_grow(table->rows, &table->capacity, table->count + 1, sizeof(*table->rows));
    table->rows[table->count] = (struct table_row){{NULL}};
    return &table->rows[table->count++];
}

static void put_count(struct buf *out, const struct value *object, const char *part, const char *whole)
{
    int64_t all = control_number(object, whole, -1);
    buf_number(out, control_number(object, part, 0));
    if (all >= 0)
        buf_printf(out, "/%" PRId64, all);
}

void table_add_run(struct text_table *table, const struct value *run, const char *state)
{
    struct table_row *row = add_row(table, run_heads);
    struct buf pid = {0}, up = {0}, tasks = {0}, failed = {0};
    if (!state) {
        buf_number(&pid, control_number(run, "pid", 0));
        put_count(&up, run, "up", "all");
        put_count(&tasks, run, "done", "tasks");
        buf_number(&failed, control_number(run, "failed", 0));
    }
    row->cells[0] = mem_strdup(control_text(run, "run"));
    row->cells[1] = mem_strdup(control_text(run, "scenario"));
    row->cells[2] = mem_strdup(state ? state : control_text(run, "state"));
    row->cells[3] = buf_take(&pid);
    row->cells[4] = buf_take(&up);
    row->cells[5] = buf_take(&tasks);
    row->cells[6] = buf_take(&failed);
    row->cells[7] = mem_copy(control_text(run, "since"), strnlen(control_text(run, "since"), TIME_LENGTH));
    row->cells[8] = mem_strdup(control_text(run, "file"));
    row->cells[9] = mem_strdup(control_text(run, "log"));
}

void table_add_ended(struct text_table *table, const struct value *run)
{
    struct buf state = {0};
    buf_text(&state, control_text(run, "state"));
    if (value_member(run, "status"))
        buf_printf(&state, " %" PRId64, control_number(run, "status", 0));
    table_add_run(table, run, buf_string(&state));
    buf_release(&state);
}

/* What the processes of an object and their sessions use; false where there are none. */
static bool measure(struct text_table *table, const struct value *object, struct usage *sum)
{
    const struct value *pids = value_member(object, "pids");
    bool any = false;
    *sum = (struct usage){0};
    if (!pids || pids->type != VALUE_TABLE)
        return false;
    if (!table->measured)
        usages_read(&table->usages);
    table->measured = true;
    for (size_t i = 0; i < pids->table.count; i++) {
        struct usage usage;
        if (!usages_of_session(&table->usages, (pid_t)pids->table.pairs[i].value.integer, &usage))
            continue;
        any = true;
        sum->cpu += usage.cpu;
        sum->memory += usage.memory;
    }
    return any;
}

void table_add_usage(struct text_table *table, const struct value *object, struct buf *json)
{
    struct usage usage;
    if (!json->length || !measure(table, object, &usage))
        return;
    buf_truncate(json, json->length - 1);
    buf_printf(json, ",\"cpu\":%.3f,\"memory\":%" PRId64 "}", (double)usage.cpu / (double)NS_PER_S, usage.memory);
}

static char *seconds_of(const struct value *object)
{
    const struct value *seconds = value_member(object, "seconds");
    struct buf text = {0};
    if (seconds && seconds->type == VALUE_NUMBER)
        duration_print(&text, (int64_t)seconds->number * NS_PER_S);
    return buf_take(&text);
}

void table_add_object(struct text_table *table, const struct value *object)
{
    struct table_row *row = add_row(table, object_heads);
    struct usage usage;
    struct buf pid = {0}, restarts = {0}, cpu = {0}, memory = {0}, doing = {0};
    if (control_number(object, "pid", 0))
        buf_number(&pid, control_number(object, "pid", 0));
    buf_number(&restarts, control_number(object, "restarts", 0));
    if (control_number(object, "restarted", 0))
        buf_printf(&restarts, "+%" PRId64, control_number(object, "restarted", 0));
    if (measure(table, object, &usage)) {
        buf_printf(&cpu, "%.1fs", (double)usage.cpu / (double)NS_PER_S);
        buf_printf(&memory, "%.1fM", (double)usage.memory / (1 << 20));
    }
    buf_text(&doing, *control_text(object, "doing") ? control_text(object, "doing") : control_text(object, "error"));
    row->cells[0] = mem_strdup(control_text(object, "name"));
    row->cells[1] = mem_strdup(control_text(object, "kind"));
    row->cells[2] = mem_strdup(control_text(object, "state"));
    row->cells[3] = buf_take(&pid);
    row->cells[4] = seconds_of(object);
    row->cells[5] = buf_take(&restarts);
    row->cells[6] = buf_take(&cpu);
    row->cells[7] = buf_take(&memory);
    row->cells[8] = buf_take(&doing);
}

static const char *cell(const struct table_row *row, size_t column)
{
    return row->cells[column] && *row->cells[column] ? row->cells[column] : "-";
}

void table_print(struct text_table *table)
{
    int widths[COLUMNS_MOST] = {0};
    for (size_t n = 0; table->count && table->heads[n]; n++) {
        widths[n] = (int)strlen(table->heads[n]);
        for (size_t i = 0; i < table->count; i++)
            if ((int)strlen(cell(&table->rows[i], n)) > widths[n])
                widths[n] = (int)strlen(cell(&table->rows[i], n));
    }
    for (size_t i = 0; table->count && i <= table->count; i++)
        for (size_t n = 0; table->heads[n]; n++) {
            const char *text = i ? cell(&table->rows[i - 1], n) : table->heads[n];
            if (table->heads[n + 1])
                printf("%-*s  ", widths[n], text);
            else
                printf("%s\n", text);
        }
}
