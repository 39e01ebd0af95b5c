/* The command line up to the word that is being typed, read as options.c reads it. */
#include "cli/candidates.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/control/find.h"
#include "cli/control/link.h"
#include "cli/example.h"
#include "cli/object_list.h"
#include "cli/options_private.h"
#include "event/event.h"
#include "scenario/spec.h"

/* A run that does not answer within so many seconds offers nothing: somebody waits for each key. */
#define PATIENCE 10

/* What stands before the word. */
struct typed_line {
    enum mode mode;
    const struct option *open; /* its value comes next; NULL: none */
    const char *file;          /* the scenario, or NULL */
    const char *run;           /* the value of --run, or NULL */
    const struct command *command; /* the word; NULL: none */
    size_t operands;    /* of it */
    bool only_operands; /* behind -- */
};

/* What is offered for it: whole words that begin with PREFIX and then with WORD. */
struct candidates {
    struct buf *out;
    const char *word;
    int prefix_length;
    const char *prefix;
};

static void offer(const struct candidates *candidates, const char *text, size_t length,
                  const char *behind)
{
    size_t typed = strlen(candidates->word);
    if (length >= typed && !memcmp(text, candidates->word, typed))
        buf_printf(candidates->out, "%.*s%.*s%s\n", candidates->prefix_length, candidates->prefix,
                   (int)length, text, behind);
}

static void offer_words(const struct candidates *candidates, const char *words)
{
    for (size_t length; words && *words; words += length + strspn(words + length, " ")) {
        length = strcspn(words, " ");
        offer(candidates, words, length, "");
    }
}

static void offer_events(const struct candidates *candidates)
{
    for (int kind = 0; kind < EVENT_KINDS; kind++) {
        const char *name = event_row((enum event_kind)kind)->name;
        offer(candidates, name, strlen(name), "");
    }
}

static void offer_examples(const struct candidates *candidates)
{
    for (const struct example *example = examples; example->name; example++)
        offer(candidates, example->name, strlen(example->name), "");
}

static void offer_objects(const struct candidates *candidates, const struct scenario *scenario)
{
    size_t count;
    struct object_entry *objects = object_list_make(scenario, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(objects[i].kind, "queue") != 0)
            offer(candidates, objects[i].name, strlen(objects[i].name), "");
    free(objects);
}

static void offer_pools(const struct candidates *candidates, const struct scenario *scenario)
{
    size_t count;
    struct object_entry *objects = object_list_make(scenario, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(objects[i].kind, "pool"))
            offer(candidates, objects[i].name, strlen(objects[i].name), ":");
    free(objects);
}

static void offer_variables(const struct candidates *candidates, const struct scenario *scenario)
{
    const struct value *vars = &scenario->vars;
    for (size_t i = 0; i < vars->table.count; i++) {
        const struct value_pair *pair = &vars->table.pairs[i];
        if (pair->value.type != VALUE_TABLE)
            offer(candidates, pair->key.string.bytes, pair->key.string.length, "=");
    }
}

/* Names of the scenario, where there is one that can be read. */
static void offer_names(const struct candidates *candidates, const char *file,
                        void (*take)(const struct candidates *candidates,
                                     const struct scenario *scenario))
{
    struct diags *diags = diags_new();
    struct scenario_sources *held = NULL;
    struct scenario *scenario =
        file && strcmp(file, "-") != 0 ? scenario_load(file, NULL, diags, &held) : NULL;
    if (scenario)
        take(candidates, scenario);
    scenario_free(scenario);
    scenario_free_sources(held);
    diags_free(diags);
}

static void offer_runs(const struct candidates *candidates)
{
    struct arena *arena = arena_new();
    struct found_run *runs = NULL;
    size_t count = control_runs(arena, &runs);
    for (size_t i = 0; i < count; i++) {
        const char *id = control_text(runs[i].identity, "run");
        const char *help = arena_printf(arena, "\t%s", control_text(runs[i].identity, "file"));
        offer(candidates, id, strlen(id), help);
    }
    arena_free(arena);
}

