/* Which options there are, and what each does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "cli/options_private.h"
#include "os/cores.h"
#include "script/script.h"

/* Old files that --log-rotate keeps unless told, and at most. */
#define ROTATE_KEEP 5
#define ROTATE_MOST 1000

/* A message is put off for no longer. */
#define DELAY_MOST (INT64_C(366) * 24 * 3600 * NS_PER_S)

/* No pool has more workers. */
#define JOBS_MOST 1024

void words_add(struct words *words, const char *word)
{
    words->items =
        mem_grow(words->items, &words->capacity, words->count + 1, sizeof(*words->items));
    words->items[words->count++] = word;
}

static int take_duration(const char *name, const char *value, int64_t *ns, struct error *error)
{
    return duration_parse(value, ns, error) ? error_wrap(error, "%s", name) : 0;
}

static int take_timeout(struct options *options, const char *value, struct error *error)
{
    return take_duration("--timeout", value, &options->asking.timeout, error);
}

static int take_delay(struct options *options, const char *value, struct error *error)
{
    int result = take_duration("--delay", value, &options->asking.delay, error);
    if (!result && options->asking.delay > DELAY_MOST)
        result = error_set(error, ERROR_FAILED, "--delay is a year at most, not '%s'", value);
    return result;
}

static int take_priority(struct options *options, const char *value, struct error *error)
{
    options->asking.priority = (uint8_t)(value[0] - '0');
    if (!value[0] || value[1] || options->asking.priority > SCRIPT_PRIORITY_MOST)
        return error_set(error, ERROR_FAILED, "--priority is a number from 0 to %d, not '%s'",
                         SCRIPT_PRIORITY_MOST, value);
    return 0;
}

/* "--get --all q": the word behind --get is the queue, whatever it looks like. */
static int check_queue_name(const char *option, const char *value, struct error *error)
{
    return *value == '-' ? error_set(error, ERROR_FAILED,
                                     "%s needs the queue's name behind it, before '%s': %s QUEUE %s",
                                     option, value, option, value)
                         : 0;
}

static int take_get(struct options *options, const char *value, struct error *error)
{
    (void)options;
    return check_queue_name("--get", value, error);
}

static int take_put(struct options *options, const char *value, struct error *error)
{
    (void)options;
    return check_queue_name("--put", value, error);
}

/* "10M", "10M:5" or "10M:5:gzip": the size of a file, how many old ones, and whether compressed. */
static int take_log_rotate(struct options *options, const char *value, struct error *error)
{
    struct rotation_rules rules = {.keep = ROTATE_KEEP};
    struct error fault = {0};
    uint64_t size = 0;
    size_t length = strcspn(value, ":");
    const char *behind = value + length;
    char *text = mem_copy(value, length);
    bool wrong = size_parse(text, &size, &fault) || !size || size > INT64_MAX;
    error_release(&fault);
    free(text);
    if (*behind == ':') {
        char *end;
        rules.keep = strtoll(behind + 1, &end, 10);
        wrong = wrong || end == behind + 1 || rules.keep < 1 || rules.keep > ROTATE_MOST;
        behind = end;
    }
    rules.compress = !strcmp(behind, ":gzip");
    if (wrong || (*behind && !rules.compress))
        return error_set(error, ERROR_FAILED,
                         "--log-rotate is the size of a file, how many old ones are kept (1 to %d) "
                         "and whether they are compressed, such as 10M, 10M:5 or 10M:5:gzip, not '%s'",
                         ROTATE_MOST, value);
    rules.size = (int64_t)size;
    options->rotate = rules;
    return 0;
}

static int take_color(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->color = !strcmp(value, "always")  ? COLOR_ALWAYS
                     : !strcmp(value, "never") ? COLOR_NEVER
                                               : COLOR_AUTO;
    return 0;
}

static int take_graph(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->mode = value && !strcmp(value, "tree") ? MODE_TREE : MODE_GRAPH;
    return 0;
}

static int set_resume(struct options *options, enum resume_option resume, struct error *error)
{
    if (options->resume != RESUME_NONE && options->resume != resume)
        return error_set(error, ERROR_FAILED,
                         "--resume runs all that has not succeeded, --retry-failed what has failed: "
                         "give one of them");
    options->resume = resume;
    return 0;
}

static int take_resume(struct options *options, const char *value, struct error *error)
{
    (void)value;
    return set_resume(options, RESUME_UNDONE, error);
}

static int take_retry_failed(struct options *options, const char *value, struct error *error)
{
    (void)value;
    return set_resume(options, RESUME_FAILED, error);
}

/* A number of workers, or a share of the cores that this process may use. */
static int take_jobs(struct options *options, const char *value, struct error *error)
{
    const char *text = strcmp(value, "auto") != 0 ? value : "100%";
    char *end = NULL;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    bool wrong = errno || end == text || number < 1;
    if (!strcmp(end, "%")) {
        number = (cores_usable() * number + 99) / 100;
        end++;
    }
    if (wrong || *end || number > JOBS_MOST)
        return error_set(error, ERROR_FAILED,
                         "--jobs is a number of workers up to %d, a share such as 50%%, or 'auto', "
                         "not '%s'",
                         JOBS_MOST, value);
    options->jobs = number;
    return 0;
}

