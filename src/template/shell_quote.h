/*
 * Where in a shell command a template stands, and how its value must be written there so that the
 * shell passes on exactly that value. Private to this room.
 *
 * The reader follows the quotes, substitutions and here-documents of a command as far as the shells
 * of the POSIX family agree, and those of fish. Where they do not, or where it is not sure, it lets no
 * value stand; nor anywhere in a line for another program.
 */
#ifndef TEMPLATE_SHELL_QUOTE_H
#define TEMPLATE_SHELL_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "template/template.h"

struct buf;
struct shell_language;

enum shell_place {
    SHELL_NOWHERE,         /* in a comment: the value is left out */
    SHELL_WRONG,           /* no value may stand here */
    SHELL_BARE,            /* 'v' */
    SHELL_DOUBLE,          /* "'v'": out of the quotes and back into them */
    SHELL_SINGLE,          /* v, with what would end single quotes written so that it does not */
    SHELL_NUMBER,          /* digits: arithmetic would run commands that are in a value */
    SHELL_VARIABLE,        /* ${_parrunN}, assigned before the command */
    SHELL_VARIABLE_BARE,   /* "${_parrunN}" */
    SHELL_VARIABLE_SINGLE, /* '"${_parrunN}"' */
};

/* Constructs may be nested so deep; behind that no value may stand. */
#define SHELL_NESTING 64

/* Here-documents that may begin on one line. */
#define SHELL_DOCUMENTS 8

enum shell_kind {
    SHELL_COMMAND,      /* the command itself */
    SHELL_SUBSTITUTION, /* $( ) */
    SHELL_PARENTHESES,  /* ( ), a subshell or an array */
    SHELL_DOUBLE_QUOTES,
    SHELL_SINGLE_QUOTES,
    SHELL_ANSI_QUOTES, /* $' ', which dash does not know */
    SHELL_BACKTICKS,
    SHELL_PARAMETER,  /* ${ } */
    SHELL_ARITHMETIC, /* $(( )) and (( )) */
    SHELL_COMMENT,
    SHELL_DOCUMENT,        /* a here-document in which the shell expands */
    SHELL_DOCUMENT_QUOTED, /* and one in which it does not */
    SHELL_BRACES,          /* fish's { } */
    SHELL_BRACKETS,        /* fish's [ ] behind a variable */
    SHELL_KINDS,
};

/* What stands in a ${ } behind the name. */
enum shell_operator {
    SHELL_OPERATOR_OTHER,
    SHELL_OPERATOR_WORD,    /* - = ? +, with a colon or without */
    SHELL_OPERATOR_PATTERN, /* # ## % %% */
};

struct shell_frame {
    enum shell_kind kind;
    bool in_word;                 /* of commands */
    bool expanded;                /* of commands of fish: "$( )" is in the word */
    unsigned cases;               /* of commands: "case" without its "esac" */
    unsigned parentheses;         /* of arithmetic */
    bool command;                 /* of arithmetic: (( )) */
    bool quoted;                  /* of parameters: inside double quotes or a here-document */
    enum shell_operator operator; /* of parameters */
};

struct shell_document {
    const char *delimiter; /* borrowed from the command's text, its quotes still in it */
    size_t length;
    bool quoted;
    bool tabs; /* <<-: leading tabs do not count */
    size_t depth;
};

/* Zeroed by shell_init(); borrows the text it reads. */
struct shell {
    const struct shell_language *language;
    struct shell_frame frames[SHELL_NESTING];
    size_t depth;
    struct shell_document documents[SHELL_DOCUMENTS];
    size_t document_count;
    size_t document; /* the one that is being read, behind the first newline */
    bool in_documents;
    bool line_begins;    /* in a here-document */
    char pending;        /* '\\' or '$' as the last byte before a value */
    bool delimiter_open; /* a here-document's delimiter ends where a value begins */
    bool subscript;      /* behind NAME[ */
    size_t subscript_depth;
    char word[8]; /* the word so far, where it may be case or esac */
    size_t word_length;
    bool word_plain;  /* no quotes, no substitutions */
    bool word_name;   /* it could be a variable's name */
    const char *lost; /* why the reader is no longer sure; NULL: it is */
    const char *lost_hint;
};

/* For a template of this USE, which is none for plain text. */
void shell_init(struct shell *shell, enum template_use use);

/* The quote that is open behind what was read; NULL: none, or the reader is not sure. */
const char *shell_open_quote(const struct shell *shell);

/* Reads a piece of the command up to the next value or to the command's end. */
void shell_read(struct shell *shell, const char *text, size_t length);

/* Where a value stands at this point. For SHELL_WRONG, *TEXT says why and *HINT what to do. */
enum shell_place shell_value(struct shell *shell, const char **text, const char **hint);

/* Appends VALUE, which holds no NUL, for a place that is no variable and no number. */
void shell_write(struct buf *out, enum template_use use, enum shell_place place, const char *value,
                 size_t length);

#endif
