/* The joblog: a line a task. */
#include "log/joblog.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "log/writer_thread.h"

struct joblog {
    struct output *output;
    struct buf line;
};

static const char head[] = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand";

bool joblog_is_head(const char *line, size_t length)
{
    return length && length < sizeof(head) && !memcmp(line, head, length);
}

int joblog_check(const char *path, struct error *error)
{
    char begin[sizeof(head)];
    struct stat status;
    bool device = !strncmp(path, "/dev/", 5) || !strncmp(path, "/proc/", 6); /* the log may be written there too */
    int fd = device ? -1 : open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    ssize_t length = fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode) ? read(fd, begin, sizeof(begin)) : 0;
    const char *end = length > 0 ? memchr(begin, '\n', (size_t)length) : NULL;
    if (fd >= 0)
        close(fd);
    if (length <= 0 || joblog_is_head(begin, end ? (size_t)(end - begin) : (size_t)length))
        return 0;
    return error_set(error, ERROR_FAILED, "'%s' is no joblog: it does not begin as one, and nothing is written onto it", path);
}

static void put_line(struct joblog *joblog)
{
    output_put(joblog->output, joblog->line.data, joblog->line.length);
    buf_clear(&joblog->line);
}

struct joblog *joblog_new(struct output *output, bool begins)
{
    struct joblog *joblog = mem_calloc(1, sizeof(*joblog));
    joblog->output = output;
    if (!begins)
        return joblog;
    buf_text(&joblog->line, head);
    buf_char(&joblog->line, '\n');
    put_line(joblog);
    return joblog;
}

void joblog_free(struct joblog *joblog)
{
    if (!joblog)
        return;
    buf_release(&joblog->line);
    free(joblog);
}

static bool joblog_wants(void *arg, enum event_kind kind, unsigned flags)
{
    (void)arg;
    (void)flags;
    return kind == EVENT_TASK_ENDED;
}

/* Seconds with three decimals. */
static void put_seconds(struct buf *line, int64_t ns)
{
    buf_printf(line, "%lld.%03lld\t", (long long)(ns / NS_PER_S),
               (long long)(ns % NS_PER_S / NS_PER_MS));
}

/*
 * A command may hold what would end its line or its column. There it stands in quotes of the shell,
 * which are left for the other kind of quotes, so that the line can still be given to a shell. (What is
 * told of a Lua chunk is a comment, and has blanks in their places.)
 */
void joblog_command(struct buf *line, const char *command)
{
    bool quoted = *command != '#';
    for (; *command; command++) {
        if (*command == '\n')
            buf_text(line, quoted ? "'$'\\n''" : " ");
        else if (*command == '\t')
            buf_text(line, quoted ? "'$'\\t''" : " ");
        else
            buf_char(line, *command);
    }
}

static void joblog_take(void *arg, const struct event *event)
{
    struct joblog *joblog = arg;
    struct buf *line = &joblog->line;
    bool failed = event->flags & EVENT_WRONG;
    buf_printf(line, "%lld\t%s\t", (long long)event->task + 1,
               event->flags & EVENT_NAMED ? event->object : ":");
    put_seconds(line, event->wall - event->duration);
    put_seconds(line, event->duration);
    buf_printf(line, "0\t%llu\t", (unsigned long long)event->output.received);
    /* A task that failed without an exit code of its own did not succeed. */
    buf_printf(line, "%d\t%d\t", event->end.has_code ? event->end.code : failed && !event->end.signal,
               event->end.signal);
    joblog_command(line, event->work.command ? event->work.command : "");
    buf_char(line, '\n');
    put_line(joblog);
}

struct bus_reader joblog_reader(struct joblog *joblog)
{
    return (struct bus_reader){.arg = joblog, .wants = joblog_wants, .take = joblog_take, .dated = true};
}
