/* Sockets of one user. */
#include "os/private_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/error.h"
#include "os/run_places.h"

/* So often it is begun anew where somebody takes away what was just made. */
#define TRIES 5

/* DIRECTORY is filled in place by mkdtemp(3): nobody who is killed leaves one behind that the other
 * does not know of. */
struct private_socket {
    char directory[RUN_PATH_SIZE]; /* "": there is none */
    char path[RUN_PATH_SIZE];
    int lock;    /* of the process OWNER; -1: none */
    pid_t owner; /* that has opened it */
};

struct private_socket *private_socket_new(void)
{
    struct private_socket *made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE,
                                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        return NULL;
    made->lock = -1;
    return made;
}

const char *private_socket_path(const struct private_socket *made)
{
    return made->path;
}

static void close_lock(struct private_socket *made)
{
    if (made->lock >= 0 && made->owner == getpid())
        close(made->lock);
    made->lock = -1;
}

/* The place is left where another run has something in it. */
void private_socket_remove(struct private_socket *made)
{
    if (!made || !made->directory[0])
        return;
    close_lock(made);
    run_directory_remove(made->directory);
    *strrchr(made->directory, '/') = '\0';
    rmdir(made->directory);
    made->path[0] = made->directory[0] = '\0';
}

/* The directory that it had, or a new one in PLACE; 0, or a negative code with ERROR filled. */
static int make_directory(struct private_socket *made, const char *place, struct error *error)
{
    size_t length = strlen(place);
    bool again = !strncmp(made->directory, place, length) && made->directory[length] == '/';
    if (made->directory[0])
        run_directory_remove(made->directory); /* what may be left of it */
    int result = run_place_make(place, error);
    if (result)
        return result;
    if (!again || mkdir(made->directory, 0700)) {
        stpcpy(stpcpy(made->directory, place), RUN_DIRECTORY);
        if (!mkdtemp(made->directory)) {
            made->directory[0] = '\0';
            return error_system(error, errno, "%s: cannot make a directory for the run's socket", place);
        }
    }
    chmod(made->directory, 0700); /* whatever the umask is */
    stpcpy(stpcpy(made->path, made->directory), RUN_SOCKET);
    return 0;
}

/* The lock of this process, with TEXT; it ends with the process, and no child has it. */
static int lock_directory(struct private_socket *made, const char *text, struct error *error)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    char path[RUN_PATH_SIZE];
    stpcpy(stpcpy(path, made->directory), RUN_LOCK);
    close_lock(made);
    made->owner = getpid();
    made->lock = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (made->lock < 0 || fchmod(made->lock, 0600) || fcntl(made->lock, F_SETLK, &whole) ||
        write(made->lock, text, strlen(text)) != (ssize_t)strlen(text))
        return error_system(error, errno, "%s: cannot write and lock it", path);
    return 0;
}

/* A socket that listens in the directory; nobody sees it before it does. */
static int open_socket(const struct private_socket *made, struct error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return error_system(error, errno, "cannot open a socket");
    stpcpy(stpcpy(address.sun_path, made->directory), RUN_NEW);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || chmod(address.sun_path, 0600) ||
        listen(fd, SOMAXCONN) || rename(address.sun_path, made->path)) {
        error_system(error, errno, "%s: cannot open a socket", made->path);
        close(fd);
        return error->code;
    }
    return fd;
}

/* True where what was opened stands where it should: somebody may have swept it away meanwhile. */
static bool stands(const struct private_socket *made)
{
    struct stat lock;
    return made->lock >= 0 && !fstat(made->lock, &lock) && lock.st_nlink && !access(made->path, F_OK);
}

/* The lock comes last: whoever finds it finds a run that can be asked. */
static int listen_in(struct private_socket *made, const char *place, const char *text, struct error *error)
{
    int fd = -1;
    for (int try = 0; try < TRIES; try++) {
        error_release(error);
        int result = make_directory(made, place, error);
        fd = result ? result : open_socket(made, error);
        result = fd < 0 ? fd : lock_directory(made, text, error);
        if (!result && stands(made))
            return fd;
        if (fd >= 0)
            close(fd);
        if (made->directory[0])
            run_directory_remove(made->directory);
        if (result && result != -ENOENT)
            return result;
    }
    return error->code ? error->code : error_set(error, -ENOENT, "%s: what is made in it goes away at once", place);
}

int private_socket_listen(struct private_socket *made, const char *text, struct error *error)
{
    char places[RUN_PLACES_MOST][RUN_PATH_SIZE];
    struct buf trouble = {0};
    size_t count = run_places_here(places, &trouble);
    int fd = -1;
    for (size_t i = 0; fd < 0 && i < count; i++) {
        fd = listen_in(made, places[i], text, error);
        if (fd >= 0)
            break;
        buf_printf(&trouble, "%s%s", trouble.length ? "; " : "", error->text);
        rmdir(places[i]); /* where no other run is in it */
    }
    if (fd < 0)
        close_lock(made);
    if (fd < 0 && trouble.length) {
        error_release(error);
        error_set(error, ERROR_FAILED, "%s", trouble.data);
        made->path[0] = made->directory[0] = '\0';
    } else {
        error_release(error);
    }
    buf_release(&trouble);
    return fd;
}

int private_socket_watch(const struct private_socket *made)
{
    static const uint32_t removal = IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
    char place[RUN_PATH_SIZE];
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    stpcpy(place, made->directory);
    char *end = strrchr(place, '/');
    if (fd < 0 || !end)
        return fd;
    *end = '\0';
    inotify_add_watch(fd, made->directory, removal);
    inotify_add_watch(fd, place, IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR);
    return fd;
}

bool private_socket_is_lost(const struct private_socket *made, int watch)
{
    char events[4096];
    while (read(watch, events, sizeof(events)) > 0)
        continue;
    return !stands(made);
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

/* A connection to PATH, or a negative errno; FLAGS of socket(2). */
static int connect_to(const char *path, int flags)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    stpcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    int result = fd < 0 ? -errno : 0;
    while (!result && connect(fd, (struct sockaddr *)&address, sizeof(address)))
        result = errno == EINTR ? 0 : -errno;
    if (!result)
        return fd;
    if (fd >= 0)
        close(fd);
    return result;
}

int private_socket_connect(const char *path, struct error *error)
{
    int fd = connect_to(path, 0);
    if (fd == -ENAMETOOLONG)
        return error_set(error, fd, "%s: too long for the path of a socket", path);
    return fd < 0 ? error_system(error, -fd, "%s", path) : fd;
}

int private_socket_call(const char *path, int ends[2])
{
    int fd = connect_to(path, SOCK_NONBLOCK);
    if (fd < 0)
        return fd;
    ends[0] = fd;
    ends[1] = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (ends[1] >= 0)
        return 0;
    int result = -errno;
    close(fd);
    return result;
}
