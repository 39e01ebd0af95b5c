/* Edit distance with swaps of neighbours (optimal string alignment), case folded. */
#include "base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define NEAREST_LONGEST 63
#define SHORT_WORD 4

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][NEAREST_LONGEST + 1];
    size_t *before = rows[0], *previous = rows[1], *current = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        previous[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        current[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            int x = tolower((unsigned char)a[i - 1]);
            int y = tolower((unsigned char)b[j - 1]);
            size_t best = least(previous[j] + 1, current[j - 1] + 1);
            best = least(best, previous[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                y == tolower((unsigned char)a[i - 2]))
                best = least(best, before[j - 2] + 1);
            current[j] = best;
        }
        size_t *oldest = before;
        before = previous;
        previous = current;
        current = oldest;
    }
    return previous[b_length];
}

/* Of a short word two letters are half: "hash" is no misspelt "math". */
static bool is_too_far(const char *wrong, const char *name, size_t shorter, size_t distance)
{
    bool short_word = shorter <= SHORT_WORD && tolower((unsigned char)*wrong) != tolower((unsigned char)*name);
    return distance > (short_word ? 1 : shorter / 3 + 1);
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    size_t wrong_length = strlen(nearest->wrong);
    size_t length = strlen(name);
    if (wrong_length > NEAREST_LONGEST || length > NEAREST_LONGEST || !length)
        return;
    size_t distance = edit_distance(nearest->wrong, wrong_length, name, length);
    if (!is_too_far(nearest->wrong, name, least(wrong_length, length), distance) && distance < wrong_length &&
        (!nearest->name || distance < nearest->distance)) {
        nearest->name = name;
        nearest->distance = distance;
    }
}
