/*
 * judge: what librphost has against answers. Each line of standard input is one
 * exchange, {"hook", "request", "description", "status", "answer"} or {"event",
 * "records"}; the line that comes back has the faults, or is empty.
 */
#include "host/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void judge_event(const rp_json *line, rp_faults *faults)
{
    rp_buffer text = RP_BUFFER(1 << 20);
    int64_t records = 0;

    rp_json_integer(rp_json_get(line, "records"), &records);
    rp_json_print(rp_json_get(line, "event"), false, &text);
    rp_check_event(rp_buffer_text(&text), text.len, (size_t)records, faults);
    rp_buffer_done(&text);
}

static void judge_answer(const rp_json *line, rp_faults *faults)
{
    const rp_json *request = rp_json_get(line, "request");
    const char *resource = rp_json_text(rp_json_get(request, "resource"));
    rp_exchange exchange = {
        .hook = rp_hook_find(faults->hook), .request = request, .answer = rp_json_get(line, "answer")};
    int64_t status = -1;

    if (resource)
        exchange.resource = rp_json_get(rp_json_get(rp_json_get(line, "description"), "resources"), resource);
    rp_json_integer(rp_json_get(line, "status"), &status);
    exchange.status = (int32_t)status;
    rp_check_answer(&exchange, faults);
}

int main(void)
{
    char *text = NULL;
    size_t room = 0;

    while (getline(&text, &room, stdin) > 0) {
        _cleanup_(rp_json_freep) rp_json *line = NULL;
        _cleanup_(rp_error_freep) rp_error *error = NULL;
        _cleanup_(rp_faults_done) rp_faults faults = {.hook = "event"};
        const char *hook;

        if (rp_json_parse(text, strlen(text), &line, &error) < 0) {
            puts(error->message);
            continue;
        }
        hook = rp_json_text(rp_json_get(line, "hook"));
        if (hook)
            faults.hook = hook;
        if (hook && rp_hook_find(hook))
            judge_answer(line, &faults);
        else
            judge_event(line, &faults);
        for (size_t i = 0; i < faults.count; i++)
            printf("%s%s", i ? "; " : "", faults.list[i].words);
        puts("");
        fflush(stdout);
    }
    free(text);
    return 0;
}
