/* Templates: those worked out while the scenario is loaded, and those kept for the run. */
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "scenario/loader.h"
#include "yaml/scalar_mark.h"
#include "yaml/scalar.h"
#include "script/script.h"

bool node_has_template(const struct node *node)
{
    return node->size > 4 && memmem(node->text, node->size, "${{", 3);
}

/* Makes plain text of the expression around OFFSET, so that the next fault can be found. */
static bool erase_expression(char *text, size_t size, size_t offset)
{
    size_t from = offset < size ? offset + 1 : size;
    while (from > 0 && strncmp(text + from - 1, "${{", 3) != 0)
        from--;
    const char *end = memmem(text + offset, size - offset, "}}", 2);
    if (!from || !end)
        return false;
    memset(text + from - 1, 'x', (size_t)(end + 2 - text) - (from - 1));
    return true;
}

/* The scenario's vars; NULL where they are not known whole. */
static const struct value *known_vars(const struct loader *loader)
{
    return loader->incomplete ? NULL : &loader->scenario->vars;
}

/* The text of a scalar, or an expression made of it. */
struct written {
    const struct node *node;
    char *text;
    size_t length;
    size_t before; /* bytes of TEXT that stand before the node's own */
};

static struct written written_text(struct loader *loader, const struct node *node)
{
    return (struct written){node, arena_copy(loader->arena, node->text, node->size), node->size, 0};
}

static struct written written_expression(struct loader *loader, const struct node *node)
{
    static const char opening[] = "${{ ";
    char *text = arena_printf(loader->arena, "%s%s }}", opening, node->text);
    return (struct written){node, text, strlen(text), sizeof(opening) - 1};
}

/* True where the template would be right if a task's names were known. */
static bool wants_task(const struct written *written, const struct template_scope *scope)
{
    struct template_scope wider = {.vars = scope->vars, .task = true, .compiler = scope->compiler};
    struct template_fault fault = {0};
    struct template *parsed;
    if (scope->task)
        return false;
    struct arena *arena = arena_new();
    int code = template_parse(arena, written->text, written->length, TEMPLATE_TEXT, &wider, &parsed, &fault);
    arena_free(arena);
    return !code;
}

/* What may help against a fault of which the template itself knows no more. */
static const char *fault_hint(struct loader *loader, const struct written *written,
                              const struct template_scope *scope)
{
    if (place_before_comment(loader_source(loader, written->node), written->node))
        return "' #' begins a comment in YAML: put the text in quotes";
    if (wants_task(written, scope))
        return scope->worker ? "each item is a line on the program's standard input"
                             : "a task's names are known in 'run', 'exec', 'env', 'cwd', 'stdin', 'timeout', 'limits', 'uses', 'success_codes' and 'allow_failure' of a pool";
    return NULL;
}

/* What a template within 'vars' has wrong that names them, whatever else is said of it. */
static const char *vars_hint(const struct loader *loader, const struct written *written)
{
    return !loader->evaluation.vars_known && strstr(written->text, "vars")
               ? "in 'vars' itself an expression may use env and name"
               : NULL;
}

static struct mark fault_mark(struct loader *loader, const struct written *written,
                              const struct template_fault *fault)
{
    size_t offset = fault->offset > written->before ? fault->offset - written->before : 0;
    size_t rest = offset < written->node->size ? written->node->size - offset : 1;
    return place_in_scalar(loader_source(loader, written->node), written->node, offset,
                           fault->length < rest ? fault->length : rest);
}

static void report_fault(struct loader *loader, const struct written *written,
                         const struct template_scope *scope, const struct template_fault *fault)
{
    const char *hint = vars_hint(loader, written);
    if (!hint)
        hint = fault->hint ? arena_strdup(loader->arena, fault->hint) : fault_hint(loader, written, scope);
    diag_error(loader->diags, fault_mark(loader, written, fault), hint, "%s",
               loader_shown(loader, fault->text));
}

/* Parses a template; what is wrong in its expressions is reported, as far as it is shown: each time the text is read
 * from its beginning. */
static bool parse(struct loader *loader, const struct written *written, enum template_use use,
                  const struct template_scope *scope, struct template **parsed)
{
    struct template_fault fault = {0};
    if (!template_parse(loader->arena, written->text, written->length, use, scope, parsed, &fault))
        return true;
    bool right = false;
    report_fault(loader, written, scope, &fault);
    for (size_t i = 1; !right && i < DIAGS_SHOWN &&
                       erase_expression(written->text, written->length, fault.offset); i++) {
        struct arena *arena = arena_new();
        struct template *ignored;
        fault = (struct template_fault){0};
        right = !template_parse(arena, written->text, written->length, use, scope, &ignored, &fault);
        if (!right)
            report_fault(loader, written, scope, &fault);
        arena_free(arena);
    }
    template_parse(loader->arena, written->text, right ? written->length : 0, use, scope, parsed, &fault);
    return false; /* there is a template all the same, as other faults are still looked for */
}

