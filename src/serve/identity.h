/* What tells one run from another: its id, its scenario, its file, since when. */
#ifndef SERVE_IDENTITY_H
#define SERVE_IDENTITY_H

struct buf;
struct run;

/* Appends it as members of a JSON object: in the run's hello, in its lock and in the answer to ps. */
void identity_print(const struct run *run, struct buf *out);

#endif
