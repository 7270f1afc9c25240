/*
 * The catalog of services, pure: where the classic load balancers are, as the
 * reply that brings a token says, or the one of GET /v3/auth/catalog.
 */
#ifndef RP_OTC_CATALOG_H
#define RP_OTC_CATALOG_H

#include "http/transport.h"
#include "http/url.h"

/* What to search: an endpoint of type elbv1, else elb; of the region (NULL: any) and the interface. */
typedef struct otc_wanted {
    const char *region;
    const char *interface;
} otc_wanted;

/*
 * Takes it apart into *out, without the version and project at the end of its path. Host NULL: the catalog
 * has none. RP_E_NOT_FOUND: it has several, of regions that *error names; RP_E_LOST: the reply is no catalog,
 * or what it has is no URL.
 */
int otc_catalog_find(const rp_http_reply *reply, const otc_wanted *wanted, rp_url *out, rp_error **error);

/* The id of the member of that name in a list: {"projects": [{"id": …, "name": …}]}; servers may ignore the filter
   they were sent. NULL: none has the name; RP_E_LOST: no list, or one without an id; RP_E_NOT_FOUND: several have
   the name. The caller frees it. */
int otc_id_of_name(const rp_http_reply *reply, const char *list, const char *name, char **out, rp_error **error);

#endif
