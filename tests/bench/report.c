#include "report.h"

#include "workload.h"

#include "json/writer.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define MAX_JSON (16u << 20)

/* --- table ------------------------------------------------------------------------------ */

static bool is_same_place(const grid_cell *one, const grid_cell *other)
{
    return one->latency_ms == other->latency_ms && one->job_ms == other->job_ms &&
           one->listeners == other->listeners;
}

static void heading(const grid_cell *of, FILE *out)
{
    fprintf(out, "\nlatency %u ms, jobs %u ms, listeners: %u\n", of->latency_ms, of->job_ms, of->listeners);
    fprintf(out, "%7s %-13s %3s %5s | %6s %6s %6s %5s %10s %8s %8s %8s %7s | %6s %10s\n", "records",
            "workload", "thr", "batch", "adds", "lists", "polls", "conns", "create ms", "/floor", "speedup",
            "CPU us/r", "KiB/r", "lists", "read ms");
}

/* A ratio, or a dash where there is nothing to compare with. */
static void print_ratio(double of, double to, FILE *out)
{
    if (of > 0 && to > 0)
        fprintf(out, " %8.2f", of / to);
    else
        fprintf(out, " %8s", "-");
}

static double create_us(const entry *one)
{
    return one ? (double)one->result.create.wall_us : 0;
}

static void print_done(const results_table *all, const entry *one, FILE *out)
{
    const phase *create = &one->result.create, *read = &one->result.read;
    double records = one->cell.records;

    fprintf(out, " | %6u %6u %6u %5u %10.1f", create->sent.add, create->sent.list, create->sent.job,
            create->sent.connections, create_us(one) / 1000);
    print_ratio(create_us(one), create_us(results_find_workload(all, &one->cell, "floor", 1)), out);
    print_ratio(create_us(results_find_workload(all, &one->cell, "one-by-one", 10)), create_us(one), out);
    fprintf(out, " %8.1f %7.1f | %6u %10.1f\n", (double)create->cpu_us / records,
            (double)create->peak_kib / records, read->sent.list, (double)read->wall_us / 1000);
}

void report_entry(const results_table *all, FILE *out)
{
    const entry *one = &all->entries[all->count - 1];

    if (all->count == 1 || !is_same_place(&one->cell, &one[-1].cell))
        heading(&one->cell, out);
    fprintf(out, "%7u %-13s %3u %5u", one->cell.records, one->cell.workload->name, one->cell.threads,
            one->cell.max_batch);
    if (one->result.end == CELL_DONE)
        print_done(all, one, out);
    else
        fprintf(out, " | %s: %s\n", one->result.end == CELL_LEFT_OUT ? "left out" : "FAILED",
                one->result.why);
    fflush(out);
}

static bool any_known(const finding *findings)
{
    for (const finding *one = findings; one->claim; one++)
        if (one->known)
            return true;
    return false;
}

void report_findings(const finding *findings, FILE *out)
{
    if (!any_known(findings))
        return;
    fprintf(out, "\n%-55s %10s %10s\n", "claim", "measured", "bound");
    for (const finding *one = findings; one->claim; one++) {
        const char *told = finding_holds(one) ? "holds" : one->known ? "DOES NOT HOLD" : "not measured";
        fprintf(out, "%-55s %10.2f %s %9.2f  %s\n", one->claim, one->value,
                one->at_least ? ">=" : "<=", one->bound, told);
    }
}

static int compare(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

    return (a > b) - (a < b);
}

/* The median of a member of the results of all cells with the plugin. */
static int64_t median(const results_table *all, size_t offset)
{
    _cleanup_(rp_freep) int64_t *values = calloc(all->count + 1, sizeof(*values));
    size_t n = 0;

    for (size_t i = 0; values && i < all->count; i++)
        if (all->entries[i].result.end == CELL_DONE && all->entries[i].cell.workload->uses_plugin)
            values[n++] = *(const int64_t *)(const void *)((const char *)&all->entries[i].result + offset);
    if (!n)
        return 0;
    qsort(values, n, sizeof(*values), compare);
    return values[n / 2];
}

void report_costs(const results_table *all, const instructions *counted, size_t count, FILE *out)
{
    fprintf(out, "\ndlopen, entry and describe: %lld us; open: %lld us\n",
            (long long)median(all, offsetof(measured, load_us)),
            (long long)median(all, offsetof(measured, open_us)));
    for (size_t i = 0; i < count; i++)
        if (counted[i].count)
            fprintf(out, "create of %u in one call: %llu instructions a record\n", counted[i].records,
                    (unsigned long long)(counted[i].count / counted[i].records));
}

