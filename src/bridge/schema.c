#include "bridge/schema.h"

#include <ctype.h>
#include <string.h>

static const char *type_word(const rp_json *schema)
{
    const rp_json *words = rp_json_get(schema, "type");

    if (rp_json_type_of(words) == RP_JSON_STRING)
        return rp_json_text(words);
    for (size_t i = 0; i < rp_json_count(words); i++) {
        const char *word = rp_json_text(rp_json_at(words, i));

        if (word && strcmp(word, "null") != 0)
            return word;
    }
    if (rp_json_get(schema, "properties"))
        return "object";
    return rp_json_type_of(rp_json_at(rp_json_get(schema, "enum"), 0)) == RP_JSON_STRING ? "string" : "";
}

static bool flag(const rp_json *schema, const char *name)
{
    bool yes = false;

    rp_json_boolean(rp_json_get(schema, name), &yes);
    return yes;
}

static const type *object_type(arena *in, const rp_json *schema)
{
    const rp_json *rest = rp_json_get(schema, "additionalProperties");
    type *made = arena_alloc(in, sizeof(*made));

    if (rp_json_count(rp_json_get(schema, "properties"))) {
        made->kind = TYPE_OBJECT;
        return schema_attributes(in, schema, &made->object, NULL) < 0 ? &type_any : made;
    }
    return rp_json_type_of(rest) == RP_JSON_OBJECT ? type_map_of(in, schema_type(in, rest)) : &type_any;
}

static const type *array_type(arena *in, const rp_json *schema)
{
    type *made = arena_alloc(in, sizeof(*made));

    made->kind = flag(schema, "uniqueItems") ? TYPE_SET : TYPE_LIST;
    made->element = schema_type(in, rp_json_get(schema, "items"));
    return made->element->kind == TYPE_ANY ? &type_any : made;
}

const type *schema_type(arena *in, const rp_json *schema)
{
    const char *word = type_word(schema);

    if (!strcmp(word, "string"))
        return &type_string;
    if (!strcmp(word, "boolean"))
        return &type_boolean;
    if (!strcmp(word, "integer") || !strcmp(word, "number"))
        return &type_number;
    if (!strcmp(word, "object"))
        return object_type(in, schema);
    return !strcmp(word, "array") ? array_type(in, schema) : &type_any;
}

/* What a resource or provider block keeps for Terraform itself. */
static bool is_reserved(const char *name)
{
    static const char *const reserved[] = {"count",       "for_each",   "depends_on", "lifecycle", "provider",
                                           "provisioner", "connection", "alias",      "version",   "source"};

    for (size_t i = 0; i < rp_count_of(reserved); i++)
        if (!strcmp(reserved[i], name))
            return true;
    return false;
}

const char *schema_name(arena *in, const char *json_name)
{
    size_t len = 0;
    char *name = arena_alloc(in, 2 * strlen(json_name) + 3);

    if (!isalpha((unsigned char)*json_name))
        name[len++] = 'a';
    for (const char *c = json_name; *c; c++) {
        bool upper = *c >= 'A' && *c <= 'Z',
             word = upper || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');

        if (upper && c > json_name && name[len - 1] != '_' && !(c[-1] >= 'A' && c[-1] <= 'Z'))
            name[len++] = '_';
        name[len++] = upper ? (char)(*c - 'A' + 'a') : word ? *c : '_';
    }
    if (is_reserved(name))
        name[len++] = '_';
    return name;
}

static bool is_required(const rp_json *schema, const char *name)
{
    const rp_json *required = rp_json_get(schema, "required");

    for (size_t i = 0; i < rp_json_count(required); i++) {
        const char *one = rp_json_text(rp_json_at(required, i));

        if (one && !strcmp(one, name))
            return true;
    }
    return false;
}

typedef struct collecting {
    arena *in;
    const rp_json *schema;
    attributes *into;
    rp_error **error;
} collecting;

static const char *description_of(arena *in, const rp_json *schema)
{
    const char *text = rp_json_text(rp_json_get(schema, "description"));

    return text ? arena_text(in, text) : "";
}

