/* What a value of a key is, in words: for messages and for the reference. */
#ifndef SCENARIO_WORDING_H
#define SCENARIO_WORDING_H

struct buf;
struct choice;
struct key;

/* Appends "a whole number from 1 to 9", "auto or never", or what else the key's type says. */
void wording_append(struct buf *out, const struct key *key);

/* Appends "group, lines, ordered or discard". */
void wording_choices(struct buf *out, const struct choice *choices);

#endif