/* True where VALUE is a whole number of LEAST or more. */
static bool read_number(const char *value, int64_t least, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(value, &end, 10);
    return !errno && *value && !*end && *number >= least;
}

static int take_count(struct options *options, const char *value, struct error *error)
{
    if (read_number(value, 1, &options->asking.count))
        return 0;
    return error_set(error, ERROR_FAILED, "--count is a number of messages, 1 or more, not '%s'", value);
}

static int take_limit(struct options *options, const char *value, struct error *error)
{
    if (!read_number(value, 0, &options->limit))
        return error_set(error, ERROR_FAILED, "--limit is a number of tasks, not '%s'", value);
    return 0;
}

static int take_quiet(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->level = FILTER_QUIET;
    return 0;
}

static int take_verbose(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->level = FILTER_ALL;
    return 0;
}

/* Its place in struct options; that of the first member, the mode, stands for none. */
#define MEMBER(name) offsetof(struct options, name)

_Static_assert(!MEMBER(mode), "0 is none");

/* Modes that put messages, and all that ask a queue. */
#define PUTTING (MODE_BIT(MODE_PUT) | MODE_BIT(MODE_QUEUE))
#define ASKING (PUTTING | MODE_BIT(MODE_GET))

static const struct option table[] = {
    {.name = "all", .flag = MEMBER(asking.all), .modes = MODE_BIT(MODE_GET),
     .help = "with --get: print the messages up to the queue's end"},
    {.name = "check", .mode = MODE_CHECK,
     .help = "check the scenario and run nothing"},
    {.name = "color", .argument = "WHEN", .takes = TAKES_CHOICE, .words = "auto always never", .take = take_color,
     .help = "colour the log: 'auto' (on a terminal), 'always' or 'never'"},
    {.name = "completion", .argument = "SHELL", .takes = TAKES_CHOICE, .words = "bash zsh fish",
     .mode = MODE_COMPLETION,
     .help = "print what completes these words in SHELL"},
    {.name = "count", .argument = "N", .modes = MODE_BIT(MODE_GET), .take = take_count,
     .help = "with --get: print N messages, fewer only at the queue's end"},
    {.name = "delay", .argument = "DURATION", .modes = PUTTING, .take = take_delay,
     .help = "with --put: nobody gets the messages before"},
    {.letter = 'n', .name = "dry-run", .flag = MEMBER(dry),
     .help = "print the commands that would be run, run nothing"},
    {.name = "example", .argument = "[NAME]", .takes = TAKES_EXAMPLE, .mode = MODE_EXAMPLE,
     .help = "print a scenario to start from, or their names"},
    {.name = "format", .argument = "FORMAT", .takes = TAKES_CHOICE, .words = "story json", .text = MEMBER(format),
     .help = "write the log as 'story' or as 'json' (JSON Lines)"},
    {.name = "get", .argument = "QUEUE", .mode = MODE_GET, .take = take_get,
     .help = "in a body: take a message of QUEUE and print it"},
    {.name = "graph", .argument = "[=tree]", .takes = TAKES_CHOICE, .words = "dot tree", .take = take_graph,
     .help = "print how the objects hang together, for dot or as a tree"},
    {.letter = 'h', .name = "help", .mode = MODE_HELP,
     .help = "print this and exit"},
    {.name = "hide", .argument = "EVENTS", .takes = TAKES_EVENTS, .list = MEMBER(hide),
     .help = "hide these events: names with '*', separated by commas"},
    {.name = "import", .argument = "FILE", .takes = TAKES_FILE, .mode = MODE_IMPORT,
     .help = "print a Procfile or a compose file as a scenario"},
    {.name = "joblog", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(joblog),
     .help = "write a line a task to FILE, as GNU parallel does"},
    {.letter = 'j', .name = "jobs", .argument = "N", .words = "auto", .take = take_jobs,
     .help = "give every pool N workers: a number, a share ('50%') or 'auto'"},
    {.name = "journal", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(journal),
     .help = "write down in FILE, a database, which tasks are done"},
    {.name = "limit", .argument = "N", .needs = "dry-run", .take = take_limit,
     .help = "with --dry-run: print at most N tasks of each pool"},
    {.name = "list", .mode = MODE_LIST,
     .help = "print the kind, the name and the help of each object"},
    {.name = "log", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(log),
     .help = "write the log to FILE; output stays on standard output"},
    {.name = "log-rotate", .argument = "SIZE", .take = take_log_rotate,
     .help = "rotate the log at SIZE; SIZE:N keeps N old files, SIZE:N:gzip packs them"},
    {.name = "no-deps", .flag = MEMBER(no_deps), .needs = "only",
     .help = "with --only: without what they depend on, as if that were there"},
    {.letter = '0', .name = "null", .flag = MEMBER(asking.nul), .modes = ASKING,
     .help = "with --put and --get: messages end in NUL, not in a newline"},
    {.name = "only", .argument = "NAMES", .takes = TAKES_OBJECTS, .list = MEMBER(only), .modes = MODE_BIT(MODE_RUN),
     .help = "run these objects and what they depend on: names with commas between them"},
    {.name = "priority", .argument = "N", .modes = PUTTING, .take = take_priority,
     .help = "with --put: 0 (the usual one) to 9, which goes first"},
    {.name = "progress", .flag = MEMBER(progress), .modes = MODE_BIT(MODE_RUN),
     .help = "show how far the pools are, and how long the rest may take"},
    {.name = "put", .argument = "QUEUE", .mode = MODE_PUT, .take = take_put,
     .help = "in a body: put each VALUE behind it into QUEUE, or each line of its input"},
    {.name = "queue", .argument = "FILE", .takes = TAKES_FILE, .operands = "list put requeue purge compact",
     .mode = MODE_QUEUE,
     .help = "look after durable queues in FILE: list, put, requeue, purge, compact"},
    {.letter = 'q', .name = "quiet", .take = take_quiet,
     .help = "show only what went wrong"},
    {.name = "reference", .argument = "PART", .takes = TAKES_CHOICE, .words = "events event-fields keys each-options words "
     "page-run page-check page-plan page-show page-list page-vars page-graph page-put page-get page-queue "
     "page-example page-import page-schema page-completion page-help",
     .mode = MODE_REFERENCE,
     .help = "print a part of the manual that is made from tables"},
    {.name = "schema", .mode = MODE_SCHEMA,
     .help = "print the JSON Schema of scenarios"},
    {.name = "resume", .needs = "journal", .take = take_resume,
     .help = "with --journal: run only what has not succeeded"},
    {.name = "retry-failed", .needs = "journal", .take = take_retry_failed,
     .help = "with --journal: run only what has failed"},
    {.name = "show", .argument = "EVENTS", .takes = TAKES_EVENTS, .list = MEMBER(show),
     .help = "show these events too; with FILE alone: print it, complete"},
    {.name = "task", .argument = "[POOL:]N", .takes = TAKES_POOL, .list = MEMBER(tasks),
     .help = "of the tasks run number N alone, of no other pool any"},
    {.name = "timeout", .argument = "DURATION", .modes = ASKING, .take = take_timeout,
     .help = "with --put and --get: wait for no longer"},
    {.name = "tree", .flag = MEMBER(tree), .modes = MODE_BIT(MODE_GRAPH),
     .help = "print the graph as a tree"},
    {.name = "vars", .mode = MODE_VARS,
     .help = "print the variables as NAME=VALUE"},
    {.letter = 'v', .name = "verbose", .take = take_verbose,
     .help = "show all events"},
    {.letter = 'V', .name = "version", .mode = MODE_VERSION,
     .help = "print the version and exit"},
};

