/* The loop of a view: keys, lines of the run, signals, and the time until the next look at what processes use. */
#include "view/view.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "os/private_socket.h"
#include "os/usage.h"
#include "view/grid.h"
#include "view/model.h"
#include "view/paint.h"
#include "view/screen.h"

/* The screen is drawn no more often. */
#define DRAW_EACH (66 * NS_PER_MS)

/* Processes are looked at no more often, and for no more than a hundredth of a processor's time. */
#define MEASURE_EACH NS_PER_S
#define MEASURE_SHARE 100

/* Bytes that are read before keys are looked at again. */
#define READ_MOST ((size_t)1 << 20)
#define PIECE ((size_t)64 << 10)

static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};

struct viewer {
    const char *path;
    struct view_model *model;
    struct grid grid;
    struct usages usages;
    int socket;  /* -1: none */
    int signals; /* a descriptor */
    struct buf in;
    struct buf out;
    sigset_t set;
    int signal;
    int end; /* enum view_end; below 0: it goes on */
    bool anew;
    int64_t drawn;    /* clock_monotonic() of the last time, */
    int64_t measure;  /* and of the next look at processes */
};

/* True where a connection is there. */
static bool connect_run(struct viewer *view, struct error *error)
{
    buf_clear(&view->in);
    buf_clear(&view->out);
    view->socket = private_socket_connect(view->path, error);
    if (view->socket < 0) {
        view->socket = -1;
        return false;
    }
    fcntl(view->socket, F_SETFL, O_NONBLOCK);
    model_connect(view->model);
    return true;
}

/* The run has ended, or has let go of a view that could not read for long: then it is asked anew. */
static void lose_run(struct viewer *view)
{
    struct error error = {0};
    close(view->socket);
    if (!strcmp(view->model->about.state, "ended") || !connect_run(view, &error)) {
        view->socket = -1;
        model_disconnect(view->model);
    }
    error_release(&error);
}

static void take_lines(struct viewer *view)
{
    size_t taken = 0;
    char *newline;
    while ((newline = memchr(buf_string(&view->in) + taken, '\n', view->in.length - taken))) {
        char *line = view->in.data + taken;
        *newline = '\0';
        model_take(view->model, line, (size_t)(newline - line));
        taken = (size_t)(newline - view->in.data) + 1;
    }
    buf_consume(&view->in, taken);
}

static void read_run(struct viewer *view)
{
    ssize_t count = 1;
    for (size_t all = 0; count > 0 && all < READ_MOST; all += (size_t)count) {
        count = recv(view->socket, buf_reserve(&view->in, PIECE), PIECE, 0);
        if (count <= 0)
            break;
        buf_added(&view->in, (size_t)count);
        take_lines(view);
    }
    if (!count || (count < 0 && errno != EAGAIN && errno != EINTR))
        lose_run(view);
}

static void write_run(struct viewer *view)
{
    struct buf *requests = &view->model->requests;
    buf_append(&view->out, buf_string(requests), requests->length);
    buf_clear(requests);
    if (view->socket < 0)
        buf_clear(&view->out);
    while (view->out.length) {
        ssize_t count = send(view->socket, view->out.data, view->out.length, MSG_NOSIGNAL);
        if (count < 0)
            break; /* the end is read, room is waited for */
        buf_consume(&view->out, (size_t)count);
    }
}

/* As a shell with job control wants it: the whole group stops, and the terminal is taken anew when it goes on. */
static void suspend(struct viewer *view)
{
    sigset_t stop;
    screen_leave();
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    kill(0, SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, NULL); /* here it stops */
    sigprocmask(SIG_BLOCK, &stop, NULL);
    screen_return();
    view->anew = view->model->changed = true;
}

static void take_signals(struct viewer *view)
{
    struct signalfd_siginfo info;
    while (read(view->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGTSTP) {
            suspend(view);
        } else if (info.ssi_signo == SIGCONT) {
            screen_leave();
            screen_return();
            view->anew = view->model->changed = true;
        } else if (info.ssi_signo == SIGWINCH) {
            view->anew = view->model->changed = true;
        } else {
            view->signal = (int)info.ssi_signo;
            view->end = view->signal == SIGHUP ? VIEW_GONE : VIEW_LEFT;
        }
    }
}

