/* libyaml's events -> nodes. No other file knows libyaml. */
#include "yaml/tree.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "yaml/anchor.h"
#include "yaml/mapping.h"
#include "yaml/pitfalls.h"
#include "yaml/position.h"
#include "yaml/quote.h"
#include "yaml/scalar.h"
#include "yaml/scalar_mark.h"
#include "yaml/syntax.h"

#define NO_ANCHOR SIZE_MAX

/* What "!!" stands for. */
#define CORE_PREFIX "tag:yaml.org,2002:"

/* A list or mapping whose end was not seen yet. */
struct open {
    struct node node;
    size_t first;   /* of its children in builder.pending */
    size_t anchor;  /* or NO_ANCHOR */
    size_t started; /* anchors.nodes before it */
};

/* A text is kept once where it was among the last of its hash: most keys are few words. */
#define TEXTS_KEPT 256
#define TEXT_SHORT 16

struct builder {
    yaml_parser_t parser;
    const char *texts[TEXTS_KEPT];
    struct arena *arena;
    const struct source *source;
    uint16_t file;
    struct diags *diags;
    struct position position;
    struct node *pending; /* complete nodes whose parent is still open */
    size_t count;
    size_t capacity;
    struct open opens[TREE_DEPTH_LIMIT];
    size_t depth;
    struct anchors anchors;
    bool document_seen;
    bool failed; /* nothing more can be read */
};

static const struct {
    const char *name;
    enum node_tag tag;
} known_tags[] = {
    {YAML_STR_TAG, TAG_STRING},  {YAML_NULL_TAG, TAG_NULL},    {YAML_BOOL_TAG, TAG_BOOLEAN},
    {YAML_INT_TAG, TAG_INTEGER}, {YAML_FLOAT_TAG, TAG_NUMBER}, {YAML_SEQ_TAG, TAG_LIST},
    {YAML_MAP_TAG, TAG_MAP},     {CORE_PREFIX "merge", TAG_NONE},
};

static const char *const kind_names[] = {
    [NODE_SCALAR] = "a scalar",
    [NODE_LIST] = "a list",
    [NODE_MAP] = "a mapping",
};

static const enum node_style styles[] = {
    [YAML_ANY_SCALAR_STYLE] = STYLE_PLAIN,
    [YAML_PLAIN_SCALAR_STYLE] = STYLE_PLAIN,
    [YAML_SINGLE_QUOTED_SCALAR_STYLE] = STYLE_SINGLE,
    [YAML_DOUBLE_QUOTED_SCALAR_STYLE] = STYLE_DOUBLE,
    [YAML_LITERAL_SCALAR_STYLE] = STYLE_LITERAL,
    [YAML_FOLDED_SCALAR_STYLE] = STYLE_FOLDED,
};

struct mark node_mark(const struct source *source, const struct node *node)
{
    return (struct mark){source, node->line, node->column, node->width};
}

const struct node *node_key(const struct node *map, size_t i)
{
    return &map->items[2 * i];
}

const struct node *node_value(const struct node *map, size_t i)
{
    return &map->items[2 * i + 1];
}

/* A node of KIND where EVENT begins. */
static struct node node_at(struct builder *b, const yaml_event_t *event, enum node_kind kind)
{
    position_move(&b->position, event->start_mark.index);
    bool one_line = event->start_mark.line == event->end_mark.line;
    size_t width = one_line ? event->end_mark.index - event->start_mark.index : 1;
    return (struct node){
        .kind = (unsigned char)kind,
        .line = b->position.line,
        .column = b->position.column,
        .width = (uint16_t)(kind != NODE_SCALAR || !width ? 1
                            : width < UINT16_MAX          ? width
                                                          : UINT16_MAX),
        .file = b->file,
        .offset = (uint32_t)b->position.offset,
        .several_lines = !one_line,
    };
}

static void push(struct builder *b, const struct node *node)
{
    b->pending = mem_grow(b->pending, &b->capacity, b->count + 1, sizeof(*b->pending));
    b->pending[b->count++] = *node;
}

