/* Opening the streams of a process, and ending them. */
#include "child/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "child/exec_context.h"
#include "child/stream_splitter.h"
#include "engine/object.h"
#include "engine/run.h"
#include "log/destination.h"
#include "log/file.h"
#include "loop/pipe.h"
#include "os/input_file.h"
#include "os/pty.h"
#include "os/spawn_attributes.h"
#include "os/text_file.h"
#include "queue/parts.h"
#include "queue/queue.h"
#include "scenario/spec.h"

struct stream {
    int fd;     /* as the process knows it */
    int theirs; /* the process's end; closed here once it runs */
    int ours;   /* the runner's end of a pipe; -1: none */
    bool keep;  /* THEIRS is not ours to close: inherited, or another stream's */
    bool input;
    struct queue *queue; /* of a pipe; NULL: the log */
    struct stream_reader *reader;
    bool left; /* READER is read on for those that outlive the process */
    struct stream_writer *writer;
    struct stream_recorder *recorder; /* of a pipe to a file that rotates */
    struct stream_splitter *splitter; /* of a pipe with several ends, each a stream of its own behind it */
    int *outlets; /* until it begins: where it writes to */
    size_t outlet_count;
    bool split;   /* it is such an end */
};

struct streams {
    bool tty;
    int terminal; /* the runner's end, where it is TTY, as long as stdout is read */
    struct run *run;
    const char *name;    /* of the process */
    struct exec_context *context; /* while opening */
    bool again;          /* files hold what an earlier life of the process wrote: it stays */
    size_t count;
    struct stream *items;
};

/* A way to open one kind of stream; fills THEIRS and, for a pipe, OURS. */
typedef int stream_opener(struct streams *streams, struct stream *stream,
                          const struct stream_spec *spec, struct error *error);

static int open_pipe(struct stream *stream, struct error *error)
{
    int ends[2];
    int result = pipe_open(ends, error);
    if (result)
        return result;
    stream->theirs = ends[stream->input ? 0 : 1];
    stream->ours = ends[stream->input ? 1 : 0];
    return 0;
}

static int open_pipe_stream(struct streams *streams, struct stream *stream,
                            const struct stream_spec *spec, struct error *error)
{
    if (spec->kind == STREAM_QUEUE)
        stream->queue = streams->run->queue_set.list[spec->queue];
    return open_pipe(stream, error);
}

static int open_inherited(struct streams *streams, struct stream *stream,
                          const struct stream_spec *spec, struct error *error)
{
    (void)streams;
    (void)spec;
    if (fcntl(stream->fd, F_GETFD) < 0)
        return error_set(error, -EBADF, "descriptor %d is not open in parrun, so it cannot be "
                                        "inherited", stream->fd);
    stream->theirs = stream->fd;
    stream->keep = true;
    return 0;
}

static int open_null(struct streams *streams, struct stream *stream,
                     const struct stream_spec *spec, struct error *error)
{
    (void)streams;
    (void)spec;
    stream->theirs = open("/dev/null", O_RDWR | O_CLOEXEC);
    return stream->theirs < 0 ? error_system(error, errno, "cannot open /dev/null") : 0;
}

static const char *stream_word(int fd)
{
    static const char *const words[] = {"stdin", "stdout", "stderr"};
    return fd <= 2 ? words[fd] : "fds";
}

/* A file that rotates is written here, from a pipe: a program could not be told of the new file. What
 * a terminal shows is written here as well. */
static int open_recorded(struct streams *streams, struct stream *stream, const char *path,
                         unsigned flags, const struct rotate_spec *spec, struct error *error)
{
    const struct rotation_rules rules = {spec->size, spec->keep, spec->compress};
    struct target *target = target_open(path, flags, &rules, "write to", error);
    if (!target)
        return error->code;
    stream->recorder = stream_recorder_new(streams->run->loop, target, path,
                                           stream_word(stream->fd),
                                           stream->split && !spec->size ? NULL : streams->run->mask);
    return stream->ours >= 0 ? 0 : open_pipe(stream, error);
}

