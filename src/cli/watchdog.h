/*
 * A thread of the runner that looks after it once its guard is gone: the loop then answers within a moment, again and again
 * until the end, or all that the run has started is ended. It waits for nothing but that, and costs nothing.
 */
#ifndef CLI_WATCHDOG_H
#define CLI_WATCHDOG_H

struct loop;
struct watchdog;

/* NULL where the system has no thread for it: then a loop that does not answer is left to the system. */
struct watchdog *watchdog_start(struct loop *loop);

/* Before the loop is freed; NULL is accepted. */
void watchdog_stop(struct watchdog *watchdog);

#endif
