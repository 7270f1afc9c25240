/*
 * The status is ok, but there is no result for the record.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: the status is 0 (ok), but there are no results for 1 records (abi/README.md, Documents)
 */
#include "shelf.h"

HOOK(bad_create)
{
    return respond(RP_OK, "{\"results\":[]}", NULL);
}

PLUGIN(.create = bad_create)
