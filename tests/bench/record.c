#include "record.h"

#include <stdio.h>

unsigned listener_of(const grid_cell *one, unsigned record)
{
    return record % one->listeners;
}

void listener_id(unsigned listener, char out[LISTENER_ID_SIZE])
{
    snprintf(out, LISTENER_ID_SIZE, "e1b%029x", listener);
}

void write_key(unsigned record, rp_buffer *out)
{
    rp_buffer_format(out, "\"server_id\": \"5f3a6d10-0000-4000-8000-%012x\", \"address\": \"10.%u.%u.%u\"",
                     record, record / 62500 % 250, record / 250 % 250, record % 250 + 1);
}
