#include "record.h"

#include "elb_api.h"

#include <string.h>

static const char *check_id(const char *text)
{
    return elb_is_id(text)
               ? NULL
               : "an id has 1 to 64 of the characters A-Z a-z 0-9 . _ ~ - and is not \".\" or \"..\"";
}

static const char *check_address(const char *text)
{
    char canonical[RP_ADDRESS_SIZE];

    return rp_canonical_address(text, canonical) ? NULL : "not an IPv4 or IPv6 address";
}

#define AT(member)       .kind = RPKIT_TEXT, .offset = offsetof(record, member)
#define ID(member)       AT(member), .check = check_id, .pattern = ELB_ID_PATTERN
#define COMPUTED(member) AT(member), .computed = true, .nullable = true

/* What a reply does not have is left out of a state, what is null in it is null. A member that was not added
   here has no job: null. */
const rpkit_attribute record_attributes[] = {
    {.name = "id",
     AT(id),
     .computed = true,
     .about = "<listener_id>/<server_id>/<address in canonical form>; stable."},
    {.name = "listener_id",
     ID(listener_id),
     .key = true,
     .about = "Id of the listener that gets the member."},
    {.name = "server_id", ID(server_id), .key = true, .about = "Id of the server (ECS)."},
    {.name = "address",
     AT(address),
     .key = true,
     .check = check_address,
     .about = "Private IPv4 or IPv6 address of the server, on its primary network interface."},
    {.name = "member_id",
     COMPUTED(member_id),
     .check = check_id,
     .about = "The server's own id of the member."},
    {.name = "job_id",
     COMPUTED(job_id),
     .check = check_id,
     .about = "Job that added the member; null if this plugin did not add it."},
    {.name = "uri", COMPUTED(uri), .about = "Location of the job as the server returns it; not reliable."},
    {.name = "floating_address",
     COMPUTED(floating_address),
     .about = "Address that the load balancer assigned to the member."},
    {.name = "member_status", COMPUTED(member_status), .about = "ACTIVE, PENDING or ERROR."},
    {.name = "health_status", COMPUTED(health_status), .about = "NORMAL, ABNORMAL or UNAVAILABLE."},
    {.name = "server_name", COMPUTED(server_name)},
    {.name = "create_time", COMPUTED(create_time), .about = "As the server returns it, in UTC."},
    {.name = "update_time", COMPUTED(update_time)},
    {.name = "listeners",
     .kind = RPKIT_TEXTS,
     .offset = offsetof(record, listeners),
     .computed = true,
     .nullable = true,
     .about = "Ids of all listeners that have this member."},
    {0}};

const rpkit_attribute parent_attributes[] = {{.name = "listener_id",
                                              ID(listener_id),
                                              .required = true,
                                              .about = "Id of the listener whose members are listed."},
                                             {0}};

#undef AT
#undef ID
#undef COMPUTED

static int make_id(record *one, rp_error **error)
{
    if (!one->listener_id || !record_has_key(one))
        return 0;
    free(one->id);
    one->id = rp_format("%s/%s/%s", one->listener_id, one->server_id, one->canonical);
    return one->id ? 0 : rp_error_no_memory(error);
}

static int bad_id(rp_error **error)
{
    return rp_error_set_at(error, RP_E_INVALID, "/id",
                           "id is not of the form <listener_id>/<server_id>/<address>");
}

static int contradiction(const char *name, rp_error **error)
{
    return rp_error_set_at(error, RP_E_INVALID, "/id", "id and %s contradict each other", name);
}

/* Gives an attribute the value that the id has for it, or checks that they agree. */
static int agree(char **has, const char *from_id, const char *name, rp_error **error)
{
    if (*has && strcmp(*has, from_id))
        return contradiction(name, error);
    return *has ? 0 : rp_copy_text(has, from_id, error);
}

