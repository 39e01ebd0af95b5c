/* The command line: modes and exit statuses. */
#include "cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/diag.h"
#include "base/error.h"
#include "base/mask.h"
#include "base/mem.h"
#include "cli/completion.h"
#include "cli/example.h"
#include "cli/graph.h"
#include "cli/list.h"
#include "cli/options.h"
#include "cli/queue_command.h"
#include "cli/reference.h"
#include "cli/runner.h"
#include "cli/status.h"
#include "cli/visit.h"
#include "os/guard.h"
#include "os/jobserver.h"
#include "os/private_socket.h"
#include "os/stdio.h"
#include "scenario/complete.h"
#include "scenario/import.h"
#include "scenario/json_schema.h"
#include "scenario/spec.h"

#define PARRUN_VERSION "0.1.0"

static void put_error(const char *text)
{
    fprintf(stderr, "parrun: error: %s\n", text);
}

/* Writes all of TEXT to standard output; STATUS_OUTPUT where that fails. */
static int put_whole(const char *text)
{
    struct error error = {0};
    fputs(text, stdout);
    if (!stdio_flush(&error))
        return STATUS_OK;
    put_error(error.text);
    error_release(&error);
    return STATUS_OUTPUT;
}

static int print_text(void (*make)(struct buf *out))
{
    struct buf text = {0};
    make(&text);
    int status = put_whole(text.data);
    buf_release(&text);
    return status;
}

/* Prints what MAKE makes of NAME. */
static int print_made(int (*make)(const char *name, struct buf *out, struct error *error),
                      const char *name)
{
    struct buf text = {0};
    struct error error = {0};
    int status = STATUS_USAGE;
    if (make(name, &text, &error))
        put_error(error.text);
    else
        status = put_whole(buf_string(&text));
    error_release(&error);
    buf_release(&text);
    return status;
}

struct scenario *cli_load(const struct options *options, struct scenario_sources **held)
{
    struct diags *diags = diags_new();
    struct scenario *scenario = scenario_load(options->file, options->overrides.items,
                                              options->overrides.count, diags, held);
    struct buf text = {0};
    diags_print(diags, &text);
    mask_buf(scenario_mask(*held), &text);
    fputs(buf_string(&text), stderr);
    buf_release(&text);
    diags_free(diags);
    return scenario;
}

/* The modes that print what a scenario is and run nothing of it; --check prints its errors alone.
 */
static void (*const views[])(struct buf *out, const struct scenario *scenario) = {
    [MODE_LIST] = list_print,       [MODE_VARS] = vars_print,       [MODE_SHOW] = scenario_print,
    [MODE_GRAPH] = graph_print_dot, [MODE_TREE] = graph_print_tree,
};

static int view(const struct options *options)
{
    struct scenario_sources *held = NULL;
    struct buf text = {0};
    struct scenario *scenario = cli_load(options, &held);
    int status = scenario ? STATUS_OK : STATUS_USAGE;
    if (scenario && views[options->mode]) {
        views[options->mode](&text, scenario);
        mask_buf(scenario_mask(held), &text);
        status = put_whole(buf_string(&text));
    }
    buf_release(&text);
    scenario_free(scenario);
    scenario_free_sources(held);
    return status;
}

/* Prints the scenario that FILE, another runner's, is. */
static int import(const char *file)
{
    struct diags *diags = diags_new();
    struct scenario_sources *held = NULL;
    struct buf text = {0};
    int status = STATUS_USAGE;
    if (import_file(file, &text, diags, &held)) {
        status = put_whole(text.data);
    } else {
        diags_print(diags, &text);
        fputs(buf_string(&text), stderr);
    }
    buf_release(&text);
    diags_free(diags);
    scenario_free_sources(held);
    return status;
}

static void give_back(void *arg)
{
    const struct order *order = arg;
    jobserver_settle(order->jobserver);
    private_socket_remove(order->socket);
}

/* What is made before the guard and the runner part can be given back by both. */
static _Noreturn void run(const struct options *options)
{
    const char *flags = getenv("MAKEFLAGS");
    struct error error = {0};
    struct order order = {.options = options};
    order.jobserver = options->dry ? NULL : jobserver_join(flags, &error);
    order.no_jobserver = error.text;
    order.socket = private_socket_new();
    jobserver_pass_on(flags);
    guard_run(runner_main, give_back, &order);
}

int cli_main(int argc, char **argv)
{
    struct options options;
    struct error error = {0};
    int status;
    if (options_parse(&options, argc, argv, &error)) {
        put_error(error.text);
        error_release(&error);
        options_release(&options);
        return STATUS_USAGE;
    }
    switch (options.mode) {
    case MODE_HELP:
        status = print_text(options_help);
        break;
    case MODE_VERSION:
        status = put_whole("parrun " PARRUN_VERSION "\n");
        break;
    case MODE_CHECK:
    case MODE_LIST:
    case MODE_VARS:
    case MODE_SHOW:
    case MODE_GRAPH:
    case MODE_TREE:
        status = view(&options);
        break;
    case MODE_SCHEMA:
        status = print_text(json_schema_print);
        break;
    case MODE_EXAMPLE:
        status = print_made(example_print, options.subject);
        break;
    case MODE_COMPLETION:
        status = print_made(completion_print, options.subject);
        break;
    case MODE_REFERENCE:
        status = print_made(reference_print, options.subject);
        break;
    case MODE_IMPORT:
        status = import(options.subject);
        break;
    case MODE_PUT:
        status = visit_put(&options);
        break;
    case MODE_GET:
        status = visit_get(&options);
        break;
    case MODE_QUEUE:
        status = queue_command(&options);
        break;
    case MODE_RUN:
        run(&options);
    default:
        status = STATUS_BUG;
        break;
    }
    options_release(&options);
    return status;
}
