/*
 * By what a task is known from run to run: its content, never its number.
 *
 * The content is the pool's name and kind, its body (the templates as written, the shell, Lua's
 * text), setup, stdin, cwd and env, which has no order, the vars of the scenario that any of these texts
 * names as vars.NAME (all of them where it speaks of "vars" in another way), and the item. The key
 * is SipHash-2-4-128 of the item under the hash of the rest; of a table, in whatever order its pairs
 * come.
 */
#ifndef POOL_TASK_KEY_H
#define POOL_TASK_KEY_H

#include <stddef.h>

#include "base/hash.h"

struct pool_content;
struct pool_spec;
struct scenario;

/* All but the item, into CONTENT, which is the caller's to release: its hash and its parts. */
void task_key_pool(const struct scenario *scenario, const struct pool_spec *spec, struct pool_content *content);

/* The key of the task whose encoded item this is. */
struct hash task_key(const struct hash *pool, const char *item, size_t length);

/* The key of a task that is known by its command, as the joblog writes it. */
struct hash task_key_command(const char *command, size_t length);

#endif
