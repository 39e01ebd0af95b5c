/* What waits for what in other runners' files. */
#include <string.h>

#include "base/arena.h"
#include "base/diag.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "import/private.h"
#include "yaml/quote.h"
#include "yaml/tree.h"

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

/* parrun's word for theirs; NULL where there is none. */
static const char *condition_of(const char *theirs)
{
    for (size_t i = 0; i < countof(conditions); i++)
        if (!strcmp(conditions[i].theirs, theirs))
            return conditions[i].ours;
    return NULL;
}

bool import_is_awaited(const struct node *all, const char *name)
{
    for (size_t i = 0; i < all->size; i++) {
        const struct node *list = node_find(node_value(all, i), "depends_on");
        const struct node *one = list ? node_find(list, name) : NULL;
        const struct node *condition = one ? node_find(one, "condition") : NULL;
        const char *ours =
            condition && condition->kind == NODE_SCALAR ? condition_of(condition->text) : NULL;
        if (ours && !strcmp(ours, READY))
            return true;
    }
    return false;
}

/* An object that is waited for, as it stands below depends_on. */
struct dependency {
    struct draft *draft;
    const struct start_order *order;
    const struct node *node; /* where it is named */
    const char *name;
    const struct node *keys; /* NULL: a name alone */
    struct names written;    /* each once */
};

static void report_missing(const struct dependency *wait)
{
    struct import *import = wait->draft->import;
    struct nearest nearest = {.wrong = wait->name};
    for (size_t i = 0; i < wait->order->all->size; i++)
        nearest_offer(&nearest, node_key(wait->order->all, i)->text);
    diag_error(import->diags, node_mark(import->source, wait->node),
               nearest.name ? arena_printf(import->arena, "did you mean '%s'?", nearest.name)
                            : import->whole,
               "depends_on of '%s': there is no '%s'%s",
               show_text(import->owner, strlen(import->owner)).text,
               arena_strdup(import->arena, show_text(wait->name, strlen(wait->name)).text),
               nearest.name ? "" : " in this file, and import reads one alone");
}

/* True where NAME waits for TARGET, also by others; SEEN has those that were looked at. */
static bool reaches(const struct dependency *wait, struct names *seen, const char *name,
                    const char *target)
{
    const struct node *waits = node_find(node_find(wait->order->all, name), "depends_on");
    size_t *slot = names_slot(seen, name, strlen(name));
    if (!strcmp(name, target))
        return true;
    if (*slot != NAMES_NONE || !waits || waits->kind == NODE_SCALAR)
        return false;
    *slot = 0;
    for (size_t i = 0; i < waits->size; i++) {
        const struct node *next = waits->kind == NODE_MAP ? node_key(waits, i) : &waits->items[i];
        if (next->kind == NODE_SCALAR && reaches(wait, seen, next->text, target))
            return true;
    }
    return false;
}

/* What nothing starts may wait in a circle there. */
static bool is_idle_circle(const struct dependency *wait)
{
    struct import *import = wait->draft->import;
    struct names seen = {0};
    bool circle = wait->order->is_off(node_find(wait->order->all, import->owner)) &&
                  reaches(wait, &seen, wait->name, import->owner);
    names_release(&seen);
    if (circle)
        import_note(import, "depends_on %s: goes round in a circle, which nothing starts",
                    show_text(wait->name, strlen(wait->name)).text);
    return circle;
}

/* True for one that must not be there, and is not; false, with an error, for one that must. */
static bool is_left_out(const struct dependency *wait, const struct node *object)
{
    struct import *import = wait->draft->import;
    bool optional = wait->keys && import_is_word(node_find(wait->keys, "required"), "false");
    if (object && !(optional && wait->order->is_off(object)))
        return false;
    if (optional && import_take(import, wait->keys, "required"))
        import_note(import, "depends_on %s: it is not required, and nothing starts it",
                    show_text(wait->name, strlen(wait->name)).text);
    else
        report_missing(wait);
    return true;
}

static void write_wait(struct dependency *wait, struct buf *out)
{
    struct draft *draft = wait->draft;
    struct import *import = draft->import;
    const struct node *object = node_find(wait->order->all, wait->name);
    const struct node *node = wait->keys ? import_take(import, wait->keys, "condition") : NULL;
    const char *theirs = node && node->kind == NODE_SCALAR ? node->text : "";
    const char *condition = condition_of(node ? theirs : wait->order->condition);
    if (wait->keys && import_is_word(node_find(wait->keys, "required"), "true"))
        import_take(import, wait->keys, "required");
    if (wait->keys && import_is_word(node_find(wait->keys, "restart"), "false"))
        import_take(import, wait->keys, "restart");
    if (is_left_out(wait, object) || is_idle_circle(wait))
        return;
    if (!condition) {
        import_expected(import, "depends_on", node,
                        "a condition such as service_healthy or process_completed");
        return;
    }
    if (!strcmp(condition, READY) && !wait->order->tells_ready(object)) {
        import_note(import, "depends_on %s: nothing that parrun has tells that it is ready",
                    show_text(wait->name, strlen(wait->name)).text);
        condition = STARTED;
    }
    size_t *slot = names_slot(&wait->written, wait->name, strlen(wait->name));
    if (*slot != NAMES_NONE)
        return;
    *slot = 0;
    buf_printf(out, "%*s", draft->depth + 6, "");
    import_quote(out, import_called(import, wait->name));
    buf_printf(out, ": %s\n", condition);
}

/* The item or the pair number I of VALUE. */
static void take_wait(struct dependency *wait, const struct node *value, size_t i, struct buf *out)
{
    struct import *import = wait->draft->import;
    bool map = value->kind == NODE_MAP;
    wait->node = map ? node_key(value, i) : &value->items[i];
    wait->keys = map ? import_take(import, value, wait->node->text) : NULL;
    if (wait->node->kind != NODE_SCALAR || (wait->keys && wait->keys->kind != NODE_MAP)) {
        import_expected(import, "depends_on", wait->keys ? wait->keys : wait->node,
                        wait->keys ? "{condition: CONDITION}" : "a name");
        return;
    }
    wait->name = map ? wait->node->text : import_now(import, "depends_on", wait->node);
    write_wait(wait, out);
}

void draft_depends(struct draft *draft, const struct start_order *order, const struct node *value,
                   const struct texts *also)
{
    struct buf lines = {0};
    struct dependency wait = {.draft = draft, .order = order};
    if (value && value->kind == NODE_SCALAR)
        import_expected(draft->import, "depends_on", value,
                        "a list of names, or a mapping of names to conditions");
    for (size_t i = 0; value && value->kind != NODE_SCALAR && i < value->size; i++)
        take_wait(&wait, value, i, &lines);
    for (size_t i = 0; i < also->count; i++) {
        wait.node = order->all;
        wait.name = also->items[i];
        wait.keys = NULL;
        write_wait(&wait, &lines);
    }
    if (lines.length) {
        draft_open(draft, "depends_on");
        buf_append(&draft->keys, lines.data, lines.length);
        draft_close(draft);
    }
    names_release(&wait.written);
    buf_release(&lines);
}
