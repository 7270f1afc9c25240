#include "client.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

rp_sim *sim;
const char *token = RP_SIM_TOKEN;
const char *content_type = "application/json";
const char *more_headers[8];

void answer_done(answer *got)
{
    rp_buffer_done(&got->head);
    rp_buffer_done(&got->body);
    rp_json_free(got->json);
    got->json = NULL;
}

static void start(bool https)
{
    const char *const settings[] = {"job-ms", "1000000", NULL};
    rp_error *error = NULL;

    token = RP_SIM_TOKEN;
    content_type = "application/json";
    memset(more_headers, 0, sizeof(more_headers));
    curl_global_init(CURL_GLOBAL_DEFAULT);
    rp_sim_start(&(rp_sim_options){.https = https, .settings = settings}, &sim, &error);
    ck_assert_msg(sim != NULL, "%s", error ? error->message : "no error");
}

void start_sim(void)
{
    start(false);
}

void start_https_sim(void)
{
    start(true);
}

void stop_sim(void)
{
    rp_sim_stop(sim);
    sim = NULL;
    curl_global_cleanup();
}

static size_t collect(char *bytes, size_t size, size_t n, void *buffer)
{
    rp_buffer_add(buffer, bytes, size * n);
    return size * n;
}

static char *url_of(const char *path)
{
    if (*path == '/')
        return rp_format("%s%s", rp_sim_url(sim), path);
    return rp_format("%s/v1.0/" RP_SIM_PROJECT "/%s", rp_sim_url(sim), path);
}

static struct curl_slist *headers_of(const char *body)
{
    _cleanup_(rp_freep) char *auth = rp_format("X-Auth-Token: %s", token ? token : "");
    _cleanup_(rp_freep) char *type = rp_format("Content-Type: %s", content_type);
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");

    if (token)
        headers = curl_slist_append(headers, auth);
    for (const char *const *line = more_headers; *line; line++)
        headers = curl_slist_append(headers, *line);
    return body ? curl_slist_append(headers, type) : headers;
}

answer ask_on(CURL *handle, const char *method, const char *path, const char *body)
{
    answer got = {.head = RP_BUFFER(1u << 20), .body = RP_BUFFER(64u << 20)};
    _cleanup_(rp_freep) char *url = url_of(path);
    struct curl_slist *headers = headers_of(body);

    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
    if (body)
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, collect);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &got.body);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, collect);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, &got.head);
    got.code = curl_easy_perform(handle);
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &got.status);
    curl_easy_getinfo(handle, CURLINFO_TOTAL_TIME, &got.seconds);
    curl_slist_free_all(headers);
    if (got.body.len)
        rp_json_parse(got.body.data, got.body.len, &got.json, NULL);
    return got;
}

static void trust(CURL *handle)
{
    struct curl_blob ca = {.data = (void *)(uintptr_t)rp_sim_ca_pem(sim), .flags = CURL_BLOB_COPY};

    if (!ca.data)
        return;
    ca.len = strlen(ca.data);
    curl_easy_setopt(handle, CURLOPT_CAINFO_BLOB, &ca);
}

answer ask(const char *method, const char *path, const char *body)
{
    CURL *handle = curl_easy_init();
    answer got;

    ck_assert_ptr_nonnull(handle);
    trust(handle);
    got = ask_on(handle, method, path, body);
    curl_easy_cleanup(handle);
    return got;
}

void set(const char *name, const char *value)
{
    rp_error *error = NULL;

    ck_assert_msg(rp_sim_set(sim, name, value, &error) == 0, "%s", error ? error->message : "");
}

void fault(const char *rule)
{
    rp_error *error = NULL;

    ck_assert_msg(rp_sim_fault(sim, rule, &error) == 0, "%s", error ? error->message : "");
}

answer list(const char *listener_id, const char *query)
{
    char path[512];

    snprintf(path, sizeof(path), "elbaas/listeners/%s/members%s", listener_id, query);
    return ask("GET", path, NULL);
}

answer add(const char *listener_id, const char *records)
{
    char path[512];

    snprintf(path, sizeof(path), "elbaas/listeners/%s/members", listener_id);
    return ask("POST", path, records);
}

answer remove_ids(const char *listener_id, const char *ids)
{
    char path[512];
    _cleanup_(rp_freep) char *body = rp_format("{\"removeMember\":%s}", ids);

    snprintf(path, sizeof(path), "elbaas/listeners/%s/members/action", listener_id);
    return ask("POST", path, body);
}

answer job_of(const answer *accepted)
{
    char path[512];

    ck_assert_ptr_nonnull(text_at(accepted->json, "job_id"));
    snprintf(path, sizeof(path), "jobs/%s", text_at(accepted->json, "job_id"));
    return ask("GET", path, NULL);
}

const char *member(const char *listener_id, const char *server_id, const char *address)
{
    static char id[64];
    char record[256];
    _cleanup_(answer_done) answer accepted = {0}, job = {0};

    snprintf(record, sizeof(record), "[{\"server_id\":\"%s\",\"address\":\"%s\"}]", server_id, address);
    accepted = add(listener_id, record);
    ck_assert_int_eq(accepted.status, 200);
    rp_sim_advance(sim, JOB_MS);
    job = job_of(&accepted);
    ck_assert_str_eq(text_at(job.json, "status"), "SUCCESS");
    snprintf(id, sizeof(id), "%s",
             text_at(rp_json_at(rp_json_get(rp_json_get(job.json, "entities"), "members"), 0), "id"));
    return id;
}

const char *text_at(const rp_json *object, const char *name)
{
    return rp_json_text(rp_json_get(object, name));
}

const char *error_code(const answer *got)
{
    const char *nested = text_at(rp_json_get(got->json, "error"), "code");

    return nested ? nested : text_at(got->json, "error_code");
}

void assert_refused(const answer *got, long status, const char *code)
{
    ck_assert_int_eq(got->status, status);
    ck_assert_msg(error_code(got) != NULL, "no code in: %s", rp_buffer_text(&got->body));
    ck_assert_str_eq(error_code(got), code);
}
