/* Words of other tools' command lines. */
#include "cli/other_tools.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/options_private.h"

#define BAR "write --progress"
#define TASKS "parrun each runs one command for each item, and a scenario says more: see parrun example pool"
#define ORDERED "write output: ordered in the pool"
#define BATCH "write -n N for as many items a command"
#define HERE "a pool of a scenario has on: {ssh: [HOST]} for that; parrun each --show prints one"
#define PUTS "put is for the bodies of a run; parrun queue FILE put reaches the file of a durable queue, with and without a run"
#define MORE "a scenario has it: parrun each --show prints one"

#define SCENARIO (MODE_BIT(MODE_EACH) - 1)
#define EACH MODE_BIT(MODE_EACH)
#define OTHERS (~EACH)

/* What is written in place of a word: another, which stands first, or advice. */
static const struct other_tool {
    const char *word;
    const char *instead; /* a word of the command line, "" for none; NULL: there is advice */
    const char *hint;
    uint64_t modes; /* a bit for each word with which it is one */
} others[] = {
    {"up", "", .modes = OTHERS},
    {"exec", "", .modes = OTHERS},
    {"-f", "", .modes = SCENARIO},
    {"--file", "", .modes = SCENARIO},
    {"-c", "", .modes = SCENARIO},
    {"--config", "", .modes = SCENARIO},
    {"-n", "plan", .modes = SCENARIO},
    {"--dry-run", "plan", .modes = SCENARIO},
    {"validate", "check", .modes = OTHERS},
    {"lint", "check", .modes = OTHERS},
    {"verify", "check", .modes = OTHERS},
    {"ls", "list", .modes = OTHERS},
    {"config", "show", .modes = OTHERS},
    {"convert", "import", .modes = OTHERS},
    {"init", "example", .modes = OTHERS},
    {"new", "example", .modes = OTHERS},
    {"-r", NULL, PUTS, MODE_BIT(MODE_PUT)},
    {"--run", NULL, PUTS, MODE_BIT(MODE_PUT)},
    {"version", "--version", .modes = OTHERS},
    {"down", "stop", .modes = OTHERS},
    {"kill", "stop", .modes = OTHERS},
    {"top", "status", .modes = OTHERS},
    {":::", NULL, TASKS, OTHERS},
    {"::::", NULL, TASKS, OTHERS},
    {"{}", NULL, TASKS, OTHERS},
    {"{.}", NULL, TASKS, OTHERS},
    {"{/}", NULL, TASKS, OTHERS},
    {"-a", NULL, TASKS, OTHERS},
    {"-I", NULL, TASKS, OTHERS},
    {"-P", NULL, "write -j N", OTHERS},
    {"--worker", NULL, "write -j N", OTHERS | EACH},
    {"--workers", NULL, "write -j N", OTHERS | EACH},
    {"--max-workers", NULL, "write -j N", OTHERS | EACH},
    {"--concurrency", NULL, "write -j N", OTHERS | EACH},
    {"--parallel", NULL, "write -j N", OTHERS},
    {"--pipe", NULL, TASKS, OTHERS},
    {"--bar", NULL, BAR, OTHERS},
    {"--eta", NULL, BAR, OTHERS},
    {"-k", NULL,
     "a run goes on after a failure in any case, fail_fast: true stops it; for output in the order "
     "of the tasks " ORDERED,
     OTHERS},
    {"--keep-going", NULL, "a run goes on after a failure in any case; fail_fast: true stops it",
     OTHERS},
    {"--keep-order", NULL, ORDERED, OTHERS},
    {"--halt", NULL, "write halt in the pool", OTHERS},
    {"--retries", NULL, "write retry: {attempts: N} in the pool", OTHERS},
    {"--results", NULL, "write results: {dir: DIR} in the pool", OTHERS},
    {"-X", NULL, BATCH, EACH},
    {"-m", NULL, BATCH, EACH},
    {"-s", NULL, BATCH, EACH},
    {"-x", NULL, "an argument that is too long fails its command alone", EACH},
    {"-i", NULL, "write -I TEXT; the items stand behind :::, not behind --", EACH},
    {"-u", NULL, "write --line-buffer", EACH},
    {"--ungroup", NULL, "write --line-buffer", EACH},
    {"--eta", NULL, "write --bar", EACH},
    {"-v", NULL, "write -t, which prints the commands on standard error", EACH},
    {"-D", NULL, "write -t, which prints the commands on standard error", EACH},
    {"-p", NULL, "there are no questions here; --dry-run prints the commands", EACH},
    {"-E", NULL, "there is no end mark; head or sed cut the list", EACH},
    {"--resume-failed", NULL, "write --resume: what has failed runs again", EACH},
    {"--retry-failed", NULL, "write --resume: what has failed runs again", EACH},
    {"--tagstring", NULL, "write --tag", EACH},
    {"--halt-on-error", NULL, "write --halt", EACH},
    {"--shuf", NULL, "shuf(1) before it does that", EACH},
    {"--wd", NULL, "cd before it does that", EACH},
    {"--workdir", NULL, "cd before it does that", EACH},
    {"--env", NULL, "the commands get the whole environment", EACH},
    {"-S", NULL, HERE, EACH},
    {"--sshlogin", NULL, HERE, EACH},
    {"--load", NULL, MORE, EACH},
    {"--memfree", NULL, MORE, EACH},
    {"--nice", NULL, "nice before parrun does that", EACH},
    {"--plus", NULL, MORE, EACH},
    {"--process-slot-var", NULL, "write {%} where the command needs the number", EACH},
};

