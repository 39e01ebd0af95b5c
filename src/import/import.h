/*
 * Other runners' files as scenarios: a Procfile, a compose.yaml (docker compose) or a
 * process-compose.yaml becomes the text of a scenario that does the same.
 */
#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include <stdbool.h>

struct buf;
struct diags;
struct scenario_sources;

/*
 * Reads FILE ("-": standard input), whose kind its name and its content tell, and appends the
 * scenario to OUT, with a comment for whatever has no equal. False with errors in DIAGS, and OUT
 * unchanged, where the file is none of these or is wrong. *HELD is what the errors point into, to
 * be freed with scenario_free_sources() after them.
 */
bool import_file(const char *file, struct buf *out, struct diags *diags, struct scenario_sources **held);

#endif
