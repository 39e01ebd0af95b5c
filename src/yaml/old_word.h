/* What a plain word means to programs that still read YAML 1.1, as those in Go do: 0777, 1_000, 1.10, True, 2020-01-01. */
#ifndef YAML_OLD_WORD_H
#define YAML_OLD_WORD_H

struct arena;

/* TEXT, a plain scalar, as such a program prints the value that it took it for; itself where it is a text to it. In the arena. */
const char *old_word(struct arena *arena, const char *text);

#endif
