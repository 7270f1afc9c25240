/*
 * describe answers with more than 1 MiB.
 * Call: describe {}
 * Tells: more than 1048576 (abi/README.md, describe)
 */
#include "shelf.h"

HOOK(bad_describe)
{
    char *json = calloc(1, 2 << 20);
    const rp_response *made;

    strcpy(json, "{\"name\":\"");
    memset(json + strlen(json), 'x', 1 << 20);
    strcat(json, "\",\"version\":\"1\",\"abi\":\"1.0\",\"resources\":{}}");
    made = respond(RP_OK, json, NULL);
    free(json);
    return made;
}

PLUGIN(.describe = bad_describe)
