/*
 * The schema table as a JSON Schema.
 *
 * Each block of the table is a definition; each key is a property of those blocks where it may
 * stand, described by the row of its type. What several types share is a definition too, below.
 */
#include "scenario/print/json_schema.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/json.h"
#include "base/mem.h"
#include "scenario/schema.h"
#include "yaml/scalar.h"
#include "yaml/tree.h"

#define DECIMAL "([0-9]+[.]?[0-9]*|[.][0-9]+)"

/* Their names, which a pattern takes in one case alone. */
#define SIGNALS \
    "HUP|INT|QUIT|ILL|TRAP|ABRT|BUS|FPE|KILL|USR1|SEGV|USR2|PIPE|ALRM|TERM|STKFLT|CHLD|CONT|STOP|" \
    "TSTP|TTIN|TTOU|URG|XCPU|XFSZ|VTALRM|PROF|WINCH|POLL|PWR|SYS"
#define LOW_SIGNALS \
    "hup|int|quit|ill|trap|abrt|bus|fpe|kill|usr1|segv|usr2|pipe|alrm|term|stkflt|chld|cont|stop|" \
    "tstp|ttin|ttou|urg|xcpu|xfsz|vtalrm|prof|winch|poll|pwr|sys"

/* Written as the json of a type is. */
static const struct {
    const char *name;
    const char *json;
} shared[] = {
    {"template", "'description':'A text with ${{ expression }} in it.','type':'string',"
                 "'pattern':'[$][{][{]'"},
    {"scalar", "'description':'A text, in which ${{ expression }} may stand.',"
               "'type':['string','number','boolean']"},
    {"text", "'description':'A text that is not empty, in which ${{ expression }} may stand.',"
             "'type':['string','number','boolean'],'minLength':1"},
    {"line", "'description':'A command line, in which ${{ expression }} may stand.','anyOf':[{'type':'boolean'},"
             "{'type':'string','pattern':'(^|\\n)[ \\t\\n]*[^# \\t\\n]'}]"},
    {"program", "'description':'A program and its arguments.','type':'array','minItems':1,'prefixItems':[@text],"
                "'items':@scalar"},
    {"value", "'description':'Anything but nothing.',"
              "'type':['string','number','boolean','array','object']"},
    {"duration", "'description':'500ms, 30s, 5m, 1h30m; a bare number is seconds.',"
                 "'anyOf':[{'type':'number','minimum':0},{'type':'string',"
                 "'pattern':'^(" DECIMAL "|(" DECIMAL "([dhmsDHMS]|[munMUN][sS]))+)$'},@template]"},
    {"name", "'pattern':'^[A-Za-z_][A-Za-z0-9_]*$'"},
    {"object", "'pattern':'^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$'"},
    {"signal", "'description':'A signal such as TERM, INT or 15.','anyOf':[{'type':'integer','minimum':1,'maximum':64},"
               "{'type':'string','pattern':'^(SIG)?(" SIGNALS "|RTMIN|RTMAX|RTMIN[+][0-9]+|RTMAX-[0-9]+)$'},"
               "{'type':'string','pattern':'^(sig)?(" LOW_SIGNALS "|rtmin|rtmax|rtmin[+][0-9]+|rtmax-[0-9]+)$'},"
               "{'type':'string','pattern':'^[0-9]{1,2}$'},@template]"},
    {"account", "'description':'A name, or a number.','anyOf':[{'type':'integer','minimum':0,'maximum':4294967294},"
                "{'type':'string','pattern':'^([0-9]{1,10}|[^-0-9: \\t\\n/][^: \\t\\n/]*)$'},@template]"},
    {"descriptor", "'pattern':'^([3-9]|[1-9][0-9]|[1-9][0-9]{2}|10[01][0-9]|102[0-3])$'"},
};

