/* Shared by the files that read shell commands: the stack of what is open. Private to shell*.c. */
#ifndef TEMPLATE_SHELL_STACK_H
#define TEMPLATE_SHELL_STACK_H

#include "template/shell_quote.h"

/* A piece of a command while it is read. */
struct piece {
    const char *text;
    size_t length;
    size_t at;
};

/* How one family of shells reads. */
struct shell_language {
    /* Reads at least the byte that the piece is at, inside a construct of the kind. */
    void (*readers[SHELL_KINDS])(struct shell *shell, struct piece *piece);

    /* As shell_value(), which then takes note of the value. */
    enum shell_place (*place)(const struct shell *shell, const char **text, const char **hint);
};

extern const struct shell_language shell_posix; /* in shell_quote.c */
extern const struct shell_language shell_fish;

/* SHELL_WRONG, for the reason WHY and with the hint REMEDY. */
enum shell_place shell_wrong(const char **text, const char **hint, const char *why, const char *remedy);

/* shell_place.c: the place by the rules of the POSIX family. */
enum shell_place shell_place_posix(const struct shell *shell, const char **text, const char **hint);

/* Inside single quotes, up to the quote that ends them. */
void shell_read_single(struct shell *shell, struct piece *piece);

/* Inside a comment, up to the newline that ends it. */
void shell_read_comment(struct shell *shell, struct piece *piece);

/* The innermost construct. */
struct shell_frame *shell_top(struct shell *shell);

/* Opens a construct; where there are too many the reader is lost. */
struct shell_frame *shell_push(struct shell *shell, enum shell_kind kind);
void shell_pop(struct shell *shell);

/* From here on the reader is not sure; the first reason stays. */
void shell_lose(struct shell *shell, const char *why, const char *hint);

/* True for the constructs that hold commands. */
bool shell_holds_commands(enum shell_kind kind);

/* The byte OFFSET bytes further on, NUL behind the piece. */
char shell_peek(const struct piece *piece, size_t offset);

/* shell_heredoc.c: reads << and its delimiter, the piece being at the first <. */
void shell_open_document(struct shell *shell, struct piece *piece);

/* A newline in a command: the bodies of the documents begin behind it. */
void shell_begin_documents(struct shell *shell);

/* At the beginning of a line in a here-document: true where it was the delimiter's, now passed. */
bool shell_close_document(struct shell *shell, struct piece *piece);

/* shell_expand.c: reads a construct that begins with $, the piece being at it. */
void shell_read_dollar(struct shell *shell, struct piece *piece);

/* Reads the byte the piece is at, inside ${ } and inside $(( )). */
void shell_read_parameter(struct shell *shell, struct piece *piece);
void shell_read_arithmetic(struct shell *shell, struct piece *piece);

/* shell_command.c: reads the byte the piece is at, where it is part of a command. */
void shell_read_command(struct shell *shell, struct piece *piece);

/* A word ends: it may have been case or esac. */
void shell_end_word(struct shell *shell);

/* What a backslash, a quote or a backtick does wherever the shell expands; false for other bytes.
 */
bool shell_read_quote(struct shell *shell, struct piece *piece, const char *which);

#endif
