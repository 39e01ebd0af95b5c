/* What is done to the file of durable queues: by the run that has it, or here where none has. */
#include "cli/queue_command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "cli/complain.h"
#include "cli/input.h"
#include "cli/options.h"
#include "cli/status.h"
#include "cli/visit.h"
#include "os/stdio.h"
#include "script/value.h"
#include "sink/dead_letter.h"
#include "sink/database.h"
#include "sink/queue_file.h"

struct command {
    const struct options *options;
    const char *file;
    const char *const *words; /* behind the verb */
    size_t count;
};

void queue_tell(int64_t count, const char *what, const char *queue)
{
    printf("%lld message%s %s %s.\n", (long long)count, count == 1 ? "" : "s", what, queue);
}

/* ---- list ---- */

static void print_age(struct buf *out, double put)
{
    double age = (double)clock_wall() / (double)NS_PER_S - put;
    duration_print(out, age > 0 ? (int64_t)age * NS_PER_S : 0);
}

static void print_depth(struct query *query, struct buf *out)
{
    const char *name;
    int64_t messages;
    struct buf age = {0};
    query_text(query, 0, &name);
    query_integer(query, 1, &messages);
    if (messages)
        print_age(&age, query_number(query, 3));
    buf_printf(out, "%-24s %10lld %10lld  %s\n", name, (long long)messages,
               (long long)query_number(query, 2), messages ? buf_string(&age) : "-");
    buf_release(&age);
}

/* A line a message, whatever is in it. */
static void print_body(struct buf *out, const struct stored *message)
{
    struct buf text = {0};
    value_text_of(&text, message->encoded, message->length);
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < ' ' || byte == 0x7f)
            buf_printf(out, "\\x%02x", byte);
        else
            buf_char(out, (char)byte);
    }
    buf_release(&text);
}

static int print_message(struct query *query, struct buf *out, struct error *error)
{
    struct stored message;
    struct buf encoded = {0}, age = {0};
    int result = queue_file_read(query, &message, &encoded, error);
    if (!result) {
        print_age(&age, (double)message.put / (double)NS_PER_S);
        buf_printf(out, "%10lld  %-12s %8lld %8lld  ", (long long)message.id, buf_string(&age),
                   (long long)message.priority, (long long)message.attempts);
        print_body(out, &message);
        buf_char(out, '\n');
    }
    buf_release(&encoded);
    buf_release(&age);
    return result;
}

static int write_out(struct buf *out, struct error *error)
{
    fwrite(out->data, 1, out->length, stdout);
    buf_clear(out);
    return stdio_flush(error);
}

static int list_queues(struct database *database, struct buf *out, struct error *error)
{
    struct query *query = database_query(database, "SELECT * FROM depth", error);
    int step = query ? 0 : error->code;
    buf_printf(out, "%-24s %10s %10s  %s\n", "QUEUE", "MESSAGES", "TRIED", "OLDEST");
    while (query && (step = query_step(query, error)) == 1)
        print_depth(query, out);
    return step < 0 ? step : write_out(out, error);
}

static int list_messages(struct database *database, const char *queue, struct buf *out,
                         struct error *error)
{
    struct query *query = database_query(
        database,
        "SELECT " QUEUE_FILE_COLUMNS
        " FROM message WHERE queue = ? ORDER BY priority DESC, id",
        error);
    int step = query ? 0 : error->code;
    buf_printf(out, "%10s  %-12s %8s %8s  %s\n", "ID", "AGE", "PRIORITY", "ATTEMPTS", "MESSAGE");
    if (query)
        query_set_text(query, 1, queue, strlen(queue));
    while (query && (step = query_step(query, error)) == 1) {
        step = print_message(query, out, error);
        if (!step && out->length > ((size_t)1 << 16))
            step = write_out(out, error);
        if (step)
            break;
    }
    return step < 0 ? step : write_out(out, error);
}

static int do_list(const struct command *command, struct database *database, struct error *error)
{
    struct buf out = {0};
    int result = command->count ? list_messages(database, command->words[0], &out, error)
                                : list_queues(database, &out, error);
    buf_release(&out);
    return result;
}

/* ---- what changes the file, where no run has it ---- */