void loader_release_script(struct loader *loader)
{
    script_free(loader->evaluation.script);
    loader->evaluation.script = NULL;
}

/* The state for expressions in which `name` is NAME. */
static struct script *script_for(struct loader *loader, const char *name)
{
    if (loader->evaluation.script && strcmp(loader->evaluation.script_name, name))
        loader_release_script(loader);
    if (!loader->evaluation.script) {
        loader->evaluation.script_name = name;
        loader->evaluation.script = script_new_expressions(name, &loader->scenario->vars);
    }
    return loader->evaluation.script;
}

static bool evaluate(struct loader *loader, const struct written *written, const char *name,
                     struct value *value)
{
    struct template_scope scope = {.vars = known_vars(loader), .compiler = &loader->evaluation.compiler};
    struct error error = {0};
    struct template *parsed;
    if (!parse(loader, written, TEMPLATE_TEXT, &scope, &parsed) || (loader->incomplete && strstr(written->text, "vars")))
        return false;
    if (template_value(parsed, script_for(loader, name), loader->arena, value, &error)) {
        diag_error(loader->diags, loader_mark(loader, written->node), NULL, "%s",
                   loader_shown(loader, error.text));
        error_release(&error);
        return false;
    }
    loader->evaluation.evaluated = written->node;
    loader->evaluation.value = *value;
    return true;
}

bool loader_scalar(struct loader *loader, const struct node *node, const char *name,
                   struct value *value)
{
    if (node_has_template(node)) {
        struct written written = written_text(loader, node);
        return evaluate(loader, &written, name, value);
    }
    *value = scalar_value(node);
    return true;
}

bool loader_expression(struct loader *loader, const struct node *node, const char *name,
                       struct value *value)
{
    struct written written = written_expression(loader, node);
    return evaluate(loader, &written, name, value);
}

/* The word at AT, or the part of one that stands behind "vars." or "env.". */
static bool is_task_name(const char *at, size_t length)
{
    static const char *const names[] = {"item", "index", "worker", "attempt", "name"};
    for (size_t i = 0; i < countof(names); i++)
        if (strlen(names[i]) == length && !memcmp(names[i], at, length))
            return true;
    return (length > 5 && (!memcmp(at, "vars.", 5) || !memcmp(at, "item.", 5))) ||
           (length > 4 && !memcmp(at, "env.", 4));
}

/* "{{ item }}" is what others write: it stays as it is, which hardly anybody wants. */
static void warn_of(struct loader *loader, const struct written *written, const char *opening, const char *closing)
{
    const char *text = written->text;
    for (const char *at = text; (at = strstr(at, opening)); at += 2) {
        const char *word = at + 2 + strspn(at + 2, " ");
        size_t length = strcspn(word, " }");
        const char *end = word + length + strspn(word + length, " ");
        bool name = *opening == '$' ? memchr(word, '.', length) != NULL : at == text || at[-1] != '$';
        if (!name || strncmp(end, closing, strlen(closing)) || !is_task_name(word, length))
            continue;
        struct template_fault fault = {.offset = (size_t)(at - text) + written->before,
                                       .length = (size_t)(end - at) + strlen(closing)};
        diag_warning(loader->diags, fault_mark(loader, written, &fault),
                     arena_printf(loader->arena, "write ${{ %.*s }} for its value", (int)length, word),
                     *opening == '$' ? "'%.*s' is no template, and no variable of a shell" : "'%.*s' stays as it is", (int)fault.length, at);
    }
}

/* "${ vars.n }" too, which no shell takes for one of its own. */
static void warn_of_braces(struct loader *loader, const struct written *written)
{
    warn_of(loader, written, "{{", "}}");
    warn_of(loader, written, "${", "}");
}

/* What others write for the item, in a text of a pool that does not name the item otherwise. */
static void warn_of_habits(struct loader *loader, const struct written *written)
{
    static const char *const habits[] = {"{}", "${item}", "${ item }"};
    for (size_t i = 0; i < countof(habits); i++) {
        const char *at = strstr(written->text, habits[i]);
        if (!at || strstr(written->text, "${{") || strcasestr(at + strlen(habits[i]), "item") ||
            memmem(written->text, (size_t)(at - written->text), "item", 4) ||
            strstr(written->text, "-exec") || strstr(written->text, "xargs"))
            continue;
        struct template_fault fault = {.offset = (size_t)(at - written->text) + written->before,
                                       .length = strlen(habits[i])};
        diag_warning(loader->diags, fault_mark(loader, written, &fault),
                     "write ${{ item }} for the item", "'%s' stays as it is", habits[i]);
    }
}

