/* A connection to a run. */
#include "cli/control/link.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/error.h"
#include "os/private_socket.h"

/* Who does not say hello for so many seconds is stopped. */
#define HELLO_TIME 10

#define PIECE ((size_t)64 << 10)

int64_t control_number(const struct value *object, const char *name, int64_t otherwise)
{
    const struct value *value = value_member(object, name);
    return value && value->type == VALUE_INTEGER ? value->integer : otherwise;
}

int control_send(struct control_link *link, const char *request, struct error *error)
{
    struct buf line = {0};
    buf_printf(&line, "%s\n", request);
    for (size_t done = 0; done < line.length;) {
        ssize_t sent = send(link->fd, line.data + done, line.length - done, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0) {
            error_system(error, errno, "cannot ask the run");
            break;
        }
        done += (size_t)sent;
    }
    buf_release(&line);
    return error->code;
}

/* Reads on; 1, 0 at the end, or a negative code with ERROR filled. */
static int read_more(struct control_link *link, struct error *error)
{
    ssize_t count;
    buf_consume(&link->in, link->taken);
    link->taken = 0;
    do {
        count = recv(link->fd, buf_reserve(&link->in, PIECE), PIECE, 0);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return error_set(error, ERROR_TIMEOUT, "the run does not answer: it may be stopped, as by Ctrl-Z");
    if (count < 0)
        return errno == ECONNRESET ? 0 : error_system(error, errno, "cannot hear from the run");
    buf_added(&link->in, (size_t)count);
    return count > 0;
}

int control_next(struct control_link *link, const char **text, struct value *line, struct error *error)
{
    const char *newline;
    int result = 1;
    size_t looked = 0;
    while (!(newline = memchr(buf_string(&link->in) + link->taken + looked, '\n', link->in.length - link->taken - looked))) {
        looked = link->in.length - link->taken;
        result = read_more(link, error);
        if (result <= 0)
            return result;
    }
    char *begin = link->in.data + link->taken;
    size_t length = (size_t)(newline - begin);
    begin[length] = '\0';
    link->taken += length + 1;
    arena_free(link->arena);
    link->arena = arena_new();
    *text = begin;
    return value_from_json(link->arena, begin, length, line, error) ? error_wrap(error, "what the run has sent") : 1;
}

/* Of the socket alone while the hello is waited for. */
static void limit_time(const struct control_link *link, time_t seconds)
{
    struct timeval limit = {.tv_sec = seconds};
    setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

static int greet(struct control_link *link, struct error *error)
{
    const char *text = NULL;
    struct value line = {0};
    limit_time(link, HELLO_TIME);
    int result = control_send(link, "{\"hello\":1}", error);
    if (!result)
        result = control_next(link, &text, &line, error);
    limit_time(link, 0);
    if (result == 1 && value_member(&line, "hello")) {
        buf_text(&link->hello, text);
        link->pid = (long)control_number(&line, "pid", 0);
        return 0;
    }
    const struct value *why = result == 1 ? value_member(&line, "error") : NULL;
    if (result >= 0)
        error_set(error, -ESRCH, why && why->type == VALUE_STRING ? "the run says: %s" : "the run has ended",
                  why ? why->string.bytes : "");
    return error->code;
}

int control_open(struct control_link *link, const char *path, struct error *error)
{
    *link = (struct control_link){.fd = private_socket_connect(path, error)};
    if (link->fd >= 0 && !greet(link, error))
        return 0;
    bool gone = error->code == -ENOENT || error->code == -ECONNREFUSED;
    bool foreign = error->code == -EACCES;
    if (gone || foreign) {
        error_release(error);
        error_set(error, -ESRCH, gone ? "the run has ended" : "%s: the run belongs to another user", path);
    }
    control_close(link);
    return error->code;
}

void control_close(struct control_link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    arena_free(link->arena);
    buf_release(&link->in);
    buf_release(&link->hello);
    link->fd = -1;
    link->arena = NULL;
}
