/* Which options there are, and what each does. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "cli/options_private.h"
#include "os/cores.h"
#include "scenario/spec.h"
#include "script/script.h"

/* Old files that --log-rotate keeps unless told, and at most. */
#define ROTATE_KEEP 5
#define ROTATE_MOST 1000

/* A message is put off for no longer. */
#define DELAY_MOST (INT64_C(366) * 24 * 3600 * NS_PER_S)

/* No more times of a schedule are told. */
#define NEXT_MOST 10000

/* No pool has more workers; those that are here have a lower bound (machine_fits()). */
#define JOBS_MOST POOL_WORKERS_MOST_ELSEWHERE

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
    options->files.rotate = rules;
    return 0;
}

static int take_color(struct options *options, const char *value, struct error *error)
{
    (void)error;
    options->story.color = !strcmp(value, "always")  ? COLOR_ALWAYS
                     : !strcmp(value, "never") ? COLOR_NEVER
                                               : COLOR_AUTO;
    return 0;
}

static int set_resume(struct options *options, enum resume_option resume, struct error *error)
{
    if (options->select.resume != RESUME_NONE && options->select.resume != resume)
        return error_set(error, ERROR_FAILED,
                         "--resume runs all that has not succeeded, --retry-failed what has failed: "
                         "give one of them");
    options->select.resume = resume;
    return 0;
}

static int take_resume(struct options *options, const char *value, struct error *error)
{
    (void)value;
    return set_resume(options, RESUME_UNDONE, error);
}

static int take_resume_previous(struct options *options, const char *value, struct error *error)
{
    (void)value;
    return set_resume(options, RESUME_PREVIOUS, error);
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

static int take_lines(struct options *options, const char *value, struct error *error)
{
    if (!read_number(value, 0, &options->control.last))
        return error_set(error, ERROR_FAILED, "--lines is a number of lines, not '%s'", value);
    return 0;
}

static int take_since(struct options *options, const char *value, struct error *error)
{
    return take_duration("--since", value, &options->control.since, error);
}

static int take_limit(struct options *options, const char *value, struct error *error)
{
    if (!read_number(value, 0, &options->plan.limit))
        return error_set(error, ERROR_FAILED, "--limit is a number of tasks, not '%s'", value);
    return 0;
}

static int take_next(struct options *options, const char *value, struct error *error)
{
    if (!read_number(value, 1, &options->plan.next) || options->plan.next > NEXT_MOST)
        return error_set(error, ERROR_FAILED, "--next is a number of times from 1 to %d, not '%s'", NEXT_MOST, value);
    return 0;
}

static int take_quiet(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->story.level = FILTER_QUIET;
    options->story.level_given = true;
    return 0;
}

static int take_verbose(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->story.level = FILTER_ALL;
    options->story.level_given = true;
    return 0;
}

/* Its place in struct options; that of the first member, the mode, stands for none. */
#define MEMBER(name) offsetof(struct options, name)

_Static_assert(!MEMBER(mode), "0 is none");

/* Words that run a scenario or tell what that would do, those that have a log, that read the record of a run, and that ask
 * for queues. */
#define RUNNING (MODE_BIT(MODE_RUN) | MODE_BIT(MODE_PLAN))
#define TELLING (RUNNING | MODE_BIT(MODE_REPLAY))
#define READING (MODE_BIT(MODE_REPLAY) | MODE_BIT(MODE_SUMMARY) | MODE_BIT(MODE_JUNIT) | MODE_BIT(MODE_TRACE) | \
                 MODE_BIT(MODE_REPORT))
#define PUTTING (MODE_BIT(MODE_PUT) | MODE_BIT(MODE_QUEUE))
#define ASKING (PUTTING | MODE_BIT(MODE_GET))

/* Words that are for a run that goes on: one of them, or all. */
#define REVIVING (MODE_BIT(MODE_START) | MODE_BIT(MODE_RESTART))
#define WAITING (MODE_BIT(MODE_STOP) | REVIVING | MODE_BIT(MODE_SCALE))
#define STEERING (MODE_BIT(MODE_STATUS) | MODE_BIT(MODE_LOGS) | MODE_BIT(MODE_WAIT) | WAITING | MODE_BIT(MODE_PAUSE) | \
                  MODE_BIT(MODE_RESUME) | MODE_BIT(MODE_SIGNAL))

