/* What an object runs: a shell line, a program with arguments, a coprocess, or a Lua chunk. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/mem.h"
#include "scenario/check/missing_program.h"
#include "scenario/loader.h"
#include "scenario/types.h"
#include "script/script.h"
#include "template/shell_words.h"
#include "yaml/quote.h"
#include "yaml/scalar.h"
#include "yaml/scalar_mark.h"

static struct body_spec *body_of(const struct field *field)
{
    struct object_spec *object = field->block->spec;
    return &object->body;
}

static void set_shell(struct loader *loader, struct body_spec *body, const char *program)
{
    const char **words = arena_alloc(loader->arena, 2 * sizeof(*words));
    words[0] = program;
    words[1] = "-c";
    body->shell = words;
    body->shell_count = 2;
}

/* "[/bin/bash, -e, -c]": what was meant by a line of words. */
static const char *shell_list(struct loader *loader, const char *line)
{
    const char *list = "";
    bool option = false;
    for (size_t length; *(line += strspn(line, " \t\n")); line += length) {
        length = strcspn(line, " \t\n");
        list = arena_printf(loader->arena, "%s%.*s, ", list, (int)length, line);
        option = length == 2 && !memcmp(line, "-c", 2);
    }
    return arena_printf(loader->arena, "write [%.*s%s]", (int)strlen(list) - 2, list, option ? "" : ", -c");
}

static void bind_shell_list(struct loader *loader, const struct field *field, const struct node *list,
                            struct body_spec *body)
{
    const char **words = arena_alloc(loader->arena, list->size * sizeof(*words));
    for (size_t i = 0; i < list->size; i++)
        if (!field_text(loader, field, &list->items[i], &words[i]))
            return;
    const char *name = shell_without_line(words, list->size);
    if (name) {
        diag_error(loader->diags, loader_mark(loader, list), "end the list in -c",
                   "%s: nothing tells %s that a command line follows", field_label(loader, field),
                   show_text(name, strlen(name)).text);
        return;
    }
    body->shell = words;
    body->shell_count = list->size;
}

/* Comes before the line itself, as that is read for the shell. */
static void bind_shell(struct loader *loader, const struct field *field, const struct node *node)
{
    struct body_spec *body = body_of(field);
    const char *program;
    if (node->kind == NODE_LIST && node->size)
        bind_shell_list(loader, field, node, body);
    else if (!field_text(loader, field, node, &program))
        return;
    else if (!*program || strpbrk(program, " \t\n"))
        field_expected(loader, field, node, field->key->type->wording,
                       *program ? shell_list(loader, program) : NULL);
    else
        set_shell(loader, body, program);
}

/* The quote of the shell behind AT that closes the one there; the end where none does. */
static const char *quote_end(const char *at)
{
    char quote = *at++;
    for (; *at && *at != quote; at++)
        if (quote == '"' && *at == '\\' && at[1])
            at++;
    return at;
}

/* The first apostrophe in a word of LINE that a shell reads as a quote, as in "it's"; NULL: none. */
static const char *find_apostrophe(const char *line)
{
    for (const char *at = line; *at; at++) {
        if (*at == '\'' && at > line && isalpha((unsigned char)at[-1]) && isalpha((unsigned char)at[1]))
            return at;
        const char *end = *at == '\\'                   ? at + 1
                          : *at == '\'' || *at == '"'     ? quote_end(at)
                          : !strncmp(at, "${{", 3) ? strstr(at, "}}")
                                                   : at;
        if (!end || !*end)
            return NULL;
        at = end;
    }
    return NULL;
}

/* What closes no quote, for a line that NODE has: spelled as its own quotes in the file need it. */
static const char *open_quote_hint(struct loader *loader, const struct node *node, const char *line, const char *open)
{
    const char *apostrophe = *open == '\'' ? find_apostrophe(line) : NULL;
    bool twice = node->style == STYLE_DOUBLE, single = node->style == STYLE_SINGLE;
    if (!apostrophe)
        return arena_printf(loader->arena, "close it, or write %s%s%s for the character itself", twice ? "\\\\" : "\\",
                            twice && *open == '"' ? "\\" : single && *open == '\'' ? "'" : "", open);
    const char *word = apostrophe, *end = apostrophe + 1;
    while (word > line && isalnum((unsigned char)word[-1]))
        word--;
    while (isalnum((unsigned char)*end))
        end++;
    const char *quote = twice ? "\\\"" : "\"";
    return arena_printf(loader->arena, "write %s%.*s%s%.*s%s for a word with an apostrophe", quote, (int)(apostrophe - word), word,
                        single ? "''" : "'", (int)(end - apostrophe - 1), apostrophe + 1, quote);
}