static int open_file(struct streams *streams, struct stream *stream,
                     const struct stream_spec *spec, struct error *error)
{
    const char *path;
    int result = exec_context_path(streams->context, spec->path, &path, error);
    if (result)
        return result;
    if (!stream->input)
        run_writes(streams->run, path);
    unsigned flags = FILE_DIRECTORIES | (spec->append || streams->again ? FILE_APPEND : FILE_EMPTY);
    if (spec->rotate.size || stream->ours >= 0)
        return open_recorded(streams, stream, path, flags, &spec->rotate, error);
    if (!stream->input) {
        stream->theirs = file_open(path, flags, "write to", error);
        return stream->theirs < 0 ? error->code : 0;
    }
    stream->theirs = input_file_open(path, error);
    return stream->theirs < 0 ? error->code : 0;
}

static int open_text(struct streams *streams, struct stream *stream,
                     const struct stream_spec *spec, struct error *error)
{
    struct buf text = {0};
    int result = exec_context_render(streams->context, spec->text, &text, error);
    if (!result) {
        stream->theirs = text_file_open(text.data, text.length);
        if (stream->theirs < 0)
            result = error_system(error, -stream->theirs, "cannot keep the text of descriptor %d",
                                  stream->fd);
    }
    buf_release(&text);
    return result;
}

static int open_as_stdout(struct streams *streams, struct stream *stream,
                          const struct stream_spec *spec, struct error *error)
{
    (void)spec;
    (void)error;
    stream->theirs = streams_child_end(streams, STDOUT_FILENO);
    stream->keep = true;
    return 0;
}

/* An end among several: read from a pipe that the runner itself writes to. */
static int open_end(struct streams *streams, struct stream *stream, const struct stream_spec *spec, int *outlet, struct error *error)
{
    struct stream *end = &streams->items[streams->count++];
    int ends[2];
    *end = (struct stream){.fd = stream->fd, .theirs = -1, .ours = -1, .split = true};
    int result = pipe_open(ends, error);
    if (result)
        return result;
    end->ours = ends[0];
    *outlet = ends[1];
    if (spec->kind == STREAM_QUEUE)
        end->queue = streams->run->queue_set.list[spec->queue];
    return spec->kind == STREAM_FILE ? open_file(streams, end, spec, error) : 0;
}

static int open_several(struct streams *streams, struct stream *stream, const struct stream_spec *spec, struct error *error)
{
    int result = open_pipe(stream, error);
    stream->outlets = mem_calloc(spec->end_count, sizeof(*stream->outlets));
    for (size_t i = 0; !result && i < spec->end_count; i++) {
        stream->outlets[stream->outlet_count] = -1;
        result = open_end(streams, stream, &spec->ends[i], &stream->outlets[stream->outlet_count++], error);
    }
    return result;
}

static stream_opener *const openers[] = {
    [STREAM_SEVERAL] = open_several,
    [STREAM_LOG] = open_pipe_stream,    [STREAM_INHERIT] = open_inherited,
    [STREAM_NULL] = open_null,          [STREAM_FILE] = open_file,
    [STREAM_TEXT] = open_text,          [STREAM_QUEUE] = open_pipe_stream,
    [STREAM_STDOUT] = open_as_stdout,   [STREAM_JOINED] = open_as_stdout,
};

static int open_one(struct streams *streams, int fd, const struct stream_spec *spec,
                    struct error *error)
{
    struct stream *stream = &streams->items[streams->count++];
    *stream = (struct stream){
        .fd = fd, .theirs = -1, .ours = -1, .input = fd == STDIN_FILENO || spec->input};
    if (openers[spec->kind](streams, stream, spec, error))
        return error_wrap(error, "%s", stream_word(fd));
    return 0;
}

/* One terminal is all three of them; what is written to it comes out where stdout leads. */
static int open_terminal(struct streams *streams, const struct stream_spec *spec,
                         struct error *error)
{
    int ends[2];
    int result = pty_open(ends, error);
    if (result)
        return result;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        streams->items[streams->count++] = (struct stream){
            .fd = fd, .theirs = ends[1], .ours = -1, .keep = fd != STDOUT_FILENO};
    struct stream *stream = &streams->items[STDOUT_FILENO];
    stream->ours = streams->terminal = ends[0];
    if (spec->kind == STREAM_QUEUE)
        stream->queue = streams->run->queue_set.list[spec->queue];
    return spec->kind == STREAM_FILE ? open_file(streams, stream, spec, error) : 0;
}

static void close_theirs(struct stream *stream)
{
    if (stream->theirs >= 0 && !stream->keep)
        close(stream->theirs);
    stream->theirs = -1;
}

