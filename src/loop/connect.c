/* Connections over uv_tcp_t and uv_pipe_t. */
#include "loop/connect.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/unit.h"
#include "loop/private.h"
#include "loop/thread.h"
#include "loop/timer.h"

#define ADDRESSES_MOST 4

/* "HTTP/1.1 200": what of an answer is looked at. */
#define ANSWER_LENGTH 12

/* So much of the rest is read: a client that leaves while a server writes is an error to it. */
#define REST_MOST (1u << 20)

/* And for so long: there are answers without an end, such as a stream of events. */
#define REST_TIME (200 * NS_PER_MS)

/* A name that is being looked up in a thread. Whoever comes last of thread and dial frees it. */
struct lookup {
    pthread_mutex_t lock;
    struct loop *loop;
    struct dial *dial; /* NULL: nobody waits any more */
    char *host;
    struct sockaddr_storage addresses[ADDRESSES_MOST];
    size_t count;
};

struct dial {
    struct loop *loop;
    struct lookup *lookup; /* while it runs */
    char *path;
    char *request;
    char *port;
    dial_done *done;
    void *arg;
    struct sockaddr_storage addresses[ADDRESSES_MOST];
    size_t count;
    size_t next;
    int status; /* of the address that was tried last */
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    bool begun; /* nothing is on its way through the loop to begin it */
    bool open;
    bool freed;
    uv_connect_t connecting;
    uv_write_t writing;
    char answer[ANSWER_LENGTH + 1];
    size_t answered;
    int code;    /* of the answer; 0: not known yet */
    size_t rest; /* bytes read behind it */
    struct timer *patience; /* for that; NULL: no answer yet */
};

static void dial_next(struct dial *dial);

static void dial_release(struct dial *dial)
{
    free(dial->path);
    free(dial->request);
    free(dial->port);
    free(dial);
}

static void dial_finish(struct dial *dial, int status, int code)
{
    dial_done *done = dial->done;
    dial->done = NULL;
    if (done)
        done(dial->arg, status, code);
}

static void on_closed_for_good(uv_handle_t *handle)
{
    dial_release(handle->data);
}

/* The address is done with: the next one, where there is one. */
static void on_closed(uv_handle_t *handle)
{
    struct dial *dial = handle->data;
    dial->open = false;
    if (dial->freed)
        dial_release(dial);
    else
        dial_next(dial);
}

static void give_up(struct dial *dial, int status)
{
    dial->status = status;
    if (!uv_is_closing(&dial->uv.handle))
        uv_close(&dial->uv.handle, on_closed);
}

/* The number behind "HTTP/1.1 "; 0 where the answer does not begin like that. */
static int answer_code(const char *answer)
{
    if (strncmp(answer, "HTTP/1.", 7) || answer[8] != ' ')
        return 0;
    return (int)strtol(answer + 9, NULL, 10);
}

static void allocate(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    struct dial *dial = handle->data;
    (void)size;
    if (dial->code)
        *buffer = uv_buf_init(dial->loop->read_buffer, (unsigned)LOOP_READ_SIZE);
    else
        *buffer =
            uv_buf_init(dial->answer + dial->answered, (unsigned)(ANSWER_LENGTH - dial->answered));
}

static void on_patience(void *arg)
{
    struct dial *dial = arg;
    uv_read_stop(&dial->uv.stream);
    dial_finish(dial, 0, dial->code);
}

static void on_rest(struct dial *dial, ssize_t length)
{
    dial->rest += length > 0 ? (size_t)length : 0;
    if (length >= 0 && dial->rest < REST_MOST)
        return;
    uv_read_stop(&dial->uv.stream);
    dial_finish(dial, 0, dial->code);
}

static void on_answer(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct dial *dial = stream->data;
    (void)buffer;
    if (dial->code) {
        on_rest(dial, length);
        return;
    }
    if (length < 0) {
        give_up(dial, length == UV_EOF ? -ECONNRESET : (int)length);
        return;
    }
    dial->answered += (size_t)length;
    if (dial->answered < ANSWER_LENGTH)
        return;
    dial->code = answer_code(dial->answer);
    if (!dial->code) {
        give_up(dial, -EPROTO);
        return;
    }
    dial->patience = timer_new(dial->loop, on_patience, dial);
    timer_start(dial->patience, REST_TIME);
}

int dial_code(const struct dial *dial)
{
    return dial->code;
}

static void on_written(uv_write_t *request, int status)
{
    struct dial *dial = request->handle->data;
    if (status < 0 && status != UV_ECANCELED && dial->done)
        give_up(dial, status);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct dial *dial = request->handle->data;
    if (!dial->done)
        return;
    if (status < 0) {
        give_up(dial, status);
        return;
    }
    if (!dial->request) {
        dial_finish(dial, 0, 0);
        return;
    }
    uv_buf_t bytes = uv_buf_init(dial->request, (unsigned)strlen(dial->request));
    uv_write(&dial->writing, &dial->uv.stream, &bytes, 1, on_written);
    uv_read_start(&dial->uv.stream, allocate, on_answer);
}

