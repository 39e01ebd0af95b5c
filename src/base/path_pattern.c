/* Matching of paths, as git and shells do it. */
#include "base/path_pattern.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

/* A path that is held against a pattern. */
struct path_match {
    const char *pattern; /* its beginning, and that of the path */
    const char *path;
    const char *end; /* of the pattern */
    bool hidden;
};

/* OVER: the path is at its end, so that no later beginning of it fits what is left of the pattern either. */
enum match { MATCH, NO_MATCH, OVER };

static enum match match(const struct path_match *matching, const char *p, const char *t);

/* [:NAME:] at P, and whether C is in it; where it is behind. NULL: there is none such. */
static const char *named_class(const char *p, const char *end, unsigned char c, bool *in)
{
    static const struct {
        const char *name;
        int (*is)(int c);
    } classes[] = {{"alnum", isalnum}, {"alpha", isalpha}, {"blank", isblank}, {"cntrl", iscntrl},
                   {"digit", isdigit}, {"graph", isgraph}, {"lower", islower}, {"print", isprint},
                   {"punct", ispunct}, {"space", isspace}, {"upper", isupper}, {"xdigit", isxdigit}};
    const char *close = memchr(p + 2, ']', (size_t)(end - p - 2));
    if (!close || close[-1] != ':' || close < p + 3)
        return NULL;
    size_t length = (size_t)(close - p - 3);
    for (size_t i = 0; i < countof(classes); i++) {
        if (strlen(classes[i].name) != length || memcmp(classes[i].name, p + 2, length) != 0)
            continue;
        *in = *in || classes[i].is(c);
        return close + 1;
    }
    return NULL;
}

/* The character at *P, '\' before it passed over; false at the end. */
static bool class_char(const char **p, const char *end, unsigned char *c)
{
    if (*p < end && **p == '\\')
        ++*p;
    if (*p == end)
        return false;
    *c = (unsigned char)*(*p)++;
    return true;
}

/* Whether C is in the class that begins behind the '[' at P; where it is behind. NULL: it has no end. */
static const char *in_class(const char *p, const char *end, unsigned char c, bool *in)
{
    bool negated = ++p < end && (*p == '!' || *p == '^');
    bool first = true;
    *in = false;
    for (p += negated; p < end && (first || *p != ']'); first = false) {
        unsigned char from, to;
        if (p + 2 < end && p[0] == '[' && p[1] == ':') {
            const char *behind = named_class(p, end, c, in);
            if (behind) {
                p = behind;
                continue;
            }
        }
        if (!class_char(&p, end, &from))
            return NULL;
        to = from;
        if (p + 1 < end && p[0] == '-' && p[1] != ']') {
            p++;
            if (!class_char(&p, end, &to))
                return NULL;
        }
        *in = *in || (c >= from && c <= to);
    }
    if (p == end)
        return NULL;
    *in = *in != negated;
    return p + 1;
}

/* The name that begins at T is one that no wildcard stands for. */
static bool is_hidden(const struct path_match *matching, const char *t)
{
    return !matching->hidden && *t == '.' && (t == matching->path || t[-1] == '/');
}

/* Behind the stars at P. */
static const char *stars_end(const struct path_match *matching, const char *p)
{
    while (p < matching->end && *p == '*')
        p++;
    return p;
}

/* A part "**" at P; more stars are the same. */
static bool is_deep(const struct path_match *matching, const char *p)
{
    const char *behind = stars_end(matching, p);
    return (p == matching->pattern || p[-1] == '/') && behind - p >= 2 && (behind == matching->end || *behind == '/');
}

static enum match match_deep(const struct path_match *matching, const char *p, const char *t)
{
    const char *behind = stars_end(matching, p);
    bool last = behind == matching->end;
    while (*t) {
        enum match found = last ? NO_MATCH : match(matching, behind + 1, t);
        if (found == MATCH)
            return MATCH;
        if (is_hidden(matching, t))
            return NO_MATCH;
        t += strcspn(t, "/");
        if (last && !*t)
            return MATCH;
        t += *t == '/';
    }
    return OVER;
}

static enum match match_star(const struct path_match *matching, const char *p, const char *t)
{
    if (is_hidden(matching, t))
        return NO_MATCH;
    p = stars_end(matching, p);
    for (;; t++) {
        enum match found = match(matching, p, t);
        if (found != NO_MATCH)
            return found;
        if (!*t)
            return OVER;
        if (*t == '/')
            return NO_MATCH;
    }
}

static enum match match(const struct path_match *matching, const char *p, const char *t)
{
    for (; p < matching->end; t++) {
        bool in = true;
        if (*p == '*')
            return is_deep(matching, p) ? match_deep(matching, p, t) : match_star(matching, p, t);
        if (!*t)
            return OVER;
        if (*p == '?' || *p == '[') {
            if (*t == '/' || is_hidden(matching, t))
                return NO_MATCH;
            const char *behind = *p == '?' ? p + 1 : in_class(p, matching->end, (unsigned char)*t, &in);
            if (!behind || !in)
                return NO_MATCH;
            p = behind;
            continue;
        }
        if (*p == '\\' && ++p == matching->end)
            return NO_MATCH;
        if (*p++ != *t)
            return NO_MATCH;
    }
    return *t ? NO_MATCH : MATCH;
}

