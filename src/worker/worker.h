/*
 * The worker: this program again, started by a runner, that runs tasks it is given in frames.
 *
 * It serves one pool's tasks one after another, or one process's Lua body. See wire/frame.h.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

/*
 * Speaks frames on standard input and output until told to finish or until the input ends. Returns
 * the exit status: 0; 1 where a process's body failed; 2 where what came were no frames.
 */
int worker_main(void);

#endif
