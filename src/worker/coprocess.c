/* Bodies that are a program which is kept running: each task is a line to it and a line back. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "os/spawn.h"
#include "worker/coprocess_exchange.h"
#include "worker/coprocess_program.h"
#include "worker/private.h"
#include "worker/render.h"

/* Programs that ended before they read of a task, until the pool gives up. */
#define FRUITLESS_MOST 5

/* A program that has closed a pipe is about to end, if it does so within this time. */
#define END_TIME NS_PER_S

/* A result may take so many bytes encoded: short JSON values take more there than as text. */
#define RESULT_LONGEST ((size_t)128 << 20)

struct coprocess {
    struct program program;
    bool given_up; /* the pool was told why */
    struct buf question;
    struct buf result; /* encoded */
    struct buf command;
};

static int start(struct worker *worker, struct error *error)
{
    struct spawn_options options = {0};
    int result = render_program(worker->command, worker, &options, error);
    if (!result)
        result = program_start(&worker->coprocess->program, worker, &options, error);
    return result;
}

int coprocess_prepare(struct worker *worker, struct error *error)
{
    worker->coprocess = mem_calloc(1, sizeof(*worker->coprocess));
    int result = command_prepare(worker, error);
    return result || worker->config.dry ? result : start(worker, error);
}

/* The line for the task, without its newline. */
static int compose(struct worker *worker, const struct worker_task *task, struct error *error)
{
    struct arena *arena = worker_task_needs_arena(task) ? arena_new() : NULL;
    struct buf *question = &worker->coprocess->question;
    struct value item = {0};
    const char *at = worker_task_item(task);
    size_t left = task->size;
    buf_clear(question);
    int result = value_decode(arena, &at, &left, &item, error);
    if (!result)
        (worker->config.json ? value_json : value_text)(question, &item);
    if (!result && question->length && memchr(question->data, '\n', question->length))
        result = error_set(error, ERROR_FAILED,
                           "its item has a newline and so is no line; 'format: json' can pass it");
    arena_free(arena);
    return result;
}

/* The program as a line for a shell. */
static int print_program(struct worker *worker, struct buf *out, struct error *error)
{
    struct spawn_options options = {0};
    int result = render_program(worker->command, worker, &options, error);
    if (!result)
        render_print(worker->command, &options, out);
    return result;
}

/* What does the same for this task alone, as a line for a shell. */
static int print_task(struct worker *worker, struct error *error)
{
    const struct buf *question = &worker->coprocess->question;
    struct buf *command = &worker->coprocess->command;
    buf_text(command, "printf '%s\\n' ");
    shell_quote(command, buf_string(question), question->length);
    buf_text(command, " | (");
    int result = print_program(worker, command, error);
    buf_char(command, ')');
    return result;
}

/* Of a task that has failed it is told in any case; that this fails too is no news. */
static void tell_failed(struct worker *worker)
{
    struct error error = {0};
    if (print_task(worker, &error))
        buf_clear(&worker->coprocess->command);
    error_release(&error);
}

/* Tells the pool that the program does not come to its tasks. */
static void give_up(struct worker *worker, const struct error *error)
{
    struct buf reason = {0};
    worker->coprocess->given_up = true;
    buf_printf(&reason, "worker %lld: %s; %d starts in a row have read no task",
               (long long)worker->config.worker, error->text, FRUITLESS_MOST);
    refusal_write(worker, reason.data);
    buf_release(&reason);
}

/* An end that fails no task is not passed over, unless it is a good one. */
static void log_end(struct worker *worker)
{
    struct program *program = &worker->coprocess->program;
    struct buf text = {0};
    if (program->status) {
        buf_text(&text, "its program ended: ");
        program_describe(program, worker, &text);
        log_write(worker, text.data, text.length);
    }
    buf_release(&text);
}

