/* Reading the command line. */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/options_private.h"
#include "cli/other_tools.h"

enum mode options_word(const struct options *options)
{
    return options->command ? options->command->mode : MODE_RUN;
}

/* The one option of the word that begins with NAME, or the nearest; NULL where there is none. */
static const char *meant_option(const char *name, enum mode mode)
{
    const struct option *option;
    struct nearest nearest = {.wrong = name};
    const char *whole = NULL;
    size_t count = 0;
    for (size_t i = 0; (option = option_at(i)); i++) {
        if (!option_goes_with(option, mode))
            continue;
        nearest_offer(&nearest, option->name);
        if (strncmp(option->name, name, strlen(name)) != 0)
            continue;
        whole = option->name;
        count++;
    }
    return count == 1 ? whole : nearest.name;
}

/* "put and queue": the words that options of this letter, or else of this name, go with. */
static void put_words(struct buf *out, char letter, const char *name)
{
    const struct command *command;
    const struct option *row;
    uint64_t left = 0;
    for (size_t i = 0; (row = option_at(i)); i++)
        if (letter ? row->letter == letter : !strcmp(row->name, name))
            left |= row->modes;
    for (size_t i = 0; (command = command_at(i)); i++) {
        if (!(left & MODE_BIT(command->mode)))
            continue;
        left &= ~MODE_BIT(command->mode);
        buf_printf(out, "%s%s", !out->length ? "" : left ? ", " : " and ", command->word);
    }
}

/* The argument at AT is, or begins with, NAME, which is no option of the word. */
static int unknown_option(const struct options *options, int at, const char *name, size_t length,
                          const struct option *foreign, struct error *error)
{
    enum mode mode = options_word(options);
    const char *word = options->command ? options->command->word : "run";
    const char *meant = length > 2 && name[1] == '-' ? meant_option(name + 2, mode) : NULL;
    struct buf hint = {0};
    struct buf words = {0};
    other_tools_option(options, at, name, &hint);
    if (foreign)
        put_words(&words, name[1] == '-' ? 0 : name[1], foreign->name);
    if (hint.length)
        error_set(error, ERROR_FAILED, foreign ? "%s%s" : "unknown option '%s'%s", name, hint.data);
    else if (foreign)
        error_set(error, ERROR_FAILED, "%s goes with %s, not with %s: see parrun help %s", name, words.data, word,
                  word);
    else if (meant)
        error_set(error, ERROR_FAILED, "unknown option '%s', did you mean '--%s'?", name, meant);
    else
        error_set(error, ERROR_FAILED, "unknown option '%s', see parrun help %s", name, word);
    buf_release(&words);
    buf_release(&hint);
    return ERROR_FAILED;
}

/* "--name", "--name=value" or "--name value". */
static int read_long(struct options *options, int *next, struct error *error)
{
    char *given = options->argv[*next];
    size_t length = strcspn(given, "=");
    const struct option *option = option_find(given + 2, length - 2, options_word(options));
    const char *value = given[length] ? given + length + 1 : NULL;
    if (!option) {
        char *name = mem_copy(given, length);
        unknown_option(options, *next, name, length, option_find(given + 2, length - 2, MODE_ANY), error);
        free(name);
        return ERROR_FAILED;
    }
    ++*next;
    if (value && !option->argument)
        return error_set(error, ERROR_FAILED, "--%s takes no value", option->name);
    if (!value && option->argument) {
        if (*next >= options->argc)
            return error_set(error, ERROR_FAILED, "--%s needs a value: --%s %s", option->name,
                             option->name, option->argument);
        value = options->argv[(*next)++];
    }
    return option_take(option, options, value, error);
}

/* "-qv", "-j4" or "-j 4". */
static int read_letters(struct options *options, int *next, struct error *error)
{
    int result = 0;
    int at = (*next)++;
    for (const char *letter = options->argv[at] + 1; !result && *letter; letter++) {
        const struct option *option = option_of_letter(*letter, options_word(options));
        const char name[] = {'-', *letter, '\0'};
        if (!option)
            return unknown_option(options, at, name, 2, option_of_letter(*letter, MODE_ANY), error);
        if (!option->argument) {
            result = option_take(option, options, NULL, error);
            continue;
        }
        if (!letter[1] && *next >= options->argc)
            return error_set(error, ERROR_FAILED, "-%c needs a value: -%c %s", *letter, *letter,
                             option->argument);
        return option_take(option, options, letter[1] ? letter + 1 : options->argv[(*next)++], error);
    }
    return result;
}

