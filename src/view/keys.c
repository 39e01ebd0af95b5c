/* What keys do. */
#include "view/keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/regex.h"
#include "view/emulator.h"
#include "view/model.h"
#include "view/output_pane.h"
#include "view/text.h"
#include "view/view.h"

static void choose(struct view_model *model, size_t index)
{
    if (!model->objects.count)
        return;
    model->chosen = index < model->objects.count ? index : model->objects.count - 1;
}

/* {"WORD":["NAME"]}, as the answer to which something is said below. */
static void ask(struct view_model *model, const char *word, const char *value)
{
    const struct view_object *object = model_chosen(model);
    if (!object)
        return;
    if (!model_is_alive(model)) {
        model_notice(model, mem_strdup("The run has ended."), true);
        return;
    }
    const char *name = value ? object->declared : object->name;
    buf_printf(&model->requests, "{\"id\":\"a\",\"%s\":%s", word, value ? "{" : "[");
    json_quote(&model->requests, name, strlen(name));
    if (value)
        buf_printf(&model->requests, ":\"%s\"}}\n", value);
    else
        buf_text(&model->requests, strcmp(word, "pause") != 0 && strcmp(word, "resume") != 0 ? "],\"no_wait\":true}\n" : "]}\n");
}

static void key_ask(struct view_model *model, const struct key_binding *row)
{
    ask(model, row->word, row->value);
}

static void key_pause(struct view_model *model, const struct key_binding *row)
{
    const struct view_object *object = model_chosen(model);
    (void)row;
    ask(model, object && object->paused ? "resume" : "pause", NULL);
}

/* The same key again takes it away. */
static void key_mode(struct view_model *model, const struct key_binding *row)
{
    enum view_mode mode = (enum view_mode)row->number;
    model->mode = model->mode == mode ? SHOWS_OBJECTS : mode;
}

static void key_type(struct view_model *model, const struct key_binding *row)
{
    model->before = model->mode;
    model->mode = (enum view_mode)row->number;
    buf_clear(&model->typed);
}

static void key_terminal(struct view_model *model, const struct key_binding *row)
{
    if (model_is_alive(model))
        model_ask_output(model);
    const struct view_object *chosen = model_chosen(model);
    if (!model->pane.emulator || !model_is_alive(model) || !chosen || !chosen->rows) {
        bool over = model->pane.emulator != NULL;
        model_notice(model, mem_strdup(over ? "It has ended: nobody reads what is typed." : "It has no terminal of its own: tty: true gives it one."), true);
        return;
    }
    key_type(model, row);
    pane_scroll_to(model->pane.output, true);
    model_type(model, "", 0);
}

static void key_wish(struct view_model *model, const struct key_binding *row)
{
    model->wish = (enum view_wish)row->number;
}

static void key_leave(struct view_model *model, const struct key_binding *row)
{
    if (model->owner && model_is_alive(model))
        key_type(model, row);
    else
        model->wish = WISH_LEAVE;
}

static void look_for(struct view_model *model, bool back)
{
    if (!model->pane.search)
        model_notice(model, mem_strdup("Nothing is searched for: / begins."), true);
    else if (!pane_find(model->pane.output, model->pane.search, back))
        model_notice(model, mem_strdup(back ? "No further match above." : "No further match below."), true);
}

static void key_look(struct view_model *model, const struct key_binding *row)
{
    look_for(model, (row->number < 0) != model->pane.search_up);
}

static void key_choose(struct view_model *model, const struct key_binding *row)
{
    bool back = row->number < 0;
    if (model->mode == SHOWS_OUTPUT)
        pane_scroll(model->pane.output, back ? -1 : 1);
    else
        choose(model, back && !model->chosen ? 0 : model->chosen + (size_t)row->number);
}

static void key_choose_page(struct view_model *model, const struct key_binding *row)
{
    size_t page = model->shown > 1 ? model->shown - 1 : 1;
    bool back = row->number < 0;
    choose(model, !back ? model->chosen + page : model->chosen > page ? model->chosen - page : 0);
}

static void key_scroll_page(struct view_model *model, const struct key_binding *row)
{
    int height = pane_height(model->pane.output);
    pane_scroll(model->pane.output, row->number * (height > 1 ? height - 1 : 1));
}

