/* A scenario with nothing left to be guessed: defaults, variables and includes are in it. */
#ifndef SCENARIO_PRINT_SHOW_H
#define SCENARIO_PRINT_SHOW_H

struct buf;
struct scenario;

/*
 * Appends SCENARIO as YAML that means the same, with each default written out, the variables as the
 * command line set them, and each template worked out that does not wait for the run. The author's
 * own keys are left out, and what is secret is masked. What is printed for it in turn is the same text.
 */
void scenario_print(struct buf *out, const struct scenario *scenario);

#endif