static void bind_line(struct loader *loader, const struct field *field, const struct node *node, struct body_spec *body)
{
    size_t length;
    if (!field_template(loader, field, node, shell_use(body->shell, body->shell_count), &body->run))
        return;
    const char *line = template_source(body->run, &length);
    const char *open = template_open_quote(body->run);
    loader_note_queues(loader, node, (struct mark){0}, line, length);
    if (open)
        diag_warning(loader->diags, loader_mark(loader, node), open_quote_hint(loader, node, line, open),
                     "the command has a %s that is not closed, which the shell cannot read", open);
}

void body_bind_run(struct loader *loader, const struct field *field, const struct node *node,
                   struct body_spec *body)
{
    body->kind = BODY_RUN;
    if (!body->shell)
        set_shell(loader, body, "/bin/sh");
    if (node->kind == NODE_LIST)
        field_expected(loader, field, node, field->key->type->wording,
                       "a list of program and arguments belongs to 'exec'");
    else
        bind_line(loader, field, node, body);
}

/* EXPECTED is what each is to be. */
static struct template **bind_texts(struct loader *loader, const struct field *field, const struct node *list,
                                    const char *expected)
{
    struct template **texts = arena_alloc(loader->arena, list->size * sizeof(*texts));
    for (size_t i = 0; i < list->size; i++) {
        const struct node *item = &list->items[i];
        if (item->kind == NODE_MAP || item->kind == NODE_LIST)
            field_expected(loader, field, item, expected,
                           item->kind == NODE_MAP ? "put a text that holds ': ' in quotes" : NULL);
        else
            field_template(loader, field, item, TEMPLATE_TEXT, &texts[i]);
    }
    return texts;
}

/* True where the word at PLACE of LIST, an operator of a shell, is an argument that the program knows: of expr, test and [,
 * or the end of what find executes. */
static bool knows_operator(const struct node *list, size_t place)
{
    static const char *const knowing[] = {"expr", "test", "[", "-exec", "-execdir", "-ok", "-okdir"};
    for (size_t i = 0; i < place; i++)
        for (size_t k = 0; k < countof(knowing) && list->items[i].kind == NODE_SCALAR; k++) {
            const char *slash = strrchr(list->items[i].text, '/');
            if (!strcmp(slash ? slash + 1 : list->items[i].text, knowing[k]))
                return true;
        }
    return false;
}

/* Warns of the first word of LIST that is nothing but an operator of a shell. */
static void warn_of_operators(struct loader *loader, const struct node *list)
{
    static const char *const operators[] = {">", ">>", "<", "|", "&&", "||", ";", "&", "2>", "2>&1", "&>"};
    for (size_t i = 1; i < list->size; i++)
        for (size_t k = 0; k < countof(operators); k++)
            if (list->items[i].kind == NODE_SCALAR && !strcmp(list->items[i].text, operators[k]) && !knows_operator(list, i)) {
                diag_warning(loader->diags, loader_mark(loader, &list->items[i]), "write the line as 'run', which a shell reads",
                             "no shell reads this: '%s' is an argument of the program", operators[k]);
                return;
            }
}

/* HINT is for who has written a line instead of a list. */
static void bind_words(struct loader *loader, const struct field *field, const struct node *node,
                       const char *hint, struct body_spec *body)
{
    if (node->kind != NODE_LIST || !node->size) {
        field_expected(loader, field, node, field->key->type->wording,
                       node->kind == NODE_SCALAR ? hint : NULL);
        return;
    }
    body->arguments = bind_texts(loader, field, node, "a text as argument");
    body->argument_count = node->size;
    warn_of_operators(loader, node);
    if (node->items->kind == NODE_SCALAR && !node->items->size)
        field_expected(loader, field, node->items, "the name of a program", NULL);
    else
        missing_program_warn(loader, field->block, node->items);
}