static void grant_wish(struct viewer *view)
{
    enum view_wish wish = view->model->wish;
    view->model->wish = WISH_NONE;
    if (wish == WISH_LEAVE)
        view->end = VIEW_LEFT;
    else if (wish == WISH_STOP)
        view->end = VIEW_STOPPED;
    else if (wish == WISH_SUSPEND)
        suspend(view);
    else if (wish == WISH_REDRAW)
        view->anew = true;
}

static void take_keys(struct viewer *view)
{
    int64_t key;
    while (view->end < 0 && (key = screen_key()) > 0) {
        model_key(view->model, (uint32_t)key);
        grant_wish(view);
    }
    if (view->end < 0 && key < 0)
        view->end = VIEW_GONE;
}

/* ns of processor time that this process has used. */
static int64_t used_time(void)
{
    struct timespec time = {0};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

/* What the processes of the objects on the screen use. */
static void measure(struct viewer *view, int64_t now)
{
    struct view_model *model = view->model;
    if (!model_is_alive(model) || !model->shown || now < view->measure)
        return;
    int64_t before = used_time();
    usages_read(&view->usages);
    view_objects_measure(&model->objects, model->top, model->shown, &view->usages, now);
    int64_t took = used_time() - before;
    view->measure = now + (took * MEASURE_SHARE > MEASURE_EACH ? took * MEASURE_SHARE : MEASURE_EACH);
    model->changed = true;
}

static void draw(struct viewer *view, int64_t now)
{
    int rows, columns;
    screen_size(&rows, &columns);
    paint(view->model, &view->grid, rows, columns);
    screen_show(&view->grid, view->anew);
    view->anew = view->model->changed = false;
    view->drawn = now;
}

/* Does what is due; in how many ns something will be, below 0: when something comes. */
static int64_t step(struct viewer *view)
{
    int64_t now = clock_monotonic();
    measure(view, now);
    int64_t wait = model_step(view->model, now);
    int64_t left = view->measure - now;
    if (model_is_alive(view->model) && view->model->shown && (wait < 0 || left < wait))
        wait = left;
    left = view->drawn + DRAW_EACH - now;
    if (view->model->changed && (left <= 0 || view->anew || !view->drawn))
        draw(view, now);
    else if (view->model->changed && (wait < 0 || left < wait))
        wait = left;
    write_run(view);
    return wait;
}

static int loop(struct viewer *view)
{
    while (view->end < 0) {
        int64_t wait = step(view);
        struct pollfd fds[] = {
            {.fd = STDIN_FILENO, .events = POLLIN},
            {.fd = view->signals, .events = POLLIN},
            {.fd = view->socket, .events = (short)(POLLIN | (view->out.length ? POLLOUT : 0))},
        };
        if (poll(fds, countof(fds), wait < 0 ? -1 : (int)(wait / NS_PER_MS) + 1) < 0)
            continue;
        if (fds[1].revents)
            take_signals(view);
        if (view->end < 0 && fds[0].revents)
            take_keys(view);
        if (fds[2].revents)
            read_run(view);
    }
    return view->end;
}

int view_check(struct error *error)
{
    return screen_check(error);
}

int view_run(const char *path, bool owner, int *signal_number, struct error *error)
{
    struct viewer view = {.path = path, .model = model_new(owner), .socket = -1, .end = -1, .anew = true};
    sigset_t before;
    sigemptyset(&view.set);
    for (size_t i = 0; i < countof(handled); i++)
        sigaddset(&view.set, handled[i]);
    sigprocmask(SIG_BLOCK, &view.set, &before);
    view.signals = signalfd(-1, &view.set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (connect_run(&view, error) && !screen_open(error)) {
        loop(&view);
        screen_close();
    }
    if (view.socket >= 0)
        close(view.socket);
    close(view.signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    *signal_number = view.signal;
    model_free(view.model);
    grid_release(&view.grid);
    usages_release(&view.usages);
    buf_release(&view.in);
    buf_release(&view.out);
    return error->code ? error->code : view.end;
}
