/* "Did you mean" for files. */
#ifndef SCENARIO_HINTS_NEAR_FILE_H
#define SCENARIO_HINTS_NEAR_FILE_H

/*
 * PATH, shown as SHOWN, is not there. Returns which of the files beside it was meant, one of YAML or with the
 * same ending whose name is most like its own, written as SHOWN is; to free(). NULL where none is near
 * enough, or there are too many to look at.
 */
char *near_file(const char *path, const char *shown);

#endif
