/*
 * Attributes of an object as text: "+ name = value", "~ name = old -> new".
 */
#ifndef RP_CLI_OUTPUT_ATTRIBUTE_TEXT_H
#define RP_CLI_OUTPUT_ATTRIBUTE_TEXT_H

#include "base/buffer.h"
#include "cli/engine/plugin_schema.h"
#include "cli/output/color.h"

/* Where attributes go. */
typedef struct rp_attributes {
    rp_buffer *out;
    const rp_color *color;
    int width; /* of names, in lines */
} rp_attributes;

typedef struct rp_attribute {
    char sign; /* '+', '-', '~' or ' ' */
    const char *name;
    const rp_type *type;
    const rp_json *before, *after; /* NULL: has none */
    const char *why;               /* behind it; or NULL */
} rp_attribute;

/* A line of its own. */
void rp_attribute_line(const rp_attributes *to, const rp_attribute *one);

/* The same of a value that only the server can tell. */
void rp_attribute_unknown(const rp_attributes *to, const rp_attribute *one);

/* Within a line: "name = value" or "name old -> new". */
void rp_attribute_inline(const rp_attributes *to, const rp_attribute *one, bool first);

const char *rp_sign_color(const rp_color *color, char sign);

#endif
