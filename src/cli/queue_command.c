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
#include "base/str.h"
#include "base/unit.h"
#include "cli/options.h"
#include "cli/put_get.h"
#include "cli/queue_put.h"
#include "cli/runner/complain.h"
#include "cli/runner/status.h"
#include "log/file_lock.h"
#include "os/stdio.h"
#include "store/database.h"
#include "store/dead_letter.h"
#include "store/queue_file.h"
#include "value/value.h"

/* Of what clock_print() makes. */
#define DUE_WIDTH 27

struct queue_command {
    const struct options *options;
    const char *file;
    const char *const *words; /* behind the verb */
    size_t count;
    struct queue_put *put; /* of that verb alone */
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

/* When nobody is kept from it any more, or "-"; in seconds since 1970. */
static void print_due(struct buf *out, double due)
{
    if (due > (double)clock_wall() / (double)NS_PER_S)
        clock_print(out, (int64_t)(due * (double)NS_PER_S));
    else
        buf_char(out, '-');
}

/* On one line, whatever is in it: a character that a terminal would obey, or that is none, is shown as its bytes. */
static void print_shown(struct buf *out, const char *bytes, size_t length)
{
    for (size_t size; length; bytes += size, length -= size) {
        size = utf8_char(bytes, length);
        unsigned char first = (unsigned char)bytes[0];
        bool c1 = size == 2 && first == 0xc2 && (unsigned char)bytes[1] < 0xa0;
        if (size && first >= ' ' && first != 0x7f && !c1) {
            buf_append(out, bytes, size);
            continue;
        }
        size = size ? size : 1;
        for (size_t i = 0; i < size; i++)
            buf_printf(out, "\\x%02x", (unsigned char)bytes[i]);
    }
}

static void print_depth(struct query *query, struct buf *out)
{
    const char *name;
    int64_t messages;
    struct buf age = {0}, due = {0}, shown = {0};
    query_text(query, 0, &name);
    print_shown(&shown, name, strlen(name));
    query_integer(query, 1, &messages);
    if (messages)
        print_age(&age, query_number(query, 3));
    print_due(&due, query_number(query, 5));
    buf_printf(out, "%-24s %10lld %10lld %10lld  %-12s  %s\n", buf_string(&shown), (long long)messages,
               (long long)query_number(query, 2), (long long)query_number(query, 4),
               messages ? buf_string(&age) : "-", due.data);
    buf_release(&age);
    buf_release(&due);
    buf_release(&shown);
}

static void print_body(struct buf *out, const struct stored *message)
{
    struct buf text = {0};
    value_text_of(&text, message->encoded, message->length);
    print_shown(out, text.data, text.length);
    buf_release(&text);
}

static int print_message(struct query *query, struct buf *out, struct error *error)
{
    struct stored message;
    struct buf encoded = {0}, age = {0}, due = {0};
    int result = queue_file_read(query, &message, &encoded, error);
    if (!result) {
        print_age(&age, (double)message.put / (double)NS_PER_S);
        print_due(&due, (double)message.due / (double)NS_PER_S);
        buf_printf(out, "%10lld  %-12s %8lld %8lld  %-*s  ", (long long)message.id, buf_string(&age),
                   (long long)message.priority, (long long)message.attempts, DUE_WIDTH, due.data);
        if (message.damaged)
            buf_text(out, "(damaged)");
        else
            print_body(out, &message);
        buf_char(out, '\n');
    }
    buf_release(&encoded);
    buf_release(&age);
    buf_release(&due);
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
    struct query *query = database_query(
        database,
        "SELECT depth.*, total(due > ?1), min(due) FILTER (WHERE due > ?1)"
        " FROM depth LEFT JOIN message ON message.queue = depth.queue GROUP BY depth.queue",
        error);
    int step = query ? 0 : error->code;
    buf_printf(out, "%-24s %10s %10s %10s  %-12s  %s\n", "QUEUE", "MESSAGES", "TRIED", "DELAYED", "OLDEST", "UNTIL");
    if (query)
        query_set_number(query, 1, (double)clock_wall() / (double)NS_PER_S);
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
    buf_printf(out, "%10s  %-12s %8s %8s  %-*s  %s\n", "ID", "AGE", "PRIORITY", "ATTEMPTS", DUE_WIDTH, "DELAYED",
               "MESSAGE");
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

static int do_list(const struct queue_command *command, struct database *database,
                   struct error *error)
{
    struct buf out = {0};
    int result = command->count ? list_messages(database, command->words[0], &out, error)
                                : list_queues(database, &out, error);
    buf_release(&out);
    return result;
}

/* ---- what changes the file, where no run has it ---- */

static int do_put(const struct queue_command *command, struct database *database,
                  struct error *error)
{
    return queue_put_file(command->put, database, error);
}

static int do_purge(const struct queue_command *command, struct database *database,
                    struct error *error)
{
    int64_t count;
    int result = queue_file_purge(database, command->words[0], &count, error);
    if (!result)
        queue_tell(count, "purged from", command->words[0]);
    return result;
}

/* Changes the message at which READ stands to what it was in the queue that it came from. */
static int requeue_one(struct database *database, struct query *read, const char *from,
                       const char *target, struct error *error)
{
    struct stored message;
    struct buf encoded = {0}, inner = {0}, queue = {0};
    int result = queue_file_read(read, &message, &encoded, error);
    if (!result && message.damaged)
        result = error_set(error, ERROR_FAILED,
                           "message %lld is not as it was put: a run that reads the queue sets it aside",
                           (long long)message.id);
    bool dead = !result && dead_letter_open(message.encoded, message.length, &inner, &queue);
    if (!result && !dead && !target)
        result = error_set(error, ERROR_FAILED,
                           "message %lld is no dead letter: name the queue that it goes to",
                           (long long)message.id);
    if (dead) {
        message.encoded = inner.data;
        message.length = inner.length;
    }
    if (!result)
        result = queue_file_move(database, from, target ? target : buf_string(&queue), &message, error);
    buf_release(&encoded);
    buf_release(&inner);
    buf_release(&queue);
    return result;
}

static int do_requeue(const struct queue_command *command, struct database *database,
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
    int step = read ? 1 : error->code;
    while (step == 1) {
        query_set_text(read, 1, command->words[0], strlen(command->words[0]));
        step = query_step(read, error);
        if (step == 1)
            result = requeue_one(database, read, command->words[0], target, error);
        query_reset(read);
        step = result ? result : step;
        count += step == 1;
    }
    result = queue_file_end(database, step < 0 ? step : 0, error);
    if (!result)
        queue_tell(count, "put back from", command->words[0]);
    return result;
}

static int do_compact(const struct queue_command *command, struct database *database,
                      struct error *error)
{
    int64_t before = 0, after = 0;
    static const char pages[] = "PRAGMA page_count";
    int result = database_number(database, pages, &before, error);
    if (!result)
        result = database_run(database, "VACUUM", error);
    if (!result)
        result = database_number(database, pages, &after, error);
    if (!result)
        printf("%s has given back %lld%% of its pages.\n", command->file,
               before ? (long long)(100 * (before - after) / before) : 0);
    return result;
}

/* ---- the same, of the run that has the file ---- */

static int ask_put(const struct queue_command *command, const char *socket)
{
    return queue_put_run(command->put, socket);
}

static int ask_requeue(const struct queue_command *command, const char *socket)
{
    return queue_client_requeue(command->options, socket, command->words, command->count);
}

static int ask_purge(const struct queue_command *command, const char *socket)
{
    return queue_client_purge(command->options, socket, command->words, command->count);
}

/* It would hold up all that the run puts. */
static int ask_compact(const struct queue_command *command, const char *socket)
{
    (void)socket;
    return complain("queue file '%s': a run has it; it is compacted once no run has", command->file);
}

/* ---- the verbs ---- */

static const struct queue_verb {
    const char *name;
    size_t least, most; /* words behind it */
    int (*act)(const struct queue_command *command, struct database *database, struct error *error);
    int (*ask)(const struct queue_command *command,
               const char *socket); /* NULL: it changes nothing */
    const char *usage;
} verbs[] = {
    {"list", 0, 1, do_list, NULL, "list [QUEUE]"},
    {"put", 1, (size_t)-1, do_put, ask_put, "put QUEUE [VALUE]..."},
    {"requeue", 1, 2, do_requeue, ask_requeue, "requeue QUEUE [TARGET]"},
    {"purge", 1, 1, do_purge, ask_purge, "purge QUEUE"},
    {"compact", 0, 0, do_compact, ask_compact, "compact"},
};

static const struct queue_verb *find_verb(const struct queue_command *command, struct error *error)
{
    const struct words *words = &command->options->values;
    for (size_t i = 0; words->count && i < countof(verbs); i++) {
        if (strcmp(verbs[i].name, words->items[0]) != 0)
            continue;
        if (command->count >= verbs[i].least && command->count <= verbs[i].most)
            return &verbs[i];
        error_set(error, ERROR_FAILED, "usage: parrun queue FILE %s", verbs[i].usage);
        return NULL;
    }
    error_set(error, ERROR_FAILED,
              "queue FILE is followed by 'list', 'put', 'requeue', 'purge' or 'compact'%s%s%s",
              words->count ? ", not by '" : "", words->count ? words->items[0] : "",
              words->count ? "'" : "");
    return NULL;
}

/* Queues that are not in the file are most likely misspelt, but one can be put into. */
static int check_queues(const struct queue_verb *verb, const struct queue_command *command,
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

static int act(const struct queue_verb *verb, const struct queue_command *command,
               struct database *database, struct error *error)
{
    int result = database ? check_queues(verb, command, database, error) : error->code;
    if (!result)
        result = verb->act(command, database, error);
    database_close(database);
    return result ? complain_of(error) : flush_output();
}

/* A run has the file: it is asked. The status, or VISIT_AGAIN. */
static int ask(const struct queue_verb *verb, const struct queue_command *command)
{
    struct buf socket = {0};
    struct error error = {0};
    struct database *database = queue_file_join(command->file, &error);
    int result = database ? queue_file_socket(database, &socket, &error) : error.code;
    database_close(database);
    int status = result ? VISIT_AGAIN : verb->ask(command, buf_string(&socket));
    error_release(&error); /* it is just being made */
    buf_release(&socket);
    return status == STATUS_OK ? flush_output() : status;
}

/* Does it in the file, or has it done by the run that has it: the status, or VISIT_AGAIN with ERROR filled. */
static int change(const struct queue_verb *verb, const struct queue_command *command,
                  struct error *error)
{
    bool live = false;
    error_release(error);
    if (command->put && queue_put_prepare(command->put, command->file, &live, error))
        return complain_of(error);
    struct database *database = live ? NULL : queue_file_open_shortly(command->file, error);
    if (!live && (database || error->code != ERROR_LOCKED))
        return act(verb, command, database, error);
    return ask(verb, command);
}

/* Between a run's start and its first look at its socket, and at its end, nobody can be asked for a moment. */
static int change_in_time(const struct queue_verb *verb, const struct queue_command *command,
                          struct error *error)
{
    struct patience patience = {0};
    int status;
    while ((status = change(verb, command, error)) == VISIT_AGAIN)
        if (!patience_wait(&patience, file_holder(command->file), "queue file", command->file))
            break;
    if (status != VISIT_AGAIN)
        return status;
    complain("%s, and cannot be reached", error->text ? error->text : command->file);
    return STATUS_SYSTEM;
}

int queue_command(const struct options *options)
{
    struct error error = {0};
    const struct words *words = &options->values;
    struct queue_put put;
    struct queue_command command = {
        .options = options,
        .file = options->subject,
        .words = (const char *const *)words->items + (words->count > 0),
        .count = words->count ? words->count - 1 : 0,
    };
    const struct queue_verb *verb = find_verb(&command, &error);
    if (verb && verb->act != do_put && access(command.file, F_OK))
        error_system(&error, errno, "queue file '%s'", command.file);
    if (error.code || !verb)
        return complain_of(&error);
    if (!verb->ask)
        return act(verb, &command, queue_file_join(command.file, &error), &error);
    if (verb->act == do_put) {
        queue_put_init(&put, options, command.words, command.count);
        command.put = &put;
    }
    int status = change_in_time(verb, &command, &error);
    error_release(&error);
    if (command.put)
        queue_put_release(&put);
    return status;
}
