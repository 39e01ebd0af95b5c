/* The limit of reading a scenario: libyaml's own event loop over FILE, and nothing done with it. */
#include <stdio.h>
#include <yaml.h>

int main(int argc, char **argv)
{
    yaml_parser_t parser;
    yaml_event_t event;
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (!file || !yaml_parser_initialize(&parser))
        return 1;
    yaml_parser_set_input_file(&parser, file);
    yaml_event_type_t type;
    do {
        if (!yaml_parser_parse(&parser, &event))
            return 1;
        type = event.type;
        yaml_event_delete(&event);
    } while (type != YAML_STREAM_END_EVENT);
    yaml_parser_delete(&parser);
    return fclose(file) != 0;
}
