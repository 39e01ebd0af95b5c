/* The options of the command line, parsed and printed. */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/habit.h"
#include "cli/options_private.h"

bool options_row(size_t i, struct option_row *row)
{
    const struct option *option = option_at(i);
    if (option)
        *row = (struct option_row){option->letter, option->name, option->argument, option->help};
    return option;
}

/* The one option that begins with NAME, or the nearest; NULL where there is none. */
static const char *meant_option(const char *name)
{
    struct nearest nearest = {.wrong = name};
    const char *whole = NULL;
    size_t count = 0;
    for (size_t i = 0; option_at(i); i++) {
        nearest_offer(&nearest, option_at(i)->name);
        if (strncmp(option_at(i)->name, name, strlen(name)) != 0)
            continue;
        whole = option_at(i)->name;
        count++;
    }
    return count == 1 ? whole : nearest.name;
}

/* GIVEN begins with its dashes. */
static int unknown_option(const char *given, size_t length, struct error *error)
{
    char *name = mem_copy(given, length);
    const char *hint = habit_hint(name);
    const char *meant = hint ? NULL : meant_option(name + strspn(name, "-"));
    if (hint)
        error_set(error, ERROR_FAILED, "unknown option '%s': %s", name, hint);
    else if (meant && name[1] == '-')
        error_set(error, ERROR_FAILED, "unknown option '%s', did you mean '--%s'?", name, meant);
    else
        error_set(error, ERROR_FAILED, "unknown option '%s', see parrun --help", name);
    free(name);
    return ERROR_FAILED;
}

/* True where the argument, [NAME] or [=NAME], may be left out and the word that follows is none. */
static bool is_left_out(const struct option *option, char **argv, int argc, int next)
{
    if (!option_is_optional(option))
        return false;
    return option->argument[1] == '=' || next >= argc || argv[next][0] == '-';
}

/* "--name", "--name=value" or "--name value"; *NEXT is moved over what was taken. */
static int parse_long(struct options *options, char **argv, int argc, int *next,
                      struct error *error)
{
    const char *name = argv[*next] + 2;
    size_t length = strcspn(name, "=");
    const struct option *option = option_find(name, length);
    if (!option)
        return unknown_option(argv[*next], length + 2, error);
    const char *value = name[length] ? name + length + 1 : NULL;
    ++*next;
    if (value && !option->argument)
        return error_set(error, ERROR_FAILED, "--%s takes no value", option->name);
    if (!value && option->argument && !is_left_out(option, argv, argc, *next)) {
        if (*next >= argc)
            return error_set(error, ERROR_FAILED, "--%s needs a value: --%s %s", option->name,
                             option->name, option->argument);
        value = argv[(*next)++];
    }
    return option_take(option, options, value, error);
}

static const struct option *find_letter(char letter)
{
    size_t i = 0;
    while (option_at(i) && option_at(i)->letter != letter)
        i++;
    return option_at(i);
}

/* "-qv", "-j4" or "-j 4"; *NEXT is moved over what was taken. */
static int parse_letters(struct options *options, char **argv, int argc, int *next,
                         struct error *error)
{
    int result = 0;
    for (const char *at = argv[(*next)++] + 1; !result && *at; at++) {
        const struct option *option = find_letter(*at);
        const char letter[] = {'-', *at, '\0'};
        if (!option)
            return unknown_option(letter, 2, error);
        if (!option->argument) {
            result = option_take(option, options, NULL, error);
            continue;
        }
        if (!at[1] && *next >= argc)
            return error_set(error, ERROR_FAILED, "-%c needs a value: -%c %s", *at, *at,
                             option->argument);
        return option_take(option, options, at[1] ? at + 1 : argv[(*next)++], error);
    }
    return result;
}

/* WORD stands behind the scenario's file, or behind what was taken for it. */
static int wrong_operand(const struct options *options, const char *word, struct error *error)
{
    const char *first = habit_of_file(options->file);
    const char *hint = first ? first : habit_hint(word);
    if (hint)
        return error_set(error, ERROR_FAILED, "'%s': %s", first ? options->file : word, hint);
    if (strpbrk(word, "./"))
        return error_set(error, ERROR_FAILED,
                         "'%s' is not NAME=VALUE; one scenario file is run at a time", word);
    return error_set(error, ERROR_FAILED,
                     "'%s' is not NAME=VALUE; one scenario file is run at a time, and --only %s would "
                     "run that alone of it", word, word);
}

/* "parrun up": another tool's word, where no file is called so. */
static int check_habit(const struct options *options, struct error *error)
{
    const char *hint = options->file ? habit_of_file(options->file) : NULL;
    return hint ? error_set(error, ERROR_FAILED, "'%s': %s", options->file, hint) : 0;
}

