/* What a run tells before anything starts: which run it is, how its log is shaped, and what it has. */
#ifndef CLI_DECLARE_H
#define CLI_DECLARE_H

struct log_settings;
struct run;

void declare_run(struct run *run, const struct log_settings *settings);

#endif
