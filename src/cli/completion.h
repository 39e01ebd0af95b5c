/* What --completion prints: the command's words, for a shell that completes them. */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

struct buf;
struct error;

/* Appends the file that SHELL ("bash", "zsh", "fish") reads. 0, or ERROR_FAILED for another. */
int completion_print(const char *shell, struct buf *out, struct error *error);

#endif
