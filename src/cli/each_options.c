/* The command line of "each": its options, the command, and behind ::: the items. */
#include <ctype.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/str.h"
#include "base/unit.h"
#include "cli/each.h"
#include "cli/each_private.h"

/* No pool has more workers; as many as possible are these. */
#define JOBS_MOST 1024
#define JOBS_ZERO 256

#define BATCH_MOST 1000000

/* What an option does: one of the members, or TAKE. */
struct each_option {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* NULL: nothing stands behind it */
    size_t flag;          /* MEMBER() of struct each, a bool; 0: none */
    size_t text;          /* the same, a text */
    int (*take)(struct each *each, const char *value, struct error *error);
    const char *help; /* NULL: another name of the one before */
};

static bool read_number(const char *value, int64_t least, int64_t most, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(value, &end, 10);
    return !errno && *value && !*end && *number >= least && *number <= most;
}

static int64_t count_cores(void)
{
    cpu_set_t cores;
    return sched_getaffinity(0, sizeof(cores), &cores) ? 1 : CPU_COUNT(&cores);
}

/* "4", "50%", "+2", "-1" (of the cores) or "0". */
static int take_jobs(struct each *each, const char *value, struct error *error)
{
    int64_t number = 0;
    size_t length = strlen(value);
    char *end;
    bool relative = *value == '+' || *value == '-';
    bool share = length > 1 && value[length - 1] == '%';
    if (share && strtod(value, &end) > 0 && !strcmp(end, "%")) {
        each->workers = value;
        return 0;
    }
    if (share || !read_number(value, relative ? -JOBS_MOST : 0, JOBS_MOST, &number))
        return error_set(error, ERROR_FAILED,
                         "-j is how many commands run at once: a number up to %d, 0 for as many as %d, a "
                         "share of the cores such as 50%%, or +N and -N for more and less than there are, "
                         "not '%s'",
                         JOBS_MOST, JOBS_ZERO, value);
    if (relative)
        number = count_cores() + number < 1 ? 1 : count_cores() + number;
    else if (!number)
        number = JOBS_ZERO;
    if (number > JOBS_MOST)
        number = JOBS_MOST;
    struct buf text = {0};
    buf_number(&text, number);
    memcpy(each->workers_text, text.data, text.length + 1);
    buf_release(&text);
    each->workers = each->workers_text;
    return 0;
}

static int take_batch(struct each *each, const char *value, struct error *error)
{
    if (read_number(value, 1, BATCH_MOST, &each->batch))
        return 0;
    return error_set(error, ERROR_FAILED, "-n and -L are how many items a command gets, from 1, not '%s'",
                     value);
}

static int take_exact_batch(struct each *each, const char *value, struct error *error)
{
    each->no_items = !strcmp(value, "0");
    if (each->no_items || read_number(value, 1, BATCH_MOST, &each->batch))
        return 0;
    return error_set(error, ERROR_FAILED,
                     "-N is how many items a command gets, 0 for none of them, not '%s'", value);
}

/* One character, or an escape that stands for one. */
static const char *unescape(const char *value, char *text)
{
    static const char letters[] = "ntr\\";
    static const char meant[] = "\n\t\r\\";
    const char *found = value[0] == '\\' && value[1] && !value[2] ? strchr(letters, value[1]) : NULL;
    if (!found)
        return value;
    text[0] = meant[found - letters];
    text[1] = '\0';
    return text;
}

static int take_delimiter(struct each *each, const char *value, struct error *error)
{
    each->nul = !strcmp(value, "\\0");
    each->end = each->nul ? NULL : unescape(value, each->end_text);
    if (!*value)
        return error_set(error, ERROR_FAILED, "-d is what stands behind each item, such as ',' or '\\n'");
    return 0;
}

static int take_columns(struct each *each, const char *value, struct error *error)
{
    each->columns = unescape(value, each->columns_text);
    if (!*value)
        return error_set(error, ERROR_FAILED,
                         "--colsep is what stands between two columns, such as ',' or '\\t'");
    return 0;
}

