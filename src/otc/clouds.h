/*
 * clouds.yaml and the files beside it: secure.yaml, which holds the secrets of
 * its entries, and clouds-public.yaml, whose profiles its entries may name.
 */
#ifndef RP_OTC_CLOUDS_H
#define RP_OTC_CLOUDS_H

#include "otc/source.h"

typedef struct otc_clouds_places {
    const char *clouds_file, *secure_file, *public_file; /* where to look instead of searching; or NULL */
    const char *directories[6];                          /* searched in this order; ended by NULL */
    const char *home;                                    /* what "~" in a path stands for; NULL: itself */
} otc_clouds_places;

/*
 * Reads the entry of that name, as openstacksdk does. The values of the region (that one, or else the first
 * of the entry's) count before secure.yaml, that before clouds.yaml, and that before the profile. *warning,
 * if there is reason for one, is the caller's to free. RP_E_INVALID if there is no such entry, or a file is
 * malformed, by line; RP_E_SYSTEM if one cannot be read.
 */
int otc_clouds_read(const otc_clouds_places *places, const char *cloud, const char *region, otc_source *into,
                    char **warning, rp_error **error);

#endif
