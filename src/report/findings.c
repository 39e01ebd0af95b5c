/* What failed, and what took longest. */
#include "report/findings.h"

#include <stdlib.h>

/* Copies FROM into TO, whose texts are used again. */
static void copy(struct finding *to, const struct finding *from)
{
    struct words_of_span words = to->words;
    words_copy(&words, &from->words);
    *to = *from;
    to->words = words;
}

void findings_fail(struct findings *findings, const struct finding *finding)
{
    findings->failed++;
    if (findings->failure_count < FAILURES_TOLD)
        copy(&findings->failures[findings->failure_count++], finding);
}

static void swap(struct finding *a, struct finding *b)
{
    struct finding kept = *a;
    *a = *b;
    *b = kept;
}

/* The first is the least slow: a heap. */
static void sift_down(struct finding *heap, size_t count, size_t at)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].took < heap[child].took)
            child++;
        if (heap[at].took <= heap[child].took)
            return;
        swap(&heap[at], &heap[child]);
    }
}

static void sift_up(struct finding *heap, size_t at)
{
    for (; at && heap[at].took < heap[(at - 1) / 2].took; at = (at - 1) / 2)
        swap(&heap[at], &heap[(at - 1) / 2]);
}

void findings_time(struct findings *findings, const struct finding *finding)
{
    struct finding *heap = findings->slowest;
    if (findings->slowest_count < SLOWEST_TOLD) {
        copy(&heap[findings->slowest_count], finding);
        sift_up(heap, findings->slowest_count++);
    } else if (finding->took > heap[0].took) {
        copy(&heap[0], finding);
        sift_down(heap, SLOWEST_TOLD, 0);
    }
}

static int by_time(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    return (a->took < b->took) - (a->took > b->took);
}

void findings_finish(struct findings *findings)
{
    qsort(findings->slowest, findings->slowest_count, sizeof(*findings->slowest), by_time);
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < FAILURES_TOLD; i++)
        words_release(&findings->failures[i].words);
    for (size_t i = 0; i < SLOWEST_TOLD; i++)
        words_release(&findings->slowest[i].words);
}