static int commit(struct database *database, int result, struct error *error)
{
    struct error ignored = {0};
    if (!result)
        return database_run(database, "COMMIT", error);
    database_run(database, "ROLLBACK", &ignored);
    error_release(&ignored);
    return result;
}

struct putting {
    struct database *database;
    const struct command *command;
    bool json; /* the messages are */
    int64_t id;
    int64_t count;
};

static int encode(const struct putting *putting, const char *bytes, size_t length,
                  struct buf *encoded, struct error *error)
{
    if (!putting->json) {
        value_encode_string(encoded, bytes, length);
        return 0;
    }
    if (!value_encode_json(encoded, bytes, length, error))
        return 0;
    return error_wrap(error, "queue '%s': it takes JSON", putting->command->words[0]);
}

static int put_one(void *arg, const char *bytes, size_t length, struct error *error)
{
    struct putting *putting = arg;
    const struct asking *asking = &putting->command->options->asking;
    struct buf encoded = {0};
    int result = encode(putting, bytes, length, &encoded, error);
    const struct stored message = {
        .id = putting->id++,
        .priority = asking->priority,
        .due = asking->delay ? clock_wall() + asking->delay : 0,
        .put = clock_wall(),
        .encoded = encoded.data,
        .length = encoded.length,
    };
    if (!result)
        result = queue_file_insert(putting->database, putting->command->words[0], &message, 1, error);
    buf_release(&encoded);
    putting->count++;
    return result;
}

static int do_put(const struct command *command, struct database *database, struct error *error)
{
    static const struct input_callbacks callbacks = {.take = put_one};
    struct putting putting = {.database = database, .command = command};
    const char *queue = command->words[0];
    struct buf framing = {0};
    int found = queue_file_has(database, queue, error);
    int result = found < 0 ? found : queue_file_make(database, queue, NULL, NULL, 0, clock_wall(), error);
    if (!result)
        result = queue_file_framing(database, queue, &framing, error);
    putting.json = !strcmp(buf_string(&framing), "json");
    buf_release(&framing);
    if (!result)
        result = queue_file_next_id(database, &putting.id, error);
    if (!result)
        result = database_run(database, "BEGIN IMMEDIATE", error);
    if (result)
        return result;
    for (size_t i = 1; !result && i < command->count; i++)
        result = put_one(&putting, command->words[i], strlen(command->words[i]), error);
    if (!result && command->count == 1)
        result = input_split(command->options->asking.nul ? '\0' : '\n', &callbacks, &putting, error);
    result = commit(database, result, error);
    if (!result)
        queue_tell(putting.count, found ? "put into" : "put into the new queue", queue);
    return result;
}

static int do_purge(const struct command *command, struct database *database, struct error *error)
{
    struct query *query = database_query(database, "DELETE FROM message WHERE queue = ?", error);
    if (!query)
        return error->code;
    query_set_text(query, 1, command->words[0], strlen(command->words[0]));
    int result = query_run(query, error);
    if (!result)
        queue_tell(database_changes(database), "purged from", command->words[0]);
    return result;
}

/* Changes the message at which READ stands to what it was in the queue that it came from. */
static int requeue_one(struct query *read, struct query *move,
                       const char *target, struct error *error)
{
    struct stored message;
    struct buf encoded = {0}, inner = {0}, queue = {0};
    int result = queue_file_read(read, &message, &encoded, error);
    bool dead = !result && dead_letter_open(message.encoded, message.length, &inner, &queue);
    if (!result && !dead && !target)
        result = error_set(error, ERROR_FAILED,
                           "message %lld is no dead letter: name the queue that it goes to",
                           (long long)message.id);
    if (!result)
        result = queue_file_move(move, message.id, target ? target : buf_string(&queue),
                                 dead ? inner.data : message.encoded,
                                 dead ? inner.length : message.length, error);
    buf_release(&encoded);
    buf_release(&inner);
    buf_release(&queue);
    return result;
}

