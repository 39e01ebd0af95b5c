/* Changes that come in bursts. */
#include "watch/changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/unit.h"

#define LONGEST_TIMES 10
#define LONGEST_LEAST (2 * NS_PER_S)

void changes_note(struct changes *changes, const char *path, unsigned flags, int64_t now)
{
    size_t number = names_find(&changes->names, path, strlen(path));
    if (!changes->count)
        changes->first = now;
    changes->last = now;
    if (number == NAMES_NONE) {
        changes->items = mem_grow(changes->items, &changes->capacity, changes->count + 1, sizeof(*changes->items));
        number = changes->count++;
        changes->items[number] = (struct change){.path = mem_strdup(path)};
        *names_slot(&changes->names, changes->items[number].path, strlen(path)) = number;
    }
    changes->items[number].flags |= flags;
}

int64_t changes_longest(int64_t delay)
{
    int64_t longest = delay > INT64_MAX / LONGEST_TIMES ? INT64_MAX : delay * LONGEST_TIMES;
    return longest > LONGEST_LEAST ? longest : LONGEST_LEAST;
}

int64_t changes_wait(const struct changes *changes, int64_t delay, int64_t now)
{
    int64_t after_first = changes_longest(delay) - (now - changes->first);
    int64_t after_last = delay - (now - changes->last);
    return after_first < after_last ? after_first : after_last;
}

void changes_clear(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        free(changes->items[i].path);
    free(changes->items);
    names_release(&changes->names);
    *changes = (struct changes){0};
}