static const struct option table[] = {
    {.name = "again", .flag = MEMBER(apart.again), .modes = MODE_BIT(MODE_RUN),
     .help = "with -d or --view: start another run of a file that runs already"},
    {.name = "all", .flag = MEMBER(asking.all), .modes = MODE_BIT(MODE_GET),
     .help = "print the messages up to the queue's end"},
    {.letter = 'a', .name = "all", .flag = MEMBER(asking.all), .modes = MODE_BIT(MODE_PS),
     .help = "list the last runs in the background that have ended, too"},
    {.name = "at", .argument = "TIME", .text = MEMBER(plan.at), .modes = MODE_BIT(MODE_SHOW),
     .help = "with --next: the times after TIME, in place of now, such as '2026-03-29 02:30'"},
    {.name = "color", .argument = "WHEN", .takes = TAKES_CHOICE, .choices = "auto always never", .modes = TELLING | MODE_BIT(MODE_LOGS),
     .take = take_color,
     .help = "colour the log: 'auto' (on a terminal), 'always' or 'never'"},
    {.name = "count", .argument = "N", .modes = MODE_BIT(MODE_GET), .take = take_count,
     .help = "print N messages, fewer only at the queue's end"},
    {.name = "delay", .argument = "DURATION", .modes = PUTTING, .take = take_delay,
     .help = "nobody gets the messages before"},
    {.letter = 'd', .name = "detach", .flag = MEMBER(apart.detach), .modes = MODE_BIT(MODE_RUN),
     .help = "run in the background: print the run's id when all is up"},
    {.letter = 'f', .name = "follow", .flag = MEMBER(control.follow), .modes = MODE_BIT(MODE_LOGS),
     .help = "print what comes too, to the end of the run"},
    {.name = "drain", .flag = MEMBER(control.drain), .modes = MODE_BIT(MODE_STOP),
     .help = "begin no more tasks, and end the run with those that run"},
    {.name = "force", .flag = MEMBER(force), .modes = MODE_BIT(MODE_RUN),
     .help = "replace a record that is there, when the new one is whole"},
    {.name = "format", .argument = "FORMAT", .takes = TAKES_CHOICE, .choices = "story json", .text = MEMBER(story.format),
     .modes = TELLING, .help = "write the log as 'story' or as 'json' (JSON Lines)"},
    {.name = "grep", .argument = "REGEX", .text = MEMBER(control.grep), .modes = MODE_BIT(MODE_LOGS),
     .help = "lines alone in which this regular expression matches"},
    {.letter = 'h', .name = "help", .mode = MODE_HELP, .modes = UINT64_MAX,
     .help = "print this and exit"},
    {.name = "hide", .argument = "EVENTS", .takes = TAKES_EVENTS, .list = MEMBER(story.hide), .modes = TELLING,
     .help = "hide these events: names with '*', separated by commas"},
    {.name = "joblog", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(files.joblog), .modes = MODE_BIT(MODE_RUN) | MODE_BIT(MODE_REPLAY),
     .help = "write a line a task to FILE, as GNU parallel does"},
    {.name = "json", .flag = MEMBER(control.json), .modes = STEERING | MODE_BIT(MODE_PS),
     .help = "print JSON Lines"},
    {.letter = 'j', .name = "jobs", .argument = "N", .choices = "auto", .modes = RUNNING, .take = take_jobs,
     .help = "give every pool N workers: a number, a share ('50%') or 'auto'"},
    {.name = "journal", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(files.journal), .modes = RUNNING,
     .help = "write down in FILE, a database, which tasks are done"},
    {.name = "junit", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(files.junit), .modes = MODE_BIT(MODE_RUN),
     .help = "write what came of the run to FILE as JUnit XML, for CI"},
    {.name = "limit", .argument = "N", .modes = MODE_BIT(MODE_PLAN), .take = take_limit,
     .help = "print at most N tasks of each pool"},
    {.name = "log", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(files.log), .modes = TELLING,
     .help = "write the log to FILE; output stays on standard output"},
    {.name = "log-rotate", .argument = "SIZE", .modes = TELLING, .take = take_log_rotate,
     .help = "rotate the log at SIZE; SIZE:N keeps N old files, SIZE:N:gzip packs them"},
    {.name = "next", .argument = "N", .modes = MODE_BIT(MODE_SHOW), .take = take_next,
     .help = "print the next N times of each schedule, in place of the scenario"},
    {.name = "no-deps", .flag = MEMBER(select.no_deps), .modes = RUNNING,
     .help = "with --only: without what they depend on, as if that were there"},
    {.name = "no-deps", .flag = MEMBER(select.no_deps), .modes = REVIVING,
     .help = "at once, whatever they depend on"},
    {.name = "no-wait", .flag = MEMBER(control.no_wait), .modes = WAITING,
     .help = "do not wait until it has come"},
    {.name = "now", .flag = MEMBER(control.now), .modes = MODE_BIT(MODE_STOP) | MODE_BIT(MODE_RESTART),
     .help = "end them by force, without their grace"},
    {.letter = 'n', .name = "lines", .argument = "N", .modes = MODE_BIT(MODE_LOGS), .take = take_lines,
     .help = "of the lines that are there, the last N of each object alone"},
    {.letter = '0', .name = "null", .flag = MEMBER(asking.nul), .modes = ASKING,
     .help = "messages end in NUL, not in a newline"},
    {.name = "on", .argument = "WHERE", .text = MEMBER(on), .modes = RUNNING | MODE_BIT(MODE_CHECK),
     .help = "run pools that do not say it elsewhere: 'slurm', or what 'on' may be"},
    {.name = "only", .argument = "NAMES", .takes = TAKES_OBJECTS, .list = MEMBER(select.only), .modes = RUNNING,
     .help = "run these objects and what they depend on: names with commas between them"},
    {.letter = 'o', .name = "output", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(files.output), .modes = READING,
     .help = "write to FILE, in place of standard output"},
    {.name = "priority", .argument = "N", .modes = PUTTING, .take = take_priority,
     .help = "0 (the usual one) to 9, which goes first"},
    {.name = "no-progress", .flag = MEMBER(story.no_progress), .modes = MODE_BIT(MODE_RUN),
     .help = "never show how far the pools are, as a terminal does of those that last"},
    {.name = "progress", .flag = MEMBER(story.progress), .modes = MODE_BIT(MODE_RUN),
     .help = "show how far the pools are, and how long the rest may take"},
    {.letter = 'q', .name = "quiet", .modes = TELLING, .take = take_quiet,
     .help = "show only what went wrong"},
    {.name = "record", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(files.record), .modes = MODE_BIT(MODE_RUN),
     .help = "record all that happens in FILE, which must be new; packed where it ends in .gz"},
    {.name = "report", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(files.report), .modes = MODE_BIT(MODE_RUN),
     .help = "write what came of the run to FILE, a page for a browser"},
    {.name = "resume", .modes = RUNNING, .take = take_resume,
     .help = "with --journal: run only what has not succeeded"},
    {.name = "resume-previous", .modes = RUNNING, .take = take_resume_previous,
     .help = "the same, from before the last run that began anew"},
    {.name = "retry-failed", .modes = RUNNING, .take = take_retry_failed,
     .help = "with --journal: run only what has failed"},
    {.letter = 'r', .name = "run", .argument = "RUN", .takes = TAKES_RUN, .text = MEMBER(control.run), .modes = STEERING | MODE_BIT(MODE_VIEW),
     .help = "the run that is meant: the beginning of its id, its scenario or its file"},
    {.name = "since", .argument = "DURATION", .modes = MODE_BIT(MODE_LOGS), .take = take_since,
     .help = "lines of this last time alone"},
    {.name = "show", .argument = "EVENTS", .takes = TAKES_EVENTS, .list = MEMBER(story.show), .modes = TELLING,
     .help = "show these events too"},
    {.name = "status", .flag = MEMBER(status), .modes = MODE_BIT(MODE_SUMMARY),
     .help = "end with the exit status of the run"},
    {.name = "task", .argument = "[POOL:]N", .takes = TAKES_POOL, .list = MEMBER(select.tasks), .modes = RUNNING,
     .help = "of the tasks run number N alone, of no other pool any"},
    {.name = "timeout", .argument = "DURATION", .modes = ASKING | MODE_BIT(MODE_WAIT) | WAITING, .take = take_timeout,
     .help = "wait for no longer"},
    {.name = "timestamps", .flag = MEMBER(story.timestamps), .modes = TELLING, .help = "put the time before each line of the story"},
    {.name = "trace", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(files.trace), .modes = MODE_BIT(MODE_RUN),
     .help = "write a trace of the run to FILE, for Perfetto"},
    {.name = "tree", .flag = MEMBER(plan.tree), .modes = MODE_BIT(MODE_GRAPH),
     .help = "print the graph as a tree"},
    {.name = "until", .argument = "WHAT", .takes = TAKES_CHOICE, .choices = "ready ended idle", .text = MEMBER(control.until),
     .modes = MODE_BIT(MODE_WAIT), .help = "wait until they are 'ready' (the usual one), 'ended' or 'idle'"},
    {.letter = 'v', .name = "verbose", .modes = TELLING, .take = take_verbose,
     .help = "show all events"},
    {.name = "view", .flag = MEMBER(apart.view), .modes = MODE_BIT(MODE_RUN),
     .help = "show the run on the full screen, as parrun view does"},
    {.name = "with-deps", .flag = MEMBER(control.with_deps), .modes = REVIVING,
     .help = "start what they depend on too, where it was stopped"},
    {.letter = 'V', .name = "version", .mode = MODE_VERSION, .modes = MODE_BIT(MODE_RUN),
     .help = "print the version and exit"},
};

