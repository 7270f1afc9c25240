/*
 * A thread of the plugin ends the process.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: shelf: create called exit(), which a plugin must not (abi/README.md, The host's process)
 */
#include "shelf.h"

#include <pthread.h>

static void *leave(void *none)
{
    exit(0);
}

HOOK(bad_create)
{
    pthread_t thread;

    pthread_create(&thread, NULL, leave, NULL);
    pthread_join(thread, NULL);
    return good_create(instance, call, request, len);
}

PLUGIN(.create = bad_create)
