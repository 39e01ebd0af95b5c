/* Connecting, without waiting, to what is on this machine. */
#include "os/connect.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The kernel has accepted or refused by the time that connect(2) returns; this is for a machine with much to do. */
#define WAIT_MS 10

static bool connects(const struct sockaddr *address, socklen_t length)
{
    int number = 0;
    socklen_t size = sizeof(number);
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    bool done = !connect(fd, address, length) ||
                (errno == EINPROGRESS && poll(&wait, 1, WAIT_MS) == 1 && !getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &size) &&
                 !number);
    close(fd);
    return done;
}

static bool answers_v4(const char *host, const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    return inet_pton(AF_INET, host, &address.sin_addr) == 1 &&
           ntohl(address.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET &&
           connects((const struct sockaddr *)&address, sizeof(address));
}

static bool answers_v6(const char *host, const char *port)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons((uint16_t)strtoul(port, NULL, 10))};
    return inet_pton(AF_INET6, host, &address.sin6_addr) == 1 &&
           IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) &&
           connects((const struct sockaddr *)&address, sizeof(address));
}

bool answer_at_port(const char *host, const char *port)
{
    if (!strcmp(host, "localhost"))
        return answers_v4("127.0.0.1", port) || answers_v6("::1", port);
    return answers_v4(host, port) || answers_v6(host, port);
}

bool answer_at_path(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return false;
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return connects((const struct sockaddr *)&address, sizeof(address));
}
