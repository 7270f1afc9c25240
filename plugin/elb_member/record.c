#include "record.h"

#include "elb_api.h"

#include <string.h>

static int check_id(const char *text, rp_error **error)
{
    if (elb_is_id(text))
        return 0;
    return rp_error_set(error, RP_E_INVALID,
                        "an id has 1 to 64 of the characters A-Z a-z 0-9 . _ ~ - and is not \".\" or \"..\"");
}

static int check_address(const char *text, rp_error **error)
{
    char canonical[RP_ADDRESS_SIZE];

    if (rp_canonical_address(text, canonical))
        return 0;
    return rp_error_set(error, RP_E_INVALID, "not an IPv4 or IPv6 address");
}

#define AT(member) .kind = RPKIT_TEXT, .offset = offsetof(record, member)

const rpkit_attribute record_fields[] = {
    {.name = "listener_id",
     AT(listener_id),
     .required = true,
     .check = check_id,
     .pattern = ELB_ID_PATTERN,
     .force_new = true,
     .about = "Id of the listener that gets the member."},
    {.name = "server_id",
     AT(server_id),
     .required = true,
     .check = check_id,
     .pattern = ELB_ID_PATTERN,
     .force_new = true,
     .about = "Id of the server (ECS)."},
    {.name = "address",
     AT(address),
     .required = true,
     .check = check_address,
     .force_new = true,
     .about = "Private IPv4 or IPv6 address of the server, on its primary network interface."},
    {0}};

const rpkit_attribute parent_fields[] = {{.name = "listener_id",
                                   AT(listener_id),
                                   .required = true,
                                   .check = check_id,
                                   .pattern = ELB_ID_PATTERN,
                                   .about = "Id of the listener whose members are listed."},
                                  {0}};

/* What names an object, of a record or a state. All may be missing, but not all at once. */
static const rpkit_attribute known_fields[] = {{.name = "id", AT(id)},
                                        {.name = "listener_id", AT(listener_id), .check = check_id},
                                        {.name = "server_id", AT(server_id), .check = check_id},
                                        {.name = "address", AT(address), .check = check_address},
                                        {.name = "member_id", AT(member_id), .check = check_id},
                                        {.name = "job_id", AT(job_id), .check = check_id},
                                        {.name = "uri", AT(uri)},
                                        {0}};

#undef AT

/* A state as it is written. Borrows all it holds. */
struct state {
    const char *id, *listener_id, *server_id, *address;
    const char *member_id, *job_id, *uri, *floating_address;
    const char *member_status, *health_status, *server_name, *create_time, *update_time;
    const char **listeners;
};

#define AT(member)       .kind = RPKIT_TEXT, .offset = offsetof(struct state, member)
#define COMPUTED(member) AT(member), .nullable = true, .computed = true

const rpkit_attribute state_fields[] = {
    {.name = "id",
     AT(id),
     .computed = true,
     .required = true,
     .about = "<listener_id>/<server_id>/<address in canonical form>; stable."},
    {.name = "listener_id", AT(listener_id), .required = true},
    {.name = "server_id", AT(server_id), .required = true},
    {.name = "address", AT(address), .required = true, .about = "As in the record."},
    {.name = "member_id", COMPUTED(member_id), .about = "The server's own id of the member."},
    {.name = "job_id", COMPUTED(job_id), .about = "Job that added the member; null if this plugin did not add it."},
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
     .offset = offsetof(struct state, listeners),
     .nullable = true,
     .computed = true,
     .about = "Ids of all listeners that have this member."},
    {0}};

#undef AT
#undef COMPUTED

static int canonicalize(record *one, rp_error **error)
{
    char canonical[RP_ADDRESS_SIZE];

    if (!one->address || !rp_canonical_address(one->address, canonical))
        return 0;
    one->canonical = strdup(canonical);
    return one->canonical ? 0 : rp_error_no_memory(error);
}

static int make_id(record *one, rp_error **error)
{
    if (!record_has_key(one))
        return 0;
    free(one->id);
    one->id = rp_format("%s/%s/%s", one->listener_id, one->server_id, one->canonical);
    return one->id ? 0 : rp_error_no_memory(error);
}