/* The id holds the key. */
static int take_id(record *one, rp_error **error)
{
    _cleanup_(rp_freep) char *copy = NULL;
    char canonical[RP_ADDRESS_SIZE];
    char *server_id, *address;
    int result;

    if (!one->id)
        return 0;
    copy = strdup(one->id);
    if (!copy)
        return rp_error_no_memory(error);
    server_id = strchr(copy, '/');
    address = server_id ? strchr(server_id + 1, '/') : NULL;
    if (!address)
        return bad_id(error);
    *server_id++ = *address++ = '\0';
    if (!elb_is_id(copy) || !elb_is_id(server_id) || !rp_canonical_address(address, canonical))
        return bad_id(error);
    if ((result = agree(&one->listener_id, copy, "listener_id", error)) < 0 ||
        (result = agree(&one->server_id, server_id, "server_id", error)) < 0)
        return result;
    if (*one->canonical && strcmp(one->canonical, canonical))
        return contradiction("address", error);
    strcpy(one->canonical, canonical);
    return one->address ? 0 : rp_copy_text(&one->address, canonical, error);
}

static int must_name(const record *one, rp_error **error)
{
    if (!one->listener_id)
        return rp_error_set_at(error, RP_E_INVALID, "", "\"listener_id\" is missing");
    if (record_has_key(one) || one->member_id)
        return 0;
    return rp_error_set_at(
        error, RP_E_INVALID, "",
        "the record does not identify a member: it needs id, or member_id, or server_id and "
        "address");
}

int record_complete(record *one, bool is_new, rp_error **error)
{
    int result = 0;

    if (!one->address || !rp_canonical_address(one->address, one->canonical))
        *one->canonical = '\0';
    if (!is_new && (result = take_id(one, error)) == 0)
        result = must_name(one, error);
    return result == 0 ? make_id(one, error) : result;
}

int record_compare(const void *one, const void *other)
{
    const record *a = one, *b = other;
    bool keyed = record_has_key(a);
    int difference = strcmp(a->listener_id, b->listener_id);

    if (!difference)
        difference = (int)keyed - (int)record_has_key(b);
    if (difference)
        return difference;
    return keyed ? strcmp(record_key(a), record_key(b)) : strcmp(a->member_id, b->member_id);
}

/* A state is only read: the kit takes its texts as char *. */
static char *text(const char *borrowed)
{
    return (char *)borrowed;
}

static char *listed(const member *seen, member_attribute attribute, const char *value)
{
    return seen->missing & 1u << attribute ? rpkit_unknown : text(value);
}

static void fill_from_member(record *state, const member *seen)
{
    state->member_id = text(seen->id);
    state->floating_address = listed(seen, MEMBER_FLOATING_ADDRESS, seen->floating_address);
    state->member_status = listed(seen, MEMBER_STATUS, seen->status);
    state->health_status = listed(seen, MEMBER_HEALTH_STATUS, seen->health_status);
    state->server_name = listed(seen, MEMBER_SERVER_NAME, seen->server_name);
    state->create_time = listed(seen, MEMBER_CREATE_TIME, seen->create_time);
    state->update_time = listed(seen, MEMBER_UPDATE_TIME, seen->update_time);
    state->listeners =
        (char **)(seen->missing & 1u << MEMBER_LISTENERS ? (const char **)rpkit_unknown : seen->listeners);
}

record record_state(const record *one, const member *seen, const char *job_id, const char *uri, char **id)
{
    record state = {.id = one->id,
                    .listener_id = one->listener_id,
                    .server_id = seen && !one->server_id ? text(seen->server_id) : one->server_id,
                    .address = seen && !one->address ? text(seen->address) : one->address,
                    .member_id = one->member_id,
                    .job_id = text(job_id),
                    .uri = text(uri)};

    if (seen)
        fill_from_member(&state, seen);
    if (!record_has_key(one) && seen)
        state.id = *id = rp_format("%s/%s", one->listener_id, seen->key);
    return state;
}
