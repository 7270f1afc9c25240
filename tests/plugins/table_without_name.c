/*
 * The table has no name.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: its table's name is NULL (abi/README.md, Loading a plugin)
 */
#include "shelf.h"

PLUGIN(.name = NULL)
