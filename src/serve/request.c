/* Reading a request: its row, its fields, the objects that it names. */
#include "serve/request.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "serve/call.h"
#include "serve/request_table.h"
#include "serve/session.h"
#include "value/value.h"

/* Requests of one client that are not answered yet. */
#define CALLS_MOST 256

static bool is(const struct value *key, const char *name)
{
    return key->type == VALUE_STRING && key->string.length == strlen(name) &&
           !memcmp(key->string.bytes, name, key->string.length);
}

static const struct request_row *find_row(const struct value *fields)
{
    const struct request_row *row;
    for (size_t i = 0; (row = request_row_at(i)); i++)
        if (value_member(fields, row->word))
            return row;
    return NULL;
}

static int unknown_request(const struct value *fields, struct error *error)
{
    const struct request_row *row;
    for (size_t i = 0; i < fields->table.count; i++) {
        const struct value *key = &fields->table.pairs[i].key;
        if (key->type != VALUE_STRING || is(key, "id"))
            continue;
        struct nearest nearest = {.wrong = key->string.bytes};
        for (size_t n = 0; (row = request_row_at(n)); n++)
            nearest_offer(&nearest, row->word);
        if (nearest.name)
            return error_set(error, ERROR_FAILED, "there is no request '%s', did you mean '%s'?", nearest.wrong,
                             nearest.name);
        return error_set(error, ERROR_FAILED, "there is no request '%s'; parrun-control(7) lists them", nearest.wrong);
    }
    return error_set(error, ERROR_FAILED, "it asks for nothing; parrun-control(7) lists the requests");
}

static bool fits(enum request_field_type type, const struct value *value)
{
    switch (type) {
    case FIELD_BOOLEAN:
        return value->type == VALUE_BOOLEAN;
    case FIELD_NUMBER:
        return (value->type == VALUE_INTEGER && value->integer >= 0) ||
               (value->type == VALUE_NUMBER && value->number >= 0);
    case FIELD_TEXT:
        return value->type == VALUE_STRING;
    }
    return false;
}

static int check_field(const struct request_row *row, const char *name, const struct value *value, struct error *error)
{
    static const char *const types[] = {
        [FIELD_BOOLEAN] = "true or false", [FIELD_NUMBER] = "a number of 0 or more", [FIELD_TEXT] = "a text"};
    struct nearest nearest = {.wrong = name};
    static const struct request_field timeout = {"timeout", FIELD_NUMBER, ""};
    for (size_t i = 0; i <= REQUEST_FIELDS; i++) {
        const struct request_field *field = i < REQUEST_FIELDS ? &row->fields[i] : &timeout;
        if (!field->name || (i == REQUEST_FIELDS && !row->waits))
            continue;
        nearest_offer(&nearest, field->name);
        if (strcmp(field->name, name) != 0)
            continue;
        return fits(field->type, value) ? 0 : error_set(error, ERROR_FAILED, "\"%s\" is %s", name, types[field->type]);
    }
    if (nearest.name)
        return error_set(error, ERROR_FAILED, "'%s' has no field '%s', did you mean '%s'?", row->word, name, nearest.name);
    return error_set(error, ERROR_FAILED, "'%s' has no field '%s'", row->word, name);
}

static int check_fields(const struct request_row *row, const struct value *fields, struct error *error)
{
    int result = 0;
    for (size_t i = 0; !result && i < fields->table.count; i++) {
        const struct value *key = &fields->table.pairs[i].key;
        if (key->type == VALUE_STRING && !is(key, "id") && !is(key, row->word))
            result = check_field(row, key->string.bytes, &fields->table.pairs[i].value, error);
    }
    return result;
}

/* The objects that the patterns mean; all that are to be seen where there is none. */
static int find_objects(struct call *call, struct error *error)
{
    static const char *const all[] = {"*"};
    int64_t count = call->pattern_count
                        ? steer_find(call->run, (const char *const *)call->patterns, call->pattern_count, &call->objects, error)
                        : steer_find(call->run, all, 1, &call->objects, error);
    call->object_count = count < 0 ? 0 : (size_t)count;
    return count < 0 ? (int)count : 0;
}

static void add_pattern(struct call *call, const char *name, char *text)
{
    call->patterns = mem_realloc(call->patterns, call->pattern_count + 1, sizeof(char *));
    call->texts = mem_realloc(call->texts, call->pattern_count + 1, sizeof(char *));
    call->patterns[call->pattern_count] = mem_strdup(name);
    call->texts[call->pattern_count++] = text;
}

/* ["web", "db*"], or of REQUEST_COUNTS {"web": 3, "pool": "+2"}: what is said of each is a text from here on. */
static int read_patterns(struct call *call, struct error *error)
{
    const struct value *given = value_member(call->fields, call->row->word);
    bool counts = call->row->takes == REQUEST_COUNTS;
    if (given->type != VALUE_TABLE || (given->table.count && value_is_list(given) == counts))
        return error_set(error, ERROR_FAILED, counts ? "\"%s\" is an object, such as {\"web\": 3}"
                                                     : "\"%s\" is a list of names, such as [\"web\"]",
                         call->row->word);
    for (size_t i = 0; i < given->table.count; i++) {
        const struct value_pair *pair = &given->table.pairs[i];
        const struct value *name = counts ? &pair->key : &pair->value;
        struct buf text = {0};
        if (name->type != VALUE_STRING)
            return error_set(error, ERROR_FAILED, "a name is a text, such as \"web\"");
        if (counts)
            value_text(&text, &pair->value);
        add_pattern(call, name->string.bytes, counts ? buf_take(&text) : NULL);
    }
    return 0;
}

static int read_names(struct call *call, struct error *error)
{
    bool counts = call->row->takes == REQUEST_COUNTS;
    if (call->row->takes == REQUEST_ID)
        return 0;
    int result = read_patterns(call, error);
    if (!result && !call->pattern_count && call->row->needs_names)
        result = error_set(error, ERROR_FAILED, "%s needs names; '*' means all: parrun %s '*'", call->row->word,
                           call->row->word);
    call->names_all = !call->pattern_count;
    for (size_t i = 0; i < call->pattern_count; i++)
        call->names_all = call->names_all || !strcmp(call->patterns[i], "*");
    return result || counts ? result : find_objects(call, error);
}

void request_serve(struct session *session, const struct value *fields)
{
    struct error error = {0};
    struct call *call = call_new(session, fields);
    size_t count = 0;
    for (const struct call *other = session_calls(session); other; other = other->next)
        count++;
    call->row = find_row(fields);
    int result = count > CALLS_MOST ? error_set(&error, ERROR_FAILED, "more than %d requests of this client wait for their answers",
                                                CALLS_MOST)
                 : !call->row ? unknown_request(fields, &error)
                              : check_fields(call->row, fields, &error);
    if (!result)
        result = read_names(call, &error);
    if (result)
        call_end(call, CALL_WRONG, "%s", error.text);
    else
        call->row->serve(call);
    error_release(&error);
}
