#include "sim/log_line.h"

#include "base/text.h"

#include <string.h>

#define MAX_SHOWN 100u

/* "/v1.0/PROJECT/elbaas/…" is shown from "/elbaas" on. */
static const char *behind_project(const char *uri)
{
    const char *project = rp_starts_with(uri, "/v1.0/") ? uri + 6
                          : rp_starts_with(uri, "/v1/") ? uri + 4
                                                        : NULL;
    const char *slash = project ? strchr(project, '/') : NULL;

    return slash ? slash : uri;
}

/* At most so many bytes, cut between characters. */
static size_t shown_len(const rp_buffer *body)
{
    size_t len = body->len;

    if (len <= MAX_SHOWN)
        return len;
    len = MAX_SHOWN;
    while (len && ((unsigned char)body->data[len] & 0xc0) == 0x80)
        len--;
    return len;
}

/* Replaces control characters: line breaks and terminal escapes. */
static void add_plain(const char *text, size_t len, rp_buffer *out)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        rp_buffer_add_char(out, byte < ' ' || byte == 0x7f ? ' ' : (char)byte);
    }
}

static void add_body(const rp_buffer *body, rp_buffer *out)
{
    size_t len = shown_len(body);

    rp_buffer_add_char(out, ' ');
    add_plain(body->data, len, out);
    if (len < body->len)
        rp_buffer_add_text(out, "…");
}

/* A login holds secrets; so may a request to an unknown path. */
static bool has_secrets(sim_kind kind)
{
    return kind == SIM_OTHER || sim_kind_is_identity(kind);
}

void sim_log_line_write(const sim_request *request, sim_kind kind, unsigned status, rp_buffer *out)
{
    const char *path = behind_project(request->uri);

    rp_buffer_format(out, "%s ", request->method);
    add_plain(path, strlen(path), out);
    rp_buffer_add_char(out, ' ');
    if (status)
        rp_buffer_format(out, "%u", status);
    else
        rp_buffer_add_char(out, '-');
    if (request->body.len && !has_secrets(kind))
        add_body(&request->body, out);
}