static int take_header(struct each *each, const char *value, struct error *error)
{
    each->header = true;
    if (!strcmp(value, ":"))
        return 0;
    return error_set(error, ERROR_FAILED,
                     "--header : takes the first line, or the first item of each list, as names; '%s' is "
                     "nothing that it knows",
                     value);
}

static int take_replacement(struct each *each, const char *value, struct error *error)
{
    each->replacement = value;
    if (!*value)
        return error_set(error, ERROR_FAILED, "-I is what stands for an item in the command, such as %%");
    return 0;
}

static struct each_list *add_list(struct each *each, const char *file, bool linked)
{
    each->lists = mem_grow(each->lists, &each->list_capacity, each->list_count + 1, sizeof(*each->lists));
    struct each_list *list = &each->lists[each->list_count++];
    *list = (struct each_list){.file = file, .linked = linked};
    return list;
}

static int take_file(struct each *each, const char *value, struct error *error)
{
    (void)error;
    add_list(each, value, false);
    return 0;
}

/* A bare number is seconds. */
static int take_timeout(struct each *each, const char *value, struct error *error)
{
    int64_t ns;
    struct error fault = {0};
    struct buf text = {0};
    int64_t percent;
    char *end;
    bool bare = *value && value[strspn(value, "0123456789.")] == '\0';
    buf_printf(&text, "%s%s", value, bare ? "s" : "");
    percent = strtoll(value, &end, 10);
    bool good = (percent > 0 && !strcmp(end, "%")) || (!duration_parse(text.data, &ns, &fault) && ns);
    buf_release(&text);
    error_release(&fault);
    each->timeout = value;
    if (good)
        return 0;
    return error_set(error, ERROR_FAILED,
                     "--timeout is seconds, a duration such as 2m, or a share of what is usual such as "
                     "300%%, not '%s'",
                     value);
}

static int take_delay(struct each *each, const char *value, struct error *error)
{
    int64_t ns;
    struct error fault = {0};
    struct buf text = {0};
    bool bare = *value && value[strspn(value, "0123456789.")] == '\0';
    buf_printf(&text, "%s%s", value, bare ? "s" : "");
    bool good = !duration_parse(text.data, &ns, &fault);
    buf_release(&text);
    error_release(&fault);
    each->delay = good && ns ? value : NULL;
    if (good)
        return 0;
    return error_set(error, ERROR_FAILED,
                     "--delay is seconds, or a duration such as 200ms, between the starts of two commands, "
                     "not '%s'",
                     value);
}

static int take_retries(struct each *each, const char *value, struct error *error)
{
    int64_t number;
    if (!read_number(value, 0, 1000000, &number))
        return error_set(error, ERROR_FAILED, "--retries is how often a command is tried in all, not '%s'",
                         value);
    each->retries = number > 1 ? value : NULL;
    return 0;
}

/* "now,fail=10%": checked here, so that the message is of the command line. */
static int take_halt(struct each *each, const char *value, struct error *error)
{
    static const char *const meant[] = {"never", "soon,fail=1", "now,fail=1"};
    static const char *const kinds[] = {"fail=", "success=", "done="};
    const char *behind = strchr(value, ',');
    int64_t number = 0;
    if (strlen(value) == 1 && *value >= '0' && *value <= '2')
        value = meant[*value - '0'];
    behind = strchr(value, ',');
    each->halt = value;
    if (!strcmp(value, "never")) {
        each->halt = NULL;
        return 0;
    }
    bool good = behind && (!strncmp(value, "soon,", 5) || !strncmp(value, "now,", 4));
    for (size_t i = 0; good && i < countof(kinds); i++) {
        size_t length = strlen(kinds[i]);
        char *end;
        if (strncmp(behind + 1, kinds[i], length) != 0)
            continue;
        number = strtoll(behind + 1 + length, &end, 10);
        good = number > 0 && (!*end || (!strcmp(end, "%") && number <= 100));
    }
    if (good && number > 0)
        return 0;
    return error_set(error, ERROR_FAILED,
                     "--halt is never, or soon or now with fail=, success= or done= and a number or a share, such "
                     "as now,fail=1 or soon,fail=10%%, not '%s'",
                     value);
}

