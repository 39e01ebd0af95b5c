/* What the words that start a shell say about the language it reads. */
#ifndef TEMPLATE_SHELL_WORDS_H
#define TEMPLATE_SHELL_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "template/template.h"

/*
 * How values are written into a command line that goes behind WORDS: a shell whose rules are known,
 * its options and the one that takes the line, as in [bash, -euo, pipefail, -c]. TEMPLATE_OTHER where it
 * is not certain that such a shell reads the line.
 */
enum template_use shell_use(const char *const *words, size_t count);

/* The name of the shell where WORDS are a known one and its options, but lack the option that takes the
 * line; NULL where nothing is wrong with them. Points into WORDS. */
const char *shell_without_line(const char *const *words, size_t count);

#endif
