/*
 * next is the page that was asked for.
 * Call: list {"resource":"note","page":"2"}
 * Tells: list: next is the page that was asked for: the list would not end (abi/README.md, list)
 */
#include "shelf.h"

HOOK(bad_list)
{
    return respond(RP_OK, "{\"results\":[],\"next\":\"2\"}", NULL);
}

PLUGIN(.list = bad_list)
