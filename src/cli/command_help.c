/* What is told of the words: by help, and in the manual. */
#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/nearest.h"
#include "cli/commands.h"
#include "cli/each/each.h"
#include "cli/options_private.h"
#include "cli/runner/complain.h"

static int unknown_word(const char *word, struct error *error)
{
    struct nearest nearest = {.wrong = word};
    const struct command *command;
    for (size_t i = 0; (command = command_at(i)); i++)
        nearest_offer(&nearest, command->word);
    return unknown_name("no word is called", &nearest, "parrun help", error);
}

static void put_help_options(struct buf *out, const struct command *command)
{
    const struct option *option;
    for (size_t i = 0; (option = option_at(i)); i++) {
        struct buf left = {0};
        if (!option->help || !option_goes_with(option, command->mode))
            continue;
        option_head(option, &left);
        buf_printf(out, "  %-24s %s\n", left.data, option->help);
        buf_release(&left);
    }
}

#define USAGE                                                                                                  \
    "Usage: parrun FILE [NAME=VALUE]...                          run the scenario in FILE\n"                    \
    "       parrun each COMMAND [ARG]... [::: ITEM...]           run one command for each item\n"               \
    "       parrun WORD [OPTION]... [OPERAND]...                 do something else:\n\n"

static void put_overview(struct buf *out)
{
    const struct command *command;
    buf_text(out, USAGE);
    for (size_t i = 0; (command = command_at(i)); i++)
        buf_printf(out, "  %-12s %s\n", command->word, command->help);
    buf_text(out, "\n'parrun help WORD' tells of one of them, 'parrun help run' of the options of a run. A file that "
                  "is\ncalled as a word is written ./WORD. See parrun(1).\n");
}

void command_brief(struct buf *out)
{
    const struct command *command;
    const char *group = NULL;
    buf_text(out, USAGE);
    for (size_t i = 0; (command = command_at(i)); i++) {
        if (!command->group)
            continue;
        if (!group || strcmp(group, command->group) != 0)
            buf_printf(out, "%s  %-8s", group ? "\n" : "", command->group);
        group = command->group;
        buf_printf(out, " %s", command->word);
    }
    buf_text(out, "\n'parrun help' tells of them, 'parrun example pool' prints a scenario to start from.\n");
}

/* A sentence of what a table has as its beginning. */
static void put_sentence(struct buf *out, const char *help, const char *end)
{
    buf_char(out, (char)toupper((unsigned char)*help));
    buf_printf(out, "%s%s", help + 1, end);
}

int command_help(const char *word, struct buf *out, struct error *error)
{
    const struct command *command = word ? command_find(word) : NULL;
    if (!word)
        put_overview(out);
    else if (!command)
        return unknown_word(word, error);
    if (!command)
        return 0;
    buf_printf(out, "Usage: parrun %s %s%s\n", command->word, command->alone ? "" : "[OPTION]... ",
               command->operands);
    put_sentence(out, command->help, ".\n\n");
    put_help_options(out, command);
    if (command->alone)
        each_help(out);
    buf_printf(out, "\nFor example: %s\nSee parrun-%s(1).\n", command->example, command->word);
    return 0;
}

void command_reference(struct buf *out)
{
    const struct command *command;
    buf_text(out, ".Bl -tag -width completion\n");
    for (size_t i = 0; (command = command_at(i)); i++) {
        buf_printf(out, ".It Cm %s\n", command->word);
        put_sentence(out, command->help, ", see\n");
        buf_printf(out, ".Xr parrun-%s 1 .\n", command->word);
    }
    buf_text(out, ".El\n");
}

/* Sentences, each on a line of its own as roff wants it. */
static void put_lines(struct buf *out, const char *text)
{
    for (const char *end; *text; text = end) {
        end = strstr(text, ". ");
        end = end ? end + 2 : text + strlen(text);
        size_t length = (size_t)(end - text);
        buf_text(out, strchr(".'", *text) ? "\\&" : ""); /* no macro */
        buf_append(out, text, length - (text[length - 1] == ' '));
        buf_char(out, '\n');
    }
}

static void put_page_name(struct buf *out, const struct option *option)
{
    const char *argument = option->argument ? option->argument : "";
    bool is_mark = *argument && strchr(".,:;?!|()[]", *argument) && !argument[1]; /* not an argument to mdoc, but behind it */
    const char *before = !option->argument ? "" : is_mark ? " Ar \\&" : " Ar ";
    if (option->letter)
        buf_printf(out, "Fl %c%s%s , ", option->letter, before, argument);
    buf_printf(out, "Fl Fl %s%s%s", option->name, before, argument);
}

/* Its other names are those rows behind it that have no help. */
static void put_page_option(struct buf *out, size_t i)
{
    const struct option *option = option_at(i);
    buf_text(out, ".It ");
    put_page_name(out, option);
    for (const struct option *other; (other = option_at(++i)) && !other->help;) {
        buf_text(out, " , ");
        put_page_name(out, other);
    }
    buf_char(out, '\n');
    buf_char(out, (char)toupper((unsigned char)*option->help));
    for (const char *at = option->help + 1; *at; at++) /* roff takes a backslash for its own */
        buf_text(out, *at == '\\' ? "\\e" : (char[]){*at, '\0'});
    buf_text(out, ".\n");
}

static void put_page_options(struct buf *out, enum mode mode)
{
    const struct option *option;
    buf_text(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; (option = option_at(i)); i++)
        if (option->help && option_goes_with(option, mode))
            put_page_option(out, i);
    buf_text(out, ".El\n");
}

void command_each_options(struct buf *out)
{
    put_page_options(out, MODE_EACH);
}

int command_page(const char *word, struct buf *out, struct error *error)
{
    const struct command *command = command_find(word);
    if (!command || command->alone)
        return unknown_word(word, error);
    buf_text(out, ".Dd November 29, 2026\n.Dt PARRUN-");
    for (const char *at = command->word; *at; at++)
        buf_char(out, (char)toupper((unsigned char)*at));
    buf_printf(out, " 1\n.Os\n.Sh NAME\n.Nm parrun-%s\n.Nd %s\n.Sh SYNOPSIS\n.Nm parrun %s\n.Op Ar OPTION ...\n",
               command->word, command->help, command->word);
    if (*command->operands)
        buf_printf(out, ".Ar %s\n", command->operands);
    buf_text(out, ".Sh DESCRIPTION\n");
    put_sentence(out, command->help, ".\n");
    put_lines(out, command->about);
    buf_text(out, "What is behind it stands in\n.Xr parrun 1 .\n");
    buf_text(out, ".Sh OPTIONS\n");
    put_page_options(out, command->mode);
    if (command->more)
        command->more(out);
    buf_printf(out, ".Sh EXAMPLES\n.Dl %s\n.Sh SEE ALSO\n.Xr parrun 1 ,\n.Xr parrun-scenario 5\n.Sh AUTHORS\n.An The "
                    "parrun authors\n",
               command->example);
    return 0;
}
