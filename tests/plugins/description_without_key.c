/*
 * A resource has no key.
 * Call: describe {}
 * Tells: describe: resources.note has no key (abi/README.md, describe)
 */
#include "shelf.h"

HOOK(bad_describe)
{
    return respond(RP_OK, DESCRIPTION("\"note\":{\"record\":{}}"), NULL);
}

PLUGIN(.describe = bad_describe)