/* "$HOME/x" and "~/x" where no shell reads them: a word that begins so, or has a variable behind one of "/:=,". */
void loader_warn_of_shell(struct loader *loader, const struct node *node)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_", digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    const char *text = node->text;
    for (const char *at = text; !text[strcspn(text, " \t\n;|&<>'\"`()")] && (at = strpbrk(at, "$~")); at++) {
        bool braces = at[1] == '{', home = at == text && !strncmp(at, "~/", 2);
        const char *name = home ? "HOME" : at + 1 + braces;
        size_t length = home ? 4 : strspn(name, letters) ? strspn(name, digits) : 0;
        const char *end = home ? at + 1 : name + length + braces;
        if (!length || (!home && *at != '$') || (braces && name[length] != '}') || (at > text && !strchr("/:=,", at[-1])))
            continue;
        struct written written = {.node = node};
        struct template_fault fault = {.offset = (size_t)(at - text), .length = (size_t)(end - at)};
        diag_warning(loader->diags, fault_mark(loader, &written, &fault),
                     arena_printf(loader->arena, "write %.*s${{ env.%.*s }}%s", (int)(at - text), text, (int)length, name, end),
                     "no shell reads this: '%.*s' stays as it is", (int)fault.length, at);
        return;
    }
}

/* What to write instead of a line that is nothing but blanks and comments, which is a success to a shell, or a number;
 * NULL: it is neither. */
static const char *line_hint(const struct node *node)
{
    const char *at = node->text;
    enum value_type type = scalar_value(node).type;
    while (*(at += strspn(at, " \t\n")) == '#')
        at += strcspn(at, "\n");
    if (!*at)
        return "write 'true' for a command that does nothing";
    return type == VALUE_INTEGER || type == VALUE_NUMBER ? "put a program that is called so in quotes" : NULL;
}

/* The names of what the process or pool that BLOCK is inside of uses; NULL: nothing. In `uses` itself they are not known. */
static const struct value *find_used(const struct block *block)
{
    while (block && block->kind != BLOCK_PROCESS && block->kind != BLOCK_POOL)
        block = block->kind == BLOCK_HOOK ? NULL : block->parent;
    const struct object_spec *object = block ? block->spec : NULL;
    return object && object->needs->used.table.count ? &object->needs->used : NULL;
}

/* True where it is known now what the template gives: nothing but vars stands in it, and it calls nothing. */
static bool is_known(const struct loader *loader, const struct template *parsed)
{
    static const char *const names[] = {"item", "index", "worker", "attempt", "message", "env", "uses", "name", "output_tmp", "("};
    size_t length;
    const char *text = template_source(parsed, &length);
    if (template_is_constant(parsed) || !loader->evaluation.vars_known || loader->incomplete)
        return false;
    for (const char *at = text; (at = memmem(at, length - (size_t)(at - text), "${{", 3)); at += 3) {
        size_t left = length - (size_t)(at - text);
        const char *end = memmem(at, left, "}}", 2);
        for (size_t i = 0; i < countof(names); i++)
            if (memmem(at, end ? (size_t)(end - at) : left, names[i], strlen(names[i])))
                return false;
    }
    return true;
}

/* What would fail in each run fails now. */
static void try_out(struct loader *loader, const struct node *node, const struct template *parsed)
{
    struct error error = {0};
    struct buf text = {0};
    const char *name = loader->evaluation.script ? loader->evaluation.script_name : loader->scenario->name;
    if (is_known(loader, parsed) && name && template_render(parsed, script_for(loader, name), &text, &error))
        diag_error(loader->diags, loader_mark(loader, node), strstr(error.text, "attempt to add") ? "texts are joined by '..'" : NULL, "%s",
                   loader_shown(loader, error.text));
    error_release(&error);
    buf_release(&text);
}

/* Where a command is written that may create a file under another name. */
static bool has_output_tmp(const struct field *field)
{
    const struct block *block = field->block;
    return field->key->alternative && (block->kind == BLOCK_PROCESS || block->kind == BLOCK_POOL) &&
           block_given(block, "creates");
}

/* What is said of each task, whatever runs it. */
static bool is_of_each_task(const struct field *field)
{
    return field->block->kind == BLOCK_POOL && (!strcmp(field->key->name, "timeout") || !strcmp(field->key->name, "allow_failure"));
}

