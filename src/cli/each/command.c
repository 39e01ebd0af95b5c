/* The command of "each" as templates: what stands in braces becomes an expression, all else stays text. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/str.h"
#include "cli/each/private.h"
#include "log/joblog.h"
#include "yaml/text.h"

/* What a replacement string stands for. */
enum place_kind {
    PLACE_ITEM,     /* {}: all that the command gets */
    PLACE_POSITION, /* {2}, {name}: one of it */
    PLACE_NUMBER,   /* {#} */
    PLACE_SLOT,     /* {%} */
};

struct replacement {
    enum place_kind kind;
    size_t position;      /* from 1; 0 where there is no such */
    bool from_end;        /* {-1}: counted from the last */
    const char *function; /* of a path; NULL: none */
    size_t length;        /* of what stands in the command */
};

static const struct {
    const char *text;
    const char *function;
} modifiers[] = {{"", NULL}, {".", "noext"}, {"/", "basename"}, {"//", "dirname"}, {"/.", "stem"}};

/* True where TEXT, LENGTH bytes, is one of the modifiers. */
static bool find_modifier(const char *text, size_t length, const char **function)
{
    for (size_t i = 0; i < countof(modifiers); i++) {
        if (strlen(modifiers[i].text) != length || memcmp(modifiers[i].text, text, length) != 0)
            continue;
        *function = modifiers[i].function;
        return true;
    }
    return false;
}

/* The position that the longest name at the front of TEXT has; 0 where there is none. *SIZE is the name's. */
static size_t find_name(const struct each *each, const char *text, size_t length, size_t *size)
{
    size_t position = 0;
    size_t count = each->input.name_count ? each->input.name_count : each->input.list_count;
    *size = 0;
    for (size_t i = 0; i < count; i++) {
        const char *name = each->input.name_count ? each->input.names[i] : each->input.lists[i].name;
        size_t name_length = name ? strlen(name) : 0;
        if (!name_length || name_length > length || name_length <= *size ||
            memcmp(name, text, name_length) != 0)
            continue;
        *size = name_length;
        position = i + 1;
    }
    return position;
}

/* What stands between the braces. */
static bool read_inside(const struct each *each, const char *text, size_t length,
                        struct replacement *place)
{
    bool from_end = *text == '-';
    size_t digits = from_end + strspn(text + from_end, "0123456789");
    size_t size;
    if (length == 1 && strchr("#%", *text)) {
        place->kind = *text == '#' ? PLACE_NUMBER : PLACE_SLOT;
        return true;
    }
    if (find_modifier(text, length, &place->function)) {
        place->kind = PLACE_ITEM;
        return length || !each->reading.replacement;
    }
    place->kind = PLACE_POSITION;
    if (digits > from_end && digits < 7 && digits <= length) {
        place->from_end = from_end;
        place->position = strtoul(text + from_end, NULL, 10);
        return find_modifier(text + digits, length - digits, &place->function);
    }
    place->position = find_name(each, text, length, &size);
    return place->position && find_modifier(text + size, length - size, &place->function);
}

/* True where a replacement string stands at TEXT. */
static bool read_place(const struct each *each, const char *text, struct replacement *place)
{
    *place = (struct replacement){0};
    if (each->reading.replacement && !strncmp(text, each->reading.replacement, strlen(each->reading.replacement))) {
        place->length = strlen(each->reading.replacement);
        return true;
    }
    const char *end = *text == '{' ? strchr(text, '}') : NULL;
    if (!end || !read_inside(each, text + 1, (size_t)(end - text - 1), place))
        return false;
    place->length = (size_t)(end - text) + 1;
    return true;
}

/* Where the first replacement string of TEXT begins; its length where there is none. */
static size_t literal_length(const struct each *each, const char *text)
{
    struct replacement place;
    size_t length = 0;
    while (text[length] && !read_place(each, text + length, &place))
        length++;
    return length;
}

bool each_has_place(const struct each *each, const char *text)
{
    return text[literal_length(each, text)] != '\0';
}

static void put_escaped(struct buf *out, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        buf_printf(out, "\\%03u", (unsigned)(unsigned char)bytes[i]);
}

void each_put_literal(struct buf *out, const char *text, size_t length, bool shell)
{
    const char *open = shell ? "${{ raw('" : "${{ '";
    const char *close = shell ? "') }}" : "' }}";
    for (size_t i = 0; i < length;) {
        size_t size = utf8_char(text + i, length - i);
        bool template = !strncmp(text + i, "${{", 3);
        if (size && !template) {
            buf_append(out, text + i, size);
        } else {
            buf_text(out, open);
            if (template)
                buf_char(out, '$');
            else
                put_escaped(out, text + i, 1);
            buf_text(out, close);
        }
        i += size ? size : 1;
    }
}

