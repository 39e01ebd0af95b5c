/* The table of options, parsed and printed. */
#include "cli/options.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/nearest.h"
#include "base/unit.h"
#include "script/script.h"

/* Old files that --log-rotate keeps unless told, and at most. */
#define ROTATE_KEEP 5
#define ROTATE_MOST 1000

/* A message is put off for no longer. */
#define DELAY_MOST (INT64_C(366) * 24 * 3600 * NS_PER_S)

/* No pool has more workers. */
#define JOBS_MOST 1024

struct option {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* what stands behind it, in [] where it may be left out; NULL: nothing */
    int (*take)(struct options *options, const char *value, struct error *error);
    const char *help;
};

static void words_add(struct words *words, const char *word)
{
    words->items =
        mem_grow(words->items, &words->capacity, words->count + 1, sizeof(*words->items));
    words->items[words->count++] = word;
}

static int take_all(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->asking.given = options->asking.all = true;
    return 0;
}

static int take_null(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->asking.given = options->asking.nul = true;
    return 0;
}

static int take_duration(const char *name, const char *value, int64_t *ns, struct error *error)
{
    return duration_parse(value, ns, error) ? error_wrap(error, "%s", name) : 0;
}

static int take_timeout(struct options *options, const char *value, struct error *error)
{
    options->asking.given = true;
    return take_duration("--timeout", value, &options->asking.timeout, error);
}

static int take_delay(struct options *options, const char *value, struct error *error)
{
    options->asking.given = true;
    int result = take_duration("--delay", value, &options->asking.delay, error);
    if (!result && options->asking.delay > DELAY_MOST)
        result = error_set(error, ERROR_FAILED, "--delay is a year at most, not '%s'", value);
    return result;
}

static int take_priority(struct options *options, const char *value, struct error *error)
{
    options->asking.given = true;
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
    options->mode = MODE_GET;
    options->subject = value;
    return check_queue_name("--get", value, error);
}

static int take_put(struct options *options, const char *value, struct error *error)
{
    options->mode = MODE_PUT;
    options->subject = value;
    return check_queue_name("--put", value, error);
}

static int take_queue(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->mode = MODE_QUEUE;
    options->subject = value;
    return 0;
}

static int take_check(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->mode = MODE_CHECK;
    return 0;
}

static int take_example(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->mode = MODE_EXAMPLE;
    options->subject = value;
    return 0;
}

static int take_help(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->mode = MODE_HELP;
    return 0;
}

static int take_import(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->mode = MODE_IMPORT;
    options->subject = value;
    return 0;
}

