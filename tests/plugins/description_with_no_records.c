/*
 * max_records is 0.
 * Call: describe {}
 * Tells: describe: resources.note.max_records is less than 1 (abi/README.md, describe)
 */
#include "shelf.h"

HOOK(bad_describe)
{
    return respond(RP_OK, DESCRIPTION("\"note\":{\"key\":[],\"max_records\":0,\"record\":{}}"), NULL);
}

PLUGIN(.describe = bad_describe)