static size_t count_ends(const struct process_spec *spec)
{
    size_t count = 0;
    for (int fd = 0; fd < 3; fd++)
        count += spec->streams[fd]->end_count;
    return count;
}

struct streams *streams_open(struct run *run, struct exec_context *context,
                             const struct process_spec *spec, bool again, struct error *error)
{
    struct streams *streams = mem_calloc(1, sizeof(*streams));
    streams->run = run;
    streams->context = context;
    streams->again = again;
    streams->name = context->name;
    streams->items = mem_calloc(3 + count_ends(spec) + spec->fd_count + STREAMS_MORE, sizeof(*streams->items));
    int result = 0;
    streams->tty = spec->tty;
    if (spec->tty)
        result = open_terminal(streams, spec->streams[STDOUT_FILENO], error);
    for (int fd = 0; !result && !spec->tty && fd < 3; fd++)
        result = open_one(streams, fd, spec->streams[fd], error);
    for (size_t i = 0; !result && i < spec->fd_count; i++)
        result = open_one(streams, spec->fds[i].fd, &spec->fds[i].stream, error);
    streams->context = NULL;
    for (size_t i = 0; !result && i < streams->count; i++)
        if (streams->items[i].ours >= 0 && !streams->items[i].split)
            attributes_give(&context->attributes, streams->items[i].theirs);
    if (!result)
        return streams;
    streams_free(streams);
    return NULL;
}

void streams_give(struct streams *streams, int fd, int theirs)
{
    streams->items[streams->count++] = (struct stream){.fd = fd, .theirs = theirs, .ours = -1};
}

int streams_child_end(const struct streams *streams, int fd)
{
    for (size_t i = 0; i < streams->count; i++)
        if (streams->items[i].fd == fd)
            return streams->items[i].theirs;
    return -1;
}

int streams_highest(const struct streams *streams)
{
    int highest = 2;
    for (size_t i = 0; i < streams->count; i++)
        if (streams->items[i].fd > highest)
            highest = streams->items[i].fd;
    return highest;
}

static void split(struct streams *streams, struct stream *stream)
{
    stream->splitter = stream_splitter_new(streams->run->loop, stream->ours, stream->outlets, stream->outlet_count);
    free(stream->outlets);
    stream->outlets = NULL;
}

/* The log has what the process says: its file beside that is not heard too. */
static void not_heard(void *arg, const char *stream, const char *bytes, size_t length)
{
    (void)arg;
    (void)stream;
    (void)bytes;
    (void)length;
}

void streams_begin(struct streams *streams, struct backlog *backlog,
                   const struct streams_callbacks *callbacks, void *arg)
{
    struct stream_recorder_callbacks unheard = callbacks->recorder;
    unheard.data = not_heard;
    for (size_t i = 0; i < streams->count; i++)
        close_theirs(&streams->items[i]);
    for (size_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->items[i];
        if (stream->ours < 0)
            continue;
        if (stream->outlets)
            split(streams, stream);
        else if (stream->input)
            stream->writer = stream_writer_new(
                streams->run, stream->ours, stream->queue, streams->name,
                stream->fd == STDIN_FILENO ? backlog : NULL, &callbacks->writer, arg);
        else if (stream->recorder)
            stream_recorder_begin(stream->recorder, stream->ours, stream->split ? &unheard : &callbacks->recorder, arg);
        else
            stream->reader =
                stream_reader_new(streams->run->loop, stream->ours, stream_word(stream->fd),
                                  stream->queue, streams->name, &callbacks->reader, arg);
        if (stream->reader)
            stream_reader_mask(stream->reader, streams->run->mask);
        if (stream->reader && streams->tty && stream->fd == STDOUT_FILENO)
            stream_reader_terminal(stream->reader, streams->terminal);
        if (stream->recorder && streams->tty)
            stream_recorder_terminal(stream->recorder, streams->terminal);
        stream->ours = -1;
    }
}

int streams_terminal(const struct streams *streams)
{
    const struct stream *stream = &streams->items[STDOUT_FILENO];
    bool is_read = streams->tty && (stream->reader ? !stream_reader_has_ended(stream->reader)
                                                   : stream->recorder && !stream_recorder_has_ended(stream->recorder));
    return is_read ? streams->terminal : -1;
}

void streams_resize(struct streams *streams)
{
    int terminal = streams_terminal(streams);
    if (terminal >= 0)
        pty_resize(terminal);
}

