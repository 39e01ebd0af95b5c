/* The schema table as a JSON Schema, for editors and for validators. */
#ifndef SCENARIO_PRINT_JSON_SCHEMA_H
#define SCENARIO_PRINT_JSON_SCHEMA_H

struct buf;

/* Appends the JSON Schema (draft 2020-12) of a scenario, laid out in lines. */
void json_schema_print(struct buf *out);

#endif
