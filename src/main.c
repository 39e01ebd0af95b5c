/* parrun: a run, a check, or a worker of one. */
#include <string.h>

#include "cli/cli.h"
#include "os/stdio.h"
#include "worker/worker.h"

int main(int argc, char **argv)
{
    stdio_secure();
    if (argc == 2 && !strcmp(argv[1], "--worker"))
        return worker_main();
    return cli_main(argc, argv);
}
