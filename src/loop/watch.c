/* Watching over uv_poll_t. */
#include "loop/watch.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/private.h"

struct watch {
    uv_poll_t uv;
    int fd;
    void (*function)(void *arg);
    void *arg;
};

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct watch *watch = handle->data;
    (void)status;
    (void)events;
    watch->function(watch->arg);
}

struct watch *watch_new(struct loop *loop, int fd, void (*function)(void *arg), void *arg)
{
    struct watch *watch = mem_calloc(1, sizeof(*watch));
    *watch = (struct watch){.fd = fd, .function = function, .arg = arg};
    loop_poll_init(loop, &watch->uv, fd);
    watch->uv.data = watch;
    watch_resume(watch);
    return watch;
}

void watch_pause(struct watch *watch)
{
    uv_poll_stop(&watch->uv);
}

void watch_resume(struct watch *watch)
{
    uv_poll_start(&watch->uv, UV_READABLE, on_readable);
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void watch_free(struct watch *watch)
{
    if (!watch)
        return;
    uv_poll_stop(&watch->uv);
    uv_close((uv_handle_t *)&watch->uv, on_closed);
    close(watch->fd);
}
