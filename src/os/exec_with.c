/* Taking attributes and becoming another program. */
#include "os/exec_with.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* As a shell says that a command could not be run. */
#define STATUS_NOT_RUN 126

int exec_with_main(int argc, char **argv)
{
    struct attributes attributes = {0};
    struct exec_failure failure = {ATTRIBUTE_EXEC, EINVAL};
    if (argc <= EXEC_WITH_ARGUMENTS)
        return STATUS_NOT_RUN;
    int fd = (int)strtol(argv[2], NULL, 10);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (attributes_parse(&attributes, argv[3])) {
        failure.number = attributes_apply(&attributes, &failure.failed);
        if (!failure.number) {
            execve(argv[4], argv + EXEC_WITH_ARGUMENTS, environ);
            failure = (struct exec_failure){ATTRIBUTE_EXEC, errno};
        }
    }
    attributes_release(&attributes);
    while (write(fd, &failure, sizeof(failure)) < 0 && errno == EINTR)
        ;
    return STATUS_NOT_RUN;
}
