#include "fixture.h"

#include "base/text.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static char *read_file(const char *path)
{
    rp_buffer text = RP_BUFFER(16u << 20);
    char chunk[4096];
    size_t len;
    FILE *file = fopen(path, "re");

    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    while ((len = fread(chunk, 1, sizeof(chunk), file)) > 0)
        rp_buffer_add(&text, chunk, len);
    fclose(file);
    return rp_buffer_take(&text);
}

rp_json *fixture_read(const char *name)
{
    _cleanup_(rp_freep) char *path = rp_format("%s/%s.json", RP_FIXTURES, name);
    _cleanup_(rp_freep) char *text = read_file(path);
    rp_error *error = NULL;
    rp_json *root = NULL;

    ck_assert_msg(rp_json_parse(text, strlen(text), &root, &error) == 0, "%s: %s", name,
                  error ? error->message : "");
    return root;
}

char *fixture_body(const char *name)
{
    _cleanup_(rp_json_freep) rp_json *root = fixture_read(name);
    rp_buffer text = RP_BUFFER(16u << 20);

    rp_json_print(rp_json_get(root, "body"), false, &text);
    return rp_buffer_take(&text);
}

rp_http_reply reply_of(int status, const char *body)
{
    return (rp_http_reply){.status = status, .body = body, .body_len = strlen(body)};
}
