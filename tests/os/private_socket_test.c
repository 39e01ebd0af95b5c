/* The socket of one user: where it is, what it leaves, and that a fork removes it. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "os/private_socket.h"
#include "os/run_places.h"

/* A directory of this test's, under the name that VARIABLE has from now on. */
static char *make_place(const char *variable)
{
    char *place = mem_strdup("/tmp/place.XXXXXX");
    assert_non_null(mkdtemp(place));
    setenv(variable, place, 1);
    return place;
}

static void remove_place(const char *variable, char *place)
{
    unsetenv(variable);
    assert_int_equal(rmdir(place), 0); /* nothing was left in it */
    free(place);
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void test_modes_and_removal(void **state)
{
    (void)state;
    struct error error = {0};
    char *place = make_place("XDG_RUNTIME_DIR");
    struct private_socket *made = private_socket_new();
    assert_string_equal(private_socket_path(made), "");
    mode_t before = umask(0777); /* what a caller has must not take rights from the user */
    int fd = private_socket_listen(made, "{}\n", &error);
    umask(before);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    const char *path = private_socket_path(made);
    assert_int_equal(strncmp(path, place, strlen(place)), 0);
    assert_int_equal(mode_of(path), 0600);
    char *directory = mem_copy(path, (size_t)(strrchr(path, '/') - path));
    assert_int_equal(mode_of(directory), 0700);
    char lock[4096];
    snprintf(lock, sizeof(lock), "%s%s", directory, RUN_LOCK);
    assert_int_equal(mode_of(lock), 0600);
    private_socket_remove(made);
    private_socket_remove(made);
    assert_int_equal(access(directory, F_OK), -1);
    free(directory);
    close(fd);
    remove_place("XDG_RUNTIME_DIR", place);
}

/* The one that did not open it removes it, as the guard does. */
static void test_removed_by_another_process(void **state)
{
    (void)state;
    int status;
    char *place = make_place("XDG_RUNTIME_DIR");
    struct private_socket *made = private_socket_new();
    pid_t child = fork();
    if (child == 0) {
        struct error error = {0};
        _exit(private_socket_listen(made, "{}\n", &error) < 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(access(private_socket_path(made), F_OK), 0);
    private_socket_remove(made);
    remove_place("XDG_RUNTIME_DIR", place);
}

/* Whether another process finds the run of the socket alive. */
static bool another_sees(const char *path)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        char *directory = mem_copy(path, (size_t)(strrchr(path, '/') - path));
        _exit(!run_directory_lives(directory));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return !status;
}

/* Whatever of it goes away, it is opened again, at the same path where that can be. */
static void test_opened_anew(void **state)
{
    (void)state;
    struct error error = {0};
    char command[512];
    char *place = make_place("XDG_RUNTIME_DIR");
    struct private_socket *made = private_socket_new();
    int fd = private_socket_listen(made, "{}\n", &error);
    char *path = mem_strdup(private_socket_path(made));
    for (int i = 0; i < 3; i++) {
        static const char *const removals[] = {"rm $1", "rm -r ${1%/socket}", "rm -r ${1%/*/socket}"};
        int watch = private_socket_watch(made);
        struct pollfd poll_fd = {.fd = watch, .events = POLLIN};
        assert_false(private_socket_is_lost(made, watch));
        snprintf(command, sizeof(command), "set -- %s; %s", path, removals[i]);
        assert_int_equal(system(command), 0);
        assert_int_equal(poll(&poll_fd, 1, -1), 1);
        assert_true(private_socket_is_lost(made, watch));
        close(watch);
        close(fd);
        fd = private_socket_listen(made, "{}\n", &error);
        assert_true(fd >= 0);
        assert_string_equal(private_socket_path(made), path);
        assert_true(another_sees(path));
    }
    private_socket_remove(made);
    close(fd);
    free(path);
    remove_place("XDG_RUNTIME_DIR", place);
}

static size_t found;

static void count_run(void *arg, const char *directory)
{
    (void)arg;
    (void)directory;
    found++;
}

/* A run that lives is found, and nothing of it is touched; what one that was killed has left is removed. */
static void test_found_while_it_lives(void **state)
{
    (void)state;
    int status, ends[2];
    char place[RUN_PATH_SIZE];
    char *session = make_place("XDG_RUNTIME_DIR");
    struct private_socket *made = private_socket_new();
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct error error = {0};
        if (private_socket_listen(made, "{\"run\":1}\n", &error) < 0)
            _exit(1);
        assert_int_equal(write(ends[1], "x", 1), 1);
        pause();
    }
    assert_int_equal(read(ends[0], place, 1), 1);
    snprintf(place, sizeof(place), "%s/parrun", session);
    found = 0;
    run_place_each(place, count_run, NULL);
    assert_int_equal(found, 1);
    assert_int_equal(access(private_socket_path(made), F_OK), 0);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, &status, 0), child);
    run_place_each(place, count_run, NULL);
    assert_int_equal(found, 1);
    assert_int_equal(access(private_socket_path(made), F_OK), -1);
    assert_int_equal(rmdir(place), 0);
    close(ends[0]);
    close(ends[1]);
    remove_place("XDG_RUNTIME_DIR", session);
}

