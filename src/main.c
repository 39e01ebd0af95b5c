/* parrun: a run, a check, a worker of one, or an agent that has such workers. */
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "os/stdio.h"
#include "wire/agent.h"
#include "worker/agent.h"
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
    if (argc == 2 && !strcmp(argv[1], AGENT_ARGUMENT))
        agent_main();
    if (argc == 2 && !strcmp(argv[1], AGENT_BROUGHT_ARGUMENT))
        agent_main_brought();
    return cli_main(argc, argv);
}
