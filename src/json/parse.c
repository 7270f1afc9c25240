#include "base/secret.h"
#include "json/scan.h"
#include "json/tokens.h"
#include "json/value.h"

#include <json-c/json.h>
#include <string.h>

/* The tree under construction. json-c holds it, and json-c's own parser is not used: see value.h. */
struct tree {
    struct json_object *root;
    struct json_object *open[RP_JSON_MAX_DEPTH]; /* borrowed from the root */
    unsigned depth;
    rp_buffer name; /* of the next member */
};

/* Adds a value, which may be null, to the open container. Takes ownership, also on failure. */
static bool hang(struct tree *tree, struct json_object *value)
{
    struct json_object *parent = tree->depth ? tree->open[tree->depth - 1] : NULL;
    int failed = 0;

    if (!parent)
        tree->root = value;
    else if (json_object_is_type(parent, json_type_array))
        failed = json_object_array_add(parent, value);
    else
        failed = json_object_object_add_ex(parent, rp_buffer_text(&tree->name), value,
                                           JSON_C_OBJECT_ADD_KEY_IS_NEW);
    if (failed)
        json_object_put(value);
    return !failed;
}

static bool hang_made(struct tree *tree, struct json_object *value)
{
    return value && hang(tree, value);
}

static bool enter(struct tree *tree, struct json_object *container)
{
    if (!hang_made(tree, container))
        return false;
    tree->open[tree->depth++] = container;
    return true;
}

static bool keep_name(struct tree *tree, const char *spelled, size_t len)
{
    tree->name.len = 0;
    if (!rp_buffer_reserve(&tree->name, len))
        return false;
    tree->name.len = rp_json_unescape(spelled, len, tree->name.data);
    tree->name.data[tree->name.len] = '\0';
    return true;
}

/* A string may be a secret, so its buffer is wiped. */
static struct json_object *make_string(const char *spelled, size_t len)
{
    struct json_object *made;
    char *plain;

    if (!memchr(spelled, '\\', len))
        return json_object_new_string_len(spelled, (int)len);
    plain = malloc(len);
    if (!plain)
        return NULL;
    made = json_object_new_string_len(plain, (int)rp_json_unescape(spelled, len, plain));
    rp_wipe(plain, len);
    free(plain);
    return made;
}

static struct json_object *make_integer(const char *spelled, size_t len)
{
    bool negative = len && spelled[0] == '-';
    int64_t value = 0;

    for (size_t i = negative; i < len; i++)
        value = value * 10 + (spelled[i] - '0');
    return json_object_new_int64(negative ? -value : value);
}

static struct json_object *make_number(const char *spelled, size_t len)
{
    _cleanup_(rp_freep) char *text = strndup(spelled, len);
    return text ? json_object_new_double_s(rp_json_number_of(spelled, len), text) : NULL;
}

static bool take(void *context, rp_json_token token, const char *spelled, size_t len)
{
    struct tree *tree = context;

    switch (token) {
    case RP_TOKEN_OBJECT:
        return enter(tree, json_object_new_object());
    case RP_TOKEN_ARRAY:
        return enter(tree, json_object_new_array_ext(4));
    case RP_TOKEN_CLOSE:
        tree->depth--;
        return true;
    case RP_TOKEN_NAME:
        return keep_name(tree, spelled, len);
    case RP_TOKEN_STRING:
        return hang_made(tree, make_string(spelled, len));
    case RP_TOKEN_INTEGER:
        return hang_made(tree, make_integer(spelled, len));
    case RP_TOKEN_NUMBER:
        return hang_made(tree, make_number(spelled, len));
    case RP_TOKEN_TRUE:
    case RP_TOKEN_FALSE:
        return hang_made(tree, json_object_new_boolean(token == RP_TOKEN_TRUE));
    case RP_TOKEN_NULL:
        break;
    }
    return hang(tree, NULL);
}

int rp_json_parse(const char *text, size_t len, rp_json **out, rp_error **error)
{
    return rp_json_parse_upto(RP_JSON_MAX_BYTES, text, len, out, error);
}

int rp_json_parse_upto(size_t max_bytes, const char *text, size_t len, rp_json **out, rp_error **error)
{
    struct tree tree = {.name = RP_BUFFER(max_bytes)};
    int code = rp_json_tokens(text, len, max_bytes, take, &tree, error);

    rp_buffer_done(&tree.name);
    if (code < 0) {
        rp_json_wipe_strings((rp_json *)tree.root);
        json_object_put(tree.root);
        return code;
    }
    *out = (rp_json *)tree.root;
    return 0;
}
