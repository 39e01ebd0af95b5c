/* Objects of which nothing is given. */
#include "scenario/spec.h"

const struct attributes_spec no_attributes;
const struct needs_spec no_needs;
const struct schedule_spec no_schedule;

static const struct stop_spec no_stop;
static const struct restart_spec no_restart;
static const struct watch_spec no_watch;
static const struct probe_spec no_probe;
static const struct codes_spec no_codes;
static const struct stream_spec no_stream = {.kind = STREAM_NULL}, log_stream = {.kind = STREAM_LOG}, joined_stream;

const struct process_spec process_without_parts = {
    .object = {OBJECT_WITHOUT_PARTS},
    .stop = &no_stop,
    .restart = &no_restart,
    .watch = &no_watch,
    .ready = &no_probe,
    .health = &no_probe,
    .success = &no_codes,
    .streams = {&no_stream, &log_stream, &joined_stream},
};

static const struct on_spec no_on;
static const struct retry_spec no_retry;
static const struct halt_spec no_halt;
static const struct throttle_spec no_throttle;
static const struct results_spec no_results;

const struct pool_spec pool_without_parts = {
    .object = {OBJECT_WITHOUT_PARTS},
    .on = &no_on,
    .output_file = &log_stream,
    .input = &no_stream,
    .stop = &no_stop,
    .retry = &no_retry,
    .success = &no_codes,
    .halt = &no_halt,
    .throttle = &no_throttle,
    .results = &no_results,
};
