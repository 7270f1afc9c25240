/*
 * elb_member: members of classic load balancers, as a resource plugin.
 */
#include "hooks.h"

static const rp_plugin plugin = {
    .struct_size = sizeof(rp_plugin),
    .abi_major = 1,
    .abi_minor = 0,
    .name = ELB_MEMBER_NAME,
    .version = ELB_MEMBER_VERSION,
    .release = response_release,
    .describe = describe_hook,
    .open = open_hook,
    .close = close_instance,
    .validate = validate_hook,
    .create = create_hook,
    .read = read_hook,
    .update = NULL, /* every attribute of a member is force-new */
    .delete_ = delete_hook,
    .list = list_hook,
};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
