/* What earlier runs have done: a table with open addressing, each content beside its count. */
#include "store/resume.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "store/pool_content.h"

/* Bits of a count; the others tell how many tasks of the content have succeeded. */
#define USED (UINT32_C(1) << 31) /* the slot is taken */
#define FAILED (UINT32_C(1) << 30)
#define MATCHED (UINT32_C(1) << 29)
#define NUMBER (MATCHED - 1)

#define SLOTS_FIRST 64

struct known {
    char *pool;
    int64_t count;
    struct pool_content *contents;
    size_t content_count;
    size_t content_capacity;
};

struct resume {
    bool failed_alone;
    struct hash *keys;
    uint32_t *counts;
    size_t slots;
    size_t used;
    struct known *known; /* a handful: pools of a scenario */
    size_t known_count;
    size_t known_capacity;
    size_t last; /* index in KNOWN: rows of a pool come one after another */
};

/* The slot of KEY, or the free one where it belongs. */
static size_t find_slot(const struct hash *keys, const uint32_t *counts, size_t slots,
                        const struct hash *key)
{
    size_t at = (size_t)(key->low % slots);
    while (counts[at] && !hash_equal(&keys[at], key))
        at = at + 1 < slots ? at + 1 : 0;
    return at;
}

static void resize(struct resume *resume, size_t slots)
{
    struct hash *keys = mem_calloc(slots, sizeof(*keys));
    uint32_t *counts = mem_calloc(slots, sizeof(*counts));
    for (size_t i = 0; i < resume->slots; i++) {
        if (!resume->counts[i])
            continue;
        size_t at = find_slot(keys, counts, slots, &resume->keys[i]);
        keys[at] = resume->keys[i];
        counts[at] = resume->counts[i];
    }
    free(resume->keys);
    free(resume->counts);
    resume->keys = keys;
    resume->counts = counts;
    resume->slots = slots;
}

struct resume *resume_new(bool failed_alone)
{
    struct resume *resume = mem_calloc(1, sizeof(*resume));
    resume->failed_alone = failed_alone;
    resize(resume, SLOTS_FIRST);
    return resume;
}

static struct known *find_known(struct resume *resume, const char *pool)
{
    for (size_t i = 0; i < resume->known_count; i++) {
        size_t at = (resume->last + i) % resume->known_count;
        if (strcmp(resume->known[at].pool, pool) != 0)
            continue;
        resume->last = at;
        return &resume->known[at];
    }
    resume->known = mem_grow(resume->known, &resume->known_capacity, resume->known_count + 1,
                             sizeof(*resume->known));
    resume->last = resume->known_count;
    resume->known[resume->known_count++] = (struct known){.pool = mem_strdup(pool)};
    return &resume->known[resume->last];
}

void resume_add(struct resume *resume, const char *pool, const struct hash *key, bool succeeded)
{
    size_t at = find_slot(resume->keys, resume->counts, resume->slots, key);
    if (!resume->counts[at]) {
        if (resume->used + 1 > resume->slots / 8 * 7) {
            resize(resume, resume->slots + resume->slots / 2);
            at = find_slot(resume->keys, resume->counts, resume->slots, key);
        }
        resume->used++;
        resume->keys[at] = *key;
        resume->counts[at] = USED;
        find_known(resume, pool)->count++;
    }
    if (!succeeded)
        resume->counts[at] |= FAILED;
    else if ((resume->counts[at] & NUMBER) < NUMBER)
        resume->counts[at]++;
}

void resume_pack(struct resume *resume)
{
    resize(resume, resume->used / 7 * 8 + 8);
}

int64_t resume_known(const struct resume *resume, const char *pool)
{
    for (size_t i = 0; i < resume->known_count; i++)
        if (!strcmp(resume->known[i].pool, pool))
            return resume->known[i].count;
    return 0;
}

void resume_add_content(struct resume *resume, const char *pool, const struct pool_content *content)
{
    struct known *known = find_known(resume, pool);
    for (size_t i = 0; i < known->content_count; i++)
        if (hash_equal(&known->contents[i].hash, &content->hash))
            return;
    known->contents = mem_grow(known->contents, &known->content_capacity, known->content_count + 1,
                               sizeof(*known->contents));
    pool_content_copy(&known->contents[known->content_count++], content);
}

const struct pool_content *resume_contents(const struct resume *resume, const char *pool, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < resume->known_count; i++) {
        if (strcmp(resume->known[i].pool, pool) != 0)
            continue;
        *count = resume->known[i].content_count;
        return resume->known[i].contents;
    }
    return NULL;
}

/* The count of a content, which TALLY counts as matched when it is first found; of none where it is not known. */
static uint32_t *find_count(struct resume *resume, const struct hash *key, struct resume_tally *tally)
{
    uint32_t *count = &resume->counts[find_slot(resume->keys, resume->counts, resume->slots, key)];
    if (*count && !(*count & MATCHED)) {
        tally->matched++;
        *count |= MATCHED;
    }
    return count;
}

bool resume_has(struct resume *resume, const struct hash *key, struct resume_tally *tally)
{
    return *find_count(resume, key, tally);
}

enum resume_answer resume_ask(struct resume *resume, const struct hash *key, bool former,
                              struct resume_tally *tally)
{
    uint32_t *count = find_count(resume, key, tally);
    enum resume_answer known = *count & FAILED ? TASK_HAS_FAILED : TASK_IS_ONE_MORE;
    enum resume_answer other = former ? TASK_HAS_CHANGED : TASK_IS_NEW;
    if (*count & NUMBER) {
        --*count;
        tally->done++;
        return TASK_IS_DONE;
    }
    tally->changed += !*count && former;
    tally->fresh += !*count && !former;
    if (!resume->failed_alone || *count & FAILED)
        return *count ? known : other;
    tally->unfailed++;
    return TASK_IS_DONE;
}

static void free_known(struct known *known)
{
    for (size_t i = 0; i < known->content_count; i++)
        pool_content_release(&known->contents[i]);
    free(known->contents);
    free(known->pool);
}

void resume_free(struct resume *resume)
{
    if (!resume)
        return;
    for (size_t i = 0; i < resume->known_count; i++)
        free_known(&resume->known[i]);
    free(resume->known);
    free(resume->keys);
    free(resume->counts);
    free(resume);
}