int options_read(struct options *options, int *next, struct error *error)
{
    return options->argv[*next][1] == '-' ? read_long(options, next, error)
                                          : read_letters(options, next, error);
}

/* Where the option at AT ends with its value, whichever word it goes with. */
static int skip_option(char **argv, int at)
{
    const char *given = argv[at];
    size_t length = strcspn(given, "=");
    bool has_value = given[length];
    const struct option *option = given[1] == '-' ? option_find(given + 2, length - 2, MODE_ANY) : NULL;
    for (const char *letter = given + 1; given[1] != '-' && *letter; letter++) {
        option = option_of_letter(*letter, MODE_ANY);
        has_value = letter[1];
        if (option && option->argument)
            break;
    }
    return at + 1 + (option && option->argument && !has_value);
}

const struct command *options_begin(struct options *options, int argc, char **argv)
{
    int at = 1;
    options->argc = argc;
    options->argv = argv;
    options->story.level = FILTER_STORY;
    options->plan.limit = INT64_MAX;
    options->asking.timeout = -1;
    options->control.last = options->control.since = -1;
    while (at < argc && argv[at][0] == '-' && argv[at][1] && strcmp(argv[at], "--") != 0)
        at = skip_option(argv, at);
    options->command = at < argc ? command_find(argv[at]) : NULL;
    options->word_at = options->command ? at : 0;
    options->mode = options_word(options);
    options->plan.dry = options->mode == MODE_PLAN;
    return options->command;
}

/* WORD stands behind the scenario's file, or behind what was taken for it. */
static int wrong_operand(const char *word, struct error *error)
{
    const char *hint = other_tools_operand(word);
    if (hint)
        return error_set(error, ERROR_FAILED, "'%s': %s", word, hint);
    if (strpbrk(word, "./"))
        return error_set(error, ERROR_FAILED,
                         "'%s' is not NAME=VALUE; one scenario file is run at a time", word);
    return error_set(error, ERROR_FAILED,
                     "'%s' is not NAME=VALUE; one scenario file is run at a time, and --only %s would "
                     "run that alone of it", word, word);
}

/* What stands where the scenario's file does is no file, but a word of another tool. */
static int check_other_tools(const struct options *options, int at, struct error *error)
{
    struct buf hint = {0};
    if (other_tools_file(options, at, &hint))
        error_set(error, ERROR_FAILED, "'%s'%s", options->argv[at], hint.data);
    buf_release(&hint);
    return error->text ? ERROR_FAILED : 0;
}

static int take_operand(struct options *options, int at, struct error *error)
{
    const struct command *command = options->command;
    const char *word = options->argv[at];
    if (command && command->subject && !options->subject) {
        options->subject = word;
        return 0;
    }
    if (command && command->values) {
        words_add(&options->values, word);
        return 0;
    }
    if (command && options_word(options) > MODE_TREE)
        return error_set(error, ERROR_FAILED, "'%s' is one word too many: parrun %s %s", word, command->word,
                         command->operands);
    if (!options->file) {
        options->file = word;
        return command ? 0 : check_other_tools(options, at, error);
    }
    if (strchr(options->file, '=') && !strchr(word, '=') && access(options->file, F_OK))
        return error_set(error, ERROR_FAILED, "'%s' is no file: variables stand behind it, as in parrun%s%s %s %s", options->file, command ? " " : "",
                         command ? command->word : "", word, options->file);
    if (strchr(word, '='))
        words_add(&options->overrides, word);
    else if (options->mode == MODE_CHECK)
        words_add(&options->values, word);
    else
        return wrong_operand(word, error);
    return 0;
}

