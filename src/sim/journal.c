#include "sim/journal.h"

#include <string.h>

/* A longer body is not kept, and beyond so many bytes the oldest bodies go. */
#define MAX_BODY   (1u << 20)
#define MAX_BODIES (64u << 20)

static sim_entry *place(const sim_journal *journal, uint64_t seq)
{
    return &journal->ring[seq % journal->size];
}

static void forget_body(sim_journal *journal, sim_entry *entry)
{
    journal->body_bytes -= entry->body ? entry->body_len : 0;
    free(rp_take(entry->body));
}

static void forget(sim_journal *journal, sim_entry *entry)
{
    forget_body(journal, entry);
    free(entry->uri);
    free(entry->user_agent);
    *entry = (sim_entry){0};
}

static void forget_all(sim_journal *journal)
{
    for (size_t i = 0; i < journal->size; i++)
        forget(journal, &journal->ring[i]);
    journal->oldest_body = journal->last + 1;
}

bool sim_journal_resize(sim_journal *journal, size_t size)
{
    sim_entry *ring = calloc(size ? size : 1, sizeof(*ring));

    if (!ring)
        return false;
    forget_all(journal);
    free(journal->ring);
    journal->ring = ring;
    journal->size = size ? size : 1;
    return true;
}

static void bound_bodies(sim_journal *journal)
{
    while (journal->body_bytes > MAX_BODIES && journal->oldest_body < journal->last) {
        uint64_t seq = journal->oldest_body++;
        if (place(journal, seq)->seq == seq)
            forget_body(journal, place(journal, seq));
    }
}

/* Logins have passwords and tokens in them. */
static void keep_body(sim_journal *journal, sim_entry *entry, const sim_request *request)
{
    if (!request->body.len || request->body.len > MAX_BODY || sim_kind_is_identity(entry->kind))
        return;
    entry->body = malloc(request->body.len + 1);
    if (!entry->body)
        return;
    memcpy(entry->body, request->body.data, request->body.len + 1);
    entry->body_len = request->body.len;
    entry->body_is_json = request->json != NULL;
    journal->body_bytes += entry->body_len;
}

uint64_t sim_journal_arrive(sim_journal *journal, const sim_request *request, const sim_entry *facts)
{
    const char *agent = sim_request_header(request, "User-Agent");
    sim_entry *entry = place(journal, ++journal->last);

    journal->counts[facts->kind]++;
    journal->total++;
    journal->faults += facts->fault != NULL;
    forget(journal, entry);
    *entry = *facts;
    entry->seq = journal->last;
    strncpy(entry->method, request->method, sizeof(entry->method) - 1);
    entry->uri = strdup(request->uri);
    entry->user_agent = agent ? strdup(agent) : NULL;
    keep_body(journal, entry, request);
    bound_bodies(journal);
    return journal->last;
}

void sim_journal_answered(sim_journal *journal, uint64_t seq, unsigned status)
{
    if (place(journal, seq)->seq == seq)
        place(journal, seq)->status = status;
}

void sim_journal_clear(sim_journal *journal)
{
    forget_all(journal);
    memset(journal->counts, 0, sizeof(journal->counts));
    journal->total = journal->connections = journal->faults = 0;
}

void sim_journal_done(sim_journal *journal)
{
    forget_all(journal);
    free(journal->ring);
    *journal = (sim_journal){0};
}

/* The counts that are no kind of request. */
static const struct {
    const char *name;
    size_t offset;
} sums[] = {{"total", offsetof(sim_journal, total)},
            {"connections", offsetof(sim_journal, connections)},
            {"faults", offsetof(sim_journal, faults)}};

static unsigned sum(const sim_journal *journal, size_t i)
{
    return *(const unsigned *)(const void *)((const char *)journal + sums[i].offset);
}

bool sim_journal_count(const sim_journal *journal, const char *name, unsigned *out)
{
    for (size_t i = 0; i < SIM_N_KINDS; i++) {
        if (!strcmp(sim_kind_names[i], name)) {
            *out = journal->counts[i];
            return true;
        }
    }
    for (size_t i = 0; i < rp_count_of(sums); i++) {
        if (!strcmp(sums[i].name, name)) {
            *out = sum(journal, i);
            return true;
        }
    }
    return false;
}

void sim_journal_write_counts(const sim_journal *journal, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    for (size_t i = 0; i < SIM_N_KINDS; i++)
        rp_write_integer_member(writer, sim_kind_names[i], journal->counts[i]);
    for (size_t i = 0; i < rp_count_of(sums); i++)
        rp_write_integer_member(writer, sums[i].name, sum(journal, i));
    rp_write_end(writer, '}');
}

static void write_body(const sim_entry *entry, rp_json_writer *writer)
{
    rp_write_name(writer, "body");
    if (!entry->body)
        rp_write_null(writer);
    else if (entry->body_is_json)
        rp_write_raw(writer, entry->body, entry->body_len);
    else
        rp_write_string(writer, entry->body, entry->body_len);
}

static void write_entry(const sim_entry *entry, rp_json_writer *writer)
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

void sim_journal_write_log(const sim_journal *journal, rp_json_writer *writer)
{
    uint64_t first = journal->last >= journal->size ? journal->last - journal->size + 1 : 1;

    rp_write_begin(writer, '{');
    rp_write_name(writer, "requests");
    rp_write_begin(writer, '[');
    for (uint64_t seq = first; seq <= journal->last; seq++) {
        if (place(journal, seq)->seq == seq)
            write_entry(place(journal, seq), writer);
    }
    rp_write_end(writer, ']');
    rp_write_end(writer, '}');
}
