/* The words that ask a run or tell it something: ps, status, logs, wait, stop. */
#ifndef CLI_CONTROL_WORDS_H
#define CLI_CONTROL_WORDS_H

struct options;

/* Each returns the exit status of the word, as parrun(1) has them in one table. */
int control_ps(const struct options *options);

/* Shows the run on the full screen, until that is left. */
int control_view(const struct options *options);

/* Finds the run, sends the request that the word and its options are, prints what it answers, and ends with what that says. */
int control_word(const struct options *options);

#endif
