#include "cli/output/text.h"

#include "cli/output/attribute_text.h"
#include "json/scan.h"

#include <string.h>

#define MAX_SOURCE 200 /* characters of a line that are shown */

static const rp_color *color_of(bool color)
{
    return color ? &rp_color_ansi : &rp_color_none;
}

static int widen(void *context, const char *name, const rp_json *value)
{
    rp_attributes *to = context;
    int len = (int)strlen(name);

    (void)value;
    if (len > to->width)
        to->width = len;
    return 0;
}

static int list_value(void *context, const char *name, const rp_json *value)
{
    if (value)
        rp_attribute_line(context, &(const rp_attribute){' ', name, NULL, value, value, NULL});
    return 0;
}

void rp_text_object(const rp_object *object, bool color, rp_buffer *out)
{
    rp_attributes to = {out, color_of(color), 0};
    _cleanup_(rp_json_freep) rp_json *state = NULL;

    rp_json_parse(object->state, strlen(object->state), &state, NULL);
    rp_buffer_format(out, "%s# ", to.color->bold);
    rp_text_clean(object->address, out);
    if (*object->deposed)
        rp_buffer_format(out, " (deposed %s)", object->deposed);
    if (object->status != RP_OBJECT_OK)
        rp_buffer_format(out, " (%s)", object->status == RP_OBJECT_TAINTED ? "tainted" : "in progress");
    rp_buffer_format(out, ":%s\n%s {\n", to.color->off, object->type);
    rp_json_each(state, widen, &to);
    rp_json_each(state, list_value, &to);
    rp_buffer_add_text(out, "}\n");
}

void rp_text_names(const char *const *names, size_t named, size_t count, rp_buffer *out)
{
    for (size_t i = 0; i < named && i < count; i++) {
        rp_buffer_add_text(out, !i ? "" : i + 1 == count ? " and " : ", ");
        rp_text_clean(names[i] ? names[i] : "…", out);
    }
    if (count > named)
        rp_buffer_format(out, " and %zu more", count - named);
}

/* The line at fault, with a mark under the place. */
static void render_source(const rp_diagnostic *diagnostic, const char *source, const rp_color *p,
                          rp_buffer *out)
{
    _cleanup_(rp_freep) char *line = NULL;

    for (unsigned n = 1; source && n < diagnostic->mark.line; n++) {
        source = strchr(source, '\n');
        source = source ? source + 1 : NULL;
    }
    if (!source || strcspn(source, "\r\n") > MAX_SOURCE)
        return;
    line = strndup(source, strcspn(source, "\r\n"));
    rp_buffer_format(out, "  %s%5u |%s ", p->dim, diagnostic->mark.line, p->off);
    rp_text_clean(line ? line : "", out);
    rp_buffer_format(out, "\n         %*s%s^%s\n", (int)diagnostic->mark.column, "", p->red, p->off);
}

static void render_where(const rp_diagnostic *diagnostic, const char *file, const char *source,
                         const rp_color *p, rp_buffer *out)
{
    if (diagnostic->count) {
        rp_buffer_add_text(out, "  ");
        if (diagnostic->count > 1)
            rp_buffer_format(out, "%zu objects: ", diagnostic->count);
        rp_text_names((const char *const *)diagnostic->addresses, RP_DIAGNOSTIC_NAMES, diagnostic->count,
                      out);
        rp_buffer_add_char(out, '\n');
    }
    if (!diagnostic->mark.line || !file)
        return;
    rp_buffer_format(out, "  %s:%u:%u\n", file, diagnostic->mark.line, diagnostic->mark.column);
    render_source(diagnostic, source, p, out);
}

void rp_text_diagnostic(const rp_diagnostic *diagnostic, const char *file, const char *source, bool color,
                        rp_buffer *out)
{
    const rp_color *p = color_of(color);

    rp_buffer_format(out, "%s%s%s:%s %s", p->bold, diagnostic->warning ? p->yellow : p->red,
                     diagnostic->warning ? "Warning" : "Error", p->off, p->bold);
    rp_text_clean(diagnostic->summary ? diagnostic->summary : "out of memory", out);
    rp_buffer_add_text(out, p->off);
    if (diagnostic->code)
        rp_buffer_format(out, " %s(", p->dim), rp_text_clean(diagnostic->code, out),
            rp_buffer_format(out, ")%s", p->off);
    rp_buffer_add_char(out, '\n');
    if (diagnostic->detail) {
        rp_buffer_add_text(out, "  ");
        rp_text_clean(diagnostic->detail, out);
        rp_buffer_add_char(out, '\n');
    }
    render_where(diagnostic, file, source, p, out);
    if (diagnostic->advice)
        rp_buffer_format(out, "  %s\n", diagnostic->advice);
}
