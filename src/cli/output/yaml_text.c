#include "cli/output/yaml_text.h"

#include <string.h>

typedef struct writing {
    const rp_type *type;
    const rp_json *state;
    rp_buffer *out;
} writing;

/* JSON is YAML, but "${" would be a reference. */
static void add_value(const rp_json *value, rp_buffer *out)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1u << 20);

    rp_json_print(value, false, &text);
    for (const char *at = rp_buffer_text(&text); *at; at++) {
        if (at[0] == '$' && at[1] == '{')
            rp_buffer_add_char(out, '$');
        rp_buffer_add_char(out, *at);
    }
}

static int write_attribute(void *context, const char *name, const rp_json *schema)
{
    const writing *to = context;
    const rp_json *value = rp_json_get(to->state, name);

    (void)schema;
    if (!value || rp_type_is_computed(to->type, name) || rp_type_is_hidden(to->type, name))
        return 0;
    rp_buffer_format(to->out, "      %s: ", name);
    add_value(value, to->out);
    rp_buffer_add_char(to->out, '\n');
    return 0;
}

void rp_yaml_resource(const char *name, const rp_type *type, const rp_json *state, rp_buffer *out)
{
    writing to = {type, state, out};

    rp_buffer_format(out, "  %s:\n    type: %s\n    record:\n", name, type->name);
    rp_json_each(rp_json_get(type->record, "properties"), write_attribute, &to);
}
