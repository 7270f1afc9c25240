#include "cli/output/attribute_text.h"

#include "cli/output/terminal_text.h"

#include <string.h>

#define MAX_VALUE (1u << 20)

const char *rp_sign_color(const rp_color *color, char sign)
{
    return sign == '+' ? color->green : sign == '-' ? color->red : sign == '~' ? color->yellow : "";
}

static void add_value(const rp_attributes *to, const rp_attribute *one, const rp_json *value)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(MAX_VALUE);

    if (rp_is_hidden(value) || (value && one->type && rp_type_is_hidden(one->type, one->name))) {
        rp_buffer_add_text(to->out, "(sensitive value)");
        return;
    }
    rp_json_print(value, false, &text);
    rp_text_clean(rp_buffer_text(&text), to->out);
}

static void add_values(const rp_attributes *to, const rp_attribute *one)
{
    if (one->sign == '~' || (one->sign == '-' && one->before)) {
        add_value(to, one, one->before);
        if (one->sign == '~' || one->after)
            rp_buffer_format(to->out, " %s->%s ", to->color->dim, to->color->off);
    }
    if (one->sign == '~' && !one->after)
        rp_buffer_add_text(to->out, "null");
    else if (one->sign != '-')
        add_value(to, one, one->after);
    if (one->sign == '~' && rp_is_hidden(one->before) && rp_is_hidden(one->after))
        rp_buffer_add_text(to->out, " (another value)");
}

static void add_name(const rp_attributes *to, const rp_attribute *one)
{
    rp_buffer_format(to->out, "      %s%c%s %-*s = ", rp_sign_color(to->color, one->sign), one->sign,
                     to->color->off, to->width, one->name);
}

void rp_attribute_line(const rp_attributes *to, const rp_attribute *one)
{
    add_name(to, one);
    add_values(to, one);
    if (one->why)
        rp_buffer_format(to->out, " %s# %s%s", to->color->red, one->why, to->color->off);
    rp_buffer_add_char(to->out, '\n');
}

void rp_attribute_unknown(const rp_attributes *to, const rp_attribute *one)
{
    add_name(to, one);
    rp_buffer_format(to->out, "%s(known after apply)%s\n", to->color->dim, to->color->off);
}

void rp_attribute_inline(const rp_attributes *to, const rp_attribute *one, bool first)
{
    rp_buffer_format(to->out, "%s%s %s", first ? "  " : ", ", one->name, one->sign == '~' ? "" : "= ");
    add_values(to, one);
}
