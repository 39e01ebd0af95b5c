/* The command line: modes and exit statuses. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "cli/candidates.h"
#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/control/background.h"
#include "cli/control/words.h"
#include "cli/each/each.h"
#include "cli/example.h"
#include "cli/graph.h"
#include "cli/list.h"
#include "cli/next_times.h"
#include "cli/options_private.h"
#include "cli/put_get.h"
#include "cli/queue_command.h"
#include "cli/reading.h"
#include "cli/reference.h"
#include "cli/runner/complain.h"
#include "cli/runner/runner.h"
#include "cli/runner/status.h"
#include "base/version.h"
#include "import/import.h"
#include "os/guard.h"
#include "os/jobserver.h"
#include "os/private_socket.h"
#include "pool/launch_command.h"
#include "scenario/print/json_schema.h"
#include "scenario/print/show.h"
#include "scenario/spec.h"

static int put_whole(const char *text)
{
    fputs(text, stdout);
    return flush_output();
}

static int print_text(void (*make)(struct buf *out))
{
    struct buf text = {0};
    make(&text);
    int status = put_whole(text.data);
    buf_release(&text);
    return status;
}

static int print_made(int (*make)(const char *name, struct buf *out, struct error *error),
                      const char *name)
{
    struct buf text = {0};
    struct error error = {0};
    int status = make(name, &text, &error) ? complain_of(&error) : put_whole(buf_string(&text));
    buf_release(&text);
    return status;
}

static struct scenario *load(const struct options *options, const char *file, struct scenario_sources **held)
{
    struct diags *diags = diags_new();
    struct scenario_wishes wishes = {
        .overrides = options->overrides.items,
        .override_count = options->overrides.count,
        .on = options->on,
    };
    struct scenario *scenario = options->each ? each_load(options->each, diags, held) : scenario_load(file, &wishes, diags, held);
    complain_diags(diags, scenario_mask(*held));
    diags_free(diags);
    return scenario;
}

struct scenario *cli_load(const struct options *options, struct scenario_sources **held)
{
    return load(options, options->file, held);
}

/* PRINT, where it is not NULL, says what the scenario in FILE is; nothing of it is run. */
static int view(const struct options *options, const char *file,
                void (*print)(struct buf *out, const struct scenario *scenario))
{
    struct scenario_sources *held = NULL;
    struct buf text = {0};
    struct scenario *scenario = load(options, file, &held);
    int status = scenario ? STATUS_OK : STATUS_USAGE;
    if (scenario && print) {
        print(&text, scenario);
        mask_buf(scenario_mask(held), &text);
        status = put_whole(buf_string(&text));
    }
    buf_release(&text);
    scenario_free(scenario);
    scenario_free_sources(held);
    return status;
}

/* As it is run, and behind it as comments the commands that start the workers of pools elsewhere. */
static void print_scenario(struct buf *out, const struct scenario *scenario)
{
    struct buf text = {0};
    scenario_print(out, scenario);
    for (size_t i = 0; i < scenario->pool_count; i++) {
        const struct pool_spec *pool = &scenario->pools[i];
        for (size_t k = 0; launch_command_plan(pool->on, k, pool->object.name, &text); k++) {
            buf_printf(out, "# pool %s: %s\n", pool->object.name, text.data);
            buf_clear(&text);
        }
    }
    buf_release(&text);
}

static int show(const struct options *options)
{
    struct error error = {0};
    if (options->plan.next)
        return next_times(options);
    if (options->plan.at) {
        error_set(&error, ERROR_FAILED, "--at goes with --next");
        return complain_of(&error);
    }
    return view(options, options->file, print_scenario);
}

/* Each file, whatever the others are. */
static int check(const struct options *options)
{
    int status = view(options, options->file, NULL);
    for (size_t i = 0; i < options->values.count; i++)
        if (view(options, options->values.items[i], NULL))
            status = STATUS_USAGE;
    return status;
}

/* Prints another runner's file as a scenario. */
static int import(const struct options *options)
{
    struct diags *diags = diags_new();
    struct scenario_sources *held = NULL;
    struct buf text = {0};
    int status = STATUS_USAGE;
    if (import_file(options->subject, &text, diags, &held))
        status = put_whole(text.data);
    else
        complain_diags(diags, NULL);
    buf_release(&text);
    diags_free(diags);
    scenario_free_sources(held);
    return status;
}

static void give_back(void *arg, int status)
{
    (void)status;
    const struct runner_args *order = arg;
    jobserver_settle(order->jobserver);
    private_socket_remove(order->socket);
}