/* --- JSON --------------------------------------------------------------------------------- */

static void write_phase(const char *name, const phase *one, rp_json_writer *writer)
{
    rp_write_name(writer, name);
    rp_write_begin(writer, '{');
    rp_write_integer_member(writer, "wall_us", one->wall_us);
    rp_write_integer_member(writer, "cpu_us", one->cpu_us);
    rp_write_integer_member(writer, "peak_kib", one->peak_kib);
    rp_write_integer_member(writer, "adds", one->sent.add);
    rp_write_integer_member(writer, "lists", one->sent.list);
    rp_write_integer_member(writer, "polls", one->sent.job);
    rp_write_integer_member(writer, "listeners", one->sent.listener);
    rp_write_integer_member(writer, "requests", one->sent.total);
    rp_write_integer_member(writer, "connections", one->sent.connections);
    rp_write_end(writer, '}');
}

static void write_entry(const entry *one, rp_json_writer *writer)
{
    static const char *const ends[] = {"done", "left out", "failed"};

    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "workload", one->cell.workload->name);
    rp_write_integer_member(writer, "threads", one->cell.threads);
    rp_write_integer_member(writer, "records", one->cell.records);
    rp_write_integer_member(writer, "listeners", one->cell.listeners);
    rp_write_integer_member(writer, "latency_ms", one->cell.latency_ms);
    rp_write_integer_member(writer, "job_ms", one->cell.job_ms);
    rp_write_integer_member(writer, "max_batch", one->cell.max_batch);
    rp_write_text_member(writer, "end", ends[one->result.end]);
    if (one->result.end == CELL_DONE) {
        write_phase("create", &one->result.create, writer);
        write_phase("read", &one->result.read, writer);
    } else {
        rp_write_text_member(writer, "why", one->result.why);
    }
    rp_write_end(writer, '}');
}

/* In thousandths: the writer knows integers. */
static void write_finding(const finding *one, rp_json_writer *writer)
{
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, "claim", one->claim);
    rp_write_name(writer, "thousandths");
    if (one->known)
        rp_write_integer(writer, llround(one->value * 1000));
    else
        rp_write_null(writer);
    rp_write_integer_member(writer, one->at_least ? "at_least" : "at_most", llround(one->bound * 1000));
    rp_write_boolean_member(writer, "holds", finding_holds(one));
    rp_write_end(writer, '}');
}

static void write_instructions(const instructions *counted, size_t count, rp_json_writer *writer)
{
    rp_write_name(writer, "instructions");
    rp_write_begin(writer, '[');
    for (size_t i = 0; i < count; i++) {
        if (!counted[i].count)
            continue;
        rp_write_begin(writer, '{');
        rp_write_integer_member(writer, "records", counted[i].records);
        rp_write_integer_member(writer, "instructions", (int64_t)counted[i].count);
        rp_write_end(writer, '}');
    }
    rp_write_end(writer, ']');
}

int report_json(const results_table *all, const finding *findings, const instructions *counted, size_t count,
                const char *path, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(MAX_JSON);
    rp_json_writer writer = RP_JSON_WRITER(&text);

    rp_write_begin(&writer, '{');
    rp_write_integer_member(&writer, "load_us", median(all, offsetof(measured, load_us)));
    rp_write_integer_member(&writer, "open_us", median(all, offsetof(measured, open_us)));
    write_instructions(counted, count, &writer);
    rp_write_name(&writer, "claims");
    rp_write_begin(&writer, '[');
    for (const finding *one = findings; one->claim; one++)
        write_finding(one, &writer);
    rp_write_end(&writer, ']');
    rp_write_name(&writer, "cells");
    rp_write_begin(&writer, '[');
    for (size_t i = 0; i < all->count; i++)
        write_entry(&all->entries[i], &writer);
    rp_write_end(&writer, ']');
    rp_write_end(&writer, '}');
    rp_buffer_add_char(&text, '\n');
    return report_write(path, &text, error);
}

int report_write(const char *path, const rp_buffer *text, rp_error **error)
{
    FILE *file = rp_buffer_ok(text) ? fopen(path, "we") : NULL;
    size_t written;

    if (!rp_buffer_ok(text))
        return rp_error_set(error, RP_E_NO_MEMORY, "%s: out of memory", path);
    if (!file)
        return rp_error_set(error, RP_E_SYSTEM, "%s: %s", path, strerror(errno));
    written = fwrite(text->data, 1, text->len, file);
    if (fclose(file) || written != text->len)
        return rp_error_set(error, RP_E_SYSTEM, "%s: cannot be written", path);
    return 0;
}
