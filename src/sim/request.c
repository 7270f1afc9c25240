#include "sim/request.h"

#include <microhttpd.h>

const char *sim_request_header(const sim_request *request, const char *name)
{
    return MHD_lookup_connection_value((struct MHD_Connection *)request->connection, MHD_HEADER_KIND, name);
}

const char *sim_request_query(const sim_request *request, const char *name)
{
    return MHD_lookup_connection_value((struct MHD_Connection *)request->connection, MHD_GET_ARGUMENT_KIND,
                                       name);
}
