/* How far the pools are, while they run. */
#include "cli/runner/progress.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/unit.h"
#include "engine/object.h"
#include "engine/run.h"
#include "log/terminal_text.h"
#include "log/writer_thread.h"
#include "loop/timer.h"

/* A terminal is told so often, others so seldom: in a log of CI the lines stay. */
#define TERMINAL_TIME (200 * NS_PER_MS)
#define LINE_TIME (10 * NS_PER_S)

/* Of a terminal that does not tell. */
#define COLUMNS_USUAL 80

struct progress {
    struct run *run;
    struct output *board;
    int fd;
    bool terminal;
    int64_t patience;
    size_t count;
    int64_t *seen; /* of each of COUNT object, when it was first seen running, by clock_monotonic(); 0: it does not run */
    struct timer *timer;
    struct buf line;
};

static size_t columns_of(int fd)
{
    struct winsize size = {0};
    return ioctl(fd, TIOCGWINSZ, &size) || !size.ws_col ? COLUMNS_USUAL : size.ws_col;
}

/* A longer line would go on in the next one, which nothing takes away. */
static void fit(struct buf *line, size_t columns)
{
    size_t at = 0;
    for (size_t used = 1; used < columns && at < line->length; used++) {
        size_t length = utf8_char(line->data + at, line->length - at);
        at += length ? length : 1;
    }
    buf_truncate(line, at);
}

/* True where the object has something to tell, and for so long that somebody wants to know it. */
static bool is_told(struct progress *progress, size_t i)
{
    const struct object *object = progress->run->all.objects[i];
    bool runs = object->state == OBJECT_RUNNING && object->kind->tell.progress;
    int64_t now = clock_monotonic();
    if (!runs || !progress->seen[i])
        progress->seen[i] = runs ? now : 0;
    return runs && now - progress->seen[i] >= progress->patience;
}

static void describe(struct progress *progress, struct buf *line)
{
    for (size_t i = 0; i < progress->count; i++) {
        const struct object *object = progress->run->all.objects[i];
        if (!is_told(progress, i))
            continue;
        buf_printf(line, "%s%s: ", line->length ? "; " : "", object->name);
        object->kind->tell.progress(object, line);
    }
}

static void on_time(void *arg)
{
    struct progress *progress = arg;
    buf_clear(&progress->line);
    describe(progress, &progress->line);
    if (progress->terminal) {
        fit(&progress->line, columns_of(progress->fd));
        output_status(progress->board, buf_string(&progress->line));
    } else if (progress->line.length) {
        buf_char(&progress->line, '\n');
        output_put(progress->board, progress->line.data, progress->line.length);
    }
    timer_start(progress->timer, progress->terminal ? TERMINAL_TIME : LINE_TIME);
}

struct progress *progress_new(struct run *run, struct output *board, int fd, int64_t patience)
{
    struct progress *progress = mem_calloc(1, sizeof(*progress));
    *progress = (struct progress){.run = run, .board = board, .fd = fd, .patience = patience};
    progress->count = run->all.object_count; /* what a word adds later are no pools */
    progress->seen = mem_calloc(progress->count + 1, sizeof(*progress->seen));
    progress->terminal = isatty(fd) && terminal_is_able();
    progress->timer = timer_new(run->loop, on_time, progress);
    timer_start(progress->timer, progress->terminal ? TERMINAL_TIME : LINE_TIME);
    return progress;
}

void progress_free(struct progress *progress)
{
    if (!progress)
        return;
    if (progress->terminal)
        output_status(progress->board, "");
    timer_free(progress->timer);
    buf_release(&progress->line);
    free(progress->seen);
    free(progress);
}
