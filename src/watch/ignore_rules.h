/* The lines of a .gitignore, as gitignore(5) has them: a pure function of their text. */
#ifndef WATCH_IGNORE_RULES_H
#define WATCH_IGNORE_RULES_H

#include <stdbool.h>
#include <stddef.h>

struct ignore_rule {
    char *pattern;
    bool negated;   /* ! */
    bool directory; /* it is about directories alone */
    bool name;      /* about names, wherever they stand; else about paths from where the rules are */
};

/* A zeroed one has no rules. */
struct ignore_rules {
    struct ignore_rule *items;
    size_t count;
    size_t capacity;
};

enum ignore_verdict {
    IGNORE_UNSAID, /* no rule is about it */
    IGNORE_YES,
    IGNORE_NO, /* a rule says that it is not ignored */
};

/* Adds the rules in the LENGTH bytes of TEXT: a line each, those that come later win. */
void ignore_rules_add(struct ignore_rules *rules, const char *text, size_t length);

/* What they say of PATH, seen from where they are, by itself: the directories that it is in are not looked at. */
enum ignore_verdict ignore_rules_say(const struct ignore_rules *rules, const char *path, bool directory);

/* Whether they ignore PATH or a directory that it is in. */
bool ignore_rules_ignore(const struct ignore_rules *rules, const char *path, bool directory);

void ignore_rules_release(struct ignore_rules *rules);

#endif