/* What is made before the guard and the runner part can be given back by both. */
int cli_run(const struct options *options)
{
    const char *flags = getenv("MAKEFLAGS");
    struct error error = {0};
    struct runner_args order = {.options = options};
    if (options->apart.detach || options->apart.view)
        return background_run(options);
    order.jobserver = options->plan.dry ? NULL : jobserver_join(flags, &error);
    order.no_jobserver = error.text;
    order.socket = private_socket_new();
    jobserver_pass_on(flags);
    guard_run("runner", runner_main, give_back, &order);
}

/* The file for a shell, or what completes the last of the words that it hands over. */
static int complete(const struct options *options)
{
    struct buf text = {0};
    int count = (int)options->values.count;
    if (count) /* what stands before them, "--", is in the place of a name */
        candidates_print(&text, options->argv + options->argc - count - 1, count + 1);
    else
        completion_print(options->subject, &text);
    int status = put_whole(buf_string(&text));
    buf_release(&text);
    return status;
}

/* Of the word that stands before --help, or behind help; of all without one. */
static int print_help(const struct options *options)
{
    const char *word = options->command ? options->command->word : NULL;
    return print_made(command_help, options_word(options) == MODE_HELP ? options->subject : word);
}

static int print_version(const struct options *options)
{
    (void)options;
    return put_whole("parrun " PARRUN_VERSION "\n");
}

/* What each mode does: the one of these that there is. */
static const struct mode_row {
    int (*act)(const struct options *options);
    void (*text)(struct buf *out);
    int (*made)(const char *subject, struct buf *out, struct error *error);
    void (*view)(struct buf *out, const struct scenario *scenario);
} modes[] = {
    [MODE_RUN] = {.act = cli_run},
    [MODE_PLAN] = {.act = cli_run},
    [MODE_CHECK] = {.act = check},
    [MODE_LIST] = {.view = list_print},
    [MODE_VARS] = {.view = vars_print},
    [MODE_SHOW] = {.act = show},
    [MODE_GRAPH] = {.view = graph_print_dot},
    [MODE_TREE] = {.view = graph_print_tree},
    [MODE_SCHEMA] = {.text = json_schema_print},
    [MODE_COMPLETION] = {.act = complete},
    [MODE_EXAMPLE] = {.made = example_print},
    [MODE_GET] = {.act = queue_client_get},
    [MODE_PUT] = {.act = queue_client_put},
    [MODE_QUEUE] = {.act = queue_command},
    [MODE_REFERENCE] = {.made = reference_print},
    [MODE_HELP] = {.act = print_help},
    [MODE_IMPORT] = {.act = import},
    [MODE_REPLAY] = {.act = reading_replay},
    [MODE_SUMMARY] = {.act = reading_summary},
    [MODE_JUNIT] = {.act = reading_junit},
    [MODE_TRACE] = {.act = reading_trace},
    [MODE_REPORT] = {.act = reading_report},
    [MODE_PS] = {.act = control_ps},
    [MODE_STATUS] = {.act = control_word},
    [MODE_LOGS] = {.act = control_word},
    [MODE_WAIT] = {.act = control_word},
    [MODE_STOP] = {.act = control_word},
    [MODE_START] = {.act = control_word},
    [MODE_RESTART] = {.act = control_word},
    [MODE_PAUSE] = {.act = control_word},
    [MODE_RESUME] = {.act = control_word},
    [MODE_SCALE] = {.act = control_word},
    [MODE_SIGNAL] = {.act = control_word},
    [MODE_VIEW] = {.act = control_view},
    [MODE_VERSION] = {.act = print_version},
};

static int act(const struct options *options)
{
    const struct mode_row *row = &modes[options->mode];
    return row->act    ? row->act(options)
           : row->text ? print_text(row->text)
           : row->made ? print_made(row->made, options->subject)
                       : view(options, options->file, row->view);
}

/* Nothing was asked for: what there is to ask for. */
static int print_brief(void)
{
    struct buf text = {0};
    command_brief(&text);
    fputs(text.data, stderr);
    buf_release(&text);
    return STATUS_USAGE;
}

int cli_main(int argc, char **argv)
{
    struct options options = {0};
    struct error error = {0};
    const struct command *command = options_begin(&options, argc, argv);
    if (argc < 2)
        return print_brief();
    if (command && command->alone)
        return each_main(argc, argv);
    int status = options_parse(&options, argc, argv, &error) ? complain_of(&error) : act(&options);
    options_release(&options);
    return status;
}
