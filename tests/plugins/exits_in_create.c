/*
 * create ends the process.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: shelf: create called exit(), which a plugin must not (abi/README.md, The host's process)
 */
#include "shelf.h"

HOOK(bad_create)
{
    exit(0);
}

PLUGIN(.create = bad_create)
