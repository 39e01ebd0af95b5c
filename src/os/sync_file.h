/* What is in a file, on its disk. */
#ifndef OS_SYNC_FILE_H
#define OS_SYNC_FILE_H

struct error;

/* Waits until all that was written to the file at PATH would be there after a power cut. 0, where there is no such file too;
 * or a negative errno. */
int sync_file(const char *path, struct error *error);

#endif
