/* The lines that logs prints: as the run's own log has them, or as JSON. */
#ifndef CLI_CONTROL_LOG_LINES_H
#define CLI_CONTROL_LOG_LINES_H

struct error;
struct log_lines;
struct options;
struct value;

/* As OPTIONS say. NULL with ERROR filled where --grep is no regular expression. */
struct log_lines *log_lines_new(const struct options *options, struct error *error);

/* NULL is accepted. */
void log_lines_free(struct log_lines *lines);

/* Prints LINE, which the run has sent as TEXT, unless it is older than or does not have what is asked for. */
void log_lines_take(struct log_lines *lines, const char *text, const struct value *line);

#endif
