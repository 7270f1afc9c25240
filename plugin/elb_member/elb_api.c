#include "elb_api.h"

#include "elb_errors.h"
#include "resource_plugin.h"

#include "base/text.h"
#include "otc/redact.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MAX_BODY_BYTES   (16u << 20)
#define MAX_SERVER_WORDS 500

bool elb_is_id(const char *text)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-";
    size_t len = strlen(text);

    return len >= 1 && len <= 64 && strspn(text, allowed) == len && strcmp(text, ".") && strcmp(text, "..");
}

/* --- where requests go -------------------------------------------------------- */

char *elb_members_path(const char *listener_id, unsigned limit, const char *marker)
{
    char number[16];
    char *path = elb_add_path(listener_id);

    snprintf(number, sizeof(number), "%u", limit);
    path = rp_url_with_query(path, "limit", number);
    return marker ? rp_url_with_query(path, "marker", marker) : path;
}

char *elb_add_path(const char *listener_id)
{
    return rp_url_path((const char *[]){"elbaas", "listeners", listener_id, "members", NULL});
}

char *elb_remove_path(const char *listener_id)
{
    return rp_url_path((const char *[]){"elbaas", "listeners", listener_id, "members", "action", NULL});
}

char *elb_listener_path(const char *listener_id)
{
    return rp_url_path((const char *[]){"elbaas", "listeners", listener_id, NULL});
}

char *elb_job_path(const char *job_id)
{
    return rp_url_path((const char *[]){"jobs", job_id, NULL});
}

/* --- what is sent ------------------------------------------------------------- */

static void body_begin(elb_body *body)
{
    body->text = RP_BUFFER(MAX_BODY_BYTES);
    body->writer = RP_JSON_WRITER(&body->text);
}

void elb_add_begin(elb_body *body)
{
    body_begin(body);
    rp_write_begin(&body->writer, '[');
}

void elb_add_member(elb_body *body, const char *server_id, const char *address)
{
    rp_write_begin(&body->writer, '{');
    rp_write_text_member(&body->writer, "server_id", server_id);
    rp_write_text_member(&body->writer, "address", address);
    rp_write_end(&body->writer, '}');
}

void elb_add_end(elb_body *body)
{
    rp_write_end(&body->writer, ']');
}

void elb_remove_begin(elb_body *body)
{
    body_begin(body);
    rp_write_begin(&body->writer, '{');
    rp_write_name(&body->writer, "removeMember");
    rp_write_begin(&body->writer, '[');
}

void elb_remove_member(elb_body *body, const char *member_id)
{
    rp_write_begin(&body->writer, '{');
    rp_write_text_member(&body->writer, "id", member_id);
    rp_write_end(&body->writer, '}');
}

void elb_remove_end(elb_body *body)
{
    rp_write_end(&body->writer, ']');
    rp_write_end(&body->writer, '}');
}

/* --- what comes back ----------------------------------------------------------- */

static int parse_body(const rp_http_reply *reply, const char *what, rp_json **out, rp_error **error)
{
    int result = rp_json_parse(reply->body, reply->body_len, out, error);

    if (result == 0 || result == RP_E_NO_MEMORY)
        return result;
    rp_error_add(error, "the reply with %s cannot be read", what);
    return rp_error_recode(error, RP_E_LOST);
}

static int not_what_it_should_be(rp_error **error, const char *what)
{
    return rp_error_set(error, RP_E_LOST, "the reply does not have %s", what);
}

/* A text of the server's that is kept with the page; NULL if there is none. */
static const char *copy_text(page *holder, const rp_json *object, const char *name, bool *failed)
{
    const char *text = rp_json_text(rp_json_get(object, name)), *held;

    if (!text)
        return NULL;
    held = page_copy_text(holder, text);
    *failed |= !held;
    return held;
}

/* [{"id": …}, …] as ids, ended by NULL. */
static const char **copy_ids(page *holder, const rp_json *listeners, bool *failed)
{
    size_t count = rp_json_count(listeners), kept = 0;
    const char **ids;

    if (rp_json_type_of(listeners) != RP_JSON_ARRAY)
        return NULL;
    ids = page_alloc(holder, (count + 1) * sizeof(*ids));
    if (!ids) {
        *failed = true;
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const char *id = copy_text(holder, rp_json_at(listeners, i), "id", failed);
        if (id)
            ids[kept++] = id;
    }
    ids[kept] = NULL;
    return ids;
}