const struct option *option_at(size_t i)
{
    return i < countof(table) ? &table[i] : each_option_at(i - countof(table));
}

const struct option *option_find(const char *name, size_t length, enum mode mode)
{
    const struct option *option;
    for (size_t i = 0; (option = option_at(i)); i++)
        if (strlen(option->name) == length && !memcmp(option->name, name, length) && option_goes_with(option, mode))
            return option;
    return NULL;
}

const struct option *option_of_letter(char letter, enum mode mode)
{
    const struct option *option;
    for (size_t i = 0; (option = option_at(i)); i++)
        if (option->letter == letter && option_goes_with(option, mode))
            return option;
    return NULL;
}

bool option_goes_with(const struct option *option, enum mode mode)
{
    return mode == MODE_ANY || option->modes & MODE_BIT(mode);
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

int choice_check(const char *what, const char *choices, const char *value, struct error *error)
{
    struct buf text = {0};
    if (is_among(choices, value))
        return 0;
    put_choices(&text, choices);
    error_set(error, ERROR_FAILED, "%s is %s, not '%s'", what, buf_string(&text), value);
    buf_release(&text);
    return ERROR_FAILED;
}

static int check_value(const struct option *option, const char *value, struct error *error)
{
    struct buf name = {0};
    if (option->takes != TAKES_CHOICE)
        return 0;
    buf_printf(&name, "--%s", option->name);
    int result = choice_check(name.data, option->choices, value, error);
    buf_release(&name);
    return result;
}

int option_take(const struct option *option, struct options *options, const char *value,
                struct error *error)
{
    char *bytes = (char *)options;
    if (check_value(option, value, error))
        return ERROR_FAILED;
    if (option->mode != MODE_RUN)
        options->mode = option->mode;
    if (option->flag)
        *(bool *)(bytes + option->flag) = true;
    if (option->text)
        *(const char **)(bytes + option->text) = value;
    if (option->list)
        words_add((struct words *)(bytes + option->list), value);
    return option->take ? option->take(options, value, error) : 0;
}