static int take_joblog(struct each *each, const char *value, struct error *error)
{
    (void)error;
    each->run.joblog = value;
    return 0;
}

static int take_journal(struct each *each, const char *value, struct error *error)
{
    (void)error;
    each->run.journal = value;
    return 0;
}

static int take_resume(struct each *each, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    each->run.resume = RESUME_UNDONE;
    return 0;
}

static int take_bar(struct each *each, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    each->run.progress = true;
    return 0;
}

static int take_dry(struct each *each, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    each->run.dry = true;
    return 0;
}

static int take_nothing(struct each *each, const char *value, struct error *error)
{
    (void)each;
    (void)value;
    (void)error;
    return 0;
}

#define MEMBER(name) offsetof(struct each, name)

_Static_assert(!MEMBER(help), "0 is none: --help is apart");

static int take_help(struct each *each, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    each->help = true;
    return 0;
}

static const struct each_option table[] = {
    {.letter = '0', .name = "null", .flag = MEMBER(nul), .help = "items end with NUL, not with a newline"},
    {.letter = 'a', .name = "arg-file", .argument = "FILE", .take = take_file,
     .help = "take the items from FILE, a line each; '-' is standard input"},
    {.name = "bar", .take = take_bar, .help = "show how far it is"},
    {.name = "progress", .take = take_bar},
    {.letter = 'C', .name = "colsep", .argument = "SEP", .take = take_columns,
     .help = "cut each line into columns, {1} {2} ...: a character, or a regular expression"},
    {.letter = 'd', .name = "delimiter", .argument = "TEXT", .take = take_delimiter,
     .help = "items end with TEXT, such as ',' or '\\t'"},
    {.name = "delay", .argument = "SECONDS", .take = take_delay,
     .help = "wait so long between the starts of two commands"},
    {.name = "dry-run", .take = take_dry, .help = "print the commands, run none"},
    {.name = "force", .flag = MEMBER(force), .help = "begin the joblog or the results anew"},
    {.name = "halt", .argument = "WHEN", .take = take_halt,
     .help = "when to begin no more: now,fail=1 soon,fail=10% now,success=1 now,done=100"},
    {.name = "header", .argument = ":", .take = take_header,
     .help = "the first line, or the first item of each list, names what {NAME} stands for"},
    {.letter = 'h', .name = "help", .take = take_help, .help = "print this and exit"},
    {.letter = 'I', .name = "replace", .argument = "TEXT", .take = take_replacement,
     .help = "TEXT stands for the item, in place of {}"},
    {.letter = 'j', .name = "jobs", .argument = "N", .take = take_jobs,
     .help = "how many run at once: a number, 50% of the cores, +1, 0 for many; one a core"},
    {.letter = 'P', .name = "max-procs", .argument = "N", .take = take_jobs},
    {.name = "joblog", .argument = "FILE", .take = take_joblog, .help = "write a line a command to FILE"},
    {.name = "journal", .argument = "FILE", .take = take_journal,
     .help = "write down in FILE, a database, which items are done"},
    {.letter = 'k', .name = "keep-order", .flag = MEMBER(keep_order),
     .help = "print what the commands write in the order of the items"},
    {.name = "line-buffer", .flag = MEMBER(line_buffer),
     .help = "print each line as it comes, not a command's output whole when it ends"},
    {.name = "lb", .flag = MEMBER(line_buffer)},
    {.name = "link", .flag = MEMBER(link), .help = "the first items of all lists, then the second ones, ..."},
    {.name = "xapply", .flag = MEMBER(link)},
    {.letter = 'n', .name = "max-args", .argument = "N", .take = take_batch,
     .help = "give each command up to N items"},
    {.letter = 'L', .name = "max-lines", .argument = "N", .take = take_batch},
    {.letter = 'N', .name = "max-replace-args", .argument = "N", .take = take_exact_batch,
     .help = "the same, as {1} {2} ...; 0: none of them"},
    {.letter = 'q', .name = "quote", .flag = MEMBER(quote),
     .help = "one word is a program too, never a line for the shell; no word is an operator"},
    {.letter = 'r', .name = "no-run-if-empty", .take = take_nothing,
     .help = "nothing is run without items in any case"},
    {.name = "results", .argument = "DIR", .text = MEMBER(results),
     .help = "keep what each command wrote in DIR"},
    {.name = "resume", .take = take_resume,
     .help = "leave out what the joblog, or the journal, has as succeeded"},
    {.name = "retries", .argument = "N", .take = take_retries, .help = "try what fails up to N times"},
    {.name = "show", .flag = MEMBER(show), .help = "print the scenario that this stands for, run nothing"},
    {.name = "tag", .flag = MEMBER(tag), .help = "put the item and a tab before each line of output"},
    {.name = "timeout", .argument = "SECONDS", .take = take_timeout,
     .help = "end a command after so long; 300%: three times as long as usual"},
    {.letter = 't', .name = "verbose", .flag = MEMBER(run.trace),
     .help = "print each command on standard error"},
    {.name = "will-cite", .take = take_nothing, .help = "taken as GNU parallel does; nothing is to be cited"},
};

