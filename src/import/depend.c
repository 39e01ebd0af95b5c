/* What waits for what in other runners' files. */
#include "base/nearest.h"
#include "import/private.h"

#define READY "ready"
#define STARTED "started"

/* ---- who waits for whom ---- */

bool import_is_awaited(const struct import *import, const char *name)
{
    return names_find(&import->index.awaited, name, strlen(name)) == true;
}

static void index_waits(struct import *import, const struct node *waits)
{
    for (size_t i = 0; waits && waits->kind == NODE_MAP && i < waits->size; i++) {
        const char *name = node_key(waits, i)->text;
        const struct node *condition = node_find(node_value(waits, i), "condition");
        bool scalar = condition && condition->kind == NODE_SCALAR;
        const char *ours = scalar ? import_word(import, import->kind->conditions, condition->text) : NULL;
        bool ready = import_is_awaited(import, name) || (ours && !strcmp(ours, READY));
        names_put(&import->index.awaited, name, ready);
    }
}

void import_index(struct import *import)
{
    for (size_t i = 0; i < import->all->size; i++) {
        const char *name = node_key(import->all, i)->text;
        const struct node *object = node_value(import->all, i);
        names_put(&import->index.places, name, i);
        index_waits(import, node_find(object, "depends_on"));
        if (import_is_word(node_find(node_find(object, "watch"), "cascade"), "true"))
            names_put(&import->index.cascading, name, 0);
    }
}

const struct node *import_object(const struct import *import, const char *name)
{
    size_t i = names_find(&import->index.places, name, strlen(name));
    return i == NAMES_NONE || node_is_nothing(node_value(import->all, i)) ? NULL : node_value(import->all, i);
}

bool import_reaches(const struct import *import, const char *name, bool (*is)(const struct import *import, const char *name))
{
    struct names seen = {0};
    struct texts open = {0};
    bool found = false;
    texts_add(&open, name);
    for (size_t i = 0; !found && i < open.count; i++) {
        const struct node *waits = node_find(import_object(import, open.items[i]), "depends_on");
        found = is(import, open.items[i]);
        for (size_t k = 0; waits && waits->kind != NODE_SCALAR && k < waits->size; k++) {
            const struct node *next = waits->kind == NODE_MAP ? node_key(waits, k) : &waits->items[k];
            if (next->kind != NODE_SCALAR || names_have(&seen, next->text))
                continue;
            names_put(&seen, next->text, 0);
            texts_add(&open, next->text);
        }
    }
    names_release(&seen);
    texts_release(&open);
    return found;
}

/* An object that is waited for, as it stands below depends_on. */
struct dependency {
    const struct node *node; /* where it is named */
    const char *name;
    const struct node *keys; /* NULL: a name alone */
};

static void report_missing(struct import *import, const struct dependency *wait)
{
    struct nearest nearest = {.wrong = wait->name};
    for (size_t i = 0; i < import->all->size; i++)
        nearest_offer(&nearest, node_key(import->all, i)->text);
    diag_error(import->diags, node_mark(import->source, wait->node),
               nearest.name ? arena_printf(import->arena, "did you mean '%s'?", nearest.name) : import->kind->whole,
               "depends_on of '%s': there is no '%s'%s", import_shown(import, import->draft->owner), import_shown(import, wait->name),
               nearest.name ? "" : " in this file, and import reads one alone");
}

static bool is_read(const struct import *import, const char *name)
{
    return !strcmp(name, import->draft->owner);
}

/* What nothing starts may wait in a circle there. */
static bool is_idle_circle(const struct import *import, const char *name)
{
    return import->kind->is_off(import->draft->map) && import_reaches(import, name, is_read);
}

static void note(struct import *import, const struct dependency *wait, const char *why)
{
    import_note_at(import, wait->node, "depends_on %s: %s", import_shown(import, wait->name), why);
}

/* The condition as parrun's; NULL, told in a comment or an error, where it waits for nothing. */
static const char *read_condition(struct import *import, const struct dependency *wait)
{
    const struct node *object = import_object(import, wait->name);
    const struct node *node = import_take(import, wait->keys, "condition");
    const char *theirs = node && node->kind == NODE_SCALAR ? node->text : "";
    const char *condition = import_word(import, import->kind->conditions, node ? theirs : import->kind->condition);
    if ((!object || import->kind->is_off(object)) && import_says(import, wait->keys, "required", "false")) {
        note(import, wait, "it is not required, and nothing starts it");
        return NULL;
    }
    if (!object) {
        report_missing(import, wait);
        return NULL;
    }
    if (is_idle_circle(import, wait->name)) {
        note(import, wait, "goes round in a circle, which nothing starts");
        return NULL;
    }
    if (!condition)
        import_expected(import, "depends_on", node, arena_printf(import->arena, "a condition such as %s", import->kind->condition));
    if (!condition || strcmp(condition, READY) != 0 || import->kind->tells_ready(object))
        return condition;
    note(import, wait, "nothing that parrun has tells that it is ready");
    return STARTED;
}

/* A line below depends_on, once for each name in WRITTEN; the first opens it. */
static void write_wait(struct import *import, struct names *written, const struct dependency *wait)
{
    const char *condition = read_condition(import, wait);
    if (!condition || names_have(written, wait->name))
        return;
    names_put(written, wait->name, 0);
    if (written->count == 1)
        draft_open(import, "depends_on");
    draft_line(import, yaml_quoted(import->arena, import_called(import, wait->name)), "%s", condition);
}

/* The item or the pair number I of VALUE. */
static void take_wait(struct import *import, struct names *written, const struct node *value, size_t i)
{
    bool map = value->kind == NODE_MAP;
    struct dependency wait = {.node = map ? node_key(value, i) : &value->items[i]};
    wait.keys = map ? import_take(import, value, wait.node->text) : NULL;
    if (wait.node->kind != NODE_SCALAR || (wait.keys && wait.keys->kind != NODE_MAP)) {
        import_expected(import, "depends_on", wait.keys ? wait.keys : wait.node, wait.keys ? "{condition: CONDITION}" : "a name");
        return;
    }
    wait.name = map ? wait.node->text : import_now(import, "depends_on", wait.node);
    if (wait.name)
        write_wait(import, written, &wait);
}

void draft_depends(struct import *import, const struct node *value)
{
    const struct texts *after = &import->draft->after;
    struct names written = {0};
    if (value && value->kind == NODE_SCALAR)
        import_expected(import, "depends_on", value, "a list of names, or a mapping of names to conditions");
    for (size_t i = 0; value && value->kind != NODE_SCALAR && i < value->size; i++)
        take_wait(import, &written, value, i);
    for (size_t i = 0; i < after->count; i++)
        write_wait(import, &written, &(struct dependency){.node = import->draft->map, .name = after->items[i]});
    if (written.count)
        draft_close(import);
    names_release(&written);
}
