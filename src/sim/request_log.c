#include "sim/request_log.h"

#include <string.h>

/* Limits: of one body that is kept, and of all; beyond that the oldest bodies are dropped. */
#define MAX_BODY   (1u << 20)
#define MAX_BODIES (64u << 20)

static sim_request_entry *place(const sim_request_log *log, uint64_t seq)
{
    return &log->ring[seq % log->size];
}

static void forget_body(sim_request_log *log, sim_request_entry *entry)
{
    log->body_bytes -= entry->body ? entry->body_len : 0;
    free(rp_take(entry->body));
}

static void forget(sim_request_log *log, sim_request_entry *entry)
{
    forget_body(log, entry);
    free(entry->uri);
    free(entry->user_agent);
    *entry = (sim_request_entry){0};
}

static void forget_all(sim_request_log *log)
{
    for (size_t i = 0; i < log->size; i++)
        forget(log, &log->ring[i]);
    log->oldest_body = log->last + 1;
}

bool sim_request_log_resize(sim_request_log *log, size_t size)
{
    sim_request_entry *ring = calloc(size ? size : 1, sizeof(*ring));

    if (!ring)
        return false;
    forget_all(log);
    free(log->ring);
    log->ring = ring;
    log->size = size ? size : 1;
    return true;
}

static void bound_bodies(sim_request_log *log)
{
    while (log->body_bytes > MAX_BODIES && log->oldest_body < log->last) {
        uint64_t seq = log->oldest_body++;
        if (place(log, seq)->seq == seq)
            forget_body(log, place(log, seq));
    }
}

/* Bodies of logins hold passwords and tokens: not kept. */
static void keep_body(sim_request_log *log, sim_request_entry *entry, const sim_request *request)
{
    if (!request->body.len || request->body.len > MAX_BODY || sim_kind_is_identity(entry->kind))
        return;
    entry->body = malloc(request->body.len + 1);
    if (!entry->body)
        return;
    memcpy(entry->body, request->body.data, request->body.len + 1);
    entry->body_len = request->body.len;
    entry->body_is_json = request->json != NULL;
    log->body_bytes += entry->body_len;
}

uint64_t sim_request_log_add(sim_request_log *log, const sim_request *request, const sim_request_entry *facts)
{
    const char *agent = sim_request_header(request, "User-Agent");
    sim_request_entry *entry = place(log, ++log->last);

    log->counts[facts->kind]++;
    log->total++;
    log->faults += facts->fault != NULL;
    forget(log, entry);
    *entry = *facts;
    entry->seq = log->last;
    strncpy(entry->method, request->method, sizeof(entry->method) - 1);
    entry->uri = strdup(request->uri);
    entry->user_agent = agent ? strdup(agent) : NULL;
    keep_body(log, entry, request);
    bound_bodies(log);
    return log->last;
}

void sim_request_log_answered(sim_request_log *log, uint64_t seq, unsigned status)
{
    if (place(log, seq)->seq == seq)
        place(log, seq)->status = status;
}

void sim_request_log_clear(sim_request_log *log)
{
    forget_all(log);
    memset(log->counts, 0, sizeof(log->counts));
    log->total = log->connections = log->faults = 0;
}

void sim_request_log_done(sim_request_log *log)
{
    forget_all(log);
    free(log->ring);
    *log = (sim_request_log){0};
}

/* Counts that are not of one kind of request. */
static const struct {
    const char *name;
    size_t offset;
} sums[] = {{"total", offsetof(sim_request_log, total)},
            {"connections", offsetof(sim_request_log, connections)},
            {"faults", offsetof(sim_request_log, faults)}};

static unsigned sum(const sim_request_log *log, size_t i)
{
    return *(const unsigned *)(const void *)((const char *)log + sums[i].offset);
}

bool sim_request_log_count(const sim_request_log *log, const char *name, unsigned *out)
{
    for (size_t i = 0; i < SIM_N_KINDS; i++) {
        if (!strcmp(sim_kind_names[i], name)) {
            *out = log->counts[i];
            return true;
        }
    }
    for (size_t i = 0; i < rp_count_of(sums); i++) {
        if (!strcmp(sums[i].name, name)) {
            *out = sum(log, i);
            return true;
        }
    }
    return false;
}

void sim_request_log_write_counts(const sim_request_log *log, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    for (size_t i = 0; i < SIM_N_KINDS; i++)
        rp_write_integer_member(writer, sim_kind_names[i], log->counts[i]);
    for (size_t i = 0; i < rp_count_of(sums); i++)
        rp_write_integer_member(writer, sums[i].name, sum(log, i));
    rp_write_end(writer, '}');
}

static void write_body(const sim_request_entry *entry, rp_json_writer *writer)
{
    rp_write_name(writer, "body");
    if (!entry->body)
        rp_write_null(writer);
    else if (entry->body_is_json)
        rp_write_raw(writer, entry->body, entry->body_len);
    else
        rp_write_string(writer, entry->body, entry->body_len);
}

static void write_entry(const sim_request_entry *entry, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_integer_member(writer, "seq", (int64_t)entry->seq);
    rp_write_integer_member(writer, "ms", entry->ms);
    rp_write_integer_member(writer, "connection", entry->connection);
    rp_write_text_member(writer, "method", entry->method);
    rp_write_text_member(writer, "path", entry->uri);
    rp_write_text_member(writer, "kind", sim_kind_names[entry->kind]);
    rp_write_integer_member(writer, "status", entry->status);
    rp_write_text_member(writer, "fault", entry->fault);
    rp_write_text_member(writer, "user_agent", entry->user_agent);
    write_body(entry, writer);
    rp_write_end(writer, '}');
}

void sim_request_log_write(const sim_request_log *log, rp_json_writer *writer)
{
    uint64_t first = log->last >= log->size ? log->last - log->size + 1 : 1;

    rp_write_begin(writer, '{');
    rp_write_name(writer, "requests");
    rp_write_begin(writer, '[');
    for (uint64_t seq = first; seq <= log->last; seq++) {
        if (place(log, seq)->seq == seq)
            write_entry(place(log, seq), writer);
    }
    rp_write_end(writer, ']');
    rp_write_end(writer, '}');
}
