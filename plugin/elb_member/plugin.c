/*
 * elb_member: members of classic load balancers, as a resource plugin.
 */
#include "instance.h"

#define DEFAULT_SETTLE_MS 300000
#define MAX_RECORDS       10000

static bool check_record(rpkit_call *asked, void *one, bool is_new)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    int result = record_complete(one, is_new, &error);

    if (result == RP_E_INVALID)
        return rpkit_wrong(asked, error->path, "%s", error->message);
    return result == 0 || rpkit_no_memory(asked);
}

static uint32_t settle_ms(const void *configured)
{
    return ((const elb_instance *)configured)->config.settle_ms;
}

static const rpkit_resource resources[] = {{.name = ELB_MEMBER_NAME,
                                            .attributes = record_attributes,
                                            .size = sizeof(record),
                                            .options = option_attributes,
                                            .options_size = sizeof(call_options),
                                            .parent = parent_attributes,
                                            .parent_size = sizeof(record),
                                            .settle_ms = DEFAULT_SETTLE_MS,
                                            .max_records = MAX_RECORDS,
                                            .check = check_record,
                                            .compare = record_compare,
                                            .list = list_members}};

static const rp_plugin plugin = {
    .struct_size = sizeof(rp_plugin),
    .abi_major = 1,
    .abi_minor = 0,
    .name = ELB_MEMBER_NAME,
    .version = ELB_MEMBER_VERSION,
    RPKIT_HOOKS,
    .create = create_hook,
    .read = read_hook,
    .update = NULL, /* every attribute of a member is force-new */
    .delete_ = delete_hook,
    .list = rpkit_list,
};

const rpkit_plugin rpkit_definition = {.table = &plugin,
                                       .config = config_attributes,
                                       .instance_size = sizeof(elb_instance),
                                       .configure = config_complete,
                                       .open = open_instance,
                                       .close = close_instance,
                                       .settle_ms = settle_ms,
                                       .resources = resources,
                                       .resource_count = 1};

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    (void)host_abi_major;
    return &plugin;
}
