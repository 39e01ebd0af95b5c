/* Where the record of a run goes: --record, log.record, or the directory PARRUN_RECORD. */
#ifndef CLI_RECORDING_H
#define CLI_RECORDING_H

struct error;
struct log_spec;
struct options;
struct target;

/* The path of the record of RUN, which the caller frees; NULL: nobody wants one. */
char *recording_path(const struct log_spec *spec, const struct options *options, const char *run);

/*
 * Opens it: what is there already is refused, unless --force or the scenario itself says that it is replaced. In
 * PARRUN_RECORD's directory older records of runs that have ended are removed, so that 20 are left. NULL with ERROR
 * filled.
 */
struct target *recording_open(const char *path, const struct options *options, const struct log_spec *spec,
                              struct error *error);

#endif
