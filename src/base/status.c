#include "base/status.h"

#include "base/cleanup.h"

#include "resource_plugin.h"

#include <string.h>

static const struct {
    int32_t status;
    const char *name;
} names[] = {
    {RP_OK, "ok"},
    {RP_IN_PROGRESS, "in_progress"},
    {RP_INVALID_ARGUMENT, "invalid_argument"},
    {RP_UNSUPPORTED, "unsupported"},
    {RP_CONTRACT, "contract"},
    {RP_CONFLICT, "conflict"},
    {RP_NOT_FOUND, "not_found"},
    {RP_ALREADY_EXISTS, "already_exists"},
    {RP_JOB_FAILED, "job_failed"},
    {RP_PERMISSION_DENIED, "permission_denied"},
    {RP_UNAUTHENTICATED, "unauthenticated"},
    {RP_QUOTA_EXCEEDED, "quota_exceeded"},
    {RP_UNAVAILABLE, "unavailable"},
    {RP_THROTTLED, "throttled"},
    {RP_DEADLINE_EXCEEDED, "deadline_exceeded"},
    {RP_CANCELLED, "cancelled"},
    {RP_INTERNAL, "internal"},
    {RP_NO_MEMORY, "no_memory"},
};

static const char *known_name(int32_t status)
{
    for (size_t i = 0; i < rp_count_of(names); i++)
        if (names[i].status == status)
            return names[i].name;
    return NULL;
}

const char *rp_status_name(int32_t status)
{
    const char *name = known_name(status);

    if (!name && status >= 0)
        name = known_name(status / 100 * 100);
    return name ? name : "internal"; /* a hundred that does not exist: only a bug makes one */
}

int32_t rp_status_value(const char *name)
{
    for (size_t i = 0; name && i < rp_count_of(names); i++)
        if (!strcmp(names[i].name, name))
            return names[i].status;
    return -1;
}