static void set_tag(struct builder *b, struct node *node, const yaml_char_t *tag)
{
    if (!tag)
        return;
    const char *name = (const char *)tag;
    for (size_t i = 0; i < countof(known_tags); i++) {
        if (strcmp(known_tags[i].name, name))
            continue;
        enum node_tag known = known_tags[i].tag;
        node->tag = (unsigned char)known;
        if (known == TAG_NONE && (node->kind != NODE_SCALAR || strcmp(node->text, "<<") != 0))
            diag_error(b->diags, node_mark(b->source, node), "it stands before '<<' alone",
                       "the tag '!!merge' does not fit");
        enum node_kind fits = known == TAG_LIST  ? NODE_LIST
                              : known == TAG_MAP ? NODE_MAP
                                                 : NODE_SCALAR;
        if (fits != (enum node_kind)node->kind)
            diag_error(b->diags, node_mark(b->source, node), NULL,
                       "the tag does not fit: what stands here is %s", kind_names[node->kind]);
        return;
    }
    bool core = !strncmp(name, CORE_PREFIX, strlen(CORE_PREFIX));
    if (core)
        name += strlen(CORE_PREFIX);
    diag_error(b->diags, node_mark(b->source, node),
               "known are !!str, !!int, !!float, !!bool, !!null, !!seq and !!map",
               "unknown tag '%s%s'", core ? "!!" : "", show_text(name, strlen(name)).text);
}

/* A tag that says what a scalar is, and the scalar is not. */
static void check_tag(struct builder *b, struct node *node)
{
    static const char *const expected[] = {
        [TAG_NULL] = "null",
        [TAG_BOOLEAN] = "true or false",
        [TAG_INTEGER] = "a whole number",
        [TAG_NUMBER] = "a number",
    };
    static const enum value_type types[] = {
        [TAG_NULL] = VALUE_NIL,
        [TAG_BOOLEAN] = VALUE_BOOLEAN,
        [TAG_INTEGER] = VALUE_INTEGER,
        [TAG_NUMBER] = VALUE_NUMBER,
    };
    if (node->tag >= countof(expected) || !expected[node->tag])
        return;
    enum value_type type = scalar_plain(node->text, node->size).type;
    bool whole = node->tag == TAG_NUMBER && type == VALUE_INTEGER;
    if (type == types[node->tag] || whole)
        return;
    diag_error(b->diags, node_mark(b->source, node), NULL,
               "the tag says %s, but what stands here is '%s'", expected[node->tag],
               show_text(node->text, node->size).text);
    node->kind = NODE_BROKEN;
}

/* A no-break space looks like one that parts a key from its value, and does not. */
static void check_spaces(struct builder *b, struct node *node)
{
    size_t length;
    size_t at = node->style == STYLE_PLAIN ? trap_no_break_space(node->text, node->size, &length)
                                           : node->size;
    if (at == node->size)
        return;
    diag_error(b->diags, place_in_scalar(b->source, node, at, 1), "write a plain space",
               "a no-break space stands here, which is no space for YAML");
    node->kind = NODE_BROKEN;
}

/* A typographic quote looks like one that ends with the next, and is a part of the text. */
static void check_quotes(struct builder *b, const struct node *node)
{
    if (node->style == STYLE_PLAIN && trap_quote(node->text, node->size))
        diag_warning(b->diags, place_in_scalar(b->source, node, 0, 1), "write \" or ' as a quote",
                     "a typographic quote stands here, which is no quote for YAML");
}

/* An entry '-' that is indented deeper than the one above is a part of that one's text. */
static void check_entries(struct builder *b, const struct node *node)
{
    bool entry = b->depth && b->opens[b->depth - 1].node.kind == NODE_LIST;
    if (entry && node->style == STYLE_PLAIN && node->several_lines && strstr(node->text, " - "))
        diag_warning(b->diags, node_mark(b->source, node), "the '-' of all entries stand in one column",
                     "one entry of the list, with the lines below it: '%s'",
                     show_text(node->text, node->size).text);
}

static size_t open_anchor(struct builder *b, const yaml_char_t *anchor)
{
    if (!anchor)
        return NO_ANCHOR;
    return anchors_open(&b->anchors, arena_strdup(b->arena, (const char *)anchor));
}

/* TEXT in the arena. */
static const char *keep_text(struct builder *b, const char *text, size_t size)
{
    if (!size)
        return "";
    if (size > TEXT_SHORT)
        return arena_copy(b->arena, text, size);
    unsigned hash = (unsigned)size;
    for (size_t i = 0; i < size; i++)
        hash = hash * 31 + (unsigned char)text[i];
    const char **kept = &b->texts[hash % TEXTS_KEPT];
    if (!*kept || strncmp(*kept, text, size) != 0 || (*kept)[size])
        *kept = arena_copy(b->arena, text, size);
    return *kept;
}