static const char *copy_canonical(page *holder, const char *address, bool *failed)
{
    char canonical[RP_ADDRESS_SIZE];
    const char *held;

    if (!address)
        return "";
    if (!rp_canonical_address(address, canonical) || !strcmp(canonical, address))
        return address;
    held = page_copy_text(holder, canonical);
    *failed |= !held;
    return held;
}

static const char *copy_key(page *holder, const member *one, bool *failed)
{
    size_t server_len, address_len;
    char *key;

    if (!one->server_id || *failed)
        return NULL;
    server_len = strlen(one->server_id);
    address_len = strlen(one->canonical);
    key = page_alloc(holder, server_len + address_len + 2);
    *failed |= !key;
    if (!key)
        return NULL;
    memcpy(key, one->server_id, server_len);
    key[server_len] = '/';
    memcpy(key + server_len + 1, one->canonical, address_len + 1);
    return key;
}

/* What is null is not missing: the member has none. */
static unsigned find_missing(const rp_json *object)
{
    static const char *const names[] = {
        [MEMBER_FLOATING_ADDRESS] = "address",  [MEMBER_STATUS] = "status",
        [MEMBER_HEALTH_STATUS] = "health_status", [MEMBER_SERVER_NAME] = "server_name",
        [MEMBER_CREATE_TIME] = "create_time",   [MEMBER_UPDATE_TIME] = "update_time",
        [MEMBER_LISTENERS] = "listeners"};
    unsigned missing = 0;

    for (size_t i = 0; i < rp_count_of(names); i++)
        missing |= rp_json_has(object, names[i]) ? 0 : 1u << i;
    return missing;
}

/* What the server calls server_address is the member's private address, and what it calls address is the
   floating one. */
static bool read_member(const rp_json *object, page *into)
{
    member *one = &into->members[into->count];
    bool failed = false;

    *one = (member){
        .id = copy_text(into, object, "id", &failed),
        .server_id = copy_text(into, object, "server_id", &failed),
        .address = copy_text(into, object, "server_address", &failed),
        .floating_address = copy_text(into, object, "address", &failed),
        .status = copy_text(into, object, "status", &failed),
        .health_status = copy_text(into, object, "health_status", &failed),
        .server_name = copy_text(into, object, "server_name", &failed),
        .create_time = copy_text(into, object, "create_time", &failed),
        .update_time = copy_text(into, object, "update_time", &failed),
        .missing = find_missing(object),
        .listeners = copy_ids(into, rp_json_get(object, "listeners"), &failed),
    };
    one->canonical = copy_canonical(into, one->address, &failed);
    one->key = copy_key(into, one, &failed);
    return !failed;
}

/* An empty list comes as [], {} or null. */
static bool is_empty_list(const rp_json *value)
{
    rp_json_type type = rp_json_type_of(value);

    return type == RP_JSON_NULL || (type == RP_JSON_OBJECT && rp_json_count(value) == 0);
}

int elb_read_members(const rp_http_reply *reply, page **out, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    _cleanup_(page_unrefp) page *made = NULL;
    size_t count;
    int result;

    if ((result = parse_body(reply, "the list of members", &body, error)) < 0)
        return result;
    if (rp_json_type_of(body) != RP_JSON_ARRAY && !is_empty_list(body))
        return not_what_it_should_be(error, "a list of members");
    count = rp_json_type_of(body) == RP_JSON_ARRAY ? rp_json_count(body) : 0;
    made = page_new(count);
    for (size_t i = 0; made && i < count; i++) {
        const member *one = &made->members[made->count];
        if (!read_member(rp_json_at(body, i), made))
            return rp_error_no_memory(error);
        if (!one->id || !elb_is_id(one->id) || !one->server_id)
            return not_what_it_should_be(error, "a list of members: one has no id or no server_id");
        made->count++;
    }
    if (!made)
        return rp_error_no_memory(error);
    *out = rp_take(made);
    return 0;
}

int elb_read_accepted(const rp_http_reply *reply, char job_id[ELB_ID_SIZE], char uri[ELB_URI_SIZE],
                      rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    const char *id, *told_uri;
    int result = parse_body(reply, "the job's id", &body, error);

    if (result < 0)
        return result;
    id = rp_json_text(rp_json_get(body, "job_id"));
    told_uri = rp_json_text(rp_json_get(body, "uri"));
    if (!id || !elb_is_id(id))
        return not_what_it_should_be(error, "the job's id");
    snprintf(job_id, ELB_ID_SIZE, "%s", id);
    snprintf(uri, ELB_URI_SIZE, "%s", told_uri && strlen(told_uri) < ELB_URI_SIZE ? told_uri : "");
    return 0;
}

