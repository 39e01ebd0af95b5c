/*
 * Processes that are alive at once: alive COUNT FILE waits until so many of them have come, and
 * ends; FILE counts them. `alive COUNT FILE start` starts them all by posix_spawn and reaps them:
 * the limit.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct meeting {
    atomic_int come;
    atomic_int complete;
};

static int wait_for_all(int count, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT, 0666);
    if (fd < 0 || ftruncate(fd, sizeof(struct meeting)))
        return 1;
    struct meeting *meeting =
        mmap(NULL, sizeof(*meeting), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (meeting == MAP_FAILED)
        return 1;
    if (atomic_fetch_add(&meeting->come, 1) + 1 == count) {
        atomic_store(&meeting->complete, 1);
        return syscall(SYS_futex, &meeting->complete, FUTEX_WAKE, INT_MAX, NULL, NULL, 0) < 0;
    }
    while (!atomic_load(&meeting->complete))
        syscall(SYS_futex, &meeting->complete, FUTEX_WAIT, 0, NULL, NULL, 0);
    return 0;
}

static int start_all(int count, char **arguments)
{
    char *child[] = {arguments[0], arguments[1], arguments[2], NULL};
    int failed = 0, status;
    for (int i = 0; i < count; i++) {
        pid_t pid;
        if (posix_spawn(&pid, child[0], NULL, NULL, child, environ))
            return 1;
    }
    while (wait(&status) > 0)
        failed |= status;
    return failed != 0;
}

int main(int count, char **arguments)
{
    if (count < 3)
        return 2;
    int number = atoi(arguments[1]);
    return count > 3 ? start_all(number, arguments) : wait_for_all(number, arguments[2]);
}
