/* "Did you mean" for files. */
#ifndef SCENARIO_NEAR_FILE_H
#define SCENARIO_NEAR_FILE_H

/* Of the files beside PATH, which is not there, the one whose name is most like its own, written as PATH
 * is; to free(). NULL where none is near enough, or there are too many to look at. */
char *near_file(const char *path);

#endif