/* What the key "error" of a top-level object holds; NULL where there is none, or it is null. */
static const struct value *find_error(const struct value *value)
{
    for (size_t i = 0; value->type == VALUE_TABLE && i < value->table.count; i++) {
        const struct value_pair *pair = &value->table.pairs[i];
        bool named = pair->key.type == VALUE_STRING && pair->key.string.length == 5 &&
                     !memcmp(pair->key.string.bytes, "error", 5);
        if (named)
            return pair->value.type == VALUE_NIL ? NULL : &pair->value;
    }
    return NULL;
}

/* The answer as JSON becomes the result, or the error that it tells of. */
static int take_json(struct exchange *exchange, struct error *error)
{
    struct coprocess *coprocess = exchange->worker->coprocess;
    struct arena *arena = arena_new();
    struct value value = {0};
    struct buf text = {0};
    int result =
        value_from_json(arena, coprocess->program.received.data, exchange->length, &value, error);
    const struct value *told = result ? NULL : find_error(&value);
    if (result) {
        exchange_show(exchange, &text);
        error_wrap(error, "its program answered with %s", text.data);
        program_end(&coprocess->program, exchange->worker, 0);
    } else if (told) {
        value_text(&text, told);
        result = error_set(error, ERROR_FAILED, "%s", buf_string(&text));
    } else {
        value_encode(&coprocess->result, &value);
    }
    buf_release(&text);
    arena_free(arena);
    return result;
}

/* The answer becomes output and result; the program goes on. */
static int take_answer(struct exchange *exchange, struct error *error)
{
    struct worker *worker = exchange->worker;
    struct coprocess *coprocess = worker->coprocess;
    const char *answer = coprocess->program.received.data;
    int result = 0;
    if (worker->config.json)
        result = take_json(exchange, error);
    else
        value_encode_string(&coprocess->result, answer, exchange->length);
    if (!result && coprocess->result.length > RESULT_LONGEST) {
        buf_clear(&coprocess->result);
        return error_set(error, ERROR_FAILED,
                         "its program's answer has too many values to be kept");
    }
    if (!result)
        output_write(worker, 0, answer, exchange->length + 1);
    return result;
}

/* The program has ended before its answer, or is ended because of what it did: says why. */
static int end_program(struct exchange *exchange, struct error *error)
{
    struct program *program = exchange->program;
    bool closed = exchange->state == EXCHANGE_ENDED;
    bool itself = program_end(program, exchange->worker, closed ? END_TIME : 0);
    if (closed && !itself) {
        buf_text(&exchange->reason, "its program closed its input or its output");
    } else if (closed) {
        buf_printf(&exchange->reason, "its program ended%s: ",
                   exchange->asked && program->received.length ? " in the middle of its answer"
                                                               : "");
        program_describe(program, exchange->worker, &exchange->reason);
    }
    buf_clear(&program->received);
    return error_set(error, ERROR_FAILED, "%s", buf_string(&exchange->reason));
}

/* What the state of an exchange makes of the task; a negative code with ERROR where it failed. */
static int finish_exchange(struct exchange *exchange, struct result *told, struct error *error)
{
    struct program *program = exchange->program;
    int result = 0;
    switch (exchange->state) {
    case EXCHANGE_ANSWERED:
        result = take_answer(exchange, error);
        buf_clear(&program->received);
        if (exchange->exited && program->pid) {
            program_end(program, exchange->worker, 0);
            log_end(exchange->worker);
        }
        return result;
    case EXCHANGE_TIMEOUT:
        told->outcome = OUTCOME_TIMEOUT;
        break;
    case EXCHANGE_CANCELLED:
        told->outcome = OUTCOME_CANCELLED;
        break;
    default:
        return end_program(exchange, error);
    }
    program_end(program, exchange->worker, 0);
    return result;
}

/* One program's try; *IGNORED where it ended and has not read a byte of the question. */
static int try_program(struct worker *worker, int64_t deadline, bool *ignored, struct result *told,
                       struct error *error)
{
    struct coprocess *coprocess = worker->coprocess;
    struct exchange exchange = {.worker = worker,
                                .program = &coprocess->program,
                                .question = &coprocess->question,
                                .deadline = deadline};
    exchange_run(&exchange);
    *ignored = exchange.state == EXCHANGE_ENDED && !exchange_was_read(&exchange);
    int result = finish_exchange(&exchange, told, error);
    buf_release(&exchange.reason);
    return result;
}