/* One object of a run; LAST is the declared name of the one before it. */
static void offer_living(const struct candidates *candidates, const struct value *object, enum takes takes, struct buf *last)
{
    const char *name = control_text(object, "name"), *declared = control_text(object, "declared"), *kind = control_text(object, "kind");
    bool again = !strcmp(buf_string(last), declared);
    buf_clear(last);
    buf_text(last, declared);
    if (takes == TAKES_LIVING)
        offer(candidates, name, strlen(name), "");
    else if (takes == TAKES_LIVING_POOL && !strcmp(kind, "pool"))
        offer(candidates, name, strlen(name), "");
    else if (takes == TAKES_LIVING_COUNT && !again && strcmp(kind, "thread") != 0)
        offer(candidates, declared, strlen(declared), "=");
}

/* What the run that is meant has as objects, where there is one. */
static void offer_living_all(const struct candidates *candidates, const char *run, enum takes takes)
{
    struct arena *arena = arena_new();
    struct options options = {.control.run = run};
    struct control_link link = {.fd = -1};
    struct error error = {0};
    struct buf last = {0};
    const char *text, *path = control_find(&options, arena, &error);
    struct value line;
    alarm(PATIENCE);
    if (path && !control_open(&link, path, &error)) {
        int result = control_send(&link, "{\"id\":1,\"status\":[]}", &error);
        while (!result && control_next(&link, &text, &line, &error) == 1 && value_member(&line, "object"))
            offer_living(candidates, value_member(&line, "object"), takes, &last);
        control_close(&link);
    }
    error_release(&error);
    buf_release(&last);
    arena_free(arena);
}

/* Leaves the last of the names between commas to be completed. */
static void begin_at_comma(struct candidates *candidates)
{
    const char *comma = strrchr(candidates->word, ',');
    if (!comma)
        return;
    candidates->prefix_length += (int)(comma + 1 - candidates->word);
    candidates->word = comma + 1;
}

static void offer_commands(const struct candidates *candidates)
{
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++) {
        struct buf help = {0};
        buf_printf(&help, "\t%s", command->help);
        offer(candidates, command->word, strlen(command->word), help.data);
        buf_release(&help);
    }
}

/* What stands behind an option or a word, which have CHOICES or take something else; true where it is a file. */
static bool offer_value(struct candidates *candidates, enum takes takes, const char *choices,
                        const struct typed_line *line)
{
    switch (takes) {
    case TAKES_FILE:
        return true;
    case TAKES_TEXT:
    case TAKES_CHOICE:
        offer_words(candidates, choices);
        break;
    case TAKES_EVENTS:
        begin_at_comma(candidates);
        offer_events(candidates);
        break;
    case TAKES_EXAMPLE:
        offer_examples(candidates);
        break;
    case TAKES_OBJECTS:
        begin_at_comma(candidates);
        offer_names(candidates, line->file, offer_objects);
        break;
    case TAKES_POOL:
        offer_names(candidates, line->file, offer_pools);
        break;
    case TAKES_WORD:
        offer_commands(candidates);
        break;
    case TAKES_RUN:
        offer_runs(candidates);
        break;
    case TAKES_LIVING:
    case TAKES_LIVING_POOL:
    case TAKES_LIVING_COUNT:
        offer_living_all(candidates, line->run, takes);
        break;
    }
    return false;
}

static void offer_options(const struct candidates *candidates, enum mode mode)
{
    const struct option *option;
    for (size_t i = 0; (option = option_at(i)); i++) {
        struct buf name = {0};
        struct buf help = {0};
        buf_printf(&name, "--%s", option->name);
        buf_printf(&help, "\t%s", option->help);
        if (option->help && option_goes_with(option, mode))
            offer(candidates, name.data, name.length, help.data);
        buf_release(&name);
        buf_release(&help);
    }
}

