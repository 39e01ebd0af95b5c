/* What waits for what in other runners' files. */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "scenario/import_private.h"
#include "scenario/show.h"
#include "scenario/tree.h"

#define READY "ready"
#define STARTED "started"

/* Their conditions, and parrun's. */
static const struct {
    const char *theirs;
    const char *ours;
} conditions[] = {
    {"service_started", STARTED},
    {"service_healthy", READY},
    {"service_completed_successfully", "succeeded"},
    {"process_started", STARTED},
    {"process_healthy", READY},
    {"process_log_ready", READY},
    {"process_completed", "completed"},
    {"process_completed_successfully", "succeeded"},
};

/* parrun's word; NULL where there is none. A condition that is not given is to be started. */
static const char *condition_of(const struct node *node)
{
    if (!node)
        return STARTED;
    for (size_t i = 0; i < countof(conditions); i++)
        if (node->kind == NODE_SCALAR && !strcmp(conditions[i].theirs, node->text))
            return conditions[i].ours;
    return NULL;
}

bool import_is_awaited(const struct node *all, const char *name)
{
    for (size_t i = 0; i < all->size; i++) {
        const struct node *list = import_find(node_value(all, i), "depends_on");
        const struct node *one = list ? import_find(list, name) : NULL;
        const char *condition = one ? condition_of(import_find(one, "condition")) : NULL;
        if (condition && !strcmp(condition, READY))
            return true;
    }
    return false;
}

/* An object that is waited for, as it stands below depends_on. */
struct wait {
    struct draft *draft;
    const struct order *order;
    const char *owner;
    const struct node *name;
    const struct node *keys; /* NULL: a name alone */
};

static void report_missing(const struct wait *wait)
{
    struct import *import = wait->draft->import;
    struct nearest nearest = {.wrong = wait->name->text};
    for (size_t i = 0; i < wait->order->all->size; i++)
        nearest_offer(&nearest, node_key(wait->order->all, i)->text);
    diag_error(
        import->diags, node_mark(import->source, wait->name),
        nearest.name ? arena_printf(import->arena, "did you mean '%s'?", nearest.name) : NULL,
        "depends_on of '%s': there is no '%s'", show_text(wait->owner, strlen(wait->owner)).text,
        show_text(wait->name->text, wait->name->size).text);
}

/* Keys beside the condition. */
static void note_rest(const struct wait *wait, const char *name)
{
    for (size_t i = 0; wait->keys && i < wait->keys->size; i++) {
        const struct node *key = node_key(wait->keys, i);
        const struct node *value = node_value(wait->keys, i);
        if (!strcmp(key->text, "condition") ||
            (!strcmp(key->text, "required") && import_is_word(value, "true")) ||
            (!strcmp(key->text, "restart") && import_is_word(value, "false")))
            continue;
        draft_dropped(
            wait->draft,
            arena_printf(wait->draft->import->arena, "depends_on.%s.%s", name, key->text), value,
            !strcmp(key->text, "required")  ? "here it has to come so far"
            : !strcmp(key->text, "restart") ? "parrun leaves alone what has started already"
                                            : NULL);
    }
}

/* True for one that must not be there, and is not; false, with an error, for one that must. */
static bool is_left_out(const struct wait *wait, const struct node *object)
{
    bool optional = wait->keys && import_is_word(import_find(wait->keys, "required"), "false");
    if (object && !(optional && wait->order->is_off(object)))
        return false;
    if (optional)
        draft_note(wait->draft, "depends_on %s: it is not required, and nothing starts it",
                   show_text(wait->name->text, wait->name->size).text);
    else
        report_missing(wait);
    return true;
}

static void write_wait(const struct wait *wait, struct buf *out)
{
    struct draft *draft = wait->draft;
    const struct node *object = import_find(wait->order->all, wait->name->text);
    const struct node *node = wait->keys ? import_find(wait->keys, "condition") : NULL;
    const char *condition = condition_of(node);
    const char *name = show_text(wait->name->text, wait->name->size).text;
    name = arena_copy(draft->import->arena, name, strlen(name));
    if (is_left_out(wait, object))
        return;
    if (!condition) {
        import_expected(draft->import, wait->owner, "depends_on", node,
                        "a condition such as service_healthy or process_completed");
        return;
    }
    if (!strcmp(condition, READY) && !wait->order->tells_ready(object)) {
        draft_note(draft, "depends_on %s: nothing that parrun has tells that it is ready", name);
        condition = STARTED;
    }
    note_rest(wait, name);
    buf_printf(out, "%*s", draft->depth + 6, "");
    import_quote(out, import_called(draft->import, wait->name->text));
    buf_printf(out, ": %s\n", condition);
}

void draft_depends(struct draft *draft, const struct order *order, const char *owner,
                   const struct node *value)
{
    struct buf lines = {0};
    if (value->kind == NODE_SCALAR)
        import_expected(draft->import, owner, "depends_on", value,
                        "a list of names, or a mapping of names to conditions");
    for (size_t i = 0; value->kind != NODE_SCALAR && i < value->size; i++) {
        bool map = value->kind == NODE_MAP;
        struct wait wait = {
            .draft = draft,
            .order = order,
            .owner = owner,
            .name = map ? node_key(value, i) : &value->items[i],
            .keys = map && !import_is_nothing(node_value(value, i)) ? node_value(value, i) : NULL,
        };
        if (wait.name->kind != NODE_SCALAR || (wait.keys && wait.keys->kind != NODE_MAP))
            import_expected(draft->import, owner, "depends_on", wait.keys ? wait.keys : wait.name,
                            wait.keys ? "{condition: CONDITION}" : "a name");
        else
            write_wait(&wait, &lines);
    }
    if (lines.length) {
        draft_open(draft, "depends_on");
        buf_append(&draft->keys, lines.data, lines.length);
        draft_close(draft);
    }
    buf_release(&lines);
}
