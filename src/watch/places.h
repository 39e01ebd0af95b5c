/*
 * Directories whose entries the kernel tells of: one descriptor of inotify(7) for a run, read in its loop.
 *
 * Each is watched by itself; what is below is the caller's to add.
 */
#ifndef WATCH_PLACES_H
#define WATCH_PLACES_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct loop;
struct places;

struct places_callbacks {
    /* The entry PATH (valid during the call) has changed as MASK (IN_CREATE ...) says. */
    void (*changed)(void *arg, const char *path, uint32_t mask);
    /* The directory PATH is watched no longer: it has gone or was moved. */
    void (*lost)(void *arg, const char *path);
    /* More has happened than the kernel has kept: anything may have changed. */
    void (*overflowed)(void *arg);
    /* All that was there was told. */
    void (*told)(void *arg);
};

/* NULL with ERROR filled where the system has none: what to raise is said. */
struct places *places_new(struct loop *loop, const struct places_callbacks *callbacks, void *arg, struct error *error);

/* NULL is accepted. */
void places_free(struct places *places);

/* Watches the directory PATH, once more is nothing: 0, or a negative errno with ERROR filled: -ENOENT, -ENOTDIR, -EACCES
 * ...; -ENOSPC where there are as many as the system allows, with what to raise. */
int places_add(struct places *places, const char *path, struct error *error);

/* PATH and all below it are watched no longer. */
void places_drop(struct places *places, const char *path);

/* Tells what has come by now. */
void places_take(struct places *places);

/* True where the kernel tells of no changes that others make to the file system that PATH is in; *NAME: of which kind it is. */
bool places_are_mute(const char *path, const char **name);

#endif
