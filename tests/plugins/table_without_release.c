/*
 * One of the four slots that are never NULL is.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: its table's release is NULL (abi/README.md, Loading a plugin)
 */
#include "shelf.h"

PLUGIN(.release = NULL)