/*
 * Asks the program, started anew where it has ended. One that ended before it read of the task has
 * nothing to do with it: the task goes to the next.
 */
static int ask(struct worker *worker, int64_t deadline, struct result *told, struct error *error)
{
    for (int fruitless = 1;; fruitless++) {
        bool ignored = false;
        int result = worker->coprocess->program.pid ? 0 : start(worker, error);
        if (!result)
            result = try_program(worker, deadline, &ignored, told, error);
        if (!ignored)
            return result;
        if (fruitless == FRUITLESS_MOST) {
            give_up(worker, error);
            return result;
        }
        log_end(worker);
        error_release(error);
    }
}

/* A dry run: the result is the line, the command the program. */
static int plan_task(struct worker *worker, struct error *error)
{
    struct coprocess *coprocess = worker->coprocess;
    value_encode_string(&coprocess->result, buf_string(&coprocess->question),
                        coprocess->question.length);
    return print_program(worker, &coprocess->command, error);
}

static int run_task(struct worker *worker, const struct worker_task *task, struct result *told,
                    struct error *error)
{
    int64_t limit = task->timeout;
    int64_t deadline = limit ? clock_monotonic() + limit : 0;
    int result = compose(worker, task, error);
    if (result)
        return result;
    if (worker->config.dry)
        return plan_task(worker, error);
    if (worker->config.tell_command && (result = print_task(worker, error)))
        return result;
    result = ask(worker, deadline, told, error);
    if ((result || told->outcome != OUTCOME_DONE) && !worker->config.tell_command)
        tell_failed(worker);
    return result;
}

void coprocess_run_task(struct worker *worker, const struct worker_task *task)
{
    struct coprocess *coprocess = worker->coprocess;
    struct result told = {.id = task->id};
    struct error error = {0};
    int result = 0;
    while (channel_is_full(worker))
        channel_wait(worker, NULL, 0, 0);
    int64_t started = clock_monotonic();
    buf_clear(&coprocess->result);
    buf_clear(&coprocess->command);
    if (coprocess->given_up)
        told.outcome = OUTCOME_CANCELLED;
    else
        result = run_task(worker, task, &told, &error);
    if (result)
        told.outcome = OUTCOME_FAILED;
    worker->now = clock_monotonic();
    told.duration = worker->now - started;
    told.text = result ? error.text : buf_string(&coprocess->result);
    told.text_length = result ? strlen(error.text) : coprocess->result.length;
    told.spent = !result;
    told.command = buf_string(&coprocess->command);
    told.command_length = coprocess->command.length;
    result_write(worker, &told);
    error_release(&error);
}

/* What it wrote when nobody asked any more goes to the log. */
static void tell_last_words(struct worker *worker)
{
    struct buf *received = &worker->coprocess->program.received;
    while (received->length) {
        const char *newline = memchr(received->data, '\n', received->length);
        size_t length = newline ? (size_t)(newline - received->data) : received->length;
        log_write(worker, received->data, length);
        buf_consume(received, length + (newline ? 1 : 0));
    }
}

void coprocess_finish(struct worker *worker)
{
    struct coprocess *coprocess = worker->coprocess;
    if (!coprocess || !coprocess->program.pid)
        return;
    buf_clear(&coprocess->program.received);
    program_end(&coprocess->program, worker, worker->config.stop.grace);
    tell_last_words(worker);
    log_end(worker);
}

void coprocess_release(struct worker *worker)
{
    struct coprocess *coprocess = worker->coprocess;
    if (!coprocess)
        return;
    buf_release(&coprocess->program.received);
    buf_release(&coprocess->question);
    buf_release(&coprocess->result);
    buf_release(&coprocess->command);
    free(coprocess);
    worker->coprocess = NULL;
}
