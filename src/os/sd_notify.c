/* Sockets for sd_notify messages. */
#include "os/sd_notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

/* Descriptors that may come with one message. */
#define FDS_MOST 16

int notify_listen(char name[NOTIFY_NAME_SIZE], struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t length = sizeof(address);
    int yes = 1;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_system(error, errno, "cannot open a socket for notifications");
    /* An address of the family alone: the kernel chooses a name of five digits. */
    if (bind(fd, (struct sockaddr *)&address, sizeof(address.sun_family)) ||
        getsockname(fd, (struct sockaddr *)&address, &length) ||
        setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes))) {
        error_system(error, errno, "cannot open a socket for notifications");
        close(fd);
        return error->code;
    }
    size_t size = length - offsetof(struct sockaddr_un, sun_path);
    memcpy(name, address.sun_path, size);
    name[0] = '@';
    name[size] = '\0';
    return fd;
}

/* Closes what was sent along; true where the sender is this user or root. */
static bool take_control(struct msghdr *message)
{
    bool ours = false;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
        if (at->cmsg_level != SOL_SOCKET)
            continue;
        if (at->cmsg_type == SCM_RIGHTS) {
            size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            for (size_t i = 0; i < count; i++) {
                int fd;
                memcpy(&fd, CMSG_DATA(at) + i * sizeof(int), sizeof(fd));
                close(fd);
            }
        } else if (at->cmsg_type == SCM_CREDENTIALS) {
            struct ucred credentials;
            memcpy(&credentials, CMSG_DATA(at), sizeof(credentials));
            ours = geteuid() == 0 || credentials.uid == 0 || credentials.uid == geteuid();
        }
    }
    return ours;
}

int notify_take(int fd, char *text, size_t size)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(FDS_MOST * sizeof(int))];
    } control;
    struct iovec bytes = {.iov_base = text, .iov_len = size - 1};
    struct msghdr message = {
        .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = &control,
        .msg_controllen = sizeof(control),
    };
    ssize_t length = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (length < 0)
        return -EAGAIN;
    text[length] = '\0';
    return take_control(&message);
}

int notify_send(const char *name, const char *text)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, name, length);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    ssize_t sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    int result = sent < 0 ? -errno : 0;
    close(fd);
    return result;
}
