/*
 * Where a verb's words go: to people, or as JSON lines to programs.
 */
#ifndef RP_CLI_VIEW_H
#define RP_CLI_VIEW_H

#include "cli/changes.h"
#include "cli/findings.h"
#include "cli/messages.h"
#include "cli/settings.h"

#include <stdio.h>

typedef struct rp_view {
    FILE *out, *err;
    bool json;
    bool colour, error_colour; /* of each */
    bool live;                 /* out is a terminal, whose last line may be written again */
    const char *file, *source; /* of the configuration, once it is read; else NULL */
} rp_view;

/* As the settings say, the environment's NO_COLOR and TERM, and what the streams are. */
void rp_view_start(rp_view *view, const rp_settings *settings);

/* A line. */
void rp_view_say(const rp_view *view, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* To people alone; to programs alone. */
void rp_view_print(const rp_view *view, const rp_buffer *text);
void rp_view_message(const rp_view *view, const rp_buffer *lines);

void rp_view_plan(const rp_view *view, const rp_plan *plan, const char *salt);
void rp_view_findings(const rp_view *view, const rp_findings *findings);
void rp_view_error(const rp_view *view, const rp_error *error);

/* Something that happens to one object; `quietly` to programs alone. */
void rp_view_happening(const rp_view *view, const rp_happening *one, bool quietly);
void rp_view_summary(const rp_view *view, const char *operation, size_t added, size_t destroyed);

#endif
