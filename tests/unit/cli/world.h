/*
 * A small world for the tests of rp: a plugin's description, and configurations
 * from text.
 */
#ifndef TESTS_CLI_WORLD_H
#define TESTS_CLI_WORLD_H

#include "cli/config/project.h"

/* Two types: note, whose key is name, with a hidden password and members of the server; and tag. */
rp_plugin_schema world_plugin_schema(void);

/* Writes the text into a file and loads it. The environment has ONE=1 and no more; a file "f" holds "from
 * f\n". */
int world_load(const char *text, rp_project *project, rp_error **error);

/* The same with its objects; must work. */
rp_project world_project(const char *text, const rp_plugin_schema *plugin_schema);

#endif
