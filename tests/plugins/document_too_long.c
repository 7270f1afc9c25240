/*
 * The answer is longer than 16 MiB.
 * Call: create {"resource":"note","records":[{"name":"a"},{"name":"b"}]}
 * Tells: more than 16777216 (abi/README.md, Documents)
 */
#include "shelf.h"

#define LONG_TEXT (9 << 20)

static void add_result(char *json, const char *name)
{
    sprintf(json + strlen(json),
            "%s{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"%s\",\"name\":\"%s\",\"text\":\"",
            *name == 'a' ? "" : ",", name, name);
    memset(json + strlen(json), 'x', LONG_TEXT);
    strcat(json, "\"}}");
}

/* 9 MiB for each record. */
HOOK(bad_create)
{
    char *json = calloc(2, LONG_TEXT + 200);
    const rp_response *made;

    strcpy(json, "{\"results\":[");
    add_result(json, "a");
    add_result(json, "b");
    strcat(json, "]}");
    made = respond(RP_OK, json, NULL);
    free(json);
    return made;
}

PLUGIN(.create = bad_create)