/* What is said of a whole block, and of blocks within it, in the same way. */
static const struct {
    enum block_kind block;
    const char *json;
} rules[] = {
    {BLOCK_SCENARIO, "'anyOf':[{'required':['include']},{'properties':{'processes':{'minProperties':1}},'required':['processes']},"
                     "{'properties':{'pools':{'minProperties':1}},'required':['pools']},"
                     "{'properties':{'threads':{'minProperties':1}},'required':['threads']}]"},
    {BLOCK_STOP, "'not':{'required':['run','exec']}"},
    {BLOCK_POOL, "'allOf':[{'properties':{'stop':{'properties':{'run':false,'exec':false}}}}]"},
    {BLOCK_PROCESS,
     "'allOf':[{'properties':{'stdin':{'properties':{'append':false,'rotate':false}},"
     "'stdout':{'properties':{'text':false,'ack':false}},'stderr':{'properties':{'text':false,'ack':false}}}},"
     "{'if':{'properties':{'tty':{'const':true}},'required':['tty']},'then':{'properties':{"
     "'stdin':{'anyOf':[{'enum':['null',null]},@template]},"
     "'stdout':{'anyOf':[{'const':'log'},{'type':'object'},@template]},"
     "'stderr':{'anyOf':[{'enum':['log','stdout']},@template]}}}}]"},
};

struct schema_writer {
    struct buf *out;
    struct arena *arena;
    struct diags *diags;
};

static void put_string(struct buf *out, const char *text)
{
    json_quote(out, text, strlen(text));
}

static void put_node(struct buf *out, const struct node *node)
{
    bool map = node->kind == NODE_MAP;
    if (node->kind == NODE_SCALAR) {
        struct value value = scalar_value(node);
        value_json(out, &value);
        return;
    }
    buf_char(out, map ? '{' : '[');
    for (size_t i = 0; i < node->size; i++) {
        buf_text(out, i ? "," : "");
        if (map) {
            put_string(out, node_key(node, i)->text);
            buf_char(out, ':');
        }
        put_node(out, map ? node_value(node, i) : &node->items[i]);
    }
    buf_char(out, map ? '}' : ']');
}

/* TEXT, which is one of the table's own, as a tree. */
static const struct node *parse(const struct schema_writer *writer, const char *text)
{
    const struct source source = {.name = "table", .text = text, .length = strlen(text)};
    return tree_parse(writer->arena, &source, writer->diags);
}

static void put_choices(struct buf *out, const struct choice *choices)
{
    for (size_t i = 0; choices[i].name; i++) {
        buf_text(out, i ? "," : "");
        put_string(out, choices[i].name);
    }
}

static void put_range(struct buf *out, const struct key *key)
{
    if (key->least || key->most)
        buf_printf(out, ",\"minimum\":%lld", (long long)key->least);
    if (key->most)
        buf_printf(out, ",\"maximum\":%lld", (long long)key->most);
}

static bool is_word(const char *name, size_t length, const char *word)
{
    return length == strlen(word) && !strncmp(name, word, length);
}

/* What @NAME stands for; WHOLE: without the braces of an object. */
static void put_named(struct buf *out, const struct key *key, const char *name, size_t length,
                      bool whole)
{
    if (is_word(name, length, "choices")) {
        put_choices(out, key->choices);
        return;
    }
    if (is_word(name, length, "range")) {
        put_range(out, key);
        return;
    }
    if (is_word(name, length, "least")) {
        buf_printf(out, ",\"minimum\":%lld", (long long)key->least);
        return;
    }
    if (is_word(name, length, "nonzero")) {
        buf_text(out, key->least ? "(?=.*[1-9])" : "");
        return;
    }
    bool block = is_word(name, length, "block");
    const char *target = block ? schema_block(key->type->block)->name : name;
    buf_printf(out, "%s\"$ref\":\"#/$defs/%.*s\"%s", whole ? "" : "{",
               (int)(block ? strlen(target) : length), target, whole ? "" : "}");
}

/* Appends the members that a row's JSON says; KEY is NULL in a shared definition. */
static void put_members(struct buf *out, const char *json, const struct key *key)
{
    bool whole = *json == '@';
    for (const char *at = json; *at; at++) {
        if (*at == '@') {
            size_t length = strspn(at + 1, "abcdefghijklmnopqrstuvwxyz");
            put_named(out, key, at + 1, length, whole);
            at += length;
        } else {
            buf_char(out, *at == '\'' ? '"' : *at);
        }
    }
}

static void put_property(const struct schema_writer *writer, const struct key *key)
{
    struct buf *out = writer->out;
    put_string(out, key->name);
    buf_text(out, ":{\"description\":");
    put_string(out, key->help);
    if (key->fallback) {
        buf_text(out, ",\"default\":");
        struct node node = tree_word(key->fallback);
        put_node(out, &node);
    }
    buf_text(out, ",\"examples\":[");
    put_node(out, node_value(parse(writer, key->example), 0));
    buf_text(out, "],");
    put_members(out, key->type->json, key);
    buf_char(out, '}');
}

