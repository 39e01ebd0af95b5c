/* What a pool has to do with Slurm beside its launchers: turns to ask it for more, why it lets them wait, and jobs to cancel. Of a
 * pool whose launcher is another each does nothing. */
#ifndef POOL_SLURM_H
#define POOL_SLURM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct launcher;
struct launcher_callbacks;
struct pool;

/* Appends the name that the job of agent NUMBER, from 0, has. */
void slurm_print_job(const struct pool *pool, size_t number, struct buf *out);

/* ns until the pool may ask for one more; called once for each. */
int64_t slurm_turn(struct pool *pool);

/* One was asked for: where it does not come, Slurm is asked why, and that is told. */
void slurm_watch(struct pool *pool);

/* A start of a worker has failed with WORDS, what its launcher said last: where it is one failure too many on the same node, no
 * more is asked of that one, and WORDS go on with ", so that..." */
void slurm_blame(struct pool *pool, struct buf *words);

/* True where WORDS, the last of a launcher that has ended, say that Slurm has ended its job: at a node that is dead nobody else does. */
bool slurm_has_ended(struct pool *pool, const char *words);

/* A start has gone well: what failed on nodes that are still asked is forgotten. */
void slurm_praise(struct pool *pool);

/* Appends the nodes that are asked for no more, with commas; nothing where there are none. */
void slurm_print_excluded(const struct pool *pool, struct buf *out);

/* Cancels the job of that name. The launcher of scancel(1), to be freed after its EXITED; NULL where it cannot be started. */
struct launcher *slurm_cancel(struct pool *pool, const char *job, const struct launcher_callbacks *callbacks, void *arg);

void slurm_free(struct pool *pool);

#endif