int elb_read_protocol(const rp_http_reply *reply, char protocol[16], rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    const char *word;
    int result = parse_body(reply, "the listener", &body, error);

    if (result < 0)
        return result;
    word = rp_json_text(rp_json_get(body, "protocol"));
    if (!word || strlen(word) >= 16)
        return not_what_it_should_be(error, "the listener's protocol");
    strcpy(protocol, word);
    return 0;
}

/* --- refusals ------------------------------------------------------------------- */

/* The first of several members that holds text, or a number as text. */
static const char *first_text(const rp_json *object, const char *const names[], char number[24])
{
    for (size_t i = 0; names[i]; i++) {
        const rp_json *value = rp_json_get(object, names[i]);
        int64_t integer;
        if (rp_json_text(value) && *rp_json_text(value))
            return rp_json_text(value);
        if (rp_json_integer(value, &integer)) {
            snprintf(number, 24, "%lld", (long long)integer);
            return number;
        }
    }
    return NULL;
}

static void copy_words(char **out, const char *words, size_t len)
{
    size_t kept = len < MAX_SERVER_WORDS ? len : MAX_SERVER_WORDS;

    *out = strndup(words, kept);
    for (char *c = *out; c && *c; c++)
        if ((unsigned char)*c < ' ')
            *c = ' ';
}

/* The object that describes a refusal: in a member of one of these names, which are OpenStack's for its
   faults, or the body itself. */
static const rp_json *find_fault(const rp_json *body)
{
    static const char *const names[] = {"error",        "badRequest",   "unauthorized", "forbidden",
                                        "userDisabled", "itemNotFound", "badMethod",    "overLimit"};

    for (size_t i = 0; i < rp_count_of(names); i++) {
        const rp_json *nested = rp_json_get(body, names[i]);
        if (rp_json_type_of(nested) == RP_JSON_OBJECT)
            return nested;
    }
    return body;
}

/* What a body says of its refusal, in one of the shapes that servers and gateways use. */
static void read_refusal(failure *into, const rp_json *body)
{
    static const char *const codes[] = {"code", "error_code", "errorCode", NULL};
    static const char *const words[] = {"message", "fail_reason", "error_msg", "errorMessage", "title", NULL};
    static const char *const ids[] = {"request_id", NULL};
    const rp_json *where = find_fault(body);
    char number[24];
    const char *text;

    text = first_text(where, codes, number);
    if (text)
        snprintf(into->server_code, sizeof(into->server_code), "%s", text);
    text = first_text(where, words, number);
    if (text)
        copy_words(&into->server_message, text, strlen(text));
    text = first_text(body, ids, number);
    if (text)
        snprintf(into->request_id, sizeof(into->request_id), "%s", text);
}

/* Servers may repeat what they got. The session has seen to the bodies of errors, but not of a 200. */
static void redact(failure *into, const rp_secret *secret)
{
    otc_redact(into->server_code, strlen(into->server_code), secret);
    if (into->server_message)
        otc_redact(into->server_message, strlen(into->server_message), secret);
}

/* For people: "HTTP 403, ELB.2001: Create member failed, …"; the session's note, if any, in brackets. */
static char *summarize(const failure *one, const char *otherwise, const char *note)
{
    const char *words = one->server_message ? one->server_message : otherwise;
    char status[16] = "";

    if (one->http_status)
        snprintf(status, sizeof(status), "HTTP %d", one->http_status);
    return rp_format("%s%s%s%s%s%s%s%s", status, *status && one->server_code[0] ? ", " : "", one->server_code,
                     *status || one->server_code[0] ? ": " : "", words, note ? " (" : "", note ? note : "",
                     note ? ")" : "");
}

static void apply_row(failure *to, const elb_error_row *row)
{
    to->status = row->status;
    to->code = row->code;
    to->retryable = row->retryable;
    to->blame = row->blame;
    to->meaning = row->meaning;
}

static failure *with_summary(failure *one, const char *otherwise, const char *note)
{
    one->summary = summarize(one, otherwise, note);
    if (one->summary)
        return one;
    failure_unref(one);
    return NULL;
}

