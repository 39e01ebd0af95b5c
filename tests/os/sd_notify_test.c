/* Notifications: what is taken, from whom, and what comes with it. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "os/sd_notify.h"

#define NOBODY 65534
#define SOMEBODY 65533

static void test_a_message(void **state)
{
    (void)state;
    struct error error = {0};
    char name[NOTIFY_NAME_SIZE], text[8];
    int fd = notify_listen(name, &error);
    assert_true(fd >= 0);
    assert_int_equal(name[0], '@');
    assert_int_equal(notify_take(fd, text, sizeof(text)), -EAGAIN);
    assert_int_equal(notify_send(name, "READY=1\nSTATUS=more than fits"), 0);
    assert_int_equal(notify_take(fd, text, sizeof(text)), 1);
    assert_string_equal(text, "READY=1");
    assert_int_equal(notify_take(fd, text, sizeof(text)), -EAGAIN);
    close(fd);
    assert_int_equal(notify_send(name, "READY=1"), -ECONNREFUSED);
}

static void test_names(void **state)
{
    (void)state;
    struct sockaddr_un address;
    char name[sizeof(address.sun_path) + 1];
    memset(name, 'x', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(notify_send(name, "READY=1"), -ENAMETOOLONG);
    name[sizeof(name) - 2] = '\0';
    assert_int_equal(notify_send(name, "READY=1"), -ENOENT);
}

/* Sends READY=1 as the user UID. */
static void send_as(const char *name, uid_t uid)
{
    int status;
    pid_t child = fork();
    if (!child)
        _exit(setuid(uid) || notify_send(name, "READY=1"));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Root takes it from all; another user from itself and root alone. */
static void test_users(void **state)
{
    (void)state;
    struct error error = {0};
    char name[NOTIFY_NAME_SIZE], text[64];
    int fd = notify_listen(name, &error);
    assert_true(fd >= 0);
    if (geteuid()) {
        close(fd);
        skip();
    }
    send_as(name, NOBODY);
    assert_int_equal(notify_take(fd, text, sizeof(text)), 1);
    send_as(name, NOBODY);
    send_as(name, SOMEBODY);
    send_as(name, 0);
    assert_int_equal(seteuid(NOBODY), 0);
    int own = notify_take(fd, text, sizeof(text));
    int other = notify_take(fd, text, sizeof(text));
    int root = notify_take(fd, text, sizeof(text));
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(own, 1);
    assert_int_equal(other, 0);
    assert_int_equal(root, 1);
    close(fd);
}

/* What a sender with BARRIER=1 waits for. */
static void test_descriptors_are_closed(void **state)
{
    (void)state;
    struct error error = {0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char name[NOTIFY_NAME_SIZE], text[64], byte;
    int ends[2], fd = notify_listen(name, &error);
    int from = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_true(fd >= 0 && from >= 0 && !pipe(ends));
    memcpy(address.sun_path + 1, name + 1, strlen(name + 1));
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), &ends[1], sizeof(int));
    struct iovec bytes = {.iov_base = "BARRIER=1", .iov_len = 9};
    struct msghdr message = {.msg_name = &address,
                             .msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name)),
                             .msg_iov = &bytes, .msg_iovlen = 1,
                             .msg_control = &control, .msg_controllen = sizeof(control)};
    assert_int_equal(sendmsg(from, &message, 0), 9);
    close(ends[1]);
    assert_int_equal(notify_take(fd, text, sizeof(text)), 1);
    assert_string_equal(text, "BARRIER=1");
    fcntl(ends[0], F_SETFL, O_NONBLOCK); /* it is at its end, or would have to be waited for */
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    close(from);
    close(fd);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_a_message);
    TEST(&tests, test_names);
    TEST(&tests, test_users);
    TEST(&tests, test_descriptors_are_closed);
    return tests_run(&tests, "sd_notify");
}
