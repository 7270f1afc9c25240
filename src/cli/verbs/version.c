#include "cli/verbs/verbs.h"

int rp_version(const rp_settings *settings)
{
    (void)settings;
    printf("rp %s, for plugins of ABI 1\n", RP_VERSION);
    return 0;
}
