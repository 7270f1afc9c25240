/*
 * open says ok and gives no instance.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: open: the status is 0 (ok), but there is no instance (abi/README.md, open)
 */
#include "shelf.h"

HOOK(bad_open)
{
    return respond(RP_OK, "{\"results\":[]}", NULL);
}

PLUGIN(.open = bad_open)
