/* The time zones that the system knows: files in /usr/share/zoneinfo, or in TZDIR. */
#ifndef OS_ZONE_FILE_H
#define OS_ZONE_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

struct error;
struct zone;

/* A zone, and the file that it was read from. */
struct zone_file {
    struct zone *zone;
    char *path; /* NULL: it is from no file */
    struct stat found;
};

/*
 * Reads the zone of that name, "Europe/Berlin"; NULL: the one of this machine, which is what TZ says, else /etc/localtime,
 * else UTC. 0, or a negative code with ERROR filled and FILE zeroed. zone_file_release() frees what it holds.
 */
int zone_file_open(struct zone_file *file, const char *name, struct error *error);

/* Reads it anew where its file has changed, as rules may while a run goes on: true where it has. What cannot be read
 * leaves it as it was. */
bool zone_file_refresh(struct zone_file *file);

/* A zeroed one is accepted. */
void zone_file_release(struct zone_file *file);

/* The name of the zone that was most likely meant by WRONG; the caller frees it. NULL: there is none. */
char *zone_file_nearest(const char *wrong);

#endif
