#include "cli/state/persist.h"

#include "json/scan.h"

#include <stdio.h>
#include <string.h>

void rp_persist_tag(const rp_intent *intent, char tag[RP_TAG_SIZE])
{
    snprintf(tag, RP_TAG_SIZE, "%08llx", (unsigned long long)intent->number);
}

char *rp_persist_state(const rp_type *type, const rp_json *state, const char *salt, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    char *made = NULL;

    if (!type->hides)
        rp_json_print(state, false, &text);
    else if (rp_type_hide(type, state, salt, &writer, error) < 0)
        return NULL;
    made = rp_buffer_take(&text);
    if (!made)
        rp_error_no_memory(error);
    return made;
}

/* What has nothing hidden, as most have, goes as it is. */
char *rp_persist_revealed(const char *kept, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *parsed = NULL;
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    char *made;

    if (!strstr(kept, RP_HIDDEN)) {
        made = strdup(kept);
    } else {
        if (rp_json_parse(kept, strlen(kept), &parsed, error) < 0)
            return NULL;
        rp_write_revealed(parsed, &writer);
        made = rp_buffer_take(&text);
    }
    if (!made)
        rp_error_no_memory(error);
    return made;
}

/* An id that is no string is against the rules, and still all there is to know the object by. */
static char *id_of(const rp_json *state)
{
    const rp_json *id = rp_json_get(state, "id");
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(RP_JSON_MAX_BYTES);

    if (rp_json_text(id) || !id)
        return strdup(id ? rp_json_text(id) : "");
    rp_json_print(id, false, &text);
    return rp_buffer_take(&text);
}

static int put(rp_store *store, const rp_type *type, const rp_intent *intent, const rp_json *state,
               rp_object_status status, const char *cause, rp_error **error)
{
    _cleanup_(rp_freep) char *kept = rp_persist_state(type, state, rp_store_about(store)->salt, error);
    _cleanup_(rp_freep) char *id = id_of(state);
    const rp_object object = {.address = intent->address,
                              .deposed = (char *)"",
                              .type = intent->type,
                              .id = id,
                              .status = status,
                              .record = intent->record,
                              .state = kept,
                              .cause = (char *)(uintptr_t)cause};

    if (!kept || !id)
        return rp_error_no_memory(error);
    return rp_store_put(store, &object, error);
}

int rp_persist_created(rp_store *store, const rp_type *type, const rp_intent *intent, const rp_json *state,
                       rp_object_status status, const char *cause, rp_error **error)
{
    char tag[RP_TAG_SIZE];
    int failed;

    rp_persist_tag(intent, tag);
    failed = rp_store_depose(store, intent->address, tag, error);
    if (!failed)
        failed = put(store, type, intent, state, status, cause, error);
    return failed ? failed : rp_store_settle(store, intent->number, error);
}

int rp_persist_updated(rp_store *store, const rp_type *type, const rp_intent *intent, const rp_json *state,
                       rp_object_status status, rp_error **error)
{
    int failed = put(store, type, intent, state, status, NULL, error);

    return failed ? failed : rp_store_settle(store, intent->number, error);
}

int rp_persist_deleted(rp_store *store, const rp_intent *intent, rp_error **error)
{
    int failed = rp_store_drop(store, intent->address, intent->deposed, error);

    return failed ? failed : rp_store_settle(store, intent->number, error);
}
