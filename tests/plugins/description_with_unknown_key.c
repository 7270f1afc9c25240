/*
 * A key is no attribute of the record.
 * Call: describe {}
 * Tells: describe: resources.note.key[0] is no attribute of its record (abi/README.md, describe)
 */
#include "shelf.h"

HOOK(bad_describe)
{
    return respond(
        RP_OK, DESCRIPTION("\"note\":{\"key\":[\"title\"],\"record\":{\"properties\":{\"name\":{}}}}"), NULL);
}

PLUGIN(.describe = bad_describe)
