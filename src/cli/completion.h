/* What "parrun completion" prints: a file with which a shell completes the command's words. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

struct buf;

/* Appends the file that SHELL ("bash", "zsh" or "fish") reads; it asks candidates_print(). */
void completion_print(const char *shell, struct buf *out);

#endif
