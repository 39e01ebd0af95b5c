/* Sockets of one user. */
#include "os/private_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"

#define DIRECTORY "/parrun-XXXXXX"
#define NAME "/socket"

/* The longest path of a socket, with its NUL. */
#define PATH_SIZE sizeof(((struct sockaddr_un *)NULL)->sun_path)

/* DIRECTORY is filled in place by mkdtemp(3): nobody who is killed leaves one behind that the other
 * does not know of. */
struct private_socket {
    char directory[PATH_SIZE]; /* "": there is none */
    char path[PATH_SIZE];
};

struct private_socket *private_socket_new(void)
{
    struct private_socket *made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return made == MAP_FAILED ? NULL : made;
}

const char *private_socket_path(const struct private_socket *made)
{
    return made->path;
}

static void take_away(struct private_socket *made)
{
    if (!made->directory[0])
        return;
    if (made->path[0])
        unlink(made->path);
    rmdir(made->directory);
    made->path[0] = made->directory[0] = '\0';
}

void private_socket_remove(struct private_socket *made)
{
    if (made)
        take_away(made);
}

/* A new directory below BASE; a negative code where it cannot be made or used. */
static int make_directory(struct private_socket *made, const char *base, struct error *error)
{
    if (base[0] != '/' || strlen(base) + sizeof(DIRECTORY NAME) > PATH_SIZE)
        return error_set(error, ERROR_FAILED, "%s: %s", base,
                         base[0] == '/' ? "too long for the path of a socket"
                                        : "not an absolute path");
    stpcpy(stpcpy(made->directory, base), DIRECTORY);
    if (mkdtemp(made->directory)) {
        stpcpy(stpcpy(made->path, made->directory), NAME);
        return 0;
    }
    made->directory[0] = '\0';
    return error_system(error, errno, "%s: cannot make a directory for the run's socket", base);
}

/* Binds FD in the directory; nobody can connect before its mode is set. */
static int open_in(const struct private_socket *made, int fd, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, made->path, PATH_SIZE);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || chmod(made->path, 0600) ||
        listen(fd, SOMAXCONN))
        return error_system(error, errno, "%s: cannot open a socket", made->path);
    return 0;
}

int private_socket_listen(struct private_socket *made, struct error *error)
{
    const char *const bases[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_system(error, errno, "cannot open a socket");
    int result = -1;
    for (size_t i = 0; result && i < countof(bases); i++) {
        if (!bases[i] || !*bases[i])
            continue;
        error_release(error);
        result = make_directory(made, bases[i], error);
        if (!result)
            result = open_in(made, fd, error);
        if (result)
            take_away(made);
    }
    if (!result)
        return fd;
    close(fd);
    return result;
}

static bool is_welcome(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) &&
           (peer.uid == 0 || peer.uid == geteuid());
}

int private_socket_accept(int fd, int ends[2])
{
    /* The second number is held before anybody is taken: who was taken can be served. */
    ends[1] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (ends[1] < 0)
        return -errno;
    ends[0] = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    int result = ends[0] < 0 ? -errno : 0;
    if (!result && !is_welcome(ends[0])) {
        close(ends[0]);
        result = -EPERM;
    }
    if (result)
        close(ends[1]);
    else
        dup3(ends[0], ends[1], O_CLOEXEC);
    return result;
}

int private_socket_connect(const char *path, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return error_set(error, -ENAMETOOLONG, "%s: too long for the path of a socket", path);
    stpcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_system(error, errno, "cannot open a socket");
    int result;
    do {
        result = connect(fd, (struct sockaddr *)&address, sizeof(address));
    } while (result && errno == EINTR);
    if (!result)
        return fd;
    error_system(error, errno, "%s", path);
    close(fd);
    return error->code;
}
