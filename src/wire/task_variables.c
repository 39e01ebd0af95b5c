/* The variables of a task. */
#include "wire/task_variables.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "os/spawn.h"
#include "scenario/spec.h"
#include "scenario/uses.h"
#include "value/value.h"

enum { VARIABLE_ITEM, VARIABLE_INDEX, VARIABLE_WORKER, VARIABLE_ATTEMPT, VARIABLE_USES };

static const char *const names[VARIABLE_USES] = {"PARRUN_ITEM=", "PARRUN_INDEX=", "PARRUN_WORKER=",
                                                 "PARRUN_ATTEMPT="};

_Static_assert(VARIABLES == VARIABLE_USES + RESOURCES_MOST, "a task may use every resource");

/* Those of outer runs' tasks are none of these. */
static const char uses_prefix[] = "PARRUN_USES_";

/* An item that is a list is its elements, a line each; any other what a template shows. */
static void put_item(struct buf *out, const struct value *item)
{
    bool list = item->type == VALUE_TABLE && item->table.count;
    for (size_t i = 0; list && i < item->table.count; i++) {
        const struct value *key = &item->table.pairs[i].key;
        list = key->type == VALUE_INTEGER && key->integer == (int64_t)i + 1;
    }
    if (!list)
        value_text(out, item);
    for (size_t i = 0; list && i < item->table.count; i++) {
        buf_text(out, i ? "\n" : "");
        value_text(out, &item->table.pairs[i].value);
    }
}

static void put_uses(struct variables *variables, const struct value *uses)
{
    for (size_t i = 0; uses->type == VALUE_TABLE && i < uses->table.count && i < RESOURCES_MOST; i++) {
        struct buf *text = &variables->texts[VARIABLE_USES + i];
        const struct value_pair *pair = &uses->table.pairs[i];
        buf_clear(text);
        uses_variable(pair->key.string.bytes, pair->key.string.length, text);
        buf_char(text, '=');
        value_text(text, &pair->value);
    }
}

void variables_fill(struct variables *variables, const struct variables_task *task)
{
    for (size_t i = 0; i < VARIABLE_USES; i++) {
        buf_clear(&variables->texts[i]);
        buf_text(&variables->texts[i], names[i]);
    }
    put_item(&variables->texts[VARIABLE_ITEM], task->item);
    variables->left_out = 0;
    if (variables->texts[VARIABLE_ITEM].length > SPAWN_LONGEST) {
        variables->left_out = variables->texts[VARIABLE_ITEM].length;
        buf_release(&variables->texts[VARIABLE_ITEM]);
    }
    buf_number(&variables->texts[VARIABLE_INDEX], task->index);
    buf_number(&variables->texts[VARIABLE_WORKER], task->worker);
    buf_number(&variables->texts[VARIABLE_ATTEMPT], task->attempt);
    put_uses(variables, task->uses);
}

int variables_fit(const struct variables *variables, const char *const *argv, struct error *error)
{
    for (; variables->left_out && *argv; argv++)
        if (strstr(*argv, "PARRUN_ITEM"))
            return error_set(error, -E2BIG,
                             "the command uses PARRUN_ITEM, which has %zu bytes here, more than the system "
                             "takes in a variable (%d); pass such items through a file or to a coprocess",
                             variables->left_out, SPAWN_LONGEST);
    return 0;
}

void variables_fill_worker(struct variables *variables, int64_t worker)
{
    struct buf *text = &variables->texts[VARIABLE_WORKER];
    buf_clear(text);
    buf_text(text, names[VARIABLE_WORKER]);
    buf_number(text, worker);
}

bool variables_tell_task(const struct variables *variables)
{
    return variables->texts[VARIABLE_INDEX].length;
}

bool variables_name(const char *entry)
{
    for (size_t i = 0; i < VARIABLE_USES; i++)
        if (!strncmp(entry, names[i], strlen(names[i])))
            return true;
    return !strncmp(entry, uses_prefix, strlen(uses_prefix));
}

size_t variables_put(const struct variables *variables, const char **list)
{
    size_t count = 0;
    for (size_t i = 0; i < VARIABLES; i++)
        if (variables->texts[i].length)
            list[count++] = variables->texts[i].data;
    return count;
}

const char **variables_environment(const struct variables *variables, const char *const *of)
{
    size_t count = 0, kept = 0;
    while (of[count])
        count++;
    const char **list = mem_calloc(count + VARIABLES + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        if (!variables_name(of[i]))
            list[kept++] = of[i];
    variables_put(variables, list + kept);
    return list;
}

void variables_release(struct variables *variables)
{
    for (size_t i = 0; i < VARIABLES; i++)
        buf_release(&variables->texts[i]);
}
