/* Rows of ours as a virtual table of SQLite's. */
#include "store/virtual_table.h"

#include <sqlite3.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/database.h"

struct module {
    const char *columns;
    struct virtual_table *feed;
};

struct table {
    sqlite3_vtab base; /* SQLite's, first */
    struct virtual_table *feed;
};

struct cursor {
    sqlite3_vtab_cursor base; /* SQLite's, first */
    struct virtual_table *feed;
    sqlite3_int64 row;
    bool behind;
};

static struct cursor *cursor_of(sqlite3_vtab_cursor *base)
{
    return (struct cursor *)base;
}

static int on_connect(sqlite3 *handle, void *arg, int count, const char *const *words,
                      sqlite3_vtab **made, char **reason)
{
    const struct module *module = arg;
    struct buf statement = {0};
    (void)count;
    (void)words;
    (void)reason;
    buf_printf(&statement, "CREATE TABLE feed (%s)", module->columns);
    int result = sqlite3_declare_vtab(handle, statement.data);
    buf_release(&statement);
    if (result != SQLITE_OK)
        return result;
    struct table *table = mem_calloc(1, sizeof(*table));
    table->feed = module->feed;
    *made = &table->base;
    return SQLITE_OK;
}

static int on_disconnect(sqlite3_vtab *base)
{
    free(base);
    return SQLITE_OK;
}

/* There is one way to read it. */
static int on_plan(sqlite3_vtab *base, sqlite3_index_info *plan)
{
    (void)base;
    plan->estimatedCost = 1;
    return SQLITE_OK;
}

static int on_open(sqlite3_vtab *base, sqlite3_vtab_cursor **made)
{
    struct cursor *cursor = mem_calloc(1, sizeof(*cursor));
    cursor->feed = ((struct table *)base)->feed;
    *made = &cursor->base;
    return SQLITE_OK;
}

static int on_close(sqlite3_vtab_cursor *base)
{
    free(cursor_of(base));
    return SQLITE_OK;
}

static int on_next(sqlite3_vtab_cursor *base)
{
    struct cursor *cursor = cursor_of(base);
    cursor->behind = !cursor->feed->next(cursor->feed->arg);
    cursor->row++;
    return SQLITE_OK;
}

static int on_first(sqlite3_vtab_cursor *base, int plan, const char *name, int count,
                    sqlite3_value **values)
{
    (void)plan;
    (void)name;
    (void)count;
    (void)values;
    return on_next(base);
}

static int on_end(sqlite3_vtab_cursor *base)
{
    return cursor_of(base)->behind;
}

static int on_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int place)
{
    const struct virtual_table *feed = cursor_of(base)->feed;
    feed->column(feed->arg, place, (struct cell *)context);
    return SQLITE_OK;
}

static int on_row(sqlite3_vtab_cursor *base, sqlite3_int64 *row)
{
    *row = cursor_of(base)->row;
    return SQLITE_OK;
}

static const sqlite3_module callbacks = {
    .xConnect = on_connect,
    .xBestIndex = on_plan,
    .xDisconnect = on_disconnect,
    .xOpen = on_open,
    .xClose = on_close,
    .xFilter = on_first,
    .xNext = on_next,
    .xEof = on_end,
    .xColumn = on_column,
    .xRowid = on_row,
};

void feed_add(struct database *database, const char *name, const char *columns,
              struct virtual_table *feed)
{
    struct module *module = mem_calloc(1, sizeof(*module));
    *module = (struct module){columns, feed};
    if (sqlite3_create_module_v2(database_handle(database), name, &callbacks, module, free) !=
        SQLITE_OK)
        mem_exhausted();
}

static sqlite3_context *context_of(struct cell *cell)
{
    return (sqlite3_context *)cell;
}

void cell_set_integer(struct cell *cell, int64_t number)
{
    sqlite3_result_int64(context_of(cell), number);
}

void cell_set_number(struct cell *cell, double number)
{
    sqlite3_result_double(context_of(cell), number);
}

void cell_set_text(struct cell *cell, const char *text, size_t length)
{
    sqlite3_result_text64(context_of(cell), text, length, SQLITE_STATIC, SQLITE_UTF8);
}

void cell_set_blob(struct cell *cell, const void *bytes, size_t length)
{
    sqlite3_result_blob64(context_of(cell), bytes, length, SQLITE_STATIC);
}