static const value *usual_of(arena *in, const type *of, const rp_json *schema)
{
    const value *usual;

    if (!rp_json_has(schema, "default") ||
        type_from_json(in, of, rp_json_get(schema, "default"), "", &usual, NULL) < 0)
        return NULL;
    return value_is_null(usual) ? NULL : usual;
}

static int collect(void *context, const char *json_name, const rp_json *schema)
{
    const collecting *to = context;
    attribute one = {.name = schema_name(to->in, json_name),
                     .json_name = arena_text(to->in, json_name),
                     .description = description_of(to->in, schema),
                     .type = schema_type(to->in, schema),
                     .required = is_required(to->schema, json_name),
                     .computed = flag(schema, "x-rp-computed"),
                     .sensitive = flag(schema, "x-rp-sensitive"),
                     .write_only = flag(schema, "x-rp-write-only"),
                     .force_new = flag(schema, "x-rp-force-new"),
                     .deprecated = flag(schema, "deprecated"),
                     .in_record = true};
    const attribute *twin = attributes_find(to->into, one.name);

    if (twin)
        return rp_error_set(to->error, RP_E_INVALID,
                            "the attributes \"%s\" and \"%s\" have one name here, \"%s\"", twin->json_name,
                            json_name, one.name);
    one.usual = usual_of(to->in, one.type, schema);
    one.optional = !one.required;
    if (one.required)
        one.computed = false;
    attributes_append(to->into, &one);
    return 0;
}

int schema_attributes(arena *in, const rp_json *schema, attributes *out, rp_error **error)
{
    const rp_json *properties = rp_json_get(schema, "properties");
    const attributes none = {0};
    collecting to = {in, schema, out, error};

    *out = attributes_with_room(in, &none, rp_json_count(properties));
    return rp_json_each(properties, collect, &to);
}

/* Of an attribute that the plugin computes all within is computed too. */
static const type *computed_type(arena *in, const type *of)
{
    type *made;

    if (of->kind < TYPE_LIST)
        return of;
    made = arena_alloc(in, sizeof(*made));
    *made = *of;
    if (of->element)
        made->element = computed_type(in, of->element);
    if (of->kind == TYPE_OBJECT)
        made->object = attributes_with_room(in, &of->object, 0);
    for (size_t i = 0; i < made->object.count; i++) {
        attribute *one = &made->object.items[i];

        one->type = computed_type(in, one->type);
        one->required = one->optional = one->force_new = one->write_only = false;
        one->computed = one->in_state = true;
    }
    return made;
}

static void add_state(arena *in, attributes *to, const attribute *state)
{
    attribute *one = (attribute *)(size_t)attributes_find(to, state->name);

    if (one) {
        one->in_state = true;
        one->sensitive |= state->sensitive;
        if (!*one->description)
            one->description = state->description;
        if (one->optional && !one->write_only)
            one->computed = true;
        return;
    }
    one = attributes_append(to, state);
    one->type = computed_type(in, one->type);
    one->required = one->optional = one->in_record = one->force_new = one->write_only = false;
    one->computed = one->in_state = true;
    one->usual = NULL;
}

int schema_members(arena *in, const rp_json *record, const rp_json *state, attributes *out, rp_error **error)
{
    attributes records, states;

    if (schema_attributes(in, record, &records, error) < 0 ||
        schema_attributes(in, state, &states, error) < 0)
        return RP_E_INVALID;
    *out = attributes_with_room(in, &records, states.count);
    for (size_t i = 0; i < out->count; i++) {
        attribute *one = &out->items[i];

        if (one->usual && one->optional && !one->write_only)
            one->computed = true;
    }
    for (size_t i = 0; i < states.count; i++)
        add_state(in, out, &states.items[i]);
    return 0;
}

attributes attributes_with_room(arena *in, const attributes *from, size_t more)
{
    attributes made = {.count = from->count,
                       .items = arena_alloc(in, (from->count + more) * sizeof(*made.items))};

    if (from->count)
        memcpy(made.items, from->items, from->count * sizeof(*made.items));
    return made;
}

attribute *attributes_append(attributes *to, const attribute *one)
{
    to->items[to->count] = *one;
    return &to->items[to->count++];
}

