#include "one_by_one.h"

#include "pause.h"
#include "record.h"
#include "threads.h"

#include "base/text.h"

#include <string.h>

/* When a client asks for its job. */
struct poll_schedule {
    int64_t first_ms, pause_ms, longest_ms; /* the pause doubles up to the longest */
    bool asks_again;                        /* once more after the end, for the entities */
};

static const struct poll_schedule each_second = {1000, 1000, 1000, true},
                                  after_5s = {5000, 1000, 10000, false};

static char *body_of(unsigned record)
{
    rp_buffer text = RP_BUFFER(1024);

    rp_buffer_add_text(&text, "[{");
    write_key(record, &text);
    rp_buffer_add_text(&text, "}]");
    return rp_buffer_take(&text);
}

/* Keeps the id of the member that the job made. */
static int keep_member(run *one, unsigned record, const rp_json *job, rp_error **error)
{
    const rp_json *members = rp_json_get(rp_json_get(job, "entities"), "members");
    const char *id = rp_json_text(rp_json_get(rp_json_at(members, 0), "id"));

    if (!id || strlen(id) >= sizeof(one->member_ids[record]))
        return rp_error_set(error, RP_E_SYSTEM, "the job names no member");
    strcpy(one->member_ids[record], id);
    return 0;
}

static bool has_succeeded(const rp_json *job)
{
    const char *status = rp_json_text(rp_json_get(job, "status"));

    return status && !strcmp(status, "SUCCESS");
}

static int follow_job(raw_http *client, const char *job_id, const struct poll_schedule *schedule,
                      rp_json **job, rp_error **error)
{
    int64_t pause = schedule->pause_ms;

    pause_ms(schedule->first_ms);
    while (raw_http_job(client, job_id, job, error) == 0) {
        if (has_succeeded(*job))
            return 0;
        rp_json_free(rp_take(*job));
        pause_ms(pause);
        pause = pause * 2 < schedule->longest_ms ? pause * 2 : schedule->longest_ms;
    }
    return RP_E_SYSTEM;
}

static int wait_for_member(run *one, raw_http *client, unsigned record, const char *job_id,
                           const struct poll_schedule *schedule, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *job = NULL;

    if (!job_id || follow_job(client, job_id, schedule, &job, error) < 0)
        return RP_E_SYSTEM;
    if (schedule->asks_again) {
        rp_json_free(rp_take(job));
        if (raw_http_job(client, job_id, &job, error) < 0)
            return RP_E_SYSTEM;
    }
    return keep_member(one, record, job, error);
}

static int read_member(run *one, raw_http *client, unsigned record, rp_error **error)
{
    _cleanup_(rp_freep) char *query = rp_format("?id=%s", one->member_ids[record]);
    _cleanup_(rp_json_freep) rp_json *told = NULL;
    char listener[LISTENER_ID_SIZE];

    listener_id(listener_of(one->cell, record), listener);
    if (!query || raw_http_list(client, listener, query, &told, error) < 0)
        return RP_E_SYSTEM;
    return rp_json_count(told) == 1 ? 0 : rp_error_set(error, RP_E_SYSTEM, "the member is not listed");
}

static int create(run *one, raw_http *client, unsigned record, const struct poll_schedule *schedule,
                  rp_error **error)
{
    _cleanup_(rp_freep) char *body = body_of(record);
    _cleanup_(rp_json_freep) rp_json *told = NULL;
    char listener[LISTENER_ID_SIZE];

    listener_id(listener_of(one->cell, record), listener);
    if (!body || raw_http_add(client, listener, body, &told, error) < 0 ||
        wait_for_member(one, client, record, rp_json_text(rp_json_get(told, "job_id")), schedule, error) < 0)
        return RP_E_SYSTEM;
    return read_member(one, client, record, error);
}

static int create_1s(run *one, raw_http *client, unsigned record, rp_error **error)
{
    return create(one, client, record, &each_second, error);
}

static int create_5s(run *one, raw_http *client, unsigned record, rp_error **error)
{
    return create(one, client, record, &after_5s, error);
}

int one_by_one_create_1s(run *one, rp_error **error)
{
    return threads_run(one, one->cell->threads, one->cell->records, create_1s, error);
}

int one_by_one_create_5s(run *one, rp_error **error)
{
    return threads_run(one, one->cell->threads, one->cell->records, create_5s, error);
}

int one_by_one_read(run *one, rp_error **error)
{
    return threads_run(one, one->cell->threads, one->cell->records, read_member, error);
}

/* Of one record: the pauses until one is past the job's end, and the requests. */
static int64_t expected_ms(const grid_cell *of, const struct poll_schedule *schedule)
{
    int64_t waited = schedule->first_ms, pause = schedule->pause_ms, polls = 1;

    for (; waited < (int64_t)of->job_ms; polls++) {
        waited += pause;
        pause = pause * 2 < schedule->longest_ms ? pause * 2 : schedule->longest_ms;
    }
    return waited + (polls + 3 + schedule->asks_again) * ((int64_t)of->latency_ms + 1);
}

int64_t one_by_one_expected_1s_ms(const grid_cell *of)
{
    return expected_ms(of, &each_second);
}

int64_t one_by_one_expected_5s_ms(const grid_cell *of)
{
    return expected_ms(of, &after_5s);
}
