/* flat_host PLUGIN HOOK REQUEST: prints the document that librphost answers with. Fails unless that is
   RP_CONTRACT, or RP_UNSUPPORTED for a plugin that cannot be loaded. */
#include <rphost.h>
#include <stdio.h>
#include <string.h>

static void take_event(void *context, const char *event, size_t len)
{
    (void)context, (void)event, (void)len;
}

int main(int argc, char **argv)
{
    rphost *host = rphost_open(argc == 4 ? argv[1] : NULL, "{}", 2);
    const char *request = argc == 4 ? argv[3] : "{}";
    rphost_answer *answer =
        rphost_call(host, argc == 4 ? argv[2] : NULL, request, strlen(request), 10000, take_event, NULL);
    int32_t wanted =
        rphost_error(host) && strstr(rphost_error(host), "Loading a plugin") ? RP_UNSUPPORTED : RP_CONTRACT;
    int32_t status = rphost_status(answer);

    printf("%d %s\n", (int)status, rphost_json(answer));
    rphost_release(answer);
    rphost_close(host);
    return status != wanted;
}