size_t streams_open_readers(const struct streams *streams)
{
    size_t open_readers = 0;
    for (size_t i = 0; i < streams->count; i++) {
        const struct stream *stream = &streams->items[i];
        if (stream->reader && !stream->left && !stream_reader_has_ended(stream->reader))
            open_readers++;
        if (stream->recorder && !stream_recorder_has_ended(stream->recorder))
            open_readers++;
    }
    return open_readers;
}

void streams_hold(struct streams *streams, bool held)
{
    for (size_t i = 0; i < streams->count; i++)
        if (streams->items[i].reader)
            stream_reader_hold(streams->items[i].reader, held);
}

void streams_wait(const struct streams *streams, struct part_waits *waits)
{
    for (size_t i = 0; i < streams->count; i++) {
        const struct stream *stream = &streams->items[i];
        bool for_room = stream->reader && stream_reader_waits(stream->reader);
        if (!for_room && !(stream->writer && stream_writer_waits(stream->writer)))
            continue;
        const struct part_wait one = {.part = stream_word(stream->fd),
                                      .wait = {queue_index(stream->queue), for_room}};
        parts_add(waits, &one);
    }
}

const struct queue *streams_broken(const struct streams *streams)
{
    const struct queue *queue = NULL;
    for (size_t i = 0; i < streams->count && !queue; i++)
        if (streams->items[i].reader)
            queue = stream_reader_broken(streams->items[i].reader);
    return queue;
}

bool streams_drained(const struct streams *streams)
{
    for (size_t i = 0; i < streams->count; i++)
        if (streams->items[i].writer && !stream_writer_is_drained(streams->items[i].writer))
            return false;
    return true;
}

void streams_process_ended(struct streams *streams, bool succeeded)
{
    for (size_t i = 0; i < streams->count; i++) {
        if (streams->items[i].writer)
            stream_writer_end(streams->items[i].writer);
        if (streams->items[i].reader)
            stream_reader_judge(streams->items[i].reader, succeeded);
    }
}

void streams_tell_unsure(const struct streams *streams, bool killed,
                         void (*tell)(void *arg, struct queue *queue, size_t count), void *arg)
{
    for (size_t i = 0; i < streams->count; i++) {
        const struct stream *stream = &streams->items[i];
        size_t count = stream->writer ? stream_writer_unsure(stream->writer, killed) : 0;
        if (count)
            tell(arg, stream->queue, count);
    }
}

size_t streams_unread(const struct streams *streams)
{
    const struct stream_writer *writer = streams->items[STDIN_FILENO].writer;
    return writer ? stream_writer_unread(writer) : 0;
}

/* What a splitter has taken comes to its ends by itself. */
static void finish(struct stream *stream)
{
    if (stream->splitter)
        stream_splitter_finish(stream->splitter);
    if (stream->reader && !stream->split)
        stream_reader_finish(stream->reader);
    if (stream->recorder && !stream->split)
        stream_recorder_finish(stream->recorder);
}

void streams_finish(struct streams *streams)
{
    for (size_t i = 0; i < streams->count; i++)
        finish(&streams->items[i]);
}

bool streams_leave(struct streams *streams)
{
    bool left = false;
    for (size_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->items[i];
        stream->left = stream->reader && !stream->queue && !stream->split && !stream_reader_has_ended(stream->reader);
        left = left || stream->left;
        if (!stream->left)
            finish(stream);
    }
    return left;
}

void streams_abandon(struct streams *streams)
{
    streams_finish(streams);
    for (size_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->items[i];
        if (stream->split && stream->reader)
            stream_reader_finish(stream->reader);
        if (stream->recorder)
            stream_recorder_abandon(stream->recorder);
    }
}

void streams_free(struct streams *streams)
{
    if (!streams)
        return;
    for (size_t i = 0; i < streams->count; i++) {
        struct stream *stream = &streams->items[i];
        close_theirs(stream);
        if (stream->ours >= 0)
            close(stream->ours);
        for (size_t j = 0; stream->outlets && j < stream->outlet_count; j++)
            if (stream->outlets[j] >= 0)
                close(stream->outlets[j]);
        free(stream->outlets);
        stream_splitter_free(stream->splitter);
        stream_reader_free(stream->reader);
        stream_writer_free(stream->writer);
        stream_recorder_free(stream->recorder);
    }
    free(streams->items);
    free(streams);
}