static void add_scalar(struct builder *b, const yaml_event_t *event)
{
    size_t size = event->data.scalar.length;
    const char *text = (const char *)event->data.scalar.value;
    struct node node = node_at(b, event, NODE_SCALAR);
    node.style = (unsigned char)styles[event->data.scalar.style];
    node.text = text;
    set_tag(b, &node, event->data.scalar.tag);
    if (!event->data.scalar.tag && node.style == STYLE_PLAIN && !event->data.scalar.plain_implicit)
        node.tag = TAG_STRING;
    if (size > TREE_SCALAR_LIMIT) {
        diag_error(b->diags, node_mark(b->source, &node), "put it into a file of its own",
                   "a text of %zu bytes is too long, at most %zu are allowed", size,
                   TREE_SCALAR_LIMIT);
        node.kind = NODE_BROKEN;
    } else if (node.style == STYLE_DOUBLE && memchr(text, 0, size)) {
        diag_error(b->diags, node_mark(b->source, &node), NULL,
                   "a NUL character (\"\\0\") cannot stand in a scenario");
        node.kind = NODE_BROKEN;
    } else {
        node.size = (uint32_t)size;
        node.text = keep_text(b, text, size);
        check_tag(b, &node);
        check_spaces(b, &node);
        check_quotes(b, &node);
        check_entries(b, &node);
    }
    size_t anchor = open_anchor(b, event->data.scalar.anchor);
    b->anchors.nodes++;
    if (anchor != NO_ANCHOR)
        anchors_close(&b->anchors, anchor, &node, b->anchors.nodes - 1);
    push(b, &node);
}

/* What is wrong with an alias; NULL where nothing is. */
static const char *alias_fault(struct builder *b, const struct anchor *anchor)
{
    if (!anchor)
        return "no anchor of this name stands before it";
    if (!anchor->nodes)
        return "it would contain itself";
    if (b->anchors.from_aliases + anchor->nodes > TREE_ALIAS_LIMIT)
        return "the aliases of this file stand for too much (10000 values at most)";
    return NULL;
}

static void add_alias(struct builder *b, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    const struct anchor *anchor = anchors_find(&b->anchors, name);
    struct node node = node_at(b, event, NODE_SCALAR);
    const char *fault = alias_fault(b, anchor);
    if (fault) {
        struct nearest nearest = {.wrong = name};
        anchors_offer(&b->anchors, &nearest);
        char *hint = !anchor && nearest.name
                         ? arena_printf(b->arena, "did you mean '*%s'?", nearest.name)
                         : NULL;
        if (!anchor && !hint)
            hint = arena_strdup(b->arena, "'*' begins an alias; put a pattern in quotes");
        diag_error(b->diags, node_mark(b->source, &node), hint, "alias '*%s': %s",
                   show_text(name, strlen(name)).text, fault);
        node.kind = NODE_BROKEN;
        /* One such error says it all: the thousands that may follow have the same cause. */
        b->failed = anchor && anchor->nodes;
    } else {
        node = anchor->node;
        b->anchors.nodes += anchor->nodes;
        b->anchors.from_aliases += anchor->nodes;
    }
    push(b, &node);
}

static void open_collection(struct builder *b, const yaml_event_t *event, enum node_kind kind,
                            const yaml_char_t *anchor, const yaml_char_t *tag)
{
    struct node node = node_at(b, event, kind);
    if (b->depth == TREE_DEPTH_LIMIT) {
        diag_error(b->diags, node_mark(b->source, &node), NULL,
                   "lists and mappings are nested deeper than %d levels", TREE_DEPTH_LIMIT);
        b->failed = true;
        return;
    }
    set_tag(b, &node, tag);
    b->opens[b->depth++] = (struct open){
        .node = node,
        .first = b->count,
        .anchor = open_anchor(b, anchor),
        .started = b->anchors.nodes,
    };
    b->anchors.nodes++;
}

static void close_collection(struct builder *b)
{
    struct open *open = &b->opens[--b->depth];
    struct node *node = &open->node;
    size_t count = b->count - open->first;
    b->count = open->first;
    if (node->kind == NODE_MAP) {
        node->items = count ? b->pending + b->count : NULL;
        node->size = (uint32_t)(count / 2);
        mapping_finish(node, b->arena, b->source, b->diags);
    } else {
        size_t bytes = count * sizeof(struct node);
        struct node *items = arena_alloc(b->arena, bytes);
        if (bytes)
            memcpy(items, b->pending + b->count, bytes);
        node->items = items;
        node->size = (uint32_t)count;
    }
    if (open->anchor != NO_ANCHOR)
        anchors_close(&b->anchors, open->anchor, node, open->started);
    push(b, node);
}

static void begin_document(struct builder *b, const yaml_event_t *event)
{
    if (b->document_seen) {
        struct node node = node_at(b, event, NODE_SCALAR);
        diag_error(b->diags, node_mark(b->source, &node), "a scenario is one document",
                   "a second document begins here");
        b->failed = true;
    }
    b->document_seen = true;
}