bool field_template(struct loader *loader, const struct field *field, const struct node *node,
                    enum template_use use, struct template **parsed)
{
    if (node->kind == NODE_BROKEN)
        return false;
    if (node->kind != NODE_SCALAR || scalar_value(node).type == VALUE_NIL) {
        field_wrong(loader, field, node);
        return false;
    }
    if (use == TEMPLATE_TEXT) {
        loader_warn_of_shell(loader, node);
    } else if (line_hint(node)) {
        field_expected(loader, field, node, field->key->type->wording, line_hint(node));
        return false;
    }
    const struct block *pool = block_pool(field->block);
    bool once = pool && block_given(pool, "coprocess") && !is_of_each_task(field);
    struct template_scope scope = {
        .vars = known_vars(loader),
        .item = pool ? ((const struct pool_spec *)pool->spec)->tasks.names : NULL,
        .task = pool && !once,
        .worker = once,
        .replica = block_in_process(field->block),
        .output_tmp = !once && has_output_tmp(field),
        .uses = once ? NULL : find_used(field->block),
        .compiler = &loader->evaluation.compiler,
    };
    struct written written = written_text(loader, node);
    warn_of_braces(loader, &written);
    if (scope.task && field->key->alternative)
        warn_of_habits(loader, &written);
    if (!parse(loader, &written, use, &scope, parsed))
        return false;
    try_out(loader, node, *parsed);
    if (template_uses_output_tmp(*parsed))
        ((struct object_spec *)field->block->spec)->creates.renames = true;
    return true;
}

bool field_of_task(struct loader *loader, const struct field *field, const struct node *node,
                   struct template **own)
{
    struct template *parsed;
    *own = NULL;
    if (!node_has_template(node) || !block_pool(field->block))
        return false;
    if (!field_template(loader, field, node, TEMPLATE_TEXT, &parsed))
        return true;
    if (!template_uses_task(parsed))
        return false;
    *own = parsed;
    return true;
}

bool field_message_template(struct loader *loader, const struct field *field,
                            const struct node *node, struct template **parsed)
{
    if (node->kind != NODE_SCALAR || scalar_value(node).type == VALUE_NIL) {
        if (node->kind != NODE_BROKEN)
            field_wrong(loader, field, node);
        return false;
    }
    struct template_scope scope = {.vars = known_vars(loader), .message = true, .compiler = &loader->evaluation.compiler};
    struct written written = written_text(loader, node);
    return parse(loader, &written, TEMPLATE_TEXT, &scope, parsed);
}

static bool list_value(struct loader *loader, const struct node *list, const char *name,
                       struct value *value)
{
    struct value_pair *pairs = arena_alloc(loader->arena, list->size * sizeof(*pairs));
    bool fine = true;
    for (size_t i = 0; i < list->size; i++) {
        pairs[i].key = (struct value){.type = VALUE_INTEGER, .integer = (int64_t)i + 1};
        fine &= loader_value(loader, &list->items[i], name, &pairs[i].value);
    }
    *value = (struct value){.type = VALUE_TABLE, .table = {pairs, list->size}};
    return fine;
}

static bool map_value(struct loader *loader, const struct node *map, const char *name,
                      struct value *value)
{
    struct value_pair *pairs = arena_alloc(loader->arena, map->size * sizeof(*pairs));
    bool fine = true;
    for (size_t i = 0; i < map->size; i++) {
        const struct node *key = node_key(map, i);
        pairs[i].key = (struct value){.type = VALUE_STRING, .string = {key->text, key->size}};
        fine &= loader_value(loader, node_value(map, i), name, &pairs[i].value);
    }
    *value = (struct value){.type = VALUE_TABLE, .table = {pairs, map->size, .object = true}};
    return fine;
}

/* 3.10 and 0x10 come out of a template as 3.1 and 16. Most numbers are plain digits. */
static void warn_rewritten(struct loader *loader, const struct node *node,
                           const struct value *value)
{
    bool digits = value->type == VALUE_INTEGER && !strchr("+-0", *node->text);
    struct buf printed = {0};
    if (digits || (value->type != VALUE_INTEGER && value->type != VALUE_NUMBER))
        return;
    value_text(&printed, value);
    if (strcmp(printed.data, node->text) != 0)
        diag_warning(loader->diags, loader_mark(loader, node),
                     arena_printf(loader->arena, "write \"%s\" for the text, %s for the number",
                                  node->text, printed.data),
                     "%s is the number %s, and goes into commands as that", node->text,
                     printed.data);
    buf_release(&printed);
}

static bool scalar_of(struct loader *loader, const struct node *node, const char *name,
                      struct value *value)
{
    if (!loader_scalar(loader, node, name, value))
        return false;
    if (!node_has_template(node))
        warn_rewritten(loader, node, value);
    return true;
}

bool loader_value(struct loader *loader, const struct node *node, const char *name,
                  struct value *value)
{
    switch ((enum node_kind)node->kind) {
    case NODE_LIST:
        return list_value(loader, node, name, value);
    case NODE_MAP:
        return map_value(loader, node, name, value);
    case NODE_SCALAR:
        return scalar_of(loader, node, name, value);
    case NODE_BROKEN:
        break;
    }
    return false;
}
