/* The socket of one user: where it is, what it leaves, and that a fork removes it. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../harness/unit.h"
#include "os/private_socket.h"

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
    int fd = private_socket_listen(made, &error);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    const char *path = private_socket_path(made);
    assert_int_equal(strncmp(path, place, strlen(place)), 0);
    assert_int_equal(mode_of(path), 0600);
    char *directory = mem_copy(path, (size_t)(strrchr(path, '/') - path));
    assert_int_equal(mode_of(directory), 0700);
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
        _exit(private_socket_listen(made, &error) < 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(access(private_socket_path(made), F_OK), 0);
    private_socket_remove(made);
    remove_place("XDG_RUNTIME_DIR", place);
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
        int fd = private_socket_listen(made, &error);
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
    int fd = private_socket_listen(made, &error);
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

int main(void)
{
    struct tests tests = {0};
    TEST(&tests, test_modes_and_removal);
    TEST(&tests, test_removed_by_another_process);
    TEST(&tests, test_places_that_cannot_be_used);
    TEST(&tests, test_accept_and_connect);
    return tests_run(&tests, "private_socket");
}