bool path_pattern_matches(const char *pattern, const char *path, bool hidden)
{
    const struct path_match matching = {
        .pattern = pattern, .path = path, .end = pattern + strlen(pattern), .hidden = hidden};
    return match(&matching, pattern, path) == MATCH;
}

/* Behind the part of the pattern that begins at P, without its '/'. */
static const char *part_end(const char *p)
{
    for (; *p && *p != '/'; p++)
        if (*p == '\\' && p[1])
            p++;
    return p;
}

static bool leads(const char *p, const char *t)
{
    const char *end = part_end(p);
    size_t length = strcspn(t, "/");
    if (!*t)
        return *p;
    if (end - p >= 2 && strspn(p, "*") == (size_t)(end - p)) {
        if (*end && leads(end + 1, t))
            return true;
        return *t != '.' && (!t[length] || leads(p, t + length + 1));
    }
    char *name = mem_copy(t, length);
    const struct path_match matching = {.pattern = p, .path = name, .end = end};
    bool fits = *end && match(&matching, p, name) == MATCH;
    free(name);
    return fits && (!t[length] || leads(end + 1, t + length + 1));
}

bool path_pattern_leads(const char *pattern, const char *path)
{
    return leads(pattern + (*pattern == '/'), path + (*path == '/'));
}

size_t path_pattern_literal(const char *pattern)
{
    size_t literal = 0;
    for (size_t i = 0; pattern[i]; i++) {
        if (strchr("*?[", pattern[i]))
            return literal;
        if (pattern[i] == '/')
            literal = i;
        else if (pattern[i] == '\\' && pattern[i + 1])
            i++;
    }
    return strlen(pattern);
}

char *path_pattern_plain(const char *pattern, size_t length)
{
    struct buf plain = {0};
    buf_text(&plain, "");
    for (size_t i = 0; i < length; i++) {
        if (pattern[i] == '\\' && i + 1 < length)
            i++;
        buf_char(&plain, pattern[i]);
    }
    return buf_take(&plain);
}

/* PATTERN without empty parts, "." and "..". */
static char *normal(const char *pattern)
{
    struct buf out = {0};
    buf_text(&out, "");
    for (const char *p = pattern, *end; *p; p = end) {
        p += strspn(p, "/");
        end = part_end(p);
        size_t length = (size_t)(end - p);
        if (length == 2 && !memcmp(p, "..", 2)) {
            char *slash = out.data ? strrchr(out.data, '/') : NULL;
            buf_truncate(&out, slash ? (size_t)(slash - out.data) : 0);
        } else if (length && !(length == 1 && *p == '.')) {
            buf_char(&out, '/');
            buf_append(&out, p, length);
        }
    }
    if (!out.length)
        buf_char(&out, '/');
    return buf_take(&out);
}

/* Behind the '}' that belongs to the '{' at P; NULL: there is none, or no comma in it, and it stands for itself. */
static const char *brace_end(const char *p)
{
    size_t depth = 0;
    bool comma = false;
    for (; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '{')
            depth++;
        else if (*p == ',' && depth == 1)
            comma = true;
        else if (*p == '}' && !--depth)
            return comma ? p + 1 : NULL;
    }
    return NULL;
}

static const char *find_brace(const char *p)
{
    for (; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (*p == '{' && brace_end(p))
            return p;
    }
    return NULL;
}

static int expand(const char *pattern, void (*found)(void *arg, const char *pattern), void *arg, size_t *left)
{
    const char *open = find_brace(pattern);
    if (!open) {
        if (!*left)
            return -E2BIG;
        --*left;
        char *one = normal(pattern);
        found(arg, one);
        free(one);
        return 0;
    }
    const char *end = brace_end(open), *from = open + 1;
    size_t depth = 0;
    int result = 0;
    for (const char *p = from; !result && p < end; p++) {
        if (*p == '\\' && p[1]) {
            p++;
            continue;
        }
        depth += *p == '{';
        if (depth && *p == '}' && p + 1 < end) {
            depth--;
        } else if (!depth && (*p == ',' || p + 1 == end)) {
            struct buf one = {0};
            buf_append(&one, pattern, (size_t)(open - pattern));
            buf_append(&one, from, (size_t)(p - from));
            buf_text(&one, end);
            result = expand(buf_string(&one), found, arg, left);
            buf_release(&one);
            from = p + 1;
        }
    }
    return result;
}

int path_pattern_expand(const char *pattern, void (*found)(void *arg, const char *pattern), void *arg)
{
    size_t left = PATH_PATTERNS_MOST;
    return expand(pattern, found, arg, &left);
}
