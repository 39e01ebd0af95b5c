/* Checks of those that read standard input themselves: stdin: inherit. */
#ifndef SCENARIO_FOREGROUND_H
#define SCENARIO_FOREGROUND_H

struct loader;

/* Reports processes that could read it at the same time as another or a pool. Call it behind
 * depend_check(). */
void foreground_check(struct loader *loader);

#endif
