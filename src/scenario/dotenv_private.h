/* What reading an environment file shares between its lines and its values. Private to dotenv*.c.
 */
#ifndef SCENARIO_DOTENV_PRIVATE_H
#define SCENARIO_DOTENV_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct diags;
struct dotenv;
struct source;

struct dotenv_reader {
    struct dotenv *env;
    const struct source *source;
    struct diags *diags;
    size_t at; /* in bytes */
    size_t end;
    size_t errors;
};

/* The byte AHEAD of where the reader is, 0 behind the end. */
char dotenv_peek(const struct dotenv_reader *reader, size_t ahead);

/* Moves over blanks. */
void dotenv_skip_blanks(struct dotenv_reader *reader);

/* Length of the variable's name at the reader, 0 where there is none. */
size_t dotenv_name_length(const struct dotenv_reader *reader);

/* Reports an error at byte AT; always false. HINT may be NULL. */
bool dotenv_fault(struct dotenv_reader *reader, size_t at, size_t length, const char *hint,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/*
 * Appends the value at the reader to OUT and moves behind it, its closing quote included. False
 * where it is wrong, which is reported.
 */
bool dotenv_value(struct dotenv_reader *reader, struct buf *out);

#endif
