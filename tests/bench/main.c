/*
 * Measures how many requests and how much time the plugin needs, compared with the minimum for any client and
 * with clients that work record by record. workload.h lists the workloads; run.sh builds and runs it.
 */
#include "callgrind.h"
#include "claim.h"
#include "grid.h"
#include "plot.h"
#include "report.h"
#include "workload.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
    EXIT_USAGE = 2
};

struct arguments {
    tools with;
    const char *grid, *folder;
    unsigned create; /* only one call, of so many records, in this process */
    bool check, count_instructions;
};

static const char usage[] =
    "usage: rp_bench [OPTION…]\n\n"
    "  --grid full|claims|tiny  which cells to run (full)\n"
    "  --limit-s N              skip cells expected to take longer (120)\n"
    "  --out FOLDER             where bench.json and bench.svg go (.)\n"
    "  --instructions           also count instructions, with valgrind\n"
    "  --check                  fail if a count cannot be right\n"
    "  --plugin FILE, --sim FILE\n"
    "  --create N               only one call of N records, in this process, for a profiler\n";

static bool read_number(const char *text, unsigned *out)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    *out = (unsigned)value;
    return *text >= '0' && *text <= '9' && !*end && value <= 1000000;
}

/* False if the value is no good. */
static bool take_value(struct arguments *arguments, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **text;
        unsigned *number;
    } known[] = {{"--grid", &arguments->grid, NULL},
                 {"--out", &arguments->folder, NULL},
                 {"--plugin", &arguments->with.plugin, NULL},
                 {"--sim", &arguments->with.sim, NULL},
                 {"--limit-s", NULL, &arguments->with.limit_s},
                 {"--create", NULL, &arguments->create}};

    for (size_t i = 0; i < rp_count_of(known); i++) {
        if (strcmp(known[i].name, name) != 0)
            continue;
        if (known[i].number)
            return read_number(value, known[i].number);
        *known[i].text = value;
        return true;
    }
    return false;
}

static bool read_arguments(struct arguments *arguments, char **argv)
{
    for (argv++; *argv; argv++) {
        if (!strcmp(*argv, "--check")) {
            arguments->check = true;
        } else if (!strcmp(*argv, "--instructions")) {
            arguments->count_instructions = true;
        } else {
            if (!argv[1] || !take_value(arguments, argv[0], argv[1]))
                return false;
            argv++;
        }
    }
    return true;
}

static int create_here(const struct arguments *arguments)
{
    grid_cell one = {.workload = workload_named("batch"),
                     .records = arguments->create,
                     .listeners = 1,
                     .threads = 1,
                     .max_batch = USUAL_BATCH,
                     .create_only = true};
    measured got;

    grid_cell_run_in_process(&one, &arguments->with, &got);
    if (got.end == CELL_DONE)
        return EXIT_SUCCESS;
    fprintf(stderr, "rp_bench: %s\n", got.why);
    return EXIT_FAILURE;
}

/* Cells that failed, or whose counts cannot be right. */
static unsigned count_wrong(const results_table *all)
{
    unsigned wrong = 0;

    for (size_t i = 0; i < all->count; i++) {
        const entry *one = &all->entries[i];
        bool fine = one->result.end == CELL_LEFT_OUT ||
                    (one->result.end == CELL_DONE && one->cell.workload->is_sane(&one->cell, &one->result));
        if (!fine)
            fprintf(stderr, "rp_bench: %s, %u records: %s\n", one->cell.workload->name, one->cell.records,
                    one->result.end == CELL_DONE ? "the counts cannot be right" : one->result.why);
        wrong += !fine;
    }
    return wrong;
}

static void run_cells(const struct arguments *arguments, const grid_cell *cells, size_t count,
                      results_table *all)
{
    for (size_t i = 0; i < count; i++) {
        all->entries[i].cell = cells[i];
        grid_cell_run(&cells[i], &arguments->with, &all->entries[i].result);
        all->count++;
        report_entry(all, stdout);
    }
}

static void count_instructions(const struct arguments *arguments, instructions *counted, size_t count)
{
    for (size_t i = 0; arguments->count_instructions && i < count; i++) {
        _cleanup_(rp_error_freep) rp_error *error = NULL;
        if (callgrind_count(&arguments->with, arguments->folder, &counted[i], &error) == 0)
            continue;
        printf("\nSKIPPED: instructions are not counted: %s\n", error ? error->message : "");
        return;
    }
}

static int write_files(const struct arguments *arguments, const results_table *all, const finding *findings,
                       const instructions *counted, size_t count)
{
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    _cleanup_(rp_freep) char *json = rp_format("%s/bench.json", arguments->folder);
    _cleanup_(rp_freep) char *svg = rp_format("%s/bench.svg", arguments->folder);

    if (json && svg && report_json(all, findings, counted, count, json, &error) == 0 &&
        plot_write(all, svg, &error) == 0) {
        printf("\n%s\n%s\n", json, svg);
        return 0;
    }
    fprintf(stderr, "rp_bench: %s\n", error ? error->message : "out of memory");
    return -1;
}

static int run_grid(const struct arguments *arguments)
{
    size_t count = 0;
    _cleanup_(rp_freep) grid_cell *cells = grid_cells(arguments->grid, &count);
    _cleanup_(rp_freep) entry *entries = cells ? calloc(count, sizeof(*entries)) : NULL;
    instructions counted[] = {{.records = 100}, {.records = 1000}, {.records = 10000}};
    finding findings[MAX_FINDINGS];
    results_table all = {.entries = entries};

    if (!entries) {
        fprintf(stderr, "rp_bench: unknown grid: %s\n", arguments->grid);
        return EXIT_USAGE;
    }
    run_cells(arguments, cells, count, &all);
    count_instructions(arguments, counted, rp_count_of(counted));
    claim_check(&all, findings);
    report_costs(&all, counted, rp_count_of(counted), stdout);
    report_findings(findings, stdout);
    if (write_files(arguments, &all, findings, counted, rp_count_of(counted)) < 0)
        return EXIT_FAILURE;
    return count_wrong(&all) && arguments->check ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {
        .with = {.plugin = RP_ELB_MEMBER, .sim = RP_ELB_SIM, .limit_s = 120}, .grid = "full", .folder = "."};

    (void)argc;
    if (!read_arguments(&arguments, argv)) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return arguments.create ? create_here(&arguments) : run_grid(&arguments);
}
