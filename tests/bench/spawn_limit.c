/* The limit of the spawn bench: COUNT times /bin/true 1 by posix_spawn, at most JOBS at a time. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv)
{
    long count = argc > 1 ? strtol(argv[1], NULL, 10) : 5000;
    long jobs = argc > 2 ? strtol(argv[2], NULL, 10) : 2;
    char program[] = "/bin/true";
    char item[] = "1";
    char *arguments[] = {program, item, NULL};
    long running = 0;

    for (long started = 0; started < count || running > 0;) {
        if (started < count && running < jobs) {
            pid_t pid;
            int failed = posix_spawn(&pid, program, NULL, NULL, arguments, environ);
            if (failed) {
                fprintf(stderr, "posix_spawn: %s\n", strerror(failed));
                return 1;
            }
            started++;
            running++;
            continue;
        }
        if (waitpid(-1, NULL, 0) < 0 && errno != EINTR) {
            perror("waitpid");
            return 1;
        }
        running--;
    }
    return 0;
}