static const struct other_tool *find(const char *word, enum mode mode)
{
    for (size_t i = 0; i < countof(others); i++)
        if (!strcmp(others[i].word, word) && others[i].modes & MODE_BIT(mode))
            return &others[i];
    return NULL;
}

static void put_word(struct buf *out, const char *word)
{
    buf_char(out, ' ');
    shell_quote(out, word, strlen(word));
}

/* The line with FIRST as its word, and IN_PLACE of argument number AT; NULL or "" are left out. */
static void put_line(struct buf *out, const struct options *options, int at, const char *first, const char *in_place)
{
    const struct command *command = *first ? command_find(first) : NULL;
    const char *operands = command ? command->operands : *first ? "" : "FILE";
    bool operand = false;
    buf_text(out, ": write parrun");
    if (*first)
        put_word(out, first);
    for (int i = 1; i < options->argc; i++) {
        const char *word = i == at ? in_place : options->argv[i];
        if (i == options->word_at && *first)
            continue;
        if (word && *word)
            put_word(out, word);
        operand = operand || (word && *word != '-');
    }
    if (!operand && *operands != '[')
        buf_printf(out, "%s%.*s", *operands ? " " : "", (int)strcspn(operands, " |."), operands);
}

static void put_hint(struct buf *out, const struct other_tool *other, const struct options *options,
                     int at, const char *in_place)
{
    if (other->instead)
        put_line(out, options, at, other->instead, in_place);
    else
        buf_printf(out, ": %s", other->hint);
}

/* The word that is written as an option in argument number AT; NULL where it is none, or is an option. */
static const struct command *find_dashed(const struct options *options, int at)
{
    const char *given = options->argv[at];
    if (strncmp(given, "--", 2) != 0 || !given[2])
        return NULL;
    size_t length = strcspn(given, "=");
    char *name = mem_copy(given + 2, length - 2);
    const struct command *command = command_find(name);
    if (option_find(name, length - 2, options_word(options)) || (options->command && options->command != command))
        command = NULL;
    free(name);
    return command;
}

/* "--graph=tree FILE" is "graph --tree FILE". */
static const char *in_place_of(const struct command *command, const char *value)
{
    if (!value || command->mode != MODE_GRAPH)
        return value;
    return strcmp(value, "tree") != 0 ? NULL : "--tree";
}

/* The line has its word as an option. */
static void put_dashed(struct buf *out, const struct options *options)
{
    for (int at = 1; at < options->argc && strcmp(options->argv[at], "--") != 0; at++) {
        const struct command *command = find_dashed(options, at);
        const char *value = strchr(options->argv[at], '=');
        if (!command)
            continue;
        put_line(out, options, at, command->word, in_place_of(command, value ? value + 1 : NULL));
        return;
    }
}

void other_tools_option(const struct options *options, int at, const char *name, struct buf *out)
{
    const char *given = options->argv[at];
    const struct other_tool *other = find(name, options_word(options));
    const char *value = strchr(given, '=');
    struct buf letters = {0};
    if (name[1] != '-' && given[2]) { /* the others of "-nq" */
        size_t before = strcspn(given, name + 1);
        buf_printf(&letters, "%.*s%s", (int)before, given, given + before + 1);
    }
    if (other)
        put_hint(out, other, options, at, letters.length ? letters.data : value ? value + 1 : NULL);
    else
        put_dashed(out, options);
    buf_release(&letters);
}

/* True where the shell would find a program by this name. */
static bool is_program(const char *word)
{
    const char *at = getenv("PATH");
    struct buf path = {0};
    bool found = false;
    while (at && !found && *word && !strchr(word, '/')) {
        size_t length = strcspn(at, ":");
        buf_clear(&path);
        buf_append(&path, at, length);
        buf_printf(&path, "/%s", word);
        found = length && !access(buf_string(&path), X_OK);
        at = at[length] ? at + length + 1 : NULL;
    }
    buf_release(&path);
    return found;
}

/* It may be a word that was mistyped; a path is none. */
static void put_nearest(struct buf *out, const char *word)
{
    struct nearest nearest = {.wrong = word};
    const struct command *command;
    for (size_t i = 0; !strpbrk(word, "./") && (command = command_at(i)); i++)
        nearest_offer(&nearest, command->word);
    if (nearest.name)
        buf_printf(out, " is no file and no word, did you mean 'parrun %s'?", nearest.name);
}

bool other_tools_file(const struct options *options, int at, struct buf *out)
{
    const char *word = options->argv[at];
    if (!access(word, F_OK))
        return false;
    const struct other_tool *other = find(word, MODE_RUN);
    if (other)
        put_hint(out, other, options, at, NULL);
    else if (is_program(word))
        buf_text(out, ": this is a program; " TASKS);
    else
        put_nearest(out, word);
    return out->length;
}

void other_tools_show(const struct options *options, struct buf *out)
{
    bool file = options->file && !strchr(options->file, '=');
    const char *shown = options->story.show.count == 1 ? options->story.show.items[0] : NULL;
    if (file || !shown || options->command || access(shown, F_OK))
        return;
    for (int at = 1; at < options->argc; at++) {
        if (!strcmp(options->argv[at], "--show"))
            put_line(out, options, at, "show", NULL);
        else if (options->argv[at] + strlen("--show=") == shown)
            put_line(out, options, at, "show", shown);
    }
}

const char *other_tools_operand(const char *word)
{
    const struct other_tool *other = find(word, MODE_RUN);
    return other ? other->hint : NULL;
}
