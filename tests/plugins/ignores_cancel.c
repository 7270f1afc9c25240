/*
 * create takes 5 s, though it is cancelled meanwhile.
 * Interrupt: 1
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Tells: create: has not returned 2000 ms after it was cancelled (abi/README.md, Time and cancellation)
 */
#include "shelf.h"

#include <unistd.h>

HOOK(bad_create)
{
    send_event(call, "{\"kind\":\"log\",\"level\":\"info\",\"message\":\"begun\"}");
    for (int i = 0; i < 50; i++)
        usleep(100000);
    return good_create(instance, call, request, len);
}

PLUGIN(.create = bad_create)
