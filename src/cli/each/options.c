/* The command line of "each": its options, the command, and behind ::: the items. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cut.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "cli/each/each.h"
#include "cli/each/private.h"
#include "cli/options_private.h"

/* No pool has more workers; as many as possible are these. */
#define JOBS_MOST 1024
#define JOBS_ZERO 256

#define BATCH_MOST 1000000
#define RETRIES_MOST 1000000

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
static int take_jobs(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    int64_t number = 0;
    size_t length = strlen(value);
    char *end;
    bool relative = *value == '+' || *value == '-';
    bool share = length > 1 && value[length - 1] == '%';
    if (share && strtod(value, &end) > 0 && !strcmp(end, "%")) {
        each->rules.workers = value;
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
    memcpy(each->rules.workers_text, text.data, text.length + 1);
    buf_release(&text);
    each->rules.workers = each->rules.workers_text;
    return 0;
}

static int take_batch(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    if (read_number(value, 1, BATCH_MOST, &each->reading.batch))
        return 0;
    return error_set(error, ERROR_FAILED, "-n and -L are how many items a command gets, from 1, not '%s'",
                     value);
}

static int take_exact_batch(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    each->reading.no_items = !strcmp(value, "0");
    if (each->reading.no_items || read_number(value, 1, BATCH_MOST, &each->reading.batch))
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

static int take_delimiter(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    each->reading.nul = !strcmp(value, "\\0");
    each->reading.end = each->reading.nul ? NULL : unescape(value, each->reading.end_text);
    if (!*value)
        return error_set(error, ERROR_FAILED, "-d is what stands behind each item, such as ',' or '\\n'");
    return 0;
}

static int take_columns(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    struct cut cut;
    each->reading.columns = unescape(value, each->reading.columns_text);
    if (!*value)
        return error_set(error, ERROR_FAILED,
                         "--colsep is what stands between two columns, such as ',' or '\\t'");
    int result = cut_init(&cut, each->reading.columns, error);
    cut_release(&cut);
    return result ? error_wrap(error, "--colsep") : 0;
}

static int take_header(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    each->reading.header = true;
    if (!strcmp(value, ":"))
        return 0;
    return error_set(error, ERROR_FAILED,
                     "--header : takes the first line, or the first item of each list, as names; '%s' is "
                     "nothing that it knows",
                     value);
}

static int take_replacement(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    each->reading.replacement = value;
    if (!*value)
        return error_set(error, ERROR_FAILED, "-I is what stands for an item in the command, such as %%");
    return 0;
}

static struct each_list *add_list(struct each *each, const char *file, bool linked)
{
    each->input.lists = mem_grow(each->input.lists, &each->input.list_capacity, each->input.list_count + 1, sizeof(*each->input.lists));
    struct each_list *list = &each->input.lists[each->input.list_count++];
    *list = (struct each_list){.file = file, .linked = linked};
    return list;
}

static int take_file(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    (void)error;
    add_list(each, value, false);
    return 0;
}

/* A duration; a bare number is seconds. False where VALUE is none. */
static bool read_seconds(const char *value, int64_t *ns)
{
    struct error fault = {0};
    struct buf text = {0};
    bool bare = *value && value[strspn(value, "0123456789.")] == '\0';
    buf_printf(&text, "%s%s", value, bare ? "s" : "");
    bool good = !duration_parse(text.data, ns, &fault);
    buf_release(&text);
    error_release(&fault);
    return good;
}

static int take_timeout(struct options *options, const char *value, struct error *error)
{
    int64_t ns;
    char *end;
    int64_t percent = strtoll(value, &end, 10);
    options->each->rules.timeout = value;
    if ((percent > 0 && !strcmp(end, "%")) || (read_seconds(value, &ns) && ns))
        return 0;
    return error_set(error, ERROR_FAILED,
                     "--timeout is seconds, a duration such as 2m, or a share of what is usual such as "
                     "300%%, not '%s'",
                     value);
}

static int take_delay(struct options *options, const char *value, struct error *error)
{
    int64_t ns;
    bool good = read_seconds(value, &ns);
    options->each->rules.delay = good && ns ? value : NULL;
    if (good)
        return 0;
    return error_set(error, ERROR_FAILED,
                     "--delay is seconds, or a duration such as 200ms, between the starts of two commands, "
                     "not '%s'",
                     value);
}

static int take_retries(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    int64_t number;
    if (!read_number(value, 1, RETRIES_MOST, &number))
        return error_set(error, ERROR_FAILED,
                         "--retries is how often a command is tried in all, the first time counted, from 1 to %d, not '%s'", RETRIES_MOST,
                         value);
    each->rules.retries = number > 1 ? value : NULL;
    return 0;
}

/* "now,fail=10%": checked here, so that the message is of the command line. */
static int take_halt(struct options *options, const char *value, struct error *error)
{
    struct each *each = options->each;
    static const char *const meant[] = {"never", "soon,fail=1", "now,fail=1"};
    static const char *const kinds[] = {"fail=", "success=", "done="};
    const char *behind = strchr(value, ',');
    int64_t number = 0;
    if (strlen(value) == 1 && *value >= '0' && *value <= '2')
        value = meant[*value - '0'];
    behind = strchr(value, ',');
    each->rules.halt = value;
    if (!strcmp(value, "never")) {
        each->rules.halt = NULL;
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

static int take_resume(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->select.resume = RESUME_UNDONE;
    return 0;
}

static int take_resume_previous(struct options *options, const char *value, struct error *error)
{
    (void)value;
    (void)error;
    options->select.resume = RESUME_PREVIOUS;
    return 0;
}

static int take_nothing(struct options *options, const char *value, struct error *error)
{
    (void)options;
    (void)value;
    (void)error;
    return 0;
}

/* The options of a run stand first: what is a place in one is one in the other. */
#define MEMBER(name) offsetof(struct each, name)

_Static_assert(!MEMBER(run), "the options begin it");

#define OPTION .modes = MODE_BIT(MODE_EACH)

static const struct option table[] = {
    {OPTION, .letter = '0', .name = "null", .flag = MEMBER(reading.nul), .help = "items end with NUL, not with a newline"},
    {OPTION, .letter = 'a', .name = "arg-file", .argument = "FILE", .takes = TAKES_FILE, .take = take_file,
     .help = "take the items from FILE, a line each; '-' is standard input"},
    {OPTION, .name = "bar", .flag = MEMBER(run.story.progress), .help = "show how far it is"},
    {OPTION, .name = "progress", .flag = MEMBER(run.story.progress)},
    {OPTION, .name = "block", .argument = "SIZE", .take = each_take_block,
     .help = "with --pipe: how long a block is, 1M without it; -N: a file makes N for each that runs at once"},
    {OPTION, .letter = 'C', .name = "colsep", .argument = "SEP", .take = take_columns,
     .help = "cut each line into columns, {1} {2} ...: a character, or a regular expression"},
    {OPTION, .letter = 'd', .name = "delimiter", .argument = "TEXT", .take = take_delimiter,
     .help = "items end with TEXT, such as ',' or '\\t'"},
    {OPTION, .name = "delay", .argument = "SECONDS", .take = take_delay,
     .help = "wait so long between the starts of two commands"},
    {OPTION, .name = "dry-run", .flag = MEMBER(run.plan.dry), .help = "print the commands, run none"},
    {OPTION, .name = "force", .flag = MEMBER(force), .help = "begin the joblog or the results anew"},
    {OPTION, .name = "halt", .argument = "WHEN", .take = take_halt,
     .help = "when to begin no more: now,fail=1 soon,fail=10% now,success=1 now,done=100"},
    {OPTION, .name = "header", .argument = ":", .take = take_header,
     .help = "the first line, or the first item of each list, names what {NAME} stands for"},
    {OPTION, .letter = 'I', .name = "replace", .argument = "TEXT", .take = take_replacement,
     .help = "TEXT stands for the item, in place of {}"},
    {OPTION, .letter = 'j', .name = "jobs", .argument = "N", .take = take_jobs,
     .help = "how many run at once: a number, 50% of the cores, +1, 0 for many; one a core"},
    {OPTION, .letter = 'P', .name = "max-procs", .argument = "N", .take = take_jobs},
    {OPTION, .name = "joblog", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(run.files.joblog),
     .help = "write a line a command to FILE"},
    {OPTION, .name = "journal", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(run.files.journal),
     .help = "write down in FILE, a database, which items are done"},
    {OPTION, .name = "junit", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(run.files.junit),
     .help = "write what came of the run to FILE as JUnit XML, for CI"},
    {OPTION, .letter = 'k', .name = "keep-order", .flag = MEMBER(keep_order),
     .help = "print what the commands write in the order of the items"},
    {OPTION, .name = "line-buffer", .flag = MEMBER(line_buffer),
     .help = "print each line as it comes, not a command's output whole when it ends"},
    {OPTION, .name = "lb", .flag = MEMBER(line_buffer)},
    {OPTION, .name = "link", .flag = MEMBER(reading.link), .help = "the first items of all lists, then the second ones, ..."},
    {OPTION, .name = "xapply", .flag = MEMBER(reading.link)},
    {OPTION, .letter = 'n', .name = "max-args", .argument = "N", .take = take_batch,
     .help = "give each command up to N items"},
    {OPTION, .letter = 'L', .name = "max-lines", .argument = "N", .take = take_batch},
    {OPTION, .letter = 'N', .name = "max-replace-args", .argument = "N", .take = take_exact_batch,
     .help = "the same, as {1} {2} ...; 0: none of them"},
    {OPTION, .name = "pipe", .flag = MEMBER(blocks.pipe),
     .help = "cut standard input, or -a FILE, into blocks of whole lines, each the standard input of a command"},
    {OPTION, .name = "pipepart", .flag = MEMBER(blocks.pipepart), .help = "the same of -a FILE, which is cut where it lies"},
    {OPTION, .letter = 'q', .name = "quote", .flag = MEMBER(quote),
     .help = "one word is a program too, never a line for the shell; no word is an operator or '::'"},
    {OPTION, .letter = 'r', .name = "no-run-if-empty", .take = take_nothing,
     .help = "nothing is run without items in any case"},
    {OPTION, .name = "recend", .argument = "TEXT", .take = each_take_record_end,
     .help = "with --pipe: what ends a record, in place of a newline"},
    {OPTION, .name = "recstart", .argument = "TEXT", .take = each_take_record_start,
     .help = "with --pipe: what each record begins with, such as '>'"},
    {OPTION, .name = "record", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(run.files.record),
     .help = "record all that happens in FILE, packed where it ends in .gz: see parrun-record(5)"},
    {OPTION, .name = "report", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(run.files.report),
     .help = "write what came of the run to FILE, a page for a browser: see parrun-report(1)"},
    {OPTION, .name = "results", .argument = "DIR", .text = MEMBER(rules.results),
     .help = "keep what each command wrote in DIR"},
    {OPTION, .name = "resume", .take = take_resume,
     .help = "leave out what the joblog, or the journal, has as succeeded"},
    {OPTION, .name = "resume-previous", .take = take_resume_previous,
     .help = "the same by the journal, as it was before a run that began anew"},
    {OPTION, .name = "retries", .argument = "N", .take = take_retries, .help = "try what fails up to N times in all, the first one counted"},
    {OPTION, .name = "show", .flag = MEMBER(show), .help = "print the scenario that this stands for, run nothing"},
    {OPTION, .name = "tag", .flag = MEMBER(tag), .help = "put the item and a tab before each line of output"},
    {OPTION, .name = "timeout", .argument = "SECONDS", .take = take_timeout,
     .help = "end a command after so long; 300%: three times as long as usual"},
    {OPTION, .name = "trace", .argument = "FILE", .takes = TAKES_FILE, .text = MEMBER(run.files.trace),
     .help = "write a trace of the run to FILE, for Perfetto"},
    {OPTION, .letter = 't', .name = "verbose", .flag = MEMBER(run.story.trace),
     .help = "print each command on standard error"},
    {OPTION, .name = "will-cite", .take = take_nothing, .help = "taken as GNU parallel does; nothing is to be cited"},
};

const struct option *each_option_at(size_t i)
{
    return i < countof(table) ? &table[i] : NULL;
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
    if (each->run.mode == MODE_HELP)
        return 0;
    int result = each_check_blocks(each, error);
    if (result)
        return result;
    if (each->reading.batch && source == EACH_LISTS)
        return error_set(error, ERROR_FAILED,
                         "each: -n, -N and -L are for one list of items; of several each command gets one of "
                         "each already");
    if (each->reading.batch && each->reading.columns)
        return error_set(error, ERROR_FAILED, "each: --colsep and -n, -N or -L exclude each other");
    if (each->reading.columns && source != EACH_STREAM)
        return error_set(error, ERROR_FAILED,
                         "each: --colsep cuts the lines of one file, or of standard input; items behind ::: "
                         "are words already");
    if (each->reading.end && each->reading.nul)
        return error_set(error, ERROR_FAILED, "each: -0 and -d exclude each other");
    if (each->input.lists && each->input.lists[0].linked)
        return error_set(error, ERROR_FAILED, "each: the first list has none before it: write ::: for :::+");
    if (each->run.select.resume && !each->run.files.joblog && !each->run.files.journal)
        return error_set(error, ERROR_FAILED,
                         "each: --resume needs --joblog FILE, or --journal FILE: there stands what is done");
    if (each->run.select.resume == RESUME_PREVIOUS && !each->run.files.journal)
        return error_set(error, ERROR_FAILED,
                         "each: --resume-previous needs --journal FILE: a joblog has one run alone");
    if (each->keep_order && each->line_buffer)
        return error_set(error, ERROR_FAILED,
                         "each: -k prints whole commands in their order, --line-buffer lines as they come: "
                         "give one of them");
    return 0;
}

int each_parse(struct each *each, int argc, char **argv, struct error *error)
{
    int result = 0;
    int next = 1;
    options_begin(&each->run, argc, argv);
    each->run.each = each;
    each->run.file = "each";
    while (!result && next < argc && (next == each->run.word_at || (argv[next][0] == '-' && argv[next][1]))) {
        if (next == each->run.word_at) {
            next++;
        } else if (!strcmp(argv[next], "--")) {
            each->behind_dashes = true;
            next++;
            break;
        } else {
            result = options_read(&each->run, &next, error);
        }
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
    if (each->input.list_count > 1)
        return EACH_LISTS;
    return each->input.list_count && !each->input.lists[0].file ? EACH_LIST : EACH_STREAM;
}

void each_help(struct buf *out)
{
    buf_text(out, "\nIn COMMAND {} is the item, {.} without its last extension, {/} its last part, {//} what is "
                  "before that,\n{/.} the last part without extension, {1} {2} ... one of several, {#} the "
                  "number, {%} the slot.\nWithout any of these the item comes last. One word with more than a "
                  "name in it is a line for the shell.\n");
}

void each_release(struct each *each)
{
    for (size_t i = 0; i < each->input.list_count; i++) {
        if (each->input.lists[i].text)
            free(each->input.lists[i].words);
        free(each->input.lists[i].text);
    }
    for (size_t i = 0; i < each->input.name_count; i++)
        free(each->input.names[i]);
    free(each->input.names);
    free(each->input.lists);
    free(each->input.header_line);
    free(each->blocks.record_end);
    free(each->blocks.record_start);
    buf_release(&each->text);
}