/* A place is this user's own directory, and nobody else may write to it. */
static void test_places_of_others(void **state)
{
    (void)state;
    char *session = make_place("XDG_RUNTIME_DIR");
    char place[RUN_PATH_SIZE];
    snprintf(place, sizeof(place), "%s/parrun", session);
    for (int i = 0; i < 3; i++) {
        struct error error = {0};
        assert_int_equal(i == 2 ? symlink("/tmp", place) : mkdir(place, 0700), 0);
        if (i == 0)
            assert_int_equal(chmod(place, 0755), 0);
        if (i == 1 && !geteuid())
            assert_int_equal(chown(place, 1, 1), 0);
        struct private_socket *made = private_socket_new();
        int fd = private_socket_listen(made, "", &error);
        assert_true(fd >= 0);
        if (i != 1 || !geteuid())
            assert_int_not_equal(strncmp(private_socket_path(made), session, strlen(session)), 0);
        private_socket_remove(made);
        close(fd);
        if (i == 2)
            unlink(place);
        else
            rmdir(place);
    }
    remove_place("XDG_RUNTIME_DIR", session);
}

static void test_places_that_cannot_be_used(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "relative", "/nowhere/at/all", "/dev/null",
                                        "/tmp/0123456789012345678901234567890123456789"
                                        "012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < countof(wrong); i++) {
        struct error error = {0};
        setenv("XDG_RUNTIME_DIR", wrong[i], 1);
        char *place = make_place("TMPDIR");
        struct private_socket *made = private_socket_new();
        int fd = private_socket_listen(made, "{}\n", &error);
        assert_true(fd >= 0);
        assert_int_equal(strncmp(private_socket_path(made), place, strlen(place)), 0);
        private_socket_remove(made);
        close(fd);
        error_release(&error);
        remove_place("TMPDIR", place);
        unsetenv("XDG_RUNTIME_DIR");
    }
}

static void test_accept_and_connect(void **state)
{
    (void)state;
    struct error error = {0};
    int ends[2];
    char byte = 0;
    char *place = make_place("XDG_RUNTIME_DIR");
    struct private_socket *made = private_socket_new();
    int fd = private_socket_listen(made, "{}\n", &error);
    size_t open = open_descriptors();
    assert_int_equal(private_socket_accept(fd, ends), -EAGAIN);
    assert_int_equal(open_descriptors(), open);
    int client = private_socket_connect(private_socket_path(made), &error);
    assert_true(client >= 0);
    assert_int_equal(private_socket_accept(fd, ends), 0);
    assert_int_equal(write(client, "a", 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, 'a');
    assert_int_equal(write(ends[1], "b", 1), 1);
    assert_int_equal(read(client, &byte, 1), 1);
    assert_int_equal(byte, 'b');
    assert_true(fcntl(ends[0], F_GETFD) & fcntl(ends[1], F_GETFD) & FD_CLOEXEC);
    close(ends[0]);
    close(ends[1]);
    close(client);
    close(fd);
    char *path = mem_strdup(private_socket_path(made));
    private_socket_remove(made);
    assert_int_equal(private_socket_connect(path, &error), -ENOENT);
    error_release(&error);
    free(path);
    remove_place("XDG_RUNTIME_DIR", place);
}

/* One that has exactly no room for its NUL is refused, and no other socket is asked in its place. */
static void test_long_paths(void **state)
{
    (void)state;
    struct error error = {0};
    struct sockaddr_un address;
    char path[sizeof(address.sun_path) + 1];
    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(private_socket_connect(path, &error), -ENAMETOOLONG);
    assert_error(&error, -ENAMETOOLONG, "too long");
    path[sizeof(path) - 2] = '\0';
    assert_int_equal(private_socket_connect(path, &error), -ENOENT);
    error_release(&error);
}

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_modes_and_removal);
    TEST(&tests, test_removed_by_another_process);
    TEST(&tests, test_opened_anew);
    TEST(&tests, test_found_while_it_lives);
    TEST(&tests, test_places_of_others);
    TEST(&tests, test_places_that_cannot_be_used);
    TEST(&tests, test_accept_and_connect);
    TEST(&tests, test_long_paths);
    return tests_run(&tests, "private_socket");
}
