/* Regular expressions: PCRE2 with bounds. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/regex.h"

#include <pcre2.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"

/* An expression may be so long, in bytes, and have so many open parentheses. */
#define LENGTH_MOST 65536
#define NESTING_MOST 250

/* What one comparison may take: steps (some 10 ms), backtracking points that are kept, and KiB of memory for them. */
#define STEPS_MOST 500000
#define DEPTH_MOST 20000
#define HEAP_MOST 4096

struct regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
};

/* GNU's \< and \> would stand for themselves here, and never match what was meant. */
static bool has_gnu_boundary(const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' && (text[1] == '<' || text[1] == '>'))
            return true;
        text += *text == '\\' && text[1];
    }
    return false;
}

static pcre2_code *compile(const char *text, struct error *error)
{
    int number;
    PCRE2_SIZE at;
    if (has_gnu_boundary(text)) {
        error_set(error, ERROR_FAILED, "\\< and \\> are not known: \\b is the boundary of a word");
        return NULL;
    }
    pcre2_compile_context *bounds = pcre2_compile_context_create(NULL);
    pcre2_set_max_pattern_length(bounds, LENGTH_MOST);
    pcre2_set_parens_nest_limit(bounds, NESTING_MOST);
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_DOLLAR_ENDONLY, &number, &at, bounds);
    pcre2_compile_context_free(bounds);
    if (code)
        return code;
    char message[200];
    pcre2_get_error_message(number, (PCRE2_UCHAR *)message, sizeof(message));
    error_set(error, ERROR_FAILED, "%s, at character %zu", message, at + 1);
    return NULL;
}

struct regex *regex_new(const char *text, struct error *error)
{
    pcre2_code *code = compile(text, error);
    if (!code)
        return NULL;
    struct regex *regex = mem_calloc(1, sizeof(*regex));
    regex->code = code;
    regex->match = pcre2_match_data_create(1, NULL);
    regex->limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(regex->limits, STEPS_MOST);
    pcre2_set_depth_limit(regex->limits, DEPTH_MOST);
    pcre2_set_heap_limit(regex->limits, HEAP_MOST);
    return regex;
}

void regex_free(struct regex *regex)
{
    if (!regex)
        return;
    pcre2_match_context_free(regex->limits);
    pcre2_match_data_free(regex->match);
    pcre2_code_free(regex->code);
    free(regex);
}

static int match(struct regex *regex, const char *bytes, size_t length, uint32_t options)
{
    int result = pcre2_match(regex->code, (PCRE2_SPTR)bytes, length, 0, options, regex->match, regex->limits);
    return result >= 0 ? 1 : result == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

int regex_match(struct regex *regex, const char *bytes, size_t length)
{
    return match(regex, bytes, length, 0);
}

int regex_find(struct regex *regex, const char *bytes, size_t length, size_t *at, size_t *size)
{
    int result = match(regex, bytes, length, PCRE2_NOTEMPTY);
    const PCRE2_SIZE *ends = pcre2_get_ovector_pointer(regex->match);
    if (result > 0) {
        *at = ends[0];
        *size = ends[1] - ends[0];
    }
    return result;
}