static bool is_required(const struct key *key)
{
    return key->required;
}

static bool is_alternative(const struct key *key)
{
    return key->alternative;
}

static bool is_child_only(const struct key *key)
{
    return key->child_only;
}

static bool has_needs(const struct key *key)
{
    return key->needs;
}

/* Appends FORMAT with the name and what it needs for each key of BLOCK that is WANTED, between
 * BEFORE and AFTER; nothing where there is none. */
static bool put_rule(const struct schema_writer *writer, enum block_kind block,
                     bool (*wanted)(const struct key *key), const char *const words[4])
{
    size_t count, seen = 0;
    const struct key *keys = schema_keys(&count);
    for (size_t i = 0; i < count; i++) {
        if (!schema_place(&keys[i], block) || !wanted(&keys[i]))
            continue;
        buf_text(writer->out, seen++ ? "," : words[0]);
        buf_printf(writer->out, "%s\"%s\"%s", words[1], keys[i].name, words[2]);
        if (keys[i].needs && wanted == has_needs)
            buf_printf(writer->out, "[\"%s\"]", keys[i].needs);
    }
    buf_text(writer->out, seen ? words[3] : "");
    return seen;
}

static void put_rules(const struct schema_writer *writer, enum block_kind block)
{
    static const char *const required[] = {",\"required\":[", "", "", "]"};
    static const char *const one_of[] = {",\"oneOf\":[", "{\"required\":[", "]}", "]"};
    static const char *const needs[] = {",\"dependentRequired\":{", "", ":", "}"};
    static const char *const child[] = {
        (",\"if\":{\"properties\":{\"kind\":{\"const\":\"thread\"}},\"required\":[\"kind\"]},"
         "\"then\":{\"properties\":{"),
        "", ":false", "}}"};
    put_rule(writer, block, is_required, required);
    put_rule(writer, block, has_needs, needs);
    if (schema_block(block)->lacks)
        put_rule(writer, block, is_alternative, one_of);
    if (block == BLOCK_POOL)
        put_rule(writer, block, is_child_only, child);
    for (size_t i = 0; i < countof(rules); i++) {
        if (rules[i].block != block)
            continue;
        buf_char(writer->out, ',');
        put_members(writer->out, rules[i].json, NULL);
    }
}

/* True where nothing at all is as good as an empty mapping. */
static bool may_be_nothing(enum block_kind block)
{
    size_t count;
    const struct key *keys = schema_keys(&count);
    bool may = block != BLOCK_SCENARIO && !schema_block(block)->lacks;
    for (size_t i = 0; i < count; i++)
        may &= !(keys[i].required && schema_place(&keys[i], block));
    return may;
}

static void put_block(const struct schema_writer *writer, enum block_kind block)
{
    struct buf *out = writer->out;
    size_t count;
    const struct key *keys = schema_keys(&count);
    put_string(out, schema_block(block)->name);
    buf_printf(out, ":{\"type\":%s,\"properties\":{",
               may_be_nothing(block) ? "[\"object\",\"null\"]" : "\"object\"");
    const char *joint = "";
    for (size_t i = 0; i < count; i++) {
        if (!schema_place(&keys[i], block))
            continue;
        buf_text(out, joint);
        put_property(writer, &keys[i]);
        joint = ",";
    }
    buf_text(out, "},\"patternProperties\":{\"^x-\":{}},\"additionalProperties\":false");
    put_rules(writer, block);
    buf_char(out, '}');
}

void json_schema_print(struct buf *out)
{
    struct buf flat = {0};
    struct schema_writer writer = {.out = &flat, .arena = arena_new(), .diags = diags_new()};
    buf_text(&flat, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
                    "\"title\":\"A scenario of parrun\",\"$ref\":\"#/$defs/scenario\",\"$defs\":{");
    for (int block = BLOCK_SCENARIO; block < BLOCK_COUNT; block++) {
        put_block(&writer, (enum block_kind)block);
        buf_char(&flat, ',');
    }
    for (size_t i = 0; i < countof(shared); i++) {
        buf_printf(&flat, "%s\"%s\":{", i ? "," : "", shared[i].name);
        put_members(&flat, shared[i].json, NULL);
        buf_char(&flat, '}');
    }
    buf_text(&flat, "}}");
    json_lay_out(out, flat.data, flat.length);
    buf_char(out, '\n');
    diags_free(writer.diags);
    arena_free(writer.arena);
    buf_release(&flat);
}