/* Options of GNU parallel and xargs that mean nothing here, and what does the same. */
static const struct {
    const char *option;
    const char *hint;
} others[] = {
    {"-X", "write -n N for as many items a command"},
    {"-m", "write -n N for as many items a command"},
    {"-s", "write -n N for as many items a command"},
    {"-x", "an argument that is too long fails its command alone"},
    {"-i", "write -I TEXT; the items stand behind :::, not behind --"},
    {"-u", "write --line-buffer"},
    {"--ungroup", "write --line-buffer"},
    {"--eta", "write --bar"},
    {"-v", "write -t, which prints the commands on standard error"},
    {"-D", "write -t, which prints the commands on standard error"},
    {"-p", "there are no questions here; --dry-run prints the commands"},
    {"-E", "there is no end mark; head or sed cut the list"},
    {"--resume-failed", "write --resume: what has failed runs again"},
    {"--retry-failed", "write --resume: what has failed runs again"},
    {"--tagstring", "write --tag"},
    {"--halt-on-error", "write --halt"},
    {"--shuf", "shuf(1) before it does that"},
    {"--wd", "cd before it does that"},
    {"--workdir", "cd before it does that"},
    {"--env", "the commands get the whole environment"},
    {"-S", "commands run on this machine alone"},
    {"--sshlogin", "commands run on this machine alone"},
    {"--load", "a scenario has throttle: parrun each --show prints one"},
    {"--memfree", "a scenario has throttle: parrun each --show prints one"},
    {"--nice", "nice before parrun does that"},
    {"--plus", "a scenario has more: parrun each --show prints one"},
    {"--process-slot-var", "write {%} where the command needs the number"},
};

static const struct each_option *find_name(const char *name, size_t length)
{
    for (size_t i = 0; i < countof(table); i++)
        if (strlen(table[i].name) == length && !memcmp(table[i].name, name, length))
            return &table[i];
    return NULL;
}

static const struct each_option *find_letter(char letter)
{
    for (size_t i = 0; i < countof(table); i++)
        if (table[i].letter == letter)
            return &table[i];
    return NULL;
}

static int unknown(const char *given, size_t length, struct error *error)
{
    struct buf name = {0};
    struct nearest nearest = {0};
    const char *hint = NULL;
    buf_append(&name, given, length);
    for (size_t i = 0; i < countof(others); i++)
        if (!strcmp(others[i].option, name.data))
            hint = others[i].hint;
    nearest.wrong = name.data + strspn(name.data, "-");
    for (size_t i = 0; !hint && given[1] == '-' && i < countof(table); i++)
        nearest_offer(&nearest, table[i].name);
    if (hint)
        error_set(error, ERROR_FAILED, "each: unknown option '%s': %s", name.data, hint);
    else if (nearest.name)
        error_set(error, ERROR_FAILED, "each: unknown option '%s', did you mean '--%s'?", name.data,
                  nearest.name);
    else
        error_set(error, ERROR_FAILED, "each: unknown option '%s', see parrun each --help", name.data);
    buf_release(&name);
    return ERROR_FAILED;
}

