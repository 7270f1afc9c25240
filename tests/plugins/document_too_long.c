/*
 * The answer is longer than 16 MiB.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: more than 16777216 (abi/README.md, Documents)
 */
#include "shelf.h"

HOOK(bad_create)
{
    const size_t long_text = 17 << 20;
    char *format = malloc(long_text + 100), *json = malloc(long_text + 200);
    const rp_response *made;

    memset(format, 'x', long_text);
    format[long_text] = '\0';
    sprintf(json,
            "{\"results\":[{\"status\":\"ok\",\"outcome\":\"done\",\"state\":{\"id\":\"a\",\"name\":\"a\","
            "\"text\":\"%s\"}}]}",
            format);
    made = respond(RP_OK, json, NULL);
    free(format);
    free(json);
    return made;
}

PLUGIN(.create = bad_create)