/* A word that stands for itself; true where it is a file. */
static bool offer_operand(struct candidates *candidates, const struct typed_line *line)
{
    const struct command *command = line->command;
    if (command && command->alone)
        return true;
    if (command && command->subject) {
        if (!line->operands)
            return offer_value(candidates, command->takes, command->choices, line);
        if (line->operands == 1)
            offer_words(candidates, command->verbs);
    }
    if (command && command->values)
        return offer_value(candidates, command->others, NULL, line);
    if (line->mode > MODE_TREE || (command && command->subject))
        return false;
    if (!line->file)
        return true;
    if (!strchr(candidates->word, '='))
        offer_names(candidates, line->file, offer_variables);
    return line->mode == MODE_CHECK;
}

/* Of the word, or else of another: it has its value all the same. */
static const struct option *long_option(const struct typed_line *line, const char *word)
{
    size_t length = strcspn(word, "=");
    const struct option *option = length > 2 ? option_find(word + 2, length - 2, line->mode) : NULL;
    return option || length <= 2 ? option : option_find(word + 2, length - 2, MODE_ANY);
}

static void take_value(struct typed_line *line, const struct option *option, const char *value)
{
    if (option->takes == TAKES_RUN)
        line->run = value;
}

/* "-qj4" or "-qj" with the value behind it. */
static void read_letters(struct typed_line *line, const char *letters)
{
    for (; *letters && !line->open; letters++) {
        const struct option *option = option_of_letter(*letters, line->mode);
        if (!option || !option->argument)
            continue;
        line->open = letters[1] ? NULL : option;
        if (letters[1])
            take_value(line, option, letters + 1);
        return;
    }
}

static bool is_option(const struct typed_line *line, const char *word)
{
    return *word == '-' && !line->only_operands && !line->open;
}

static void read_operand(struct typed_line *line, const char *word)
{
    if (!line->command || !line->command->subject)
        line->file = line->file ? line->file : word;
    line->operands++;
    /* Behind its command no word of "each" is an option. */
    line->only_operands = line->only_operands || (line->command && line->command->alone);
}

static void read_word(struct typed_line *line, const char *word)
{
    const struct option *option = long_option(line, word);
    const char *value = strchr(word, '=');
    if (line->open) {
        take_value(line, line->open, word);
        line->open = NULL;
    } else if (!is_option(line, word) || !word[1]) {
        read_operand(line, word);
    } else if (word[1] != '-') {
        read_letters(line, word + 1);
    } else if (!word[2]) {
        line->only_operands = true;
    } else if (option && option->argument) {
        if (value)
            take_value(line, option, value + 1);
        else
            line->open = option;
    }
}

void candidates_print(struct buf *out, char **words, int count)
{
    struct options options = {0};
    struct typed_line line = {0};
    struct buf offered = {0};
    const char *word = count > 1 ? words[count - 1] : "";
    line.command = options_begin(&options, count - 1, words);
    line.mode = options.mode;
    for (int i = 1; i + 1 < count; i++)
        if (i != options.word_at)
            read_word(&line, words[i]);
    struct candidates candidates = {.out = &offered, .word = word, .prefix = word};
    size_t length = strcspn(word, "=");
    bool files = false;
    if (!is_option(&line, word)) {
        if (!line.command && !line.operands && !line.open)
            offer_commands(&candidates);
        files = line.open ? offer_value(&candidates, line.open->takes, line.open->choices, &line)
                          : offer_operand(&candidates, &line);
    } else if (word[length]) {
        const struct option *option = long_option(&line, word);
        candidates.word += length + 1;
        candidates.prefix_length = (int)length + 1;
        files = option && option->argument &&
                offer_value(&candidates, option->takes, option->choices, &line);
    } else {
        offer_options(&candidates, line.mode);
    }
    buf_printf(out, "%s\n%s", files ? CANDIDATES_FILES : CANDIDATES_WORDS, buf_string(&offered));
    buf_release(&offered);
}
