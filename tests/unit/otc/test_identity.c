#include "test_identity.h"

#include <check.h>
#include <stdio.h>

otc_source source_of(const char *name, const char *const pairs[])
{
    otc_source made = {0};
    char origin[128];

    for (size_t i = 0; pairs[i]; i += 2) {
        snprintf(origin, sizeof(origin), "%s of %s", pairs[i], name);
        ck_assert_msg(otc_setting_named(pairs[i]) < OTC_SETTINGS, "%s", pairs[i]);
        ck_assert_int_eq(otc_source_set(&made, otc_setting_named(pairs[i]), pairs[i + 1], origin, NULL), 0);
    }
    return made;
}

otc_identity whoever(const char *const pairs[])
{
    otc_source only = source_of("the test", pairs);
    otc_identity made;
    rp_error *error = NULL;
    int result = otc_identity_choose(&(const otc_source *){&only}, 1, &made, &error);

    ck_assert_msg(result == 0, "%s", error ? error->message : "no error");
    otc_source_done(&only);
    return made;
}
