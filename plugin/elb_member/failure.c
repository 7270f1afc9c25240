#include "failure.h"

#include "resource_plugin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

failure failure_no_memory = {.status = RP_NO_MEMORY,
                             .code = "no_memory",
                             .retryable = true,
                             .blame = BLAME_SERVER,
                             .summary = (char *)"out of memory",
                             .references = 1};

failure *failure_new(int status, const char *code, bool retryable, blame whom, const char *format, ...)
{
    failure *made = calloc(1, sizeof(*made));
    va_list arguments;
    int len;

    if (!made)
        return NULL;
    va_start(arguments, format);
    len = vasprintf(&made->summary, format, arguments);
    va_end(arguments);
    if (len < 0) {
        free(made);
        return NULL;
    }
    made->status = status;
    made->code = code;
    made->retryable = retryable;
    made->blame = whom;
    made->references = 1;
    return made;
}

void failure_copy_server_words(failure *to, const failure *from)
{
    to->http_status = from->http_status;
    memcpy(to->server_code, from->server_code, sizeof(to->server_code));
    memcpy(to->request_id, from->request_id, sizeof(to->request_id));
    to->server_message = from->server_message ? strdup(from->server_message) : NULL;
}

failure *failure_ref(failure *one)
{
    if (one)
        __atomic_add_fetch(&one->references, 1, __ATOMIC_RELAXED);
    return one;
}

void failure_unref(failure *one)
{
    if (!one || __atomic_sub_fetch(&one->references, 1, __ATOMIC_ACQ_REL))
        return;
    free(one->summary);
    free(one->server_message);
    free(one);
}
