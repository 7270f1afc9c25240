/*
 * The values of for_each from a file: JSON or YAML, or CSV with a header, whose
 * first column is the key.
 */
#ifndef RP_CLI_CONFIG_FOR_EACH_FILE_H
#define RP_CLI_CONFIG_FOR_EACH_FILE_H

#include "cli/config/yaml.h"

/* Reads the text of a file, which is CSV if its name ends in .csv. All values get the mark, the place of
   for_each. RP_E_INVALID with the file's name, and the place in it. */
int rp_for_each_read(const char *file, const char *text, size_t len, rp_mark mark, rp_yaml *values,
                     rp_error **error);

#endif