attributes attributes_choose(arena *in, const attributes *from,
                             bool (*choose)(const attribute *one, const void *with), const void *with)
{
    const attributes none = {0};
    attributes made = attributes_with_room(in, &none, from->count);

    for (size_t i = 0; i < from->count; i++)
        if (choose(&from->items[i], with))
            attributes_append(&made, &from->items[i]);
    return made;
}

static ProtobufCBinaryData packed_type(arena *in, const type *of)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1u << 20);

    type_write(of, &text);
    return (ProtobufCBinaryData){text.len, (uint8_t *)arena_copy(in, rp_buffer_text(&text), text.len)};
}

static Tf__Schema__Attribute **pack_attributes(arena *in, const attributes *of, bool blocks, size_t *count);

static Tf__Schema__Object *pack_nested(arena *in, const type *of)
{
    static const Tf__Schema__Object__Nesting nesting[] = {
        [TYPE_LIST] = TF__SCHEMA__OBJECT__NESTING__LIST,
        [TYPE_SET] = TF__SCHEMA__OBJECT__NESTING__SET,
        [TYPE_MAP] = TF__SCHEMA__OBJECT__NESTING__MAP,
        [TYPE_OBJECT] = TF__SCHEMA__OBJECT__NESTING__SINGLE,
    };
    Tf__Schema__Object *made = arena_alloc(in, sizeof(*made));

    tf__schema__object__init(made);
    made->nesting = nesting[of->kind];
    made->attributes = pack_attributes(in, type_nested(of), false, &made->n_attributes);
    return made;
}

static Tf__Schema__Attribute *pack_attribute(arena *in, const attribute *of)
{
    Tf__Schema__Attribute *made = arena_alloc(in, sizeof(*made));

    tf__schema__attribute__init(made);
    made->name = (char *)(size_t)of->name;
    made->description = (char *)(size_t)of->description;
    made->required = of->required;
    made->optional = of->optional;
    made->computed = of->computed;
    made->sensitive = of->sensitive;
    made->write_only = of->write_only;
    made->deprecated = of->deprecated;
    if (type_nested(of->type))
        made->nested_type = pack_nested(in, of->type);
    else
        made->type = packed_type(in, of->type);
    return made;
}

static Tf__Schema__Attribute **pack_attributes(arena *in, const attributes *of, bool blocks, size_t *count)
{
    Tf__Schema__Attribute **made = arena_alloc(in, of->count * sizeof(*made));

    *count = 0;
    for (size_t i = 0; i < of->count; i++)
        if (of->items[i].is_block == blocks)
            made[(*count)++] = pack_attribute(in, &of->items[i]);
    return made;
}

static Tf__Schema__Block *pack_block(arena *in, const attributes *of, const char *description);

static Tf__Schema__NestedBlock *pack_nested_block(arena *in, const attribute *of)
{
    Tf__Schema__NestedBlock *made = arena_alloc(in, sizeof(*made));

    tf__schema__nested_block__init(made);
    made->type_name = (char *)(size_t)of->name;
    made->nesting = TF__SCHEMA__NESTED_BLOCK__NESTING__SINGLE;
    made->block = pack_block(in, &of->type->object, of->description);
    return made;
}

static Tf__Schema__Block *pack_block(arena *in, const attributes *of, const char *description)
{
    Tf__Schema__Block *made = arena_alloc(in, sizeof(*made));

    tf__schema__block__init(made);
    made->description = (char *)(size_t)description;
    made->attributes = pack_attributes(in, of, false, &made->n_attributes);
    made->block_types = arena_alloc(in, of->count * sizeof(*made->block_types));
    for (size_t i = 0; i < of->count; i++)
        if (of->items[i].is_block)
            made->block_types[made->n_block_types++] = pack_nested_block(in, &of->items[i]);
    return made;
}

Tf__Schema *schema_pack(arena *in, const attributes *block, const char *description)
{
    Tf__Schema *made = arena_alloc(in, sizeof(*made));

    tf__schema__init(made);
    made->block = pack_block(in, block, description);
    return made;
}
