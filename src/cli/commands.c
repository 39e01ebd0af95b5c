/* The words of the command line. */
#include "cli/commands.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/complain.h"
#include "cli/each.h"
#include "cli/options_private.h"

static const struct command commands[] = {
    {.word = "run", .operands = "FILE [NAME=VALUE]...", .mode = MODE_RUN,
     .help = "run a scenario",
     .about = "The word may be left out. What NAME=VALUE replaces are variables of the scenario; '-' is standard input.",
     .example = "parrun run web.yaml port=8080"},
    {.word = "each", .operands = "[OPTION]... COMMAND [ARG]... [::: ITEM...]", .mode = MODE_RUN, .alone = true,
     .help = "run one command for each item", .about = "", .example = "parrun each -j4 gzip ::: *.log"},
    {.word = "check", .operands = "FILE [NAME=VALUE]...", .mode = MODE_CHECK,
     .help = "check a scenario",
     .about = "It is read with all that it includes, every error is told with its place, and nothing is run. The exit "
              "status is 2 where there is an error.",
     .example = "parrun check web.yaml"},
    {.word = "plan", .operands = "FILE [NAME=VALUE]...", .mode = MODE_RUN, .dry = true,
     .help = "print the commands that a run would run",
     .about = "Each is a line that a shell runs the same way. Nothing is run but what makes the tasks of a pool.",
     .example = "parrun plan --limit 3 web.yaml"},
    {.word = "show", .operands = "FILE [NAME=VALUE]...", .mode = MODE_SHOW,
     .help = "print a scenario with every default",
     .about = "Variables are as they are set, templates that do not wait for the run are worked out, and what is "
              "printed is a scenario that means the same.",
     .example = "parrun show web.yaml"},
    {.word = "list", .operands = "FILE [NAME=VALUE]...", .mode = MODE_LIST,
     .help = "print the kind, the name and the help of each object", .about = "Nothing is run.",
     .example = "parrun list web.yaml"},
    {.word = "vars", .operands = "FILE [NAME=VALUE]...", .mode = MODE_VARS,
     .help = "print the variables of a scenario as NAME=VALUE", .about = "Nothing is run.",
     .example = "parrun vars web.yaml"},
    {.word = "graph", .operands = "FILE [NAME=VALUE]...", .mode = MODE_GRAPH,
     .help = "print which object passes messages to which, and who waits for whom",
     .about = "In the language of dot, or with --tree as a tree. Nothing is run.",
     .example = "parrun graph --tree web.yaml"},
    {.word = "put", .operands = "QUEUE [VALUE]...", .mode = MODE_PUT, .subject = true,
     .help = "in a body: put each VALUE into QUEUE, or each line of its input",
     .about = "It waits while the queue is full, and ends with 0 when all are in it.",
     .example = "parrun put jobs a b c"},
    {.word = "get", .operands = "QUEUE", .mode = MODE_GET, .subject = true,
     .help = "in a body: take a message of QUEUE and print it",
     .about = "It waits for one, and ends with 1 at the end of the queue.",
     .example = "parrun get --all jobs"},
    {.word = "queue", .operands = "FILE list|put|requeue|purge|compact [QUEUE [VALUE]...]", .mode = MODE_QUEUE,
     .subject = true, .help = "look after the durable queues in FILE",
     .about = "Whether a run has the file open or not: a run that has it is asked to do it.",
     .example = "parrun queue jobs.db list"},
    {.word = "example", .operands = "[NAME]", .mode = MODE_EXAMPLE, .subject = true,
     .help = "print a scenario to start from", .about = "Without NAME it prints what there is, a line each.",
     .example = "parrun example pool"},
    {.word = "import", .operands = "FILE", .mode = MODE_IMPORT, .subject = true,
     .help = "print a Procfile, a compose.yaml or a process-compose.yaml as a scenario",
     .about = "What has no equal is a comment where it stood, with the reason. Nothing is run.",
     .example = "parrun import Procfile >web.yaml"},
    {.word = "schema", .operands = "", .mode = MODE_SCHEMA,
     .help = "print the JSON Schema of scenarios", .about = "Editors complete and check scenarios by it.",
     .example = "parrun schema >parrun.schema.json"},
    {.word = "completion", .operands = "bash|zsh|fish", .mode = MODE_COMPLETION, .subject = true,
     .help = "print what makes a shell complete words, options, their values, files and names",
     .about = "It is for the shell's own start file, or for where the shell looks for such files.",
     .example = "eval \"$(parrun completion bash)\""},
    {.word = "help", .operands = "[WORD]", .mode = MODE_HELP, .subject = true,
     .help = "tell of all words, or of one", .about = "", .example = "parrun help graph"},
};