static int must_be_object(const rp_json *object, rp_error **error)
{
    if (rp_json_type_of(object) == RP_JSON_OBJECT)
        return 0;
    return rp_error_set_at(error, RP_E_INVALID, "", "a record must be an object, not %s",
                           rp_json_type_name(rp_json_type_of(object)));
}

int record_read_new(record *into, const rp_json *object, unsigned how, rp_error **error)
{
    int result;

    *into = (record){0};
    if ((result = must_be_object(object, error)) < 0 ||
        (result = rpkit_attributes_read(record_fields, object, how, "", into, error)) < 0 ||
        (result = canonicalize(into, error)) < 0)
        return result;
    return into->listener_id ? make_id(into, error) : 0;
}

int record_read_parent(record *into, const rp_json *object, rp_error **error)
{
    *into = (record){0};
    if (rp_json_type_of(object) != RP_JSON_OBJECT)
        return rp_error_set_at(error, RP_E_INVALID, "/parent",
                               "list needs a parent with a listener_id: {\"parent\": {\"listener_id\": …}}");
    return rpkit_attributes_read(parent_fields, object, RPKIT_READ_STRICT, "/parent", into, error);
}

static int bad_id(rp_error **error)
{
    return rp_error_set_at(error, RP_E_INVALID, "/id",
                           "id is not of the form <listener_id>/<server_id>/<address>");
}

/* Gives a member the value its id tells, or checks that they agree. */
static int agree(char **has, const char *from_id, const char *name, rp_error **error)
{
    if (*has && strcmp(*has, from_id))
        return rp_error_set_at(error, RP_E_INVALID, "/id", "id and %s contradict each other", name);
    if (!*has)
        *has = strdup(from_id);
    return *has ? 0 : rp_error_no_memory(error);
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
        (result = agree(&one->server_id, server_id, "server_id", error)) < 0 ||
        (result = agree(&one->canonical, canonical, "address", error)) < 0)
        return result;
    if (!one->address)
        one->address = strdup(canonical);
    return one->address ? 0 : rp_error_no_memory(error);
}

int record_read_known(record *into, const rp_json *object, rp_error **error)
{
    int result;

    *into = (record){0};
    if ((result = must_be_object(object, error)) < 0 ||
        (result = rpkit_attributes_read(known_fields, object, RPKIT_READ_LENIENT, "", into, error)) < 0 ||
        (result = canonicalize(into, error)) < 0 || (result = take_id(into, error)) < 0)
        return result;
    if (!into->listener_id)
        return rp_error_set_at(error, RP_E_INVALID, "/listener_id", "\"listener_id\" is missing");
    if (!record_has_key(into) && !into->member_id)
        return rp_error_set_at(
            error, RP_E_INVALID, into->server_id ? "/address" : "/server_id",
            "the record names no member: it needs id, or member_id, or server_id and address");
    return make_id(into, error);
}

void record_clear(record *one)
{
    rpkit_attributes_clear(known_fields, one);
    free(one->canonical);
    *one = (record){0};
}

static void fill_from_member(struct state *state, const member *seen)
{
    state->member_id = seen->id;
    state->floating_address = seen->floating_address;
    state->member_status = seen->status;
    state->health_status = seen->health_status;
    state->server_name = seen->server_name;
    state->create_time = seen->create_time;
    state->update_time = seen->update_time;
    state->listeners = seen->listeners;
}

void record_write_state(const record *one, const member *seen, const char *job_id, const char *uri,
                        rp_json_writer *writer)
{
    _cleanup_(rp_freep) char *id = NULL;
    const char *server_id = seen && !one->server_id ? seen->server_id : one->server_id;
    struct state state = {.listener_id = one->listener_id,
                          .server_id = server_id,
                          .address = one->address ? one->address
                                     : seen       ? seen->address
                                                  : NULL,
                          .member_id = one->member_id,
                          .job_id = job_id,
                          .uri = uri};

    if (seen)
        fill_from_member(&state, seen);
    if (!record_has_key(one) && seen)
        id = rp_format("%s/%s", one->listener_id, seen->key);
    state.id = record_has_key(one) ? one->id : id;
    rp_write_begin(writer, '{');
    rpkit_attributes_write(state_fields, &state, writer);
    rp_write_end(writer, '}');
}