static void take_event(struct builder *b, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        begin_document(b, event);
        break;
    case YAML_SCALAR_EVENT:
        add_scalar(b, event);
        break;
    case YAML_ALIAS_EVENT:
        add_alias(b, event);
        break;
    case YAML_SEQUENCE_START_EVENT:
        open_collection(b, event, NODE_LIST, event->data.sequence_start.anchor,
                        event->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        open_collection(b, event, NODE_MAP, event->data.mapping_start.anchor,
                        event->data.mapping_start.tag);
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        close_collection(b);
        break;
    default:
        break;
    }
}

static void report_parser(struct builder *b)
{
    const yaml_parser_t *parser = &b->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        mem_exhausted();
    syntax_report(
        &(struct syntax_fault){
            .problem = parser->problem,
            .context = parser->context,
            .bytes = parser->error == YAML_READER_ERROR,
            .offset = parser->problem_offset,
            .index = parser->problem_mark.index,
            .context_index = parser->context_mark.index,
        },
        b->source, b->diags);
    b->failed = true;
}

static void read_events(struct builder *b)
{
    for (bool ended = false; !ended && !b->failed;) {
        yaml_event_t event;
        /* After an error libyaml returns "no event" for ever. */
        if (!yaml_parser_parse(&b->parser, &event) || event.type == YAML_NO_EVENT) {
            report_parser(b);
            return;
        }
        ended = event.type == YAML_STREAM_END_EVENT;
        take_event(b, &event);
        yaml_event_delete(&event);
    }
}

static bool is_empty(const struct builder *b)
{
    return b->count == 0 || (b->pending[0].kind == NODE_SCALAR && !b->pending[0].size);
}

struct node tree_word(const char *text)
{
    struct node node = {.kind = NODE_SCALAR, .line = 1, .column = 1, .width = 1};
    if (!strcmp(text, "{}")) {
        node.kind = NODE_MAP;
    } else if (!strcmp(text, "[]")) {
        node.kind = NODE_LIST;
    } else {
        node.text = text;
        node.size = (uint32_t)strlen(text);
        node.width = (uint16_t)node.size;
    }
    return node;
}

const struct node *tree_parse(struct arena *arena, const struct source *source, struct diags *diags)
{
    return tree_parse_part(arena, source, 0, diags);
}

const struct node *tree_parse_part(struct arena *arena, const struct source *source, uint16_t file,
                                   struct diags *diags)
{
    struct builder *b = mem_calloc(1, sizeof(*b));
    b->arena = arena;
    b->source = source;
    b->file = file;
    b->diags = diags;
    b->position = position_start(source);
    struct node *root = NULL;
    b->failed = trap_merge_conflict(source, diags);
    if (!yaml_parser_initialize(&b->parser))
        mem_exhausted();
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)source->text, source->length);
    read_events(b);
    if (!b->failed && is_empty(b)) {
        diag_error(diags, (struct mark){source, 1, 1, 1},
                   "write at least: processes: {hello: {run: echo hello}}",
                   "the file is empty: a scenario needs a process, a pool or a thread");
    } else if (!b->failed) {
        root = arena_alloc(arena, sizeof(*root));
        *root = b->pending[0];
    }
    yaml_parser_delete(&b->parser);
    anchors_release(&b->anchors);
    free(b->pending);
    free(b);
    return root;
}

bool node_is_nothing(const struct node *node)
{
    return node->kind == NODE_SCALAR && node->style == STYLE_PLAIN &&
           (!node->size || !strcmp(node->text, "null") || !strcmp(node->text, "~"));
}

/* Gives COPY, a copy of what is shared, items of its own. */
static void unshare(struct arena *arena, struct node *copy)
{
    size_t count = copy->kind == NODE_MAP ? 2 * (size_t)copy->size : copy->kind == NODE_LIST ? copy->size : 0;
    struct node *items = count ? arena_alloc(arena, count * sizeof(*items)) : NULL;
    for (size_t i = 0; i < count; i++) {
        items[i] = copy->items[i];
        unshare(arena, &items[i]);
    }
    if (count)
        copy->items = items;
}

const struct node *tree_unshared(struct arena *arena, const struct node *node)
{
    struct node *copy = arena_alloc(arena, sizeof(*copy));
    *copy = *node;
    unshare(arena, copy);
    return copy;
}

const struct node *node_find(const struct node *map, const char *key)
{
    for (size_t i = 0; map && map->kind == NODE_MAP && i < map->size; i++)
        if (!strcmp(node_key(map, i)->text, key))
            return node_is_nothing(node_value(map, i)) ? NULL : node_value(map, i);
    return NULL;
}
