/*
 * An event comes on a thread that is not the caller's.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: an event came on a thread that is not the caller's (abi/README.md, Events)
 */
#include "shelf.h"

#include <pthread.h>

static void *tell(void *call)
{
    send_event(call, "{\"kind\":\"log\",\"level\":\"info\",\"message\":\"from elsewhere\"}");
    return NULL;
}

HOOK(bad_create)
{
    pthread_t thread;

    if (!pthread_create(&thread, NULL, tell, (void *)call))
        pthread_join(thread, NULL);
    return good_create(instance, call, request, len);
}

PLUGIN(.create = bad_create)
