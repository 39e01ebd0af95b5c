/* Edit distance with swaps of neighbours (optimal string alignment), case folded. */
#include "base/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
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

/* A bit for each letter that is in TEXT, whatever its case; some share one. */
static uint32_t letters(const char *text)
{
    uint32_t bits = 0;
    for (; *text; text++)
        bits |= UINT32_C(1) << (*text & 31);
    return bits;
}

static size_t count_bits(uint32_t bits)
{
    size_t count = 0;
    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

/* True where the distance is beyond MOST, seen without working it out: each letter that the other has not is an edit. */
static bool is_surely_beyond(const char *a, const char *b, size_t most)
{
    uint32_t in_a = letters(a), in_b = letters(b);
    return count_bits(in_a & ~in_b) > most || count_bits(in_b & ~in_a) > most;
}

/* Of a short word two letters are half: "hash" is no misspelt "math". */
static size_t distance_most(const char *wrong, const char *name, size_t shorter)
{
    bool short_word = shorter <= SHORT_WORD && tolower((unsigned char)*wrong) != tolower((unsigned char)*name);
    return short_word ? 1 : shorter / 3 + 1;
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    size_t wrong_length = strlen(nearest->wrong);
    size_t length = strlen(name);
    size_t shorter = least(wrong_length, length);
    if (wrong_length > NEAREST_LONGEST || length > NEAREST_LONGEST || !shorter)
        return;
    size_t most = least(distance_most(nearest->wrong, name, shorter), wrong_length - 1);
    if (wrong_length + length - 2 * shorter > most || is_surely_beyond(nearest->wrong, name, most))
        return;
    size_t distance = edit_distance(nearest->wrong, wrong_length, name, length);
    if (distance <= most && (!nearest->name || distance < nearest->distance)) {
        nearest->name = name;
        nearest->distance = distance;
    }
}