static void key_scroll_to(struct view_model *model, const struct key_binding *row)
{
    pane_scroll_to(model->pane.output, row->number > 0);
}

static void key_back(struct view_model *model, const struct key_binding *row)
{
    (void)row;
    model->mode = SHOWS_OBJECTS;
}

static const struct key_binding rows[] = {
    {.keys = {VIEW_KEY_UP, 'k'}, .shown = "Up k", .help = "the object (or line) above", .act = key_choose, .number = -1},
    {.keys = {VIEW_KEY_DOWN, 'j'}, .shown = "Down j", .help = "the object (or line) below", .act = key_choose, .number = 1},
    {.keys = {'['}, .shown = "[", .help = "a page of objects up", .act = key_choose_page, .number = -1},
    {.keys = {']'}, .shown = "]", .help = "a page of objects down", .act = key_choose_page, .number = 1},
    {.keys = {'f'}, .shown = "f", .help = "find an object by its name", .act = key_type, .number = SHOWS_FIND},
    {.keys = {'r'}, .shown = "r", .brief = "restart", .help = "restart the object", .act = key_ask, .word = "restart"},
    {.keys = {'s'}, .shown = "s", .brief = "stop", .help = "stop it", .act = key_ask, .word = "stop"},
    {.keys = {'S'}, .shown = "S", .brief = "start", .help = "start it", .act = key_ask, .word = "start"},
    {.keys = {'+', '='}, .shown = "+", .help = "one worker or replica more", .act = key_ask, .word = "scale", .value = "+1"},
    {.keys = {'-'}, .shown = "-", .help = "one worker or replica fewer", .act = key_ask, .word = "scale", .value = "-1"},
    {.keys = {'p'}, .shown = "p", .brief = "pause", .help = "pause a pool, or let it go on", .act = key_pause},
    {.keys = {'x'}, .shown = "x", .brief = "explain", .help = "explain what it does, and why", .act = key_mode, .number = SHOWS_EXPLAIN},
    {.keys = {'t'}, .shown = "t", .help = "type to it (tty: true); Ctrl-] ends", .act = key_terminal, .number = SHOWS_TYPING},
    {.keys = {'\r', '\n'}, .shown = "Enter", .brief = "output", .help = "the output alone, and back", .act = key_mode, .number = SHOWS_OUTPUT},
    {.keys = {VIEW_KEY_PAGE_UP, VIEW_KEY_CONTROL('B')}, .shown = "PgUp", .help = "the output before", .act = key_scroll_page, .number = -1},
    {.keys = {VIEW_KEY_PAGE_DOWN, VIEW_KEY_CONTROL('F'), ' '}, .shown = "PgDn", .help = "the output after", .act = key_scroll_page, .number = 1},
    {.keys = {VIEW_KEY_HOME, 'g'}, .shown = "Home g", .help = "the first line that is there", .act = key_scroll_to, .number = -1},
    {.keys = {VIEW_KEY_END, 'G'}, .shown = "End G", .help = "the end, and what comes", .act = key_scroll_to, .number = 1},
    {.keys = {'/'}, .shown = "/", .brief = "search", .help = "search below, or up from the end", .act = key_type, .number = SHOWS_SEARCH},
    {.keys = {'n'}, .shown = "n", .help = "the next match in this direction", .act = key_look, .number = 1},
    {.keys = {'N'}, .shown = "N", .help = "the next match in the other", .act = key_look, .number = -1},
    {.keys = {VIEW_KEY_ESCAPE}, .shown = "Esc", .help = "back to the objects", .act = key_back},
    {.keys = {VIEW_KEY_CONTROL('L')}, .shown = "Ctrl-L", .help = "draw all anew", .act = key_wish, .number = WISH_REDRAW},
    {.keys = {VIEW_KEY_CONTROL('Z')}, .shown = "Ctrl-Z", .help = "suspend; the run goes on", .act = key_wish, .number = WISH_SUSPEND},
    {.keys = {'?'}, .shown = "?", .brief = "help", .help = "these keys", .act = key_mode, .number = SHOWS_KEYS},
    {.keys = {'q', VIEW_KEY_CONTROL('C')}, .shown = "q", .brief = "leave", .help = "leave the view", .act = key_leave, .number = SHOWS_QUESTION},
};