static void bind_paths(struct loader *loader, const struct field *field, const struct node *node)
{
    if (node->kind != NODE_LIST) {
        field_expected(loader, field, node, field->key->type->wording, node->kind == NODE_SCALAR ? "put it in a list: [PATH]" : NULL);
        return;
    }
    *(struct template ***)field->member = bind_texts(loader, field, node, "a path");
    *field->count = node->size;
}

void body_bind_exec(struct loader *loader, const struct field *field, const struct node *node,
                    struct body_spec *body)
{
    body->kind = BODY_EXEC;
    bind_words(loader, field, node, "a line for the shell belongs to 'run'", body);
}

static void bind_command(struct loader *loader, const struct field *field, const struct node *node)
{
    body_bind_run(loader, field, node, body_of(field));
}

static void bind_arguments(struct loader *loader, const struct field *field,
                           const struct node *node)
{
    body_bind_exec(loader, field, node, body_of(field));
}

static void bind_program(struct loader *loader, const struct field *field, const struct node *node)
{
    bind_words(loader, field, node, "each word is an item of a list: [PROGRAM, ARGUMENT]",
               body_of(field));
}

static void bind_coprocess(struct loader *loader, const struct field *field,
                           const struct node *node)
{
    struct object_spec *object = field->block->spec;
    object->body.kind = BODY_COPROCESS;
    if (node->kind == NODE_MAP)
        field_block(loader, field, node, object);
    else
        bind_program(loader, field, node);
}

/* A chunk and the file that its lines are counted in. */
struct body_chunk {
    const struct source *source;
    const struct node *node; /* the scalar it stands in; NULL: the whole source */
    struct lua_spec *spec;
};

/* Lua says "FILE:LINE: message"; the number of LINE, or 0, and *MESSAGE moved behind it. */
static uint32_t message_line(const char *file, const char **message)
{
    size_t length = strlen(file);
    if (strncmp(*message, file, length) || (*message)[length] != ':')
        return 0;
    char *end;
    unsigned long line = strtoul(*message + length + 1, &end, 10);
    if (*end != ':')
        return 0;
    *message = end + 1 + strspn(end + 1, " ");
    return (uint32_t)line;
}

/* The last line of a chunk that is not blank: where "near <eof>" is worth showing. */
static uint32_t last_line(const struct lua_spec *spec)
{
    uint32_t line = spec->line;
    uint32_t last = line;
    for (size_t i = 0; i < spec->length; i++) {
        if (spec->text[i] == '\n')
            line++;
        else if (!strchr(" \t\r", spec->text[i]))
            last = line;
    }
    return last;
}

/* What else a chunk may be that is no Lua. */
static const char *chunk_hint(const struct lua_spec *spec)
{
    static const struct {
        const char *word;
        const char *hint;
    } words[] = {
        {"${{", "Lua is no template: write item, vars.NAME or env.NAME as they are"},
        {"import ", "this looks like Python: exec: [python3, FILE] runs that"},
        {"def ", "this looks like Python: exec: [python3, FILE] runs that"},
        {"const ", "this looks like JavaScript: exec: [node, FILE] runs that"},
        {"let ", "this looks like JavaScript: exec: [node, FILE] runs that"},
        {"echo ", "this looks like the shell: run: runs that"},
    };
    for (size_t i = 0; i < countof(words); i++)
        if (memmem(spec->text, spec->length, words[i].word, strlen(words[i].word)))
            return words[i].hint;
    return NULL;
}

static void check_chunk(struct loader *loader, const struct field *field,
                        const struct body_chunk *chunk)
{
    struct error error = {0};
    const struct lua_spec *spec = chunk->spec;
    if (!script_check(&loader->evaluation.compiler, spec->text, spec->length, spec->file, spec->line, &error))
        return;
    const char *message = error.text;
    uint32_t line = message_line(spec->file, &message);
    uint32_t last = last_line(spec);
    line = line > last ? last : line;
    bool block = !chunk->node || chunk->node->style == STYLE_LITERAL;
    struct mark mark = line && block ? place_of_line(chunk->source, line)
                       : chunk->node ? node_mark(chunk->source, chunk->node)
                                     : place_of_line(chunk->source, 1);
    diag_error(loader->diags, mark, chunk_hint(spec), "%s is not valid Lua: %s",
               field_label(loader, field), loader_shown(loader, message));
    error_release(&error);
}