/* item["name"], with all that is no plain name in it escaped. */
static void put_member(struct buf *out, const char *name)
{
    buf_text(out, "item['");
    for (; *name; name++) {
        if (strchr("\\'{}", *name) || (unsigned char)*name < ' ' || (unsigned char)*name > '~')
            put_escaped(out, name, 1);
        else
            buf_char(out, *name);
    }
    buf_text(out, "']");
}

/* How many templates {} is: one a list or a named column; a list of its own is one. */
static size_t count_parts(const struct each *each)
{
    if (each->input.name_count)
        return each->input.name_count;
    return each_source(each) == EACH_LISTS ? each->input.list_count : 1;
}

/* True where the item is a list whose length is not known. */
static bool is_open(const struct each *each)
{
    return !each_has_blocks(each) && (each->reading.batch || (each->reading.columns && !each->input.name_count));
}

/* The expression of what stands at POSITION, FROM_END or not, of all that the command gets. */
static void put_position(const struct each *each, struct buf *out, size_t position, bool from_end)
{
    bool lists = each_source(each) == EACH_LISTS;
    if (each_has_blocks(each)) {
        buf_text(out, "''");
        return;
    }
    if (from_end && is_open(each)) {
        buf_printf(out, "item[#item - %zu] or ''", position - 1);
        return;
    }
    if (from_end)
        position = count_parts(each) + 1 - position;
    if (each->input.name_count && position <= each->input.name_count)
        put_member(out, each->input.names[position - 1]);
    else if (each->reading.batch || (each->reading.columns && !each->input.name_count))
        buf_printf(out, "item[%zu] or ''", position);
    else if (lists && position <= each->input.list_count && each->input.lists[position - 1].name)
        put_member(out, each->input.lists[position - 1].name);
    else if (lists && position <= each->input.list_count)
        buf_printf(out, "item.a%zu", position);
    else if (position == 1 && !each->input.name_count && !lists)
        buf_text(out, "item");
    else
        buf_text(out, "''");
}

static void put_template(struct buf *out, const char *function, const struct buf *expression)
{
    if (function)
        buf_printf(out, "${{ %s(%s) }}", function, expression->data);
    else
        buf_printf(out, "${{ %s }}", expression->data);
}

static void put_one(const struct each *each, struct buf *out, const struct replacement *place, size_t position)
{
    struct buf expression = {0};
    put_position(each, &expression, position, place->from_end);
    put_template(out, place->function, &expression);
    buf_release(&expression);
}

static int put_item(const struct each *each, struct buf *out, const struct replacement *place,
                    bool alone, struct error *error)
{
    if (is_open(each) && place->function)
        return error_set(error, ERROR_FAILED,
                         "each: {} are several here: write {1.}, {2/} and so on for parts of their paths");
    if (is_open(each)) {
        buf_text(out, alone ? "${{ item }}" : "${{ join(item, ' ') }}");
        return 0;
    }
    for (size_t i = 0; i < count_parts(each); i++) {
        buf_text(out, i ? " " : "");
        put_one(each, out, place, i + 1);
    }
    return 0;
}

/* Up to which position values come; where the item is a list of any length nobody knows. */
static size_t count_values(const struct each *each)
{
    if (each_has_blocks(each))
        return SIZE_MAX;
    if (is_open(each))
        return each->reading.batch ? (size_t)each->reading.batch : SIZE_MAX;
    return count_parts(each);
}

static int check_position(const struct each *each, const struct replacement *place, struct error *error)
{
    size_t count = count_values(each);
    const char *sign = place->from_end ? "-" : "";
    struct buf range = {0};
    if (!place->position)
        return error_set(error, ERROR_FAILED, "each: {0} is no value: {1} is the first, {-1} the last, {#} the number of the item");
    if (place->position <= count)
        return 0;
    buf_printf(&range, count > 1 ? "{%s1} to {%s%zu}" : "{%s1}", sign, sign, count);
    error_set(error, ERROR_FAILED, "each: {%s%zu} is value %zu of what each command gets, which is %zu: write %s, or %s", sign,
              place->position, place->position, count, range.data,
              each->reading.batch ? "a greater -n" : "give one more list behind another ':::'");
    buf_release(&range);
    return ERROR_FAILED;
}

