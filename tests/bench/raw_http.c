#include "raw_http.h"

#include "base/text.h"
#include "http/curl.h"
#include "sim/sim.h"

#include <string.h>

#define PROJECT         "/v1.0/" RP_SIM_PROJECT
#define MAX_REPLY       (64u << 20)
#define ANSWER_IN_MS    120000
#define CONNECT_IN_MS   10000
#define LONGEST_WAIT_MS 1000

struct raw_http {
    rp_transport *transport;
    rp_secret *token;
    char *url;
};

raw_http *raw_http_new(const char *url, rp_error **error)
{
    rp_curl_options options = {.user_agent = "rp-bench", .connect_timeout_ms = CONNECT_IN_MS, .proxy = ""};
    raw_http *made = calloc(1, sizeof(*made));

    if (!made) {
        rp_error_no_memory(error);
        return NULL;
    }
    made->url = rp_format("%s", url);
    made->token = rp_secret_new(RP_SIM_TOKEN, sizeof(RP_SIM_TOKEN) - 1);
    made->transport = rp_curl_new(&options, &rp_clock_system, error);
    if (made->url && made->token && made->transport)
        return made;
    raw_http_free(made);
    return NULL;
}

void raw_http_free(raw_http *client)
{
    if (!client)
        return;
    rp_transport_free(client->transport);
    rp_secret_free(client->token);
    free(client->url);
    free(client);
}

/* An answer that is waited for. */
struct answer {
    bool there;
    int result;
    rp_json **out;
    rp_error **error;
};

static int take(const struct answer *answer, const rp_http_reply *reply, const rp_error *error)
{
    if (error)
        return rp_error_set(answer->error, error->code, "%s", error->message);
    if (reply->status < 200 || reply->status > 299)
        return rp_error_set(answer->error, RP_E_SYSTEM, "HTTP %d: %s", reply->status, reply->body);
    return answer->out ? rp_json_parse(reply->body, reply->body_len, answer->out, answer->error) : 0;
}

static void on_done(void *context, const rp_http_reply *reply, const rp_error *error)
{
    struct answer *answer = context;

    answer->there = true;
    answer->result = take(answer, reply, error);
}

static int wait_for(raw_http *client, rp_exchange *exchange, const struct answer *answer)
{
    int64_t until = rp_now_ms(&rp_clock_system) + ANSWER_IN_MS;

    while (!answer->there && rp_now_ms(&rp_clock_system) < until) {
        rp_transport_wait(client->transport, LONGEST_WAIT_MS);
        rp_transport_step(client->transport);
    }
    if (answer->there)
        return answer->result;
    rp_transport_drop(client->transport, exchange);
    return rp_error_set(answer->error, RP_E_LOST, "no answer in %d ms", ANSWER_IN_MS);
}

int raw_http_send(raw_http *client, const char *path, const char *body, rp_json **out, rp_error **error)
{
    _cleanup_(rp_freep) char *url = rp_format("%s%s", client->url, path);
    struct answer answer = {.out = out, .error = error};
    rp_http_request request = {.method = body ? "POST" : "GET",
                               .url = url,
                               .headers = {{"Accept", "application/json"}},
                               .auth_token = client->token,
                               .body = body,
                               .body_len = body ? strlen(body) : 0,
                               .max_reply_bytes = MAX_REPLY,
                               .done = on_done,
                               .context = &answer};
    rp_exchange *exchange = NULL;
    int result;

    if (!url)
        return rp_error_no_memory(error);
    if (body)
        request.headers[1] = (rp_http_header){"Content-Type", "application/json"};
    result = rp_transport_start(client->transport, &request, &exchange, error);
    if (result == 0)
        result = wait_for(client, exchange, &answer);
    if (result < 0)
        rp_error_add(error, "%s %s", request.method, path);
    return result;
}

int raw_http_list(raw_http *client, const char *listener_id, const char *query, rp_json **out,
                  rp_error **error)
{
    _cleanup_(rp_freep) char *path = rp_format(PROJECT "/elbaas/listeners/%s/members%s", listener_id, query);

    return path ? raw_http_send(client, path, NULL, out, error) : rp_error_no_memory(error);
}

int raw_http_add(raw_http *client, const char *listener_id, const char *body, rp_json **out, rp_error **error)
{
    _cleanup_(rp_freep) char *path = rp_format(PROJECT "/elbaas/listeners/%s/members", listener_id);

    return path ? raw_http_send(client, path, body, out, error) : rp_error_no_memory(error);
}

int raw_http_job(raw_http *client, const char *job_id, rp_json **out, rp_error **error)
{
    _cleanup_(rp_freep) char *path = rp_format(PROJECT "/jobs/%s", job_id);

    return path ? raw_http_send(client, path, NULL, out, error) : rp_error_no_memory(error);
}
