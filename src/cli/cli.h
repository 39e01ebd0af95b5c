/* The command line: what parrun(1) describes. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* Does what the arguments say; returns the exit status, or ends by the signal that stopped the run. */
int cli_main(int argc, char **argv);

#endif