static int put_place(const struct each *each, struct buf *out, const struct replacement *place,
                     bool alone, struct error *error)
{
    switch (place->kind) {
    case PLACE_ITEM:
        return put_item(each, out, place, alone, error);
    case PLACE_POSITION:
        if (check_position(each, place, error))
            return ERROR_FAILED;
        put_one(each, out, place, place->position);
        break;
    case PLACE_NUMBER:
        buf_text(out, "${{ index + 1 }}");
        break;
    case PLACE_SLOT:
        buf_text(out, "${{ worker }}");
        break;
    }
    return 0;
}

/* The quote of the shell in which what follows LENGTH bytes of TEXT stands, or 0; QUOTE is that of the first of them. */
static char quote_after(const char *text, size_t length, char quote)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\' && quote != '\'')
            i++;
        else if (text[i] == quote)
            quote = 0;
        else if (!quote && strchr("'\"`", text[i]))
            quote = text[i];
    }
    return quote;
}

/* True where what is LENGTH bytes at TEXT + AT is a word of its own: of a line for the SHELL, or the whole argument. */
static bool is_alone(const char *text, size_t at, size_t length, bool shell)
{
    const char *between = shell ? " \t\n;&|()<>" : "";
    bool begins = !at || (strchr(between, text[at - 1]) && (at < 2 || text[at - 2] != '\\'));
    return begins && strchr(between, text[at + length]);
}

/* TEXT as a template. */
static int put_text(const struct each *each, struct buf *out, const char *text, bool shell,
                    struct error *error)
{
    int result = 0;
    char quote = 0;
    for (size_t at = 0; !result && text[at];) {
        struct replacement place;
        size_t length = literal_length(each, text + at);
        each_put_literal(out, text + at, length, shell);
        quote = shell ? quote_after(text + at, length, quote) : 0;
        at += length;
        if (!text[at])
            break;
        read_place(each, text + at, &place);
        result = put_place(each, out, &place, !quote && is_alone(text, at, place.length, shell), error);
        at += place.length;
    }
    return result;
}

static void add_argument(struct buf *out, const char *text)
{
    buf_text(out, out->length ? ", " : "");
    yaml_quote(out, text);
}

/* A word of a command without a shell: {} alone is an argument for each that it stands for. */
static int put_argument(const struct each *each, struct buf *out, const char *word,
                        struct error *error)
{
    struct buf text = {0};
    struct replacement place;
    bool parts = read_place(each, word, &place) && !word[place.length] && place.kind == PLACE_ITEM &&
                 !is_open(each);
    int result = parts ? 0 : put_text(each, &text, word, false, error);
    if (!result && !parts)
        add_argument(out, buf_string(&text));
    for (size_t i = 0; parts && i < count_parts(each); i++) {
        buf_clear(&text);
        put_one(each, &text, &place, i + 1);
        add_argument(out, text.data);
    }
    buf_release(&text);
    return result;
}

static bool wants_item(const struct each *each)
{
    for (size_t i = 0; i < each->command_count; i++)
        if (each_has_place(each, each->command[i]))
            return false;
    return !each->reading.no_items && !each_has_blocks(each);
}

static int put_arguments(const struct each *each, struct buf *out, struct error *error)
{
    struct buf list = {0};
    int result = 0;
    for (size_t i = 0; !result && i < each->command_count; i++)
        result = put_argument(each, &list, each->command[i], error);
    if (!result && wants_item(each))
        result = put_argument(each, &list, each->reading.replacement ? each->reading.replacement : "{}", error);
    if (!result)
        buf_printf(out, "    exec: [%s]\n", list.data);
    buf_release(&list);
    return result;
}

static int put_line(const struct each *each, struct buf *out, struct error *error)
{
    const struct replacement item = {.kind = PLACE_ITEM};
    struct buf line = {0};
    int result = put_text(each, &line, each->command[0], true, error);
    if (!result && wants_item(each)) {
        buf_char(&line, ' ');
        result = put_item(each, &line, &item, true, error);
    }
    if (!result) {
        buf_text(out, "    run: ");
        yaml_quote(out, line.data);
        buf_char(out, '\n');
    }
    buf_release(&line);
    return result;
}

/* "{nam}" where a column is called "name": it would stay as it is. "${nam}" is the shell's. */
static int check_names(const struct each *each, const char *text, struct error *error)
{
    size_t count = each->input.name_count ? each->input.name_count : each->input.list_count;
    int result = 0;
    for (const char *at = text; !result && (at = strchr(at, '{')); at++) {
        size_t length = strcspn(at + 1, "}{ \t$\"'");
        struct replacement place;
        if (at[1 + length] != '}' || (at > text && at[-1] == '$') || read_place(each, at, &place))
            continue;
        char *name = mem_copy(at + 1, length);
        struct nearest nearest = {.wrong = name};
        for (size_t i = 0; i < count; i++) {
            const char *known = each->input.name_count ? each->input.names[i] : each->input.lists[i].name;
            if (known)
                nearest_offer(&nearest, known);
        }
        if (nearest.name)
            result = error_set(error, ERROR_FAILED, "each: no column is called '%s': did you mean {%s}?", name, nearest.name);
        free(name);
    }
    return result;
}

