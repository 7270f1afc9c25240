/*
 * The list operation: one page of a listener's members.
 */
#include "instance.h"
#include "record.h"
#include "record_tasks.h"

#include <string.h>

/* The first member after the marker: a server that ignores markers sends earlier members again. */
static size_t first_new(const page *shown, const char *marker)
{
    for (size_t i = 0; marker && i < shown->count; i++)
        if (!strcmp(shown->members[i].id, marker))
            return i + 1;
    return 0;
}

static void write_object(const record *parent, const member *seen, rpkit_call *asked)
{
    _cleanup_(rp_freep) char *id = NULL;
    record state = record_state(parent, seen, NULL, NULL, &id);

    rpkit_listed(asked, &state);
}

static void write_page(const record *parent, const page *shown, const char *marker, bool is_last,
                       rpkit_call *asked)
{
    size_t first = first_new(shown, marker);

    for (size_t i = first; i < shown->count; i++)
        write_object(parent, &shown->members[i], asked);
    if (!is_last)
        rpkit_next(asked, shown->members[shown->count - 1].id);
}

static void refuse(int status, const failure *why, rpkit_call *asked)
{
    if (status == RP_CANCELLED)
        rpkit_refuse(asked, status, "elb.cancelled", NULL, "cancelled before the members were listed");
    else if (why)
        refuse_by(why, asked);
    else if (status == RP_NO_MEMORY)
        rpkit_no_memory(asked);
    else
        rpkit_refuse(asked, RP_DEADLINE_EXCEEDED, "elb.deadline_exceeded", NULL,
                     "timeout before the members were listed");
}

void list_members(rpkit_call *asked, void *on, void *parent, const char *marker)
{
    _cleanup_(page_unrefp) page *shown = NULL;
    _cleanup_(failure_unrefp) failure *why = NULL;
    driver *d = ((elb_instance *)on)->driver;
    call c = {.host = rpkit_host(asked), .deadline = driver_now_ms(d) + rpkit_left_ms(asked)};
    bool is_last;
    int status;

    if (marker && !elb_is_id(marker)) {
        rpkit_refuse(asked, RP_INVALID_ARGUMENT, "document.invalid", "/page",
                     "page must be a \"next\" of an earlier list");
        return;
    }
    driver_list(d, &c, ((record *)parent)->listener_id, marker, &shown, &is_last, &why, &status);
    if (shown)
        write_page(parent, shown, marker, is_last, asked);
    else
        refuse(status, why, asked);
}
