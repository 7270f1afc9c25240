#include "floor.h"

#include "pause.h"
#include "record.h"
#include "threads.h"

#include <string.h>

#define MAX_BODY (16u << 20)

/* At most max_batch records of one listener, from *next on. NULL when out of memory. */
static char *next_body(const grid_cell *of, unsigned *next)
{
    rp_buffer text = RP_BUFFER(MAX_BODY);
    unsigned i = *next, count;

    rp_buffer_add_char(&text, '[');
    for (count = 0; i < of->records && count < of->max_batch; i += of->listeners, count++) {
        rp_buffer_add_text(&text, count ? ", {" : "{");
        write_key(i, &text);
        rp_buffer_add_char(&text, '}');
    }
    rp_buffer_add_char(&text, ']');
    *next = i;
    return rp_buffer_take(&text);
}

static int add(raw_http *client, const char *id, const char *body, char job_id[64], rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *told = NULL;
    const char *job;
    int result = body ? raw_http_add(client, id, body, &told, error) : rp_error_no_memory(error);

    if (result < 0)
        return result;
    job = rp_json_text(rp_json_get(told, "job_id"));
    if (!job || strlen(job) >= 64)
        return rp_error_set(error, RP_E_SYSTEM, "the answer has no job_id");
    strcpy(job_id, job);
    return 0;
}

static int add_all(run *one, raw_http *client, unsigned listener, char job_id[64], rp_error **error)
{
    char id[LISTENER_ID_SIZE];
    unsigned next = listener;
    int result = 0;

    listener_id(listener, id);
    while (result == 0 && next < one->cell->records) {
        _cleanup_(rp_freep) char *body = next_body(one->cell, &next);
        result = add(client, id, body, job_id, error);
    }
    return result;
}

static int expect_success(raw_http *client, const char *job_id, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *told = NULL;
    const char *status;

    if (raw_http_job(client, job_id, &told, error) < 0)
        return RP_E_SYSTEM;
    status = rp_json_text(rp_json_get(told, "status"));
    if (status && !strcmp(status, "SUCCESS"))
        return 0;
    return rp_error_set(error, RP_E_SYSTEM, "the job is at %s", status ? status : "no status");
}

static int list(raw_http *client, unsigned listener, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *told = NULL;
    char id[LISTENER_ID_SIZE];

    listener_id(listener, id);
    return raw_http_list(client, id, "", &told, error);
}

static int create_of_listener(run *one, raw_http *client, unsigned listener, rp_error **error)
{
    char job_id[64] = "";

    if (list(client, listener, error) < 0 || add_all(one, client, listener, job_id, error) < 0)
        return RP_E_SYSTEM;
    pause_ms(one->cell->job_ms);
    if (expect_success(client, job_id, error) < 0)
        return RP_E_SYSTEM;
    return list(client, listener, error);
}

static int read_of_listener(run *one, raw_http *client, unsigned listener, rp_error **error)
{
    (void)one;
    return list(client, listener, error);
}

/* Those that have records. */
static unsigned used_listeners(const grid_cell *of)
{
    return of->records < of->listeners ? of->records : of->listeners;
}

int floor_create(run *one, rp_error **error)
{
    unsigned listeners = used_listeners(one->cell);

    return threads_run(one, listeners, listeners, create_of_listener, error);
}

int floor_read(run *one, rp_error **error)
{
    unsigned listeners = used_listeners(one->cell);

    return threads_run(one, listeners, listeners, read_of_listener, error);
}
