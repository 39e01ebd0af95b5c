/* The command line up to the word that is being typed, read as options.c reads it. */
#include "cli/candidates.h"

#include <glob.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/diag.h"
#include "cli/commands.h"
#include "cli/example.h"
#include "cli/options_private.h"
#include "cli/outline.h"
#include "event/event.h"
#include "scenario/spec.h"

/* What stands before the word. */
struct line {
    enum mode mode;
    const struct option *open; /* its value comes next; NULL: none */
    const struct option *last; /* with a mode, the last that was given */
    const char *file;          /* the scenario, or NULL */
    const struct command *command; /* the word that stands first; NULL: none */
    size_t operands;
    bool only_operands; /* behind -- */
    bool first;         /* nothing stands before it */
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
    struct outline_object *objects = outline_make(scenario, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(objects[i].kind, "queue") != 0)
            offer(candidates, objects[i].name, strlen(objects[i].name), "");
    free(objects);
}

static void offer_pools(const struct candidates *candidates, const struct scenario *scenario)
{
    size_t count;
    struct outline_object *objects = outline_make(scenario, &count);
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
        file && strcmp(file, "-") != 0 ? scenario_load(file, NULL, 0, diags, &held) : NULL;
    if (scenario)
        take(candidates, scenario);
    scenario_free(scenario);
    scenario_free_sources(held);
    diags_free(diags);
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

/* A value of OPTION; true where it is a file. */
static bool offer_value(struct candidates *candidates, const struct option *option,
                        const char *file)
{
    switch (option->takes) {
    case TAKES_FILE:
        return true;
    case TAKES_TEXT:
    case TAKES_CHOICE:
        offer_words(candidates, option->words);
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
        offer_names(candidates, file, offer_objects);
        break;
    case TAKES_POOL:
        offer_names(candidates, file, offer_pools);
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
        if (!option->modes || mode == MODE_RUN || option->modes & MODE_BIT(mode))
            offer(candidates, name.data, name.length, help.data);
        buf_release(&name);
        buf_release(&help);
    }
}

/* True where there is a file whose name begins so: what shells complete themselves. */
static bool begins_file(const char *word)
{
    struct buf pattern = {0};
    glob_t found = {0};
    for (; *word; word++)
        buf_printf(&pattern, "\\%c", *word);
    buf_char(&pattern, '*');
    bool any = !glob(pattern.data, GLOB_NOSORT, NULL, &found);
    globfree(&found);
    buf_release(&pattern);
    return any;
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

/* What the first operand of a word is about, by the option that does the same; true where it is a file. */
static bool offer_subject(struct candidates *candidates, const struct command *command)
{
    const struct option *option = option_find(command->word, strlen(command->word));
    if (command->mode == MODE_HELP)
        offer_commands(candidates);
    return command->mode != MODE_HELP && option && offer_value(candidates, option, NULL);
}

/* A word that stands for itself; true where it is a file. */
static bool offer_operand(struct candidates *candidates, const struct line *line)
{
    if (line->command && line->command->alone)
        return true;
    if (line->command && line->command->subject && !line->operands)
        return offer_subject(candidates, line->command);
    if (line->command && line->mode > MODE_TREE) {
        const struct option *option = option_find(line->command->word, strlen(line->command->word));
        if (option && line->operands == 1)
            offer_words(candidates, option->operands);
        return false;
    }
    if (line->mode > MODE_TREE) {
        if (line->last && !line->operands)
            offer_words(candidates, line->last->operands);
        return false;
    }
    if (!line->file)
        return true;
    if (!strchr(candidates->word, '='))
        offer_names(candidates, line->file, offer_variables);
    return false;
}

static void read_option(struct line *line, const struct option *option, bool has_value)
{
    if (option->mode != MODE_RUN) {
        line->mode = option->mode;
        line->last = option;
    }
    line->open = option->argument && option->argument[1] != '=' && !has_value ? option : NULL;
}

/* "-qj4" or "-qj" with the value behind it. */
static void read_letters(struct line *line, const char *letters)
{
    const struct option *option;
    for (size_t i = 0; *letters && (option = option_at(i)); i++) {
        if (option->letter != *letters)
            continue;
        read_option(line, option, letters[1]);
        if (option->argument)
            return;
        letters++;
        i = SIZE_MAX;
    }
}

static bool is_option(const struct line *line, const char *word)
{
    bool open = line->open && !option_is_optional(line->open);
    return *word == '-' && !line->only_operands && !open;
}

static void read_word(struct line *line, const char *word)
{
    size_t length = strcspn(word, "=");
    const struct command *command = line->first ? command_find(word) : NULL;
    bool first = line->first;
    line->first = false;
    if (first && command) {
        line->command = command;
        line->mode = command->mode;
        return;
    }
    if (is_option(line, word) && word[1]) {
        line->open = NULL;
        const struct option *option = length > 2 ? option_find(word + 2, length - 2) : NULL;
        if (word[1] != '-')
            read_letters(line, word + 1);
        else if (option)
            read_option(line, option, word[length]);
        line->only_operands = !word[2] && word[1] == '-';
        return;
    }
    /* --show FILE is a mode of its own, where no other word is the scenario. */
    bool shown = line->open && line->open->takes == TAKES_EVENTS && strpbrk(word, "./");
    if (!line->open || shown)
        line->file = line->file ? line->file : word;
    line->operands += !line->open;
    line->open = NULL;
}

void candidates_print(struct buf *out, const char *const *words, size_t count)
{
    struct line line = {.mode = MODE_RUN, .first = true};
    struct buf offered = {0};
    const char *word = count ? words[count - 1] : "";
    for (size_t i = 0; i + 1 < count; i++)
        read_word(&line, words[i]);
    struct candidates candidates = {.out = &offered, .word = word, .prefix = word};
    size_t length = strcspn(word, "=");
    bool files = false;
    if (!is_option(&line, word)) {
        if (line.first && *word && !begins_file(word))
            offer_commands(&candidates);
        files = line.open ? offer_value(&candidates, line.open, line.file)
                : offered.length ? false
                                 : offer_operand(&candidates, &line);
        files |= line.open && !offered.length && !line.file && line.open->takes == TAKES_EVENTS;
    } else if (word[length]) {
        const struct option *option = length > 2 ? option_find(word + 2, length - 2) : NULL;
        candidates.word += length + 1;
        candidates.prefix_length = (int)length + 1;
        files = option && option->argument && offer_value(&candidates, option, line.file);
    } else {
        offer_options(&candidates, line.mode);
    }
    buf_printf(out, "%s\n%s", files ? CANDIDATES_FILES : CANDIDATES_WORDS, buf_string(&offered));
    buf_release(&offered);
}
