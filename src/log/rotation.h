/*
 * The files of a log that rotates: FILE is written, FILE.1 is the newest of the old ones, FILE.2
 * the one before, up to FILE.KEEP; compressed ones end with .gz.
 */
#ifndef LOG_ROTATION_H
#define LOG_ROTATION_H

#include <stdbool.h>
#include <stdint.h>

struct rotation;

struct rotation_rules {
    int64_t size;  /* bytes that a file may hold; 0: it does not rotate */
    int64_t keep;  /* old files, at least 1 */
    bool compress; /* the old ones, by a thread of its own */
};

/* Of the file PATH; nothing happens yet. */
struct rotation *rotation_new(const char *path, const struct rotation_rules *rules);

/*
 * Moves all files on by one, the oldest away, and returns a descriptor of the new, empty FILE. A
 * negative errno: FILE is what it was.
 */
int rotation_turn(struct rotation *rotation);

/* True where FILE is no longer what FD is: somebody has removed it, moved it away, or put another in its place. */
bool rotation_has_lost(const struct rotation *rotation, int fd);

/* Begins FILE anew after that, its directory too, with the permissions of FD, or adds to what stands there; the old
 * files stay as they are. A descriptor, or a negative errno. */
int rotation_renew(struct rotation *rotation, int fd);

/* Waits until nothing is being compressed. NULL is accepted. */
void rotation_free(struct rotation *rotation);

#endif