failure *elb_failure_of_reply(const rp_http_reply *reply)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    failure *made = calloc(1, sizeof(*made));

    if (!made)
        return NULL;
    made->references = 1;
    made->http_status = reply->status;
    if (rp_json_parse(reply->body, reply->body_len, &body, NULL) == 0)
        read_refusal(made, body);
    else
        copy_words(&made->server_message, reply->body, reply->body_len);
    if (made->server_message && !*made->server_message)
        free(rp_take(made->server_message));
    if (reply->request_id)
        snprintf(made->request_id, sizeof(made->request_id), "%s", reply->request_id);
    apply_row(made, elb_error_of(reply->status, made->server_code));
    return with_summary(made, "the server gives no reason", reply->note);
}

failure *elb_failure_of_error(const rp_error *error)
{
    static const struct {
        int error;
        elb_error_row row;
    } rows[] = {
        {RP_E_UNREACHED, {0, NULL, RP_UNAVAILABLE, "http.unreached", true, BLAME_WHOLE, MEANS_NOT_SENT}},
        {RP_E_BARRED, {0, NULL, RP_UNAVAILABLE, "http.unreached", false, BLAME_WHOLE, MEANS_NOTHING_MORE}},
        {RP_E_THROTTLED, {0, NULL, RP_THROTTLED, "http.throttled", true, BLAME_WHOLE, MEANS_NOT_SENT}},
        {RP_E_UNAVAILABLE, {0, NULL, RP_UNAVAILABLE, "iam.unavailable", true, BLAME_WHOLE, MEANS_NOT_SENT}},
        {RP_E_LOST, {0, NULL, RP_UNAVAILABLE, "http.answer_lost", true, BLAME_SERVER, MEANS_NOTHING_MORE}},
        {RP_E_DENIED, {0, NULL, RP_UNAUTHENTICATED, "iam.denied", false, BLAME_WHOLE, MEANS_NOTHING_MORE}},
        /* Never RP_NOT_FOUND: it is the project, region or catalog entry that is not there, not the record.
         */
        {RP_E_NOT_FOUND,
         {0, NULL, RP_INVALID_ARGUMENT, "config.not_there", false, BLAME_WHOLE, MEANS_NOTHING_MORE}},
        {RP_E_INVALID,
         {0, NULL, RP_INVALID_ARGUMENT, "config.invalid", false, BLAME_WHOLE, MEANS_NOTHING_MORE}},
        {RP_E_NO_MEMORY, {0, NULL, RP_NO_MEMORY, "no_memory", true, BLAME_WHOLE, MEANS_NOT_SENT}},
    };
    static const elb_error_row other = {0,     NULL,        RP_INTERNAL,       "http.failed",
                                        false, BLAME_WHOLE, MEANS_NOTHING_MORE};
    const elb_error_row *row = &other;
    failure *made = failure_new(RP_INTERNAL, "", false, BLAME_WHOLE, "%s", error->message);

    for (size_t i = 0; i < rp_count_of(rows); i++)
        if (rows[i].error == error->code)
            row = &rows[i].row;
    if (!made)
        return NULL;
    apply_row(made, row);
    made->retry_after_ms = error->retry_after_ms;
    return made;
}

/* --- jobs ------------------------------------------------------------------------ */

/* The code of a failed job: its own, or one that stands inside its entities. */
static const elb_error_row *row_of_job(const rp_json *body, failure *into)
{
    const elb_error_row *row = elb_error_by_code(into->server_code);
    rp_buffer entities = RP_BUFFER(MAX_BODY_BYTES);

    rp_json_print(rp_json_get(body, "entities"), false, &entities);
    if (!row && strstr(rp_buffer_text(&entities), "ELB.2050")) {
        row = elb_error_by_code("ELB.2050");
        if (!into->server_code[0])
            strcpy(into->server_code, "ELB.2050");
    }
    rp_buffer_done(&entities);
    return row;
}

/* A job that failed without a known reason is taken to fail because of a record: whatever is still absent
   then is tried apart from the others. */
static failure *failure_of_job(const rp_json *body, const rp_secret *sent_secret)
{
    failure *made = calloc(1, sizeof(*made));
    const elb_error_row *row;

    if (!made)
        return NULL;
    made->references = 1;
    read_refusal(made, body);
    redact(made, sent_secret);
    row = row_of_job(body, made);
    if (row)
        apply_row(made, row);
    else
        made->code = "elb.job_failed";
    made->status = RP_JOB_FAILED;
    return with_summary(made, "the job failed; the server gives no reason", NULL);
}

/* Milliseconds since 1970 of "2017-09-29T09:49:37.399Z"; false if it is not of that form. */
static bool read_time(const rp_json *value, int64_t *ms)
{
    const char *text = rp_json_text(value);
    struct tm tm = {0};
    int millis = 0, end = 0;

    if (!text)
        return false;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &millis, &end) != 7 ||
        !end || text[end])
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    *ms = (int64_t)timegm(&tm) * 1000 + millis;
    return true;
}

