/* "parrun each": the line, its scenario, and the run of it. */
#include "cli/each/each.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/error.h"
#include "cli/commands.h"
#include "cli/each/private.h"
#include "cli/runner/complain.h"
#include "cli/runner/runner.h"
#include "cli/runner/status.h"
#include "scenario/spec.h"

struct scenario *each_load(const struct each *each, struct diags *diags,
                           struct scenario_sources **held)
{
    struct scenario *scenario =
        scenario_load_text("each", each->text.data, each->text.length, diags, held);
    if (scenario)
        scenario->pools[0].tasks.header_line = each->input.header_line;
    return scenario;
}

static bool holds_something(const char *path)
{
    struct stat status;
    return !stat(path, &status) && S_ISREG(status.st_mode) && status.st_size;
}

/* What an earlier run has left is not begun anew by one forgotten word. */
static int check_earlier(const struct each *each, struct error *error)
{
    struct buf records = {0};
    bool goes_on = each->force || each->run.select.resume || each->run.plan.dry;
    buf_printf(&records, "%s/results.jsonl", each->rules.results ? each->rules.results : "");
    int result = 0;
    if (each->run.plan.dry && each->run.files.record)
        result = error_set(error, ERROR_FAILED,
                           "each: --record and --dry-run exclude each other: nothing is run");
    else if (each->force && each->run.select.resume)
        result = error_set(error, ERROR_FAILED,
                           "each: --resume goes on with what is there, --force begins it anew: give one of "
                           "them");
    else if (!goes_on && each->run.files.joblog && holds_something(each->run.files.joblog))
        result = error_set(error, ERROR_FAILED,
                           "each: joblog '%s' is there already: --resume leaves out what it has as succeeded, "
                           "--force begins it anew",
                           each->run.files.joblog);
    else if (!goes_on && each->rules.results && holds_something(records.data))
        result = error_set(error, ERROR_FAILED,
                           "each: '%s' has the results of an earlier run: --force begins them anew",
                           each->rules.results);
    buf_release(&records);
    return result;
}

static int prepare(struct each *each, struct error *error)
{
    int result = each_check_command(each, error);
    if (!result)
        result = check_earlier(each, error);
    if (!result)
        result = each_read_items(each, error);
    if (!result)
        result = each_write(each, error);
    each->run.force = each->force;
    each->run.select.resume_joblog = each->run.select.resume && !each->run.files.journal;
    if (each->run.select.resume_joblog)
        each->run.select.resume = RESUME_NONE;
    return result;
}

static int print(const struct buf *text)
{
    fwrite(text->data, 1, text->length, stdout);
    return flush_output();
}

int each_main(int argc, char **argv)
{
    struct each each = {0};
    struct error error = {0};
    bool help = false;
    int status;
    int result = each_parse(&each, argc, argv, &error);
    if (!result)
        help = each.run.mode == MODE_HELP;
    if (help)
        result = command_help("each", &each.text, &error);
    else if (!result)
        result = prepare(&each, &error);
    if (result)
        status = complain_of(&error);
    else
        status = help || each.show ? print(&each.text) : cli_run(&each.run);
    each_release(&each);
    return status;
}
