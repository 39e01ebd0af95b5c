/* What may stand where a word of the command line is being typed. */
#ifndef CLI_CANDIDATES_H
#define CLI_CANDIDATES_H

struct buf;

/* The first line where the shell is to offer its files too, and where it is not. */
#define CANDIDATES_FILES "files"
#define CANDIDATES_WORDS "words"

/*
 * Appends what the last of COUNT words, the first of which is the command's name, may become: a line that says
 * whether it is a file, then a whole word a line, of an option with a tab and its help. The
 * scenario that stands before it is read for the names in it; nothing is run.
 */
void candidates_print(struct buf *out, char **words, int count);

#endif
