/* Letting clients in: how many, who is sent away for another one, and what becomes of those for whom the system has no descriptor. */
#include <sys/resource.h>
#include <sys/socket.h>

#include "../harness/timed_run.h"
#include "os/private_socket.h"
#include "serve/control_socket.h"
#include "serve/desk.h"
#include "wire/request.h"

/* Descriptors that are allowed, and clients at once: an eighth of them, and one. */
#define DESCRIPTORS 80
#define CLIENTS 11

/* A run with a queue, and its socket. */
struct door {
    struct timed_run timed;
    struct private_socket *socket;
    struct control_socket *control;
    struct rlimit limit;
};

static void allow(struct door *door, rlim_t descriptors)
{
    struct rlimit limit = {descriptors, door->limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void door_open(struct door *door)
{
    getrlimit(RLIMIT_NOFILE, &door->limit);
    allow(door, DESCRIPTORS);
    timed_start(&door->timed, "queues: {q: }\nprocesses: {a: {exec: [sleep, 1000], consumes: q, produces: q}}\n");
    timed_until(&door->timed, "Process a ");
    door->socket = private_socket_new();
    door->control = control_socket_new(&door->timed.run, door->socket);
}

static void turns(struct door *door)
{
    for (int i = 0; i < 6; i++)
        timed_turn(&door->timed);
}

static void door_close(struct door *door)
{
    control_socket_close(door->control);
    kill(door->timed.pid, SIGKILL);
    timed_until(&door->timed, " end\n");
    control_socket_free(door->control);
    desk_free(door->timed.run.service.desk);
    timed_end(&door->timed);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &door->limit), 0);
}

static int call(struct door *door)
{
    struct error error = {0};
    int fd = private_socket_connect(private_socket_path(door->socket), &error);
    assert_true(fd >= 0);
    return fd;
}

/* One that has asked for a message, which does not come. */
static int call_asking(struct door *door)
{
    struct buf out = {0};
    int fd = call(door);
    size_t begin = request_begin(&out, REQUEST_HELLO);
    frame_u32(&out, REQUEST_VERSION);
    frame_text(&out, "");
    frame_text(&out, "");
    frame_end(&out, begin);
    begin = request_begin(&out, REQUEST_GET);
    frame_i64(&out, -1);
    frame_u32(&out, 1);
    frame_text(&out, "q");
    frame_end(&out, begin);
    assert_int_equal(write(fd, out.data, out.length), out.length);
    buf_release(&out);
    return fd;
}

/* What has come for a client; "" where nothing has. */
static const char *heard(int fd)
{
    static char bytes[1000];
    ssize_t length = recv(fd, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);
    for (ssize_t i = 0; i < length; i++)
        bytes[i] = bytes[i] ? bytes[i] : ' ';
    bytes[length > 0 ? length : 0] = '\0';
    return bytes;
}

/* As many as there is room for, then one more: for it goes the oldest that has asked for nothing, though another is older. */
static void test_one_too_many(void **state)
{
    (void)state;
    struct door door;
    int fds[CLIENTS + 1];
    door_open(&door);
    fds[0] = call_asking(&door);
    for (size_t i = 1; i < CLIENTS; i++) {
        turns(&door);
        fds[i] = call(&door);
    }
    turns(&door);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_string_equal(heard(fds[i]), "");
    fds[CLIENTS] = call(&door);
    turns(&door);
    assert_non_null(strstr(heard(fds[1]), "more than 11 clients at once, and this one had asked for nothing"));
    for (size_t i = 0; i <= CLIENTS; i++)
        assert_true(i == 1 || !*heard(fds[i]));
    for (size_t i = 0; i <= CLIENTS; i++)
        close(fds[i]);
    turns(&door);
    door_close(&door);
}

/* They are asked for again some time later, and not all the time. */
static void test_no_descriptor(void **state)
{
    (void)state;
    struct door door;
    door_open(&door);
    int asks = call_asking(&door);
    int next = dup(0);
    close(next);
    allow(&door, (rlim_t)next);
    turns(&door);
    allow(&door, DESCRIPTORS);
    turns(&door);
    int after = dup(0);
    assert_int_equal(after, next); /* nobody was let in */
    close(after);
    timed_move(&door.timed, NS_PER_S);
    turns(&door);
    after = dup(0);
    assert_true(after > next);
    close(after);
    close(asks);
    turns(&door);
    door_close(&door);
}

/* Who is there when the run ends hears so, though the run had not seen it yet. */
static void test_the_last_one(void **state)
{
    (void)state;
    struct door door;
    door_open(&door);
    int fd = call(&door);
    control_socket_close(door.control);
    turns(&door);
    assert_string_not_equal(heard(fd), "");
    close(fd);
    door_close(&door);
}

int main(int argc, char **argv)
{
    struct tests tests = {0};
    timed_main(argc, argv);
    TEST(&tests, test_one_too_many);
    TEST(&tests, test_no_descriptor);
    TEST(&tests, test_the_last_one);
    return tests_run(&tests, "control_socket");
}
