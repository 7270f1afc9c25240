/*
 * The table ends before list, which every table of ABI 1 has.
 * Call: create {"resource":"note","records":[{"name":"a"}]}
 * Made: nothing
 * Tells: shorter than ABI 1.0's
 */
#include "shelf.h"

PLUGIN(.struct_size = offsetof(rp_plugin, list))