static int64_t read_duration_ms(const rp_json *body)
{
    int64_t begin, end;

    if (!read_time(rp_json_get(body, "begin_time"), &begin) ||
        !read_time(rp_json_get(body, "end_time"), &end))
        return 0;
    return end > begin ? end - begin : 0;
}

int elb_read_job(const rp_http_reply *reply, elb_job_end *end, failure **why, int64_t *took_ms,
                 rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    const char *status;
    int result = parse_body(reply, "the job", &body, error);

    if (result < 0)
        return result;
    status = rp_json_text(rp_json_get(body, "status"));
    if (!status)
        return not_what_it_should_be(error, "the job's status");
    /* INIT, RUNNING and whatever else there may be: it goes on. Entities are no sign, they fill early. */
    *end = !strcmp(status, "SUCCESS") ? ELB_JOB_SUCCEEDED
           : !strcmp(status, "FAIL")  ? ELB_JOB_FAILED
                                      : ELB_JOB_RUNS;
    *took_ms = *end == ELB_JOB_RUNS ? 0 : read_duration_ms(body);
    if (*end != ELB_JOB_FAILED)
        return 0;
    *why = failure_of_job(body, reply->sent_secret);
    return *why ? 0 : rp_error_no_memory(error);
}

static bool is_of_the_service(const failure *why)
{
    return elb_error_is_of_the_service(why->http_status, why->server_code);
}

/* Token and rights are checked by the gateway. */
static bool is_of_the_credentials(const failure *why)
{
    if (why->status == RP_PERMISSION_DENIED)
        return elb_error_by_code(why->server_code) != NULL;
    return why->status == RP_UNAUTHENTICATED;
}

static bool may_mean_unknown(const failure *why)
{
    return why->http_status == 400 || why->http_status == 404;
}

void elb_blame_no_record(failure *why)
{
    if (why->meaning == MEANS_NOT_THE_SERVICE && why->blame == BLAME_RECORD)
        apply_row(why, elb_error_not_the_service());
}

bool elb_says_no_such_job(const failure *why)
{
    return may_mean_unknown(why) && is_of_the_service(why) && why->status != RP_UNAUTHENTICATED &&
           why->status != RP_PERMISSION_DENIED && why->blame != BLAME_SERVER;
}

void elb_doubt_poll(failure *why)
{
    if (why->http_status && !why->retryable && !is_of_the_service(why) && !is_of_the_credentials(why))
        apply_row(why, elb_error_not_the_service());
}

/* --- for those who carry requests --------------------------------------------------- */

/* The row of a refusal, from its code alone. */
static const elb_error_row *row_of_reply(const rp_http_reply *reply)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    failure refusal = {0};
    const elb_error_row *row;

    if (rp_json_parse(reply->body, reply->body_len, &body, NULL) == 0)
        read_refusal(&refusal, body);
    row = elb_error_of(reply->status, refusal.server_code);
    free(refusal.server_message);
    return row;
}

/* A page of HTML, or a document that was cut, is told by its ends. Whoever reads the reply parses it, once.
 */
static bool looks_whole(const rp_http_reply *reply)
{
    static const char blanks[] = " \t\r\n";
    const char *start = reply->body + strspn(reply->body, blanks);
    size_t len = strlen(start);

    while (len > 0 && strchr(blanks, start[len - 1]))
        len--;
    if (len < 2)
        return false;
    return (start[0] == '{' && start[len - 1] == '}') || (start[0] == '[' && start[len - 1] == ']') ||
           (len == 4 && !strncmp(start, "null", len));
}

rp_verdict elb_judge(const rp_http_reply *reply)
{
    const elb_error_row *row;

    if (reply->status >= 200 && reply->status < 300)
        return looks_whole(reply) ? RP_VERDICT_FINAL : RP_VERDICT_MALFORMED;
    row = row_of_reply(reply);
    if (row->meaning == MEANS_THROTTLED)
        return RP_VERDICT_THROTTLED;
    if (row->meaning == MEANS_NOT_THE_SERVICE)
        return RP_VERDICT_NOT_THE_SERVER;
    return row->blame == BLAME_SERVER ? RP_VERDICT_TRANSIENT : RP_VERDICT_FINAL;
}

bool elb_is_unauthenticated(const rp_http_reply *reply)
{
    return reply->status >= 400 && row_of_reply(reply)->status == RP_UNAUTHENTICATED;
}