const struct option *option_at(size_t i)
{
    return i < countof(table) ? &table[i] : NULL;
}

_Static_assert(countof(table) <= 64, "a bit of options.given each");

const struct option *option_find(const char *name, size_t length)
{
    for (size_t i = 0; i < countof(table); i++)
        if (strlen(table[i].name) == length && !memcmp(table[i].name, name, length))
            return &table[i];
    return NULL;
}

bool option_is_optional(const struct option *option)
{
    return option->argument && option->argument[strlen(option->argument) - 1] == ']';
}

bool option_is_given(const struct option *option, const struct options *options)
{
    return options->given >> (option - table) & 1;
}

/* "'auto', 'always' or 'never'" */
static void put_choices(struct buf *out, const char *words)
{
    for (const char *end; *words; words = end + strspn(end, " ")) {
        end = words + strcspn(words, " ");
        buf_printf(out, "%s'%.*s'", !out->length ? "" : *end ? ", " : " or ", (int)(end - words), words);
    }
}

/* True where WORD is one of WORDS. */
static bool is_among(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (; length && *words; words += strcspn(words, " "), words += strspn(words, " "))
        if (strcspn(words, " ") == length && !memcmp(words, word, length))
            return true;
    return false;
}

static int check_choice(const struct option *option, const char *value, struct error *error)
{
    struct buf choices = {0};
    if (option->takes != TAKES_CHOICE || !value || is_among(option->words, value))
        return 0;
    put_choices(&choices, option->words);
    error_set(error, ERROR_FAILED, "--%s is %s, not '%s'", option->name, buf_string(&choices), value);
    buf_release(&choices);
    return ERROR_FAILED;
}

int option_take(const struct option *option, struct options *options, const char *value,
                struct error *error)
{
    char *bytes = (char *)options;
    if (check_choice(option, value, error))
        return ERROR_FAILED;
    options->given |= UINT64_C(1) << (option - table);
    if (option->mode != MODE_RUN) {
        options->mode = option->mode;
        options->subject = value;
    }
    if (option->flag)
        *(bool *)(bytes + option->flag) = true;
    if (option->text)
        *(const char **)(bytes + option->text) = value;
    if (option->list)
        words_add((struct words *)(bytes + option->list), value);
    return option->take ? option->take(options, value, error) : 0;
}