static int take(const struct each_option *option, struct each *each, const char *value,
                struct error *error)
{
    char *bytes = (char *)each;
    if (option->flag)
        *(bool *)(bytes + option->flag) = true;
    if (option->text)
        *(const char **)(bytes + option->text) = value;
    return option->take ? option->take(each, value, error) : 0;
}

static int parse_long(struct each *each, char **argv, int argc, int *next, struct error *error)
{
    const char *name = argv[*next] + 2;
    size_t length = strcspn(name, "=");
    const struct each_option *option = find_name(name, length);
    const char *value = name[length] ? name + length + 1 : NULL;
    if (!option)
        return unknown(argv[*next], length + 2, error);
    ++*next;
    if (value && !option->argument)
        return error_set(error, ERROR_FAILED, "each: --%s takes no value", option->name);
    if (!value && option->argument) {
        if (*next >= argc)
            return error_set(error, ERROR_FAILED, "each: --%s needs a value: --%s %s", option->name,
                             option->name, option->argument);
        value = argv[(*next)++];
    }
    return take(option, each, value, error);
}

static int parse_letters(struct each *each, char **argv, int argc, int *next, struct error *error)
{
    int result = 0;
    for (const char *at = argv[(*next)++] + 1; !result && *at; at++) {
        const struct each_option *option = find_letter(*at);
        const char letter[] = {'-', *at, '\0'};
        if (!option)
            return unknown(letter, 2, error);
        if (!option->argument) {
            result = take(option, each, NULL, error);
            continue;
        }
        if (!at[1] && *next >= argc)
            return error_set(error, ERROR_FAILED, "each: -%c needs a value: -%c %s", *at, *at,
                             option->argument);
        return take(option, each, at[1] ? at + 1 : argv[(*next)++], error);
    }
    return result;
}

/* ":::", ":::+", "::::" or "::::+". */
static bool is_separator(const char *word)
{
    size_t colons = strspn(word, ":");
    return (colons == 3 || colons == 4) && (!word[colons] || !strcmp(word + colons, "+"));
}

/* The lists behind the command; each word behind "::::" is a file, a list of its own. */
static void parse_lists(struct each *each, char **argv, int argc, int next)
{
    while (next < argc) {
        const char *separator = argv[next++];
        bool files = strspn(separator, ":") == 4;
        bool linked = separator[strlen(separator) - 1] == '+';
        int from = next;
        while (next < argc && !is_separator(argv[next]))
            next++;
        for (int i = from; files && i < next; i++)
            add_list(each, argv[i], linked);
        if (files)
            continue;
        struct each_list *list = add_list(each, NULL, linked);
        list->words = (const char **)&argv[from];
        list->count = (size_t)(next - from);
    }
}

static int check(const struct each *each, struct error *error)
{
    enum each_source source = each_source(each);
    if (each->help)
        return 0;
    if (each->batch && source == EACH_LISTS)
        return error_set(error, ERROR_FAILED,
                         "each: -n, -N and -L are for one list of items; of several each command gets one of "
                         "each already");
    if (each->batch && each->columns)
        return error_set(error, ERROR_FAILED, "each: --colsep and -n, -N or -L exclude each other");
    if (each->columns && source != EACH_STREAM)
        return error_set(error, ERROR_FAILED,
                         "each: --colsep cuts the lines of one file, or of standard input; items behind ::: "
                         "are words already");
    if (each->end && each->nul)
        return error_set(error, ERROR_FAILED, "each: -0 and -d exclude each other");
    if (each->lists && each->lists[0].linked)
        return error_set(error, ERROR_FAILED, "each: the first list has none before it: write ::: for :::+");
    if (each->run.resume && !each->run.joblog && !each->run.journal)
        return error_set(error, ERROR_FAILED,
                         "each: --resume needs --joblog FILE, or --journal FILE: there stands what is done");
    if (each->keep_order && each->line_buffer)
        return error_set(error, ERROR_FAILED,
                         "each: -k prints whole commands in their order, --line-buffer lines as they come: "
                         "give one of them");
    return 0;
}

