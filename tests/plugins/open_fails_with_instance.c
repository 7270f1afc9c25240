/*
 * open refuses the config and gives an instance.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: open: the status is 100 (invalid_argument), but there is an instance (abi/README.md, open)
 */
#include "shelf.h"

static rp_instance made;

HOOK(bad_open)
{
    return respond(RP_INVALID_ARGUMENT, "{\"results\":[]}", &made);
}

PLUGIN(.open = bad_open)
