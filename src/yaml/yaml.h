/* Writing a tree of nodes as YAML that reads back to the same tree. */
#ifndef YAML_YAML_H
#define YAML_YAML_H

struct buf;
struct node;

/* Appends NODE, a mapping, as lines of YAML; anchors and comments are gone. */
void yaml_print(struct buf *out, const struct node *node);

#endif