int each_parse(struct each *each, int argc, char **argv, struct error *error)
{
    int result = 0;
    int next = 2;
    each->run.argc = argc;
    each->run.argv = argv;
    each->run.limit = INT64_MAX;
    each->run.asking.timeout = -1;
    each->run.each = each;
    each->run.file = "each";
    while (!result && next < argc && argv[next][0] == '-' && argv[next][1]) {
        if (!strcmp(argv[next], "--")) {
            each->behind_dashes = true;
            next++;
            break;
        }
        result = argv[next][1] == '-' ? parse_long(each, argv, argc, &next, error)
                                      : parse_letters(each, argv, argc, &next, error);
    }
    int from = next;
    while (next < argc && !is_separator(argv[next]))
        next++;
    each->command = (const char **)&argv[from];
    each->command_count = (size_t)(next - from);
    if (!result)
        parse_lists(each, argv, argc, next);
    return result ? result : check(each, error);
}

enum each_source each_source(const struct each *each)
{
    if (each->list_count > 1)
        return EACH_LISTS;
    return each->list_count && !each->lists[0].file ? EACH_LIST : EACH_STREAM;
}

void each_help(struct buf *out)
{
    buf_text(out, "Usage: parrun each [OPTION]... [--] COMMAND [ARG]... [::: ITEM...]\n"
                  "Runs COMMAND once for each item, several at a time; without ::: each line of standard "
                  "input is one.\n\n");
    for (size_t i = 0; i < countof(table); i++) {
        const struct each_option *option = &table[i];
        struct buf left = {0};
        if (!option->help)
            continue;
        if (option->letter)
            buf_printf(&left, "-%c, ", option->letter);
        else
            buf_text(&left, "    ");
        buf_printf(&left, "--%s", option->name);
        if (option->argument)
            buf_printf(&left, " %s", option->argument);
        buf_printf(out, "  %-28s %s\n", left.data, option->help);
        buf_release(&left);
    }
    buf_text(out, "\nIn COMMAND {} is the item, {.} without its last extension, {/} its last part, {//} what is "
                  "before that,\n{/.} the last part without extension, {1} {2} ... one of several, {#} the "
                  "number, {%} the slot.\nWithout any of these the item comes last. One word with more than a "
                  "name in it is a line for the shell.\nSee parrun-each(1).\n");
}

static void put_name(struct buf *out, const struct each_option *option)
{
    if (option->letter)
        buf_printf(out, "Fl %c%s%s , ", option->letter, option->argument ? " Ar " : "",
                   option->argument ? option->argument : "");
    buf_printf(out, "Fl Fl %s%s%s", option->name, option->argument ? " Ar " : "",
               option->argument ? option->argument : "");
}

/* A sentence for roff, which takes a backslash for its own. */
static void put_sentence(struct buf *out, const char *help)
{
    buf_char(out, (char)toupper((unsigned char)*help));
    for (const char *at = help + 1; *at; at++)
        buf_text(out, *at == '\\' ? "\\e" : (char[]){*at, '\0'});
    buf_text(out, ".\n");
}

void each_reference(struct buf *out)
{
    buf_text(out, ".Bl -tag -width Ds\n");
    for (size_t i = 0; i < countof(table);) {
        const char *help = table[i].help;
        buf_text(out, ".It ");
        put_name(out, &table[i]);
        for (i++; i < countof(table) && !table[i].help; i++) {
            buf_text(out, " , ");
            put_name(out, &table[i]);
        }
        buf_char(out, '\n');
        put_sentence(out, help);
    }
    buf_text(out, ".El\n");
}

void each_release(struct each *each)
{
    for (size_t i = 0; i < each->list_count; i++) {
        if (each->lists[i].text)
            free(each->lists[i].words);
        free(each->lists[i].text);
    }
    for (size_t i = 0; i < each->name_count; i++)
        free(each->names[i]);
    free(each->names);
    free(each->lists);
    free(each->header_line);
    buf_release(&each->text);
}