int each_put_command(const struct each *each, struct buf *out, struct error *error)
{
    int result = 0;
    for (size_t i = 0; !result && i < each->command_count; i++)
        result = check_names(each, each->command[i], error);
    if (result)
        return result;
    return each_is_shell_line(each) ? put_line(each, out, error) : put_arguments(each, out, error);
}

/* A name or a path: nothing in it means anything to a shell. */
static bool is_name(const char *word)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+:@%,-";
    return *word && !word[strspn(word, safe)];
}

bool each_is_runnable(const char *path)
{
    struct stat status;
    return !stat(path, &status) && S_ISREG(status.st_mode) && !access(path, X_OK);
}

bool each_is_shell_line(const struct each *each)
{
    const char *word = each->command[0];
    return each->command_count == 1 && !each->quote && !is_name(word) &&
           !(strchr(word, '/') && each_is_runnable(word));
}

/* Of a line for the shell: up to the quote in which an item stands, so that what stands in the place of one is told from it. */
static void put_known_line(const struct each *each, const char *line, struct buf *out)
{
    size_t length = literal_length(each, line);
    struct replacement place = {0};
    struct buf known = {0};
    struct buf quoted = {0};
    bool item = line[length] ? read_place(each, line + length, &place) : wants_item(each);
    bool quotes = item && place.kind != PLACE_NUMBER && place.kind != PLACE_SLOT && !quote_after(line, length, 0) &&
                  !memmem(line, length, "$", 1) && !memmem(line, length, "<<", 2);
    buf_append(&known, line, length);
    if (quotes)
        buf_text(&known, line[length] ? "'" : " '");
    buf_text(&known, " ");
    shell_quote(&quoted, known.data, known.length);
    buf_printf(out, "/bin/sh -c %.*s", (int)quoted.length - 2, quoted.data); /* without the blank and the quote */
    buf_release(&known);
    buf_release(&quoted);
}

void each_put_known(const struct each *each, struct buf *out)
{
    if (each_is_shell_line(each)) {
        put_known_line(each, each->command[0], out);
        return;
    }
    for (size_t i = 0; i < each->command_count && !each_has_place(each, each->command[i]); i++) {
        buf_text(out, i ? " " : "");
        shell_quote(out, each->command[i], strlen(each->command[i]));
    }
}

/* The length of the word that TEXT begins with, with its quotes. */
static size_t word_length(const char *text, size_t length)
{
    size_t at = 0;
    for (char quote = 0; at < length && (quote || text[at] != ' '); at++) {
        if (text[at] == '\'' && (quote || !at || text[at - 1] != '\\'))
            quote = quote ? 0 : '\'';
    }
    return at;
}

/* True where the next word of *LINE, of *LENGTH bytes, can be WORD, or NULL: any. What has no more words may be torn. */
static bool takes_word(const char **line, size_t *length, const char *word)
{
    size_t size = word_length(*line, *length);
    bool last = size == *length;
    struct buf quoted = {0}, written = {0};
    shell_quote(&quoted, word ? word : "", word ? strlen(word) : 0);
    joblog_command(&written, quoted.data);
    bool fits = !word || (size <= written.length && (last || size == written.length) && !memcmp(*line, written.data, size));
    *line += last ? size : size + 1;
    *length -= last ? size : size + 1;
    buf_release(&quoted);
    buf_release(&written);
    return fits;
}

bool each_has_words(const struct each *each, const char *line, size_t length)
{
    if (each_is_shell_line(each) || each_has_blocks(each))
        return true;
    for (size_t i = 0; i < each->command_count; i++) {
        struct replacement place;
        const char *word = each->command[i];
        bool item = read_place(each, word, &place) && !word[place.length] && place.kind == PLACE_ITEM;
        if (item && is_open(each))
            return true; /* as many words as there were items */
        for (size_t part = item ? count_parts(each) : 1; part; part--)
            if (!takes_word(&line, &length, each_has_place(each, word) ? NULL : word))
                return false;
    }
    for (size_t part = wants_item(each) && !is_open(each) ? count_parts(each) : 0; part; part--)
        takes_word(&line, &length, NULL);
    return !length || (wants_item(each) && is_open(each));
}