static int take_operand(struct options *options, const char *word, struct error *error)
{
    const struct command *command = options->command;
    if (command && command->subject && !options->subject) {
        options->subject = word;
        return 0;
    }
    if (options->mode == MODE_PUT || options->mode == MODE_QUEUE || options->mode == MODE_COMPLETION) {
        words_add(&options->values, word);
        return 0;
    }
    if (command && options->mode > MODE_TREE)
        return error_set(error, ERROR_FAILED, "'%s' is one word too many: parrun %s %s", word, command->word,
                         command->operands);
    if (options->mode == MODE_GET)
        return error_set(error, ERROR_FAILED, "--get QUEUE takes one queue, not '%s' too", word);
    if (!options->file) {
        options->file = word;
        return 0;
    }
    if (!strchr(word, '='))
        return wrong_operand(options, word, error);
    words_add(&options->overrides, word);
    return 0;
}

/* "--show FILE": where no other word is the scenario, the word is no list of events. */
static void adopt_shown(struct options *options)
{
    bool replaces = options->file && strchr(options->file, '=');
    if (options->command || options->mode > MODE_TREE || options->show.count != 1 || (options->file && !replaces))
        return;
    if (replaces) {
        struct words *words = &options->overrides;
        words_add(words, options->file);
        memmove(words->items + 1, words->items, (words->count - 1) * sizeof(*words->items));
        words->items[0] = options->file;
    }
    options->file = options->show.items[--options->show.count];
    options->mode = MODE_SHOW;
}

static int check_file(const struct options *options, struct error *error)
{
    if (options->mode <= MODE_TREE && !options->file)
        return error_set(error, ERROR_FAILED,
                         "no scenario file was given ('-' is standard input); parrun --example has some to "
                         "start from, parrun --help tells of the options");
    bool visits =
        options->mode == MODE_PUT || options->mode == MODE_GET || options->mode == MODE_QUEUE;
    if (options->asking.all && options->asking.count)
        return error_set(error, ERROR_FAILED, "--all and --count exclude each other");
    if (visits && options->file)
        return error_set(error, ERROR_FAILED,
                         "'%s' stands before --put, --get or --queue: values stand behind it",
                         options->file);
    return 0;
}

/* The word that stands first, if it is one; returns where the others begin. */
static int take_command(struct options *options)
{
    struct error error = {0};
    const struct command *command = options->argc > 1 ? command_find(options->argv[1]) : NULL;
    if (!command)
        return 1;
    options->command = command;
    options->mode = command->mode;
    if (command->dry)
        option_take(option_find("dry-run", 7), options, NULL, &error);
    return 2;
}

/* What a word is about is there, unless it may be left out. */
static int check_subject(const struct options *options, struct error *error)
{
    const struct command *command = options->command;
    if (!command || !command->subject || options->subject || *command->operands == '[')
        return 0;
    return error_set(error, ERROR_FAILED, "%s needs %.*s: parrun %s %s", command->word,
                     (int)strcspn(command->operands, " "), command->operands, command->word,
                     command->operands);
}

int options_parse(struct options *options, int argc, char **argv, struct error *error)
{
    bool only_operands = false;
    int result = 0;
    *options = (struct options){
        .level = FILTER_STORY, .limit = INT64_MAX, .asking = {.timeout = -1},
        .argc = argc, .argv = argv};
    int first = take_command(options);
    for (int i = first; !result && i < argc;) {
        const char *word = argv[i];
        if (only_operands || word[0] != '-' || !word[1]) {
            result = take_operand(options, word, error);
            i++;
        } else if (!strcmp(word, "--")) {
            only_operands = true;
            i++;
        } else if (word[1] == '-') {
            result = parse_long(options, argv, argc, &i, error);
        } else {
            result = parse_letters(options, argv, argc, &i, error);
        }
    }
    adopt_shown(options);
    if (!result)
        result = options_agree(options, error);
    if (!result)
        result = check_habit(options, error);
    if (!result && options->mode != MODE_HELP)
        result = check_subject(options, error);
    if (!result && options->tree)
        options->mode = MODE_TREE;
    return result ? result : check_file(options, error);
}

void options_release(struct options *options)
{
    free(options->overrides.items);
    free(options->values.items);
    free(options->show.items);
    free(options->hide.items);
    free(options->tasks.items);
    free(options->only.items);
}

void options_help(struct buf *out)
{
    buf_text(out, "Usage: parrun [OPTION]... FILE [NAME=VALUE]...\n"
                  "Runs the processes, pools, queues and threads that FILE declares "
                  "('-': standard input).\n\n");
    for (size_t i = 0; option_at(i); i++) {
        const struct option *option = option_at(i);
        struct buf left = {0};
        if (option->letter)
            buf_printf(&left, "-%c, ", option->letter);
        else
            buf_text(&left, "    ");
        buf_printf(&left, "--%s", option->name);
        if (option->argument)
            buf_printf(&left, "%s%s", option->argument[1] == '=' ? "" : " ", option->argument);
        buf_printf(out, "  %-24s %s\n", left.data, option->help);
        buf_release(&left);
    }
    buf_text(out, "\nNAME=VALUE replaces a variable of the scenario. See parrun(1).\n");
}

bool options_name_a_part(const struct options *options)
{
    return options->tasks.count || options->only.count;
}
