/*
 * A YAML file as a tree of nodes, each with its place in the file.
 *
 * Anchors, aliases and merge keys are already resolved: an aliased node shares the items of the one
 * it stands for. Keys of a mapping are scalars and differ from each other. What YAML allows and a
 * scenario does not (several documents, unknown tags, NUL in a value) was an error.
 */
#ifndef YAML_TREE_H
#define YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

struct arena;

/* What a file may be at most: a file beyond is an error, whatever it would mean. */
#define TREE_FILE_LIMIT ((size_t)64 << 20)
#define TREE_SCALAR_LIMIT ((size_t)1 << 20)
#define TREE_DEPTH_LIMIT 64
#define TREE_ALIAS_LIMIT 10000

enum node_kind {
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAP,
    NODE_BROKEN, /* its error is reported already: to be passed over in silence */
};

enum node_style {
    STYLE_PLAIN,
    STYLE_SINGLE,
    STYLE_DOUBLE,
    STYLE_LITERAL, /* | */
    STYLE_FOLDED,  /* > */
};

/* The tags that a node may carry. */
enum node_tag {
    TAG_NONE,
    TAG_STRING, /* !!str, and ! */
    TAG_NULL,
    TAG_BOOLEAN,
    TAG_INTEGER,
    TAG_NUMBER,
    TAG_LIST,
    TAG_MAP,
};

struct node {
    unsigned char kind;  /* enum node_kind */
    unsigned char style; /* enum node_style, of scalars */
    unsigned char tag;   /* enum node_tag */
    bool several_lines;  /* a scalar that ends on another line than it begins */
    uint32_t line;
    uint32_t column;
    uint16_t width;  /* characters to underline */
    uint16_t file;   /* number of the file it stands in, see tree_parse_part() */
    uint32_t offset; /* bytes from the start of the source, tag and anchor included */
    uint32_t size;   /* scalar: bytes; list: items; mapping: pairs */
    union {
        const char *text;         /* scalar: NUL behind it */
        const struct node *items; /* list: one after the other; mapping: key, value, key, value */
    };
};

/*
 * Parses SOURCE into ARENA. Returns the root, or NULL where the file cannot be read as YAML or is
 * empty. Any error is in DIAGS; a tree may be returned even then, so that the rest can be checked.
 */
const struct node *tree_parse(struct arena *arena, const struct source *source,
                              struct diags *diags);

/* The same where every node gets FILE as the number of its file; it is 0 otherwise. */
const struct node *tree_parse_part(struct arena *arena, const struct source *source, uint16_t file,
                                   struct diags *diags);

/*
 * What TEXT, which stays, means as YAML where it is {}, [] or a plain word without spaces: the same
 * node as by parsing it, which takes as long as a small file.
 */
struct node tree_word(const char *text);

/* NODE in which each alias has items of its own, so that an item's address tells where it stands. */
const struct node *tree_unshared(struct arena *arena, const struct node *node);

/* The place of NODE in SOURCE, the one it was parsed from. */
struct mark node_mark(const struct source *source, const struct node *node);

/* Key and value number I of a mapping. */
const struct node *node_key(const struct node *map, size_t i);
const struct node *node_value(const struct node *map, size_t i);

/* True where NODE is plain and empty, null or ~. */
bool node_is_nothing(const struct node *node);

/* The value of KEY in MAP; NULL where MAP is no mapping, KEY is not there or its value is nothing. */
const struct node *node_find(const struct node *map, const char *key);

#endif
