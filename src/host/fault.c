#include "host/fault.h"

#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_WORDS 1024
#define MAX_WHOLE 20 /* a plugin that breaks one rule a thousand times has said enough */

const char *const rp_section_names[RP_SECTIONS] = {
    [RP_SECTION_RESPONSES] = "Responses",
    [RP_SECTION_TIME] = "Time and cancellation",
    [RP_SECTION_DOCUMENTS] = "Documents",
    [RP_SECTION_RESULTS] = "Results",
    [RP_SECTION_STATES] = "States",
    [RP_SECTION_KEYS] = "Keys",
    [RP_SECTION_DESCRIBE] = "describe",
    [RP_SECTION_OPEN] = "open",
    [RP_SECTION_DELETE] = "delete",
    [RP_SECTION_LIST] = "list",
    [RP_SECTION_STATUS] = "Status",
    [RP_SECTION_OUTCOME] = "Outcome",
    [RP_SECTION_DIAGNOSTICS] = "Diagnostics",
    [RP_SECTION_EVENTS] = "Events",
    [RP_SECTION_PROCESS] = "The host's process",
};

/* Room for one more: NULL when out of memory. */
static rp_fault *next(rp_faults *faults)
{
    size_t count = faults->count;

    if (!(count & (count - 1))) {
        rp_fault *grown = realloc(faults->list, (count ? 2 * count : 1) * sizeof(*grown));
        if (!grown)
            return NULL;
        faults->list = grown;
    }
    return &faults->list[count];
}

static void keep(rp_faults *faults, size_t result, bool foreign, char *words)
{
    rp_fault *fault = words ? next(faults) : NULL;

    if (!fault) {
        faults->no_memory = true;
        free(words);
        return;
    }
    *fault = (rp_fault){result, foreign, words};
    faults->count++;
    faults->whole += result == RP_WHOLE;
}

static void write_words(rp_buffer *words, const rp_faults *faults, rp_section section, const char *format,
                        va_list arguments)
{
    _cleanup_(rp_freep) char *rule = NULL;

    if (vasprintf(&rule, format, arguments) < 0)
        rule = NULL;
    rp_buffer_format(words, "%s: %s (abi/README.md, %s)", faults->hook, rule ? rule : "?",
                     rp_section_names[section]);
}

bool rp_fault_whole(rp_faults *faults, rp_section section, const char *format, ...)
{
    rp_buffer words = RP_BUFFER(MAX_WORDS);
    va_list arguments;

    if (faults->whole == MAX_WHOLE)
        return false;
    va_start(arguments, format);
    write_words(&words, faults, section, format, arguments);
    va_end(arguments);
    keep(faults, RP_WHOLE, false, rp_buffer_take(&words));
    return false;
}

bool rp_fault_result(rp_faults *faults, rp_section section, size_t result, bool foreign, const char *format,
                     ...)
{
    rp_buffer words = RP_BUFFER(MAX_WORDS);
    va_list arguments;

    va_start(arguments, format);
    write_words(&words, faults, section, format, arguments);
    va_end(arguments);
    keep(faults, result, foreign, rp_buffer_take(&words));
    return false;
}

void rp_faults_move(rp_faults *from, rp_faults *to)
{
    for (size_t i = 0; i < from->count; i++)
        keep(to, from->list[i].result, from->list[i].foreign, from->list[i].words);
    to->no_memory |= from->no_memory;
    from->count = 0;
    rp_faults_done(from);
}

void rp_faults_done(rp_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++)
        free(faults->list[i].words);
    free(faults->list);
    *faults = (rp_faults){.hook = faults->hook};
}