static void dial_pipe(struct dial *dial)
{
    uv_pipe_init(&dial->loop->uv, &dial->uv.pipe, 0);
    dial->uv.handle.data = dial;
    dial->open = true;
    dial->next++;
    uv_pipe_connect(&dial->connecting, &dial->uv.pipe, dial->path, on_connected);
}

static void dial_next(struct dial *dial)
{
    dial->begun = true;
    if (dial->next == dial->count) {
        dial_finish(dial, dial->status, 0);
        return;
    }
    if (dial->path) {
        dial_pipe(dial);
        return;
    }
    const struct sockaddr *address = (const struct sockaddr *)&dial->addresses[dial->next++];
    uv_tcp_init(&dial->loop->uv, &dial->uv.tcp);
    dial->uv.handle.data = dial;
    dial->open = true;
    int result = uv_tcp_connect(&dial->connecting, &dial->uv.tcp, address, on_connected);
    if (result)
        give_up(dial, result);
}

static void dial_soon(void *arg)
{
    struct dial *dial = arg;
    if (dial->freed)
        dial_release(dial);
    else
        dial_next(dial);
}

static bool add_number(struct dial *dial, const char *host)
{
    int port = (int)strtol(dial->port, NULL, 10);
    struct sockaddr_storage *address = &dial->addresses[dial->count];
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)address) &&
        uv_ip6_addr(host, port, (struct sockaddr_in6 *)address))
        return false;
    dial->count++;
    return true;
}

static void lookup_free(struct lookup *lookup)
{
    pthread_mutex_destroy(&lookup->lock);
    free(lookup->host);
    free(lookup);
}

/* On the loop's thread. */
static void on_found(void *arg)
{
    struct lookup *lookup = arg;
    pthread_mutex_lock(&lookup->lock); /* until then the thread holds it */
    struct dial *dial = lookup->dial;
    pthread_mutex_unlock(&lookup->lock);
    if (dial) {
        dial->lookup = NULL;
        for (size_t i = 0; i < lookup->count; i++) {
            dial->addresses[dial->count] = lookup->addresses[i];
            in_port_t port = htons((uint16_t)strtol(dial->port, NULL, 10));
            if (lookup->addresses[i].ss_family == AF_INET)
                ((struct sockaddr_in *)&dial->addresses[dial->count++])->sin_port = port;
            else
                ((struct sockaddr_in6 *)&dial->addresses[dial->count++])->sin6_port = port;
        }
        dial_next(dial);
    }
    lookup_free(lookup);
}

/* The thread itself. */
static void lookup_main(void *arg)
{
    struct lookup *lookup = arg;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(lookup->host, NULL, &hints, &found))
        found = NULL;
    for (const struct addrinfo *at = found; at && lookup->count < ADDRESSES_MOST; at = at->ai_next)
        memcpy(&lookup->addresses[lookup->count++], at->ai_addr, at->ai_addrlen);
    if (found)
        freeaddrinfo(found);
    pthread_mutex_lock(&lookup->lock);
    bool wanted = lookup->dial != NULL;
    if (wanted)
        loop_post(lookup->loop, on_found, lookup);
    pthread_mutex_unlock(&lookup->lock);
    if (!wanted)
        lookup_free(lookup);
}

static void start_lookup(struct dial *dial, const char *host)
{
    struct lookup *lookup = mem_calloc(1, sizeof(*lookup));
    struct thread *thread;
    struct error error = {0};
    pthread_mutex_init(&lookup->lock, NULL);
    lookup->loop = dial->loop;
    lookup->dial = dial;
    lookup->host = mem_strdup(host);
    if (!thread_start(lookup_main, lookup, &thread, &error)) {
        dial->lookup = lookup;
        thread_detach(thread);
        return;
    }
    error_release(&error);
    lookup_free(lookup);
    loop_defer(dial->loop, dial_soon, dial);
}

struct dial *dial_new(struct loop *loop, const struct dial_options *options, dial_done *done,
                      void *arg)
{
    struct dial *dial = mem_calloc(1, sizeof(*dial));
    dial->loop = loop;
    dial->done = done;
    dial->arg = arg;
    dial->status = -ENXIO;
    dial->request = options->request ? mem_strdup(options->request) : NULL;
    if (options->path) {
        dial->path = mem_strdup(options->path);
        dial->count = 1;
    } else {
        dial->port = mem_strdup(options->port);
        if (!strcmp(options->host, "localhost")) {
            add_number(dial, "127.0.0.1");
            add_number(dial, "::1");
        } else if (!add_number(dial, options->host)) {
            start_lookup(dial, options->host);
            return dial;
        }
    }
    loop_defer(loop, dial_soon, dial);
    return dial;
}

void dial_free(struct dial *dial)
{
    if (!dial || dial->freed)
        return;
    dial->freed = true;
    dial->done = NULL;
    timer_free(dial->patience);
    if (dial->lookup) {
        pthread_mutex_lock(&dial->lookup->lock);
        dial->lookup->dial = NULL;
        pthread_mutex_unlock(&dial->lookup->lock);
        dial_release(dial);
    } else if (dial->open && !uv_is_closing(&dial->uv.handle)) {
        uv_close(&dial->uv.handle, on_closed_for_good);
    } else if (!dial->open && dial->begun) {
        dial_release(dial);
    }
    /* else: it is on its way through the loop, and is released there */
}