const struct key_binding *key_binding_at(size_t i)
{
    return i < countof(rows) ? &rows[i] : NULL;
}

void view_keys_reference(struct buf *out)
{
    buf_text(out, ".Sh KEYS\n.Bl -tag -width \"Down j\" -compact\n");
    for (size_t i = 0; i < countof(rows); i++)
        buf_printf(out, ".It Ic \\&%s\n%s\n", rows[i].shown, rows[i].help);
    buf_text(out, ".El\n");
}

static const struct key_binding *find_row(uint32_t key)
{
    for (size_t i = 0; key && i < countof(rows); i++)
        for (size_t n = 0; n < countof(rows[i].keys); n++)
            if (rows[i].keys[n] == key)
                return &rows[i];
    return NULL;
}

/* As in less: on from the first line that is shown. Where the end is shown nothing is below it, and the search goes up. */
static void begin_search(struct view_model *model)
{
    struct error error = {0};
    struct buf why = {0};
    uint64_t below;
    model->pane.search_up = !pane_is_scrolled(model->pane.output, &below);
    regex_free(model->pane.search);
    model->pane.search = NULL;
    if (!model->typed.length)
        return;
    model->pane.search = regex_new(buf_string(&model->typed), &error);
    if (model->pane.search) {
        look_for(model, model->pane.search_up);
    } else {
        buf_printf(&why, "%s: %s", buf_string(&model->typed), error.text);
        model_notice(model, buf_take(&why), true);
    }
    error_release(&error);
}

/* The first object from the chosen one on whose name has in it what was typed. */
static void find_object(struct view_model *model, size_t from)
{
    for (size_t i = 0; i < model->objects.count; i++) {
        size_t index = (from + i) % model->objects.count;
        if (strstr(model->objects.items[index]->name, buf_string(&model->typed))) {
            choose(model, index);
            return;
        }
    }
}

/* The last character goes. */
static void untype(struct buf *typed)
{
    while (typed->length && ((unsigned char)typed->data[typed->length - 1] & 0xC0) == 0x80)
        buf_truncate(typed, typed->length - 1);
    if (typed->length)
        buf_truncate(typed, typed->length - 1);
}

static void key_typed(struct view_model *model, uint32_t key)
{
    bool search = model->mode == SHOWS_SEARCH;
    if (key == '\r' || key == '\n') {
        model->mode = model->before;
        if (search)
            begin_search(model);
    } else if (key == VIEW_KEY_ESCAPE || key == VIEW_KEY_CONTROL('C')) {
        model->mode = model->before;
    } else if (key == VIEW_KEY_BACKSPACE || key == 0x7F || key == VIEW_KEY_CONTROL('H')) {
        untype(&model->typed);
    } else if (key == VIEW_KEY_CONTROL('U')) {
        buf_clear(&model->typed);
    } else if (key >= ' ' && key < VIEW_KEY_UP && text_cell_width(key) >= 0) {
        text_put_character(&model->typed, key);
    }
    if (!search && model->typed.length && model->mode == SHOWS_FIND)
        find_object(model, model->chosen);
}

/* One key leaves, all others are the process's. */
static void key_of_process(struct view_model *model, uint32_t key)
{
    struct buf text = {0};
    if (key == VIEW_KEY_CONTROL(']') || !model->pane.emulator || !model_is_alive(model)) {
        model->mode = model->before;
        return;
    }
    emulator_key(model->pane.emulator, key, &text);
    if (text.length)
        model_type(model, text.data, text.length);
    buf_release(&text);
}

static void key_answered(struct view_model *model, uint32_t key)
{
    if (key == 'y' || key == 'Y')
        model->wish = WISH_STOP;
    else if (key == 'd')
        model->wish = WISH_LEAVE;
    else
        model->mode = model->before;
}

void model_key(struct view_model *model, uint32_t key)
{
    model->changed = true;
    if (model->mode == SHOWS_SEARCH || model->mode == SHOWS_FIND) {
        key_typed(model, key);
        return;
    }
    if (model->mode == SHOWS_TYPING) {
        key_of_process(model, key);
        return;
    }
    if (model->mode == SHOWS_QUESTION) {
        key_answered(model, key);
        return;
    }
    const struct key_binding *row = find_row(key);
    model_notice(model, NULL, false);
    if (row)
        row->act(model, row);
}
