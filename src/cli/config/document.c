#include "cli/config/document.h"

#include "base/buffer.h"
#include "json/scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void close_file(FILE **file)
{
    if (*file && *file != stdin)
        fclose(*file);
}

/* One byte more than a document may have is enough to see that it is too long. */
static int read_all(FILE *file, const char *name, size_t max_bytes, rp_document *document, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(max_bytes);
    char part[4096];
    size_t got;

    while (rp_buffer_ok(&text) && (got = fread(part, 1, sizeof(part), file)) > 0)
        rp_buffer_add(&text, part, got);
    if (ferror(file))
        return rp_error_set(error, RP_E_SYSTEM, "%s: %s", name, strerror(errno));
    if (text.failure == RP_BUFFER_TOO_LONG)
        return rp_error_set(error, RP_E_INVALID, "%s: longer than %zu bytes", name, max_bytes);
    document->len = text.len;
    document->text = rp_buffer_take(&text);
    return document->text ? 0 : rp_error_no_memory(error);
}

static int read_file(const char *name, rp_document *document, rp_error **error)
{
    _cleanup_(close_file) FILE *file = strcmp(name, "-") ? fopen(name, "re") : stdin;

    if (!file)
        return rp_error_set(error, RP_E_SYSTEM, "%s: %s (inline JSON starts with '{' or '[')", name,
                            strerror(errno));
    return read_all(file, file == stdin ? "standard input" : name, RP_JSON_MAX_BYTES, document, error);
}

int rp_document_load(const char *name, rp_document *document, rp_error **error)
{
    return rp_document_load_max(name, RP_JSON_MAX_BYTES, document, error);
}

int rp_document_load_max(const char *name, size_t max_bytes, rp_document *document, rp_error **error)
{
    _cleanup_(close_file) FILE *file = fopen(name, "re");
    int why = errno;

    if (file)
        return read_all(file, name, max_bytes, document, error);
    rp_error_set(error, RP_E_SYSTEM, "%s: %s", name, strerror(why));
    errno = why;
    return RP_E_SYSTEM;
}

int rp_document_read(const char *source, rp_document *document, rp_error **error)
{
    if (!source)
        return 0;
    if (*source != '{' && *source != '[')
        return read_file(source, document, error);
    document->len = strlen(source);
    document->text = strdup(source);
    return document->text ? 0 : rp_error_no_memory(error);
}

void rp_document_done(rp_document *document)
{
    free(document->text);
    *document = (rp_document){0};
}