static int take_version(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->mode = MODE_VERSION;
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

static int take_log(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->log = value;
    return 0;
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
    static const char *const words[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    for (size_t i = 0; i < countof(words); i++) {
        if (!strcmp(words[i], value)) {
            options->color = (enum color_option)i;
            return 0;
        }
    }
    return error_set(error, ERROR_FAILED, "--color is 'auto', 'always' or 'never', not '%s'", value);
}

static int take_format(struct options *options, const char *value, struct error *error)
{
    if (strcmp(value, "story") != 0 && strcmp(value, "json") != 0)
        return error_set(error, ERROR_FAILED, "--format is 'story' or 'json', not '%s'", value);
    options->format = value;
    return 0;
}

static int take_reference(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->mode = MODE_REFERENCE;
    options->subject = value;
    return 0;
}

static int take_show(struct options *options, const char *value, struct error *error)
{
    (void)error;
    words_add(&options->show, value);
    return 0;
}

static int take_hide(struct options *options, const char *value, struct error *error)
{
    (void)error;
    words_add(&options->hide, value);
    return 0;
}

static int take_completion(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->mode = MODE_COMPLETION;
    options->subject = value;
    return 0;
}

static int take_graph(struct options *options, const char *value, struct error *error)
{
    if (value && strcmp(value, "dot") != 0 && strcmp(value, "tree") != 0)
        return error_set(error, ERROR_FAILED, "--graph is 'dot' or 'tree', not '%s'", value);
    options->mode = value && !strcmp(value, "tree") ? MODE_TREE : MODE_GRAPH;
    return 0;
}

static int take_task(struct options *options, const char *value, struct error *error)
{
    (void)error;
    words_add(&options->tasks, value);
    return 0;
}

static int take_list(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->mode = MODE_LIST;
    return 0;
}

static int take_schema(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->mode = MODE_SCHEMA;
    return 0;
}

static int take_vars(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->mode = MODE_VARS;
    return 0;
}

static int take_dry_run(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->dry = true;
    return 0;
}

static int take_joblog(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->joblog = value;
    return 0;
}

static int take_journal(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->journal = value;
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
    cpu_set_t cores;
    const char *text = strcmp(value, "auto") != 0 ? value : "100%";
    char *end = NULL;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    bool wrong = errno || end == text || number < 1;
    if (!strcmp(end, "%")) {
        int64_t available = sched_getaffinity(0, sizeof(cores), &cores) ? 1 : CPU_COUNT(&cores);
        number = (available * number + 99) / 100;
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

static int take_limit(struct options *options, const char *value, struct error *error)
{
    char *end;
    errno = 0;
    options->limit = strtoll(value, &end, 10);
    if (errno || !*value || *end || options->limit < 0)
        return error_set(error, ERROR_FAILED, "--limit is a number of tasks, not '%s'", value);
    return 0;
}

static const struct option table[] = {
    {0, "all", NULL, take_all, "with --get: print the messages up to the queue's end"},
    {0, "check", NULL, take_check, "check the scenario and run nothing"},
    {0, "color", "WHEN", take_color, "colour the log: 'auto' (on a terminal), 'always' or 'never'"},
    {0, "completion", "SHELL", take_completion, "print what completes these words in SHELL"},
    {0, "delay", "DURATION", take_delay, "with --put: nobody gets the messages before"},
    {'n', "dry-run", NULL, take_dry_run, "print the commands that would be run, run nothing"},
    {0, "example", "[NAME]", take_example, "print a scenario to start from, or their names"},
    {0, "format", "FORMAT", take_format, "write the log as 'story' or as 'json' (JSON Lines)"},
    {0, "get", "QUEUE", take_get, "in a body: take a message of QUEUE and print it"},
    {0, "graph", "[=tree]", take_graph,
     "print how the objects hang together, for dot or as a tree"},
    {'h', "help", NULL, take_help, "print this and exit"},
    {0, "hide", "EVENTS", take_hide, "hide these events: names with '*', separated by commas"},
    {0, "import", "FILE", take_import, "print a Procfile or a compose file as a scenario"},
    {0, "joblog", "FILE", take_joblog, "write a line a task to FILE, as GNU parallel does"},
    {'j', "jobs", "N", take_jobs, "give every pool N workers: a number, a share ('50%') or 'auto'"},
    {0, "journal", "FILE", take_journal, "write down in FILE, a database, which tasks are done"},
    {0, "limit", "N", take_limit, "with --dry-run: print at most N tasks of each pool"},
    {0, "list", NULL, take_list, "print the kind, the name and the help of each object"},
    {0, "log", "FILE", take_log, "write the log to FILE; output stays on standard output"},
    {0, "log-rotate", "SIZE", take_log_rotate,
     "rotate the log at SIZE; SIZE:N keeps N old files, SIZE:N:gzip packs them"},
    {'0', "null", NULL, take_null, "with --put and --get: messages end in NUL, not in a newline"},
    {0, "priority", "N", take_priority, "with --put: 0 (the usual one) to 9, which goes first"},
    {0, "put", "QUEUE", take_put,
     "in a body: put each VALUE behind it into QUEUE, or each line of its input"},
    {0, "queue", "FILE", take_queue,
     "look after durable queues in FILE: list, put, requeue or purge follows"},
    {'q', "quiet", NULL, take_quiet, "show only what went wrong"},
    {0, "reference", "PART", take_reference, "print a part of the manual that is made from tables"},
    {0, "schema", NULL, take_schema, "print the JSON Schema of scenarios"},
    {0, "resume", NULL, take_resume, "with --journal: run only what has not succeeded"},
    {0, "retry-failed", NULL, take_retry_failed, "with --journal: run only what has failed"},
    {0, "show", "EVENTS", take_show, "show these events too; with FILE alone: print it, complete"},
    {0, "task", "[POOL:]N", take_task, "of the tasks run number N alone, of no other pool any"},
    {0, "timeout", "DURATION", take_timeout, "with --put and --get: wait for no longer"},
    {0, "vars", NULL, take_vars, "print the variables as NAME=VALUE"},
    {'v', "verbose", NULL, take_verbose, "show all events"},
    {'V', "version", NULL, take_version, "print the version and exit"},
};

bool options_row(size_t i, struct option_row *row)
{
    if (i >= countof(table))
        return false;
    *row = (struct option_row){table[i].letter, table[i].name, table[i].argument, table[i].help};
    return true;
}

static int unknown_option(const char *given, size_t length, struct error *error)
{
    char *name = mem_copy(given, length);
    struct nearest nearest = {.wrong = name};
    for (size_t i = 0; i < countof(table); i++)
        nearest_offer(&nearest, table[i].name);
    if (nearest.name)
        error_set(error, ERROR_FAILED, "unknown option '--%s', did you mean '--%s'?", name,
                  nearest.name);
    else
        error_set(error, ERROR_FAILED, "unknown option '--%s', see parrun --help", name);
    free(name);
    return ERROR_FAILED;
}

/* True where the argument, [NAME] or [=NAME], may be left out and the word that follows is none. */
static bool is_left_out(const struct option *option, char **argv, int argc, int next)
{
    if (option->argument[0] != '[')
        return false;
    return option->argument[1] == '=' || next >= argc || argv[next][0] == '-';
}

/* "--name", "--name=value" or "--name value"; *NEXT is moved over what was taken. */
static int parse_long(struct options *options, char **argv, int argc, int *next,
                      struct error *error)
{
    const char *name = argv[*next] + 2;
    size_t length = strcspn(name, "=");
    const struct option *option = NULL;
    for (size_t i = 0; i < countof(table); i++)
        if (strlen(table[i].name) == length && !strncmp(table[i].name, name, length))
            option = &table[i];
    if (!option)
        return unknown_option(name, length, error);
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
    return option->take(options, value, error);
}

static const struct option *find_letter(char letter)
{
    for (size_t i = 0; i < countof(table); i++)
        if (table[i].letter == letter)
            return &table[i];
    return NULL;
}

/* "-qv", "-j4" or "-j 4"; *NEXT is moved over what was taken. */
static int parse_letters(struct options *options, char **argv, int argc, int *next,
                         struct error *error)
{
    int result = 0;
    for (const char *at = argv[(*next)++] + 1; !result && *at; at++) {
        const struct option *option = find_letter(*at);
        if (!option)
            return error_set(error, ERROR_FAILED, "unknown option '-%c', see parrun --help", *at);
        if (!option->argument) {
            result = option->take(options, NULL, error);
            continue;
        }
        if (!at[1] && *next >= argc)
            return error_set(error, ERROR_FAILED, "-%c needs a value: -%c %s", *at, *at,
                             option->argument);
        return option->take(options, at[1] ? at + 1 : argv[(*next)++], error);
    }
    return result;
}

static int take_operand(struct options *options, const char *word, struct error *error)
{
    if (options->mode == MODE_PUT || options->mode == MODE_QUEUE) {
        words_add(&options->values, word);
        return 0;
    }
    if (options->mode == MODE_GET)
        return error_set(error, ERROR_FAILED, "--get QUEUE takes one queue, not '%s' too", word);
    if (!options->file) {
        options->file = word;
        return 0;
    }
    if (!strchr(word, '='))
        return error_set(error, ERROR_FAILED,
                         "'%s' is not NAME=VALUE; one scenario file is run at a time", word);
    words_add(&options->overrides, word);
    return 0;
}

/* "--show FILE": where no other word is the scenario, the word is no list of events. */
static void adopt_shown(struct options *options)
{
    bool replaces = options->file && strchr(options->file, '=');
    if (options->mode > MODE_TREE || options->show.count != 1 || (options->file && !replaces))
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

/* What is for one of --put, --get and --queue stands with it alone. */
static int check_asking(const struct options *options, struct error *error)
{
    const struct asking *asking = &options->asking;
    bool puts = options->mode == MODE_PUT || options->mode == MODE_QUEUE;
    if (puts && asking->all)
        return error_set(error, ERROR_FAILED, "--all goes with --get");
    if (options->mode == MODE_GET && (asking->delay || asking->priority))
        return error_set(error, ERROR_FAILED, "--delay and --priority go with --put");
    if (!puts && options->mode != MODE_GET && asking->given)
        return error_set(error, ERROR_FAILED,
                         "--all, --delay, --null, --priority and --timeout go with --put QUEUE or "
                         "--get QUEUE");
    if ((puts || options->mode == MODE_GET) && options->file)
        return error_set(error, ERROR_FAILED,
                         "'%s' stands before --put, --get or --queue: values stand behind it",
                         options->file);
    return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct error *error)
{
    bool only_operands = false;
    int result = 0;
    *options = (struct options){
        .level = FILTER_STORY, .limit = INT64_MAX, .asking = {.timeout = -1},
        .argc = argc, .argv = argv};
    for (int i = 1; !result && i < argc;) {
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
    if (!result && options->mode <= MODE_TREE && !options->file)
        result = error_set(error, ERROR_FAILED, "no scenario file was given, see parrun --help");
    if (!result && options->resume != RESUME_NONE && !options->journal)
        result = error_set(error, ERROR_FAILED, "--%s needs --journal FILE, which tells what is done",
                           options->resume == RESUME_UNDONE ? "resume" : "retry-failed");
    return result ? result : check_asking(options, error);
}

void options_release(struct options *options)
{
    free(options->overrides.items);
    free(options->values.items);
    free(options->show.items);
    free(options->hide.items);
    free(options->tasks.items);
}

void options_help(struct buf *out)
{
    buf_text(out, "Usage: parrun [OPTION]... FILE [NAME=VALUE]...\n"
                  "Runs the processes, pools, queues and threads that FILE declares "
                  "('-': standard input).\n\n");
    for (size_t i = 0; i < countof(table); i++) {
        struct buf left = {0};
        if (table[i].letter)
            buf_printf(&left, "-%c, ", table[i].letter);
        else
            buf_text(&left, "    ");
        buf_printf(&left, "--%s", table[i].name);
        if (table[i].argument)
            buf_printf(&left, "%s%s", table[i].argument[1] == '=' ? "" : " ", table[i].argument);
        buf_printf(out, "  %-24s %s\n", left.data, table[i].help);
        buf_release(&left);
    }
    buf_text(out, "\nNAME=VALUE replaces a variable of the scenario. See parrun(1).\n");
}