static int check_file(const struct options *options, struct error *error)
{
    struct buf hint = {0};
    if (options->mode > MODE_TREE)
        return 0;
    other_tools_show(options, &hint);
    if (hint.length)
        error_set(error, ERROR_FAILED, "no scenario file was given%s", hint.data);
    else if (options->mode == MODE_LIST && !options->file)
        error_set(error, ERROR_FAILED, "no scenario file was given: parrun list FILE shows what is in it; parrun ps shows the runs that go on, "
                                       "parrun status what is in one");
    else if (!options->file)
        error_set(error, ERROR_FAILED,
                  "no scenario file was given ('-' is standard input); parrun example has some to start "
                  "from, parrun help tells of the words");
    buf_release(&hint);
    return error->text ? ERROR_FAILED : 0;
}

/* What a word is about is there, unless it may be left out. */
static int check_subject(const struct options *options, struct error *error)
{
    const struct command *command = options->command;
    if (command && command->takes == TAKES_CHOICE && options->subject)
        return choice_check(command->word, command->choices, options->subject, error);
    if (!command || !command->subject || options->subject || *command->operands == '[')
        return 0;
    return error_set(error, ERROR_FAILED, "%s needs %.*s: parrun %s %s", command->word,
                     (int)strcspn(command->operands, " "), command->operands, command->word,
                     command->operands);
}

/* What one option says and another has to go with. */
static int check_together(const struct options *options, struct error *error)
{
    static const char *const resume_names[] = {
        [RESUME_UNDONE] = "resume", [RESUME_PREVIOUS] = "resume-previous", [RESUME_FAILED] = "retry-failed"};
    if (options->select.no_deps && !options->select.only.count && options->mode <= MODE_TREE)
        return error_set(error, ERROR_FAILED, "--no-deps needs --only NAMES: what these depend on is left out");
    if (options->select.resume != RESUME_NONE && !options->files.journal)
        return error_set(error, ERROR_FAILED, "--%s needs --journal FILE: there stands what is done",
                         resume_names[options->select.resume]);
    if (options->apart.again && !options->apart.detach && !options->apart.view)
        return error_set(error, ERROR_FAILED, "--again needs -d or --view: in the foreground a file can run twice");
    if (options->apart.detach && options->story.progress)
        return error_set(error, ERROR_FAILED, "--progress and -d exclude each other: nobody would see it, parrun ps tells how far the run is");
    if (options->apart.view && (options->apart.detach || options->story.progress))
        return error_set(error, ERROR_FAILED, "--view excludes %s", options->apart.detach ? "-d: the run is in the background already"
                                                                                    : "--progress: the view shows how far the run is");
    if (options->asking.all && options->asking.count)
        return error_set(error, ERROR_FAILED, "--all and --count exclude each other");
    return 0;
}

static int check(struct options *options, struct error *error)
{
    int result = 0;
    if (options->mode == MODE_HELP || options->mode == MODE_VERSION)
        return 0;
    if (options->plan.tree)
        options->mode = MODE_TREE;
    result = check_together(options, error);
    if (!result)
        result = check_subject(options, error);
    return result ? result : check_file(options, error);
}

int options_parse(struct options *options, int argc, char **argv, struct error *error)
{
    bool only_operands = false;
    int result = 0;
    *options = (struct options){0};
    options_begin(options, argc, argv);
    for (int i = 1; !result && i < argc;) {
        const char *word = argv[i];
        if (i == options->word_at) {
            i++;
        } else if (only_operands || word[0] != '-' || !word[1]) {
            result = take_operand(options, i, error);
            i++;
        } else if (!strcmp(word, "--")) {
            only_operands = true;
            i++;
        } else {
            result = options_read(options, &i, error);
        }
    }
    return result ? result : check(options, error);
}

void options_release(struct options *options)
{
    free(options->overrides.items);
    free(options->values.items);
    free(options->story.show.items);
    free(options->story.hide.items);
    free(options->select.tasks.items);
    free(options->select.only.items);
}

void option_head(const struct option *option, struct buf *out)
{
    if (option->letter)
        buf_printf(out, "-%c, ", option->letter);
    else
        buf_text(out, "    ");
    buf_printf(out, "--%s", option->name);
    if (option->argument)
        buf_printf(out, " %s", option->argument);
}

bool options_name_a_part(const struct options *options)
{
    return options->select.tasks.count || options->select.only.count;
}
