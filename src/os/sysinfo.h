/* What the machine has to spare at this moment. */
#ifndef OS_SYSINFO_H
#define OS_SYSINFO_H

#include <stdint.h>

/* Bytes of the machine's memory: MemTotal of proc(5); -1: not known. */
int64_t spare_memory_total(void);

/* Bytes that a new program could use without swapping: MemAvailable of proc(5); -1: not known. */
int64_t spare_memory(void);

/* The load average of the last minute; negative: not known. */
double spare_load(void);

/*
 * How many per cent of the last ten seconds some program has waited, as PATH, a file such as
 * /proc/pressure/cpu, tells; negative: not known.
 */
double spare_pressure(const char *path);

#endif