const struct command *command_at(size_t i)
{
    return i < countof(commands) ? &commands[i] : NULL;
}

const struct command *command_find(const char *word)
{
    for (size_t i = 0; i < countof(commands); i++)
        if (!strcmp(commands[i].word, word))
            return &commands[i];
    return NULL;
}

static int unknown_word(const char *word, struct error *error)
{
    struct nearest nearest = {.wrong = word};
    for (size_t i = 0; i < countof(commands); i++)
        nearest_offer(&nearest, commands[i].word);
    return unknown_name("no word is called", &nearest, "parrun help", error);
}

/* A word does what an option that asks for a mode does: such an option goes with none. */
static bool goes_with(const struct option *option, const struct command *command)
{
    if (option->mode != MODE_RUN || !strcmp(option->name, "graph"))
        return option->mode == MODE_HELP;
    if (command->dry && !strcmp(option->name, "dry-run"))
        return false;
    if (command->mode != MODE_RUN && !option->modes)
        return false; /* of a run, and of no use here */
    return !option->modes || option->modes & MODE_BIT(command->mode);
}

static void put_help_options(struct buf *out, const struct command *command)
{
    const struct option *option;
    for (size_t i = 0; (option = option_at(i)); i++) {
        struct buf left = {0};
        if (!goes_with(option, command))
            continue;
        if (option->letter)
            buf_printf(&left, "-%c, ", option->letter);
        else
            buf_text(&left, "    ");
        buf_printf(&left, "--%s%s%s", option->name, option->argument ? " " : "",
                   option->argument ? option->argument : "");
        buf_printf(out, "  %-24s %s\n", left.data, option->help);
        buf_release(&left);
    }
}

static void put_overview(struct buf *out)
{
    buf_text(out, "Usage: parrun FILE [NAME=VALUE]...\n"
                  "       parrun WORD [OPTION]... [OPERAND]...\n"
                  "Runs the processes, pools, queues and threads that FILE declares.\n\n");
    for (size_t i = 0; i < countof(commands); i++)
        buf_printf(out, "  %-12s %s\n", commands[i].word, commands[i].help);
    buf_text(out, "\nparrun help WORD tells of one of them. A file that is called as a word is written ./WORD.\n");
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
    else if (command->alone)
        each_help(out);
    if (!command || command->alone)
        return 0;
    buf_printf(out, "Usage: parrun %s [OPTION]...%s%s\n", command->word, *command->operands ? " " : "",
               command->operands);
    put_sentence(out, command->help, ".\n\n");
    put_help_options(out, command);
    buf_printf(out, "\nFor example: %s\nSee parrun-%s(1).\n", command->example, command->word);
    return 0;
}

void command_reference(struct buf *out)
{
    buf_text(out, ".Bl -tag -width completion\n");
    for (size_t i = 0; i < countof(commands); i++) {
        buf_printf(out, ".It Cm %s\n", commands[i].word);
        put_sentence(out, commands[i].help, ", see\n");
        buf_printf(out, ".Xr parrun-%s 1 .\n", commands[i].word);
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
        buf_append(out, text, length - (text[length - 1] == ' '));
        buf_char(out, '\n');
    }
}

static void put_page_options(struct buf *out, const struct command *command)
{
    const struct option *option;
    buf_text(out, ".Sh OPTIONS\n.Bl -tag -width Ds\n");
    for (size_t i = 0; (option = option_at(i)); i++) {
        if (!goes_with(option, command))
            continue;
        buf_text(out, ".It ");
        if (option->letter)
            buf_printf(out, "Fl %c , ", option->letter);
        buf_printf(out, "Fl Fl %s%s%s\n", option->name, option->argument ? " Ar " : "",
                   option->argument ? option->argument : "");
        put_sentence(out, option->help, ".\n");
    }
    buf_text(out, ".El\n");
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
    put_page_options(out, command);
    buf_printf(out, ".Sh EXAMPLES\n.Dl %s\n.Sh SEE ALSO\n.Xr parrun 1 ,\n.Xr parrun-scenario 5\n.Sh AUTHORS\n.An The "
                    "parrun authors\n",
               command->example);
    return 0;
}
