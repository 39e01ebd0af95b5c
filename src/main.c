/* parrun: a run, a check, or a worker of one. */
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "os/stdio.h"
#include "worker/worker.h"

int main(int argc, char **argv)
{
#ifdef __SANITIZE_THREAD__
    /* Its runtime (gcc 12) loses a signal that comes while a thread is in its first blocking call. */
    usleep(0);
#endif
    stdio_secure();
    if (argc == 2 && !strcmp(argv[1], "--worker"))
        return worker_main();
    return cli_main(argc, argv);
}
