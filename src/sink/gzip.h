/* Compressing a file in the format of gzip(1). */
#ifndef SINK_GZIP_H
#define SINK_GZIP_H

/*
 * Replaces the file PATH by PATH.gz, with its permissions and its time. 0, or a negative errno: then
 * PATH is as it was and there is no PATH.gz of it.
 */
int gzip_file(const char *path);

#endif
