/*
 * next is no string.
 * Call: list {"resource":"note"}
 * Tells: list: next is an integer, not a string (abi/README.md, list)
 */
#include "shelf.h"

HOOK(bad_list)
{
    return respond(RP_OK, "{\"results\":[],\"next\":2}", NULL);
}

PLUGIN(.list = bad_list)