static void bind_chunk(struct loader *loader, const struct field *field, const struct node *node)
{
    struct lua_spec *spec = field->member;
    if (node->kind == NODE_MAP) {
        field_block(loader, field, node, spec);
        return;
    }
    if (node->kind != NODE_SCALAR || !node->text[strspn(node->text, " \t\n")] || scalar_value(node).type == VALUE_NIL) {
        field_wrong(loader, field, node);
        return;
    }
    *spec = (struct lua_spec){
        .text = node->text,
        .length = node->size,
        .file = loader_source(loader, node)->name,
        .line = place_first_line(loader_source(loader, node), node),
    };
    check_chunk(loader, field, &(struct body_chunk){loader_source(loader, node), node, spec});
    loader_note_queues(loader, node, (struct mark){0}, spec->text, spec->length);
}

static void bind_lua(struct loader *loader, const struct field *field, const struct node *node)
{
    struct object_spec *object = field->block->spec;
    object->body.kind = BODY_LUA;
    bind_chunk(loader, field, node);
}

static void bind_lua_file(struct loader *loader, const struct field *field, const struct node *node)
{
    const char *path;
    struct error error = {0};
    if (!field_text(loader, field, node, &path))
        return;
    const struct source *source = loader_read(loader, node, path, &error);
    if (!source) {
        diag_error(loader->diags, loader_mark(loader, node), NULL, "%s: %s",
                   field_label(loader, field), loader_shown(loader, error.text));
        error_release(&error);
        return;
    }
    struct lua_spec *spec = field->block->spec;
    *spec = (struct lua_spec){
        .text = arena_copy(loader->arena, source->text, source->length),
        .length = source->length,
        .file = arena_strdup(loader->arena, source->name),
        .line = 1,
    };
    check_chunk(loader, field, &(struct body_chunk){source, NULL, spec});
}

const struct type type_command = {
    .name = "command",
    .wording = "a line for the shell",
    .bind = bind_command,
    .json = "@line",
};
const struct type type_arguments = {
    .name = "arguments",
    .wording = "a list: a program and its arguments",
    .bind = bind_arguments,
    .json = "@program",
};
const struct type type_paths = {
    .name = "paths",
    .wording = "a list of paths",
    .bind = bind_paths,
    .json = "'type':'array','items':@scalar",
};
const struct type type_coprocess = {
    .name = "coprocess",
    .wording = "a list: a program and its arguments, or {command: LIST, format: json}",
    .bind = bind_coprocess,
    .block = BLOCK_COPROCESS,
    .json = "'anyOf':[@program,@block]",
};
const struct type type_program = {
    .name = "program",
    .wording = "a list: a program and its arguments",
    .bind = bind_program,
    .json = "@program",
};
const struct type type_shell = {
    .name = "shell",
    .wording = "a program, or a list of one and its options that the line is put behind",
    .bind = bind_shell,
    .json = "'anyOf':[{'type':'string','pattern':'^[^ ]+$'},@template,{'type':'array','minItems':1,'items':@scalar}]",
};
const struct type type_lua = {
    .name = "lua",
    .wording = "a Lua chunk or {file: PATH}",
    .bind = bind_lua,
    .block = BLOCK_LUA,
    .json = "'anyOf':[{'type':'string','pattern':'[^ \\t\\n]'},@block]",
};
const struct type type_setup = {
    .name = "setup",
    .wording = "a Lua chunk or {file: PATH}",
    .bind = bind_chunk,
    .block = BLOCK_LUA,
    .json = "'anyOf':[{'type':'string','pattern':'[^ \\t\\n]'},@block]",
};
const struct type type_lua_file = {
    .name = "lua_file",
    .wording = "the path of a Lua file",
    .bind = bind_lua_file,
    .early = true,
    .beside = true,
    .json = "@text",
};