static int do_requeue(const struct command *command, struct database *database,
                      struct error *error)
{
    int64_t count = 0;
    const char *target = command->count > 1 ? command->words[1] : NULL;
    int result = database_run(database, "BEGIN IMMEDIATE", error);
    if (result)
        return result;
    struct query *read = database_query(
        database, "SELECT " QUEUE_FILE_COLUMNS " FROM message WHERE queue = ? ORDER BY id LIMIT 1",
        error);
    struct query *move = read ? queue_file_mover(database, error) : NULL;
    int step = move ? 1 : error->code;
    while (step == 1) {
        query_set_text(read, 1, command->words[0], strlen(command->words[0]));
        step = query_step(read, error);
        if (step == 1)
            result = requeue_one(read, move, target, error);
        query_reset(read);
        step = result ? result : step;
        count += step == 1;
    }
    result = commit(database, step < 0 ? step : 0, error);
    if (!result)
        queue_tell(count, "put back from", command->words[0]);
    return result;
}

/* ---- the verbs ---- */

static const struct verb {
    const char *name;
    size_t least, most; /* words behind it */
    bool changes;       /* it wants the file for itself, or the run that has it */
    int (*act)(const struct command *command, struct database *database, struct error *error);
    int (*visit)(const struct options *options, const char *socket, const char *const *words,
                 size_t count);
    const char *usage;
} verbs[] = {
    {"list", 0, 1, false, do_list, NULL, "list [QUEUE]"},
    {"put", 1, (size_t)-1, true, do_put, visit_file_put, "put QUEUE [VALUE]..."},
    {"requeue", 1, 2, true, do_requeue, visit_requeue, "requeue QUEUE [TARGET]"},
    {"purge", 1, 1, true, do_purge, visit_purge, "purge QUEUE"},
};

static const struct verb *find_verb(const struct command *command, struct error *error)
{
    const struct words *words = &command->options->values;
    for (size_t i = 0; words->count && i < countof(verbs); i++) {
        if (strcmp(verbs[i].name, words->items[0]) != 0)
            continue;
        if (command->count >= verbs[i].least && command->count <= verbs[i].most)
            return &verbs[i];
        error_set(error, ERROR_FAILED, "usage: parrun --queue FILE %s", verbs[i].usage);
        return NULL;
    }
    error_set(error, ERROR_FAILED,
              "--queue FILE is followed by 'list', 'put', 'requeue' or 'purge'%s%s%s",
              words->count ? ", not by '" : "", words->count ? words->items[0] : "",
              words->count ? "'" : "");
    return NULL;
}

/* Queues that are not in the file are most likely misspelt, but one can be put into. */
static int check_queues(const struct verb *verb, const struct command *command,
                        struct database *database, struct error *error)
{
    for (size_t i = 0; i < command->count && verb->act != do_put; i++) {
        int found = queue_file_has(database, command->words[i], error);
        if (found < 0)
            return found;
        if (!found)
            return error_set(error, ERROR_FAILED, "queue file '%s': it has no queue '%s'",
                             command->file, command->words[i]);
    }
    return 0;
}

static int act(const struct verb *verb, const struct command *command, struct database *database,
               struct error *error)
{
    int result = database ? check_queues(verb, command, database, error) : error->code;
    if (!result)
        result = verb->act(command, database, error);
    database_close(database);
    return result ? complain_of(error) : flush_output();
}

/* A run has the file: it is asked. */
static int visit(const struct verb *verb, const struct command *command, struct error *error)
{
    struct buf socket = {0};
    struct database *database = queue_file_join(command->file, error);
    int result = database ? queue_file_socket(database, &socket, error) : error->code;
    database_close(database);
    int status = result ? complain_of(error)
                        : verb->visit(command->options, buf_string(&socket), command->words,
                                      command->count);
    buf_release(&socket);
    return status == STATUS_OK ? flush_output() : status;
}

int queue_command(const struct options *options)
{
    struct error error = {0};
    const struct words *words = &options->values;
    struct command command = {
        .options = options,
        .file = options->subject,
        .words = (const char *const *)words->items + (words->count > 0),
        .count = words->count ? words->count - 1 : 0,
    };
    const struct verb *verb = find_verb(&command, &error);
    if (verb && verb->act != do_put && access(command.file, F_OK))
        error_system(&error, errno, "queue file '%s'", command.file);
    if (error.code || !verb)
        return complain_of(&error);
    if (!verb->changes)
        return act(verb, &command, queue_file_join(command.file, &error), &error);
    struct database *database = queue_file_open(command.file, &error);
    if (database || error.code != ERROR_LOCKED)
        return act(verb, &command, database, &error);
    error_release(&error);
    return visit(verb, &command, &error);
}
