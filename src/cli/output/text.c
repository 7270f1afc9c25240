#include "cli/output/text.h"

#include "cli/output/color.h"

#include <string.h>

#define SHOWN_WHOLE 3  /* of many changes alike */
#define ALIKE       10 /* so many are many */
#define MAX_VALUE   (1u << 20)
#define MAX_SOURCE  200 /* characters of a line that are shown */

void rp_text_clean(const char *text, rp_buffer *out)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= ' ' && *text != 0x7f)
            rp_buffer_add_char(out, *text);
        else if (*text == '\n' || *text == '\t')
            rp_buffer_add_char(out, ' ');
    }
}

static const rp_color *color_of(bool color)
{
    return color ? &rp_color_ansi : &rp_color_none;
}

/* JSON escapes what is dangerous but DEL. */
static void add_value(const rp_json *value, rp_buffer *out)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(MAX_VALUE);

    if (rp_is_hidden(value)) {
        rp_buffer_add_text(out, "(sensitive value)");
        return;
    }
    rp_json_print(value, false, &text);
    rp_text_clean(rp_buffer_text(&text), out);
}

/* A line of a member: "      + name = value". */
typedef struct member_line {
    char sign;
    const char *name;
    int width;
    const rp_type *type;
    const rp_json *before, *after;
    bool is_known; /* after */
} member_line;

typedef struct rendering {
    rp_buffer *out;
    const rp_color *color;
    const char *salt;
} rendering;

static const char *sign_color(const rp_color *p, char sign)
{
    return sign == '+' ? p->green : sign == '-' ? p->red : sign == '~' ? p->yellow : "";
}

static void add_hiding(const member_line *line, const rp_json *value, rp_buffer *out)
{
    if (value && line->type && rp_type_is_hidden(line->type, line->name))
        rp_buffer_add_text(out, "(sensitive value)");
    else
        add_value(value, out);
}

static void add_after(const rendering *to, const member_line *line)
{
    if (line->is_known)
        add_hiding(line, line->after, to->out);
    else
        rp_buffer_format(to->out, "%s(known after apply)%s", to->color->dim, to->color->off);
}

static void add_member(const rendering *to, const member_line *line)
{
    rp_buffer_format(to->out, "      %s%c%s %-*s = ", sign_color(to->color, line->sign), line->sign,
                     to->color->off, line->width, line->name);
    if (line->sign == '~' || line->sign == '-') {
        add_hiding(line, line->before, to->out);
        rp_buffer_format(to->out, " %s->%s ", to->color->dim, to->color->off);
    }
    if (line->sign == '-')
        rp_buffer_add_text(to->out, "null");
    else
        add_after(to, line);
}

static void end_line(const rendering *to)
{
    rp_buffer_add_char(to->out, '\n');
}

static int widen(void *context, const char *name, const rp_json *value)
{
    int *width = context, len = (int)strlen(name);

    (void)value;
    if (len > *width)
        *width = len;
    return 0;
}

static int width_of(const rp_type *type)
{
    int width = 0;

    rp_json_each(rp_json_get(type->record, "properties"), widen, &width);
    rp_json_each(rp_json_get(type->state, "properties"), widen, &width);
    return width;
}

/* The members of one object, all with the same sign. */
typedef struct listing {
    const rendering *to;
    const rp_type *type;
    char sign;
    int width;
    const rp_json *record; /* of those computed: the ones that it does not have */
    const rp_json *state;  /* what they were before */
} listing;

static int list_value(void *context, const char *name, const rp_json *value)
{
    const listing *in = context;
    member_line line = {in->sign, name, in->width, in->type, value, value, true};

    if (!value)
        return 0;
    add_member(in->to, &line);
    end_line(in->to);
    return 0;
}

static int list_computed(void *context, const char *name, const rp_json *schema)
{
    const listing *in = context;
    const rp_json *before = rp_json_get(in->state, name);
    member_line line = {before ? '~' : '+', name, in->width, in->type, before, NULL, false};

    (void)schema;
    if (rp_json_has(in->record, name) || !rp_type_is_computed(in->type, name))
        return 0;
    add_member(in->to, &line);
    end_line(in->to);
    return 0;
}

static rp_json *parsed(const char *text)
{
    rp_json *made = NULL;

    if (text)
        rp_json_parse(text, strlen(text), &made, NULL);
    return made;
}

static void render_created(const rendering *to, const rp_change *change)
{
    _cleanup_(rp_freep) char *hidden = rp_desired_hidden(change->desired, to->salt, NULL);
    _cleanup_(rp_json_freep) rp_json *record = parsed(hidden);
    listing in = {to, change->type, '+', width_of(change->type), record, NULL};

    rp_json_each(record, list_value, &in);
    rp_json_each(rp_json_get(change->type->state, "properties"), list_computed, &in);
}

static void render_destroyed(const rendering *to, const rp_change *change)
{
    _cleanup_(rp_json_freep) rp_json *state = parsed(rp_change_state(change));
    listing in = {to, change->type, '-', width_of(change->type), NULL, NULL};

    rp_json_each(state, list_value, &in);
}

/* Differences as lines. */
typedef struct differing {
    const rendering *to;
    const rp_type *type;
    int width;
    const char *why; /* after each, or NULL */
} differing;

static bool both_hidden(const rp_difference *one)
{
    return rp_is_hidden(one->before) && rp_is_hidden(one->after);
}

static int render_difference(void *context, const rp_difference *one)
{
    const differing *in = context;
    char sign = !one->before ? '+' : !one->after ? '-' : '~';
    member_line line = {sign, one->name, in->width, in->type, one->before, one->after, true};

    add_member(in->to, &line);
    if (both_hidden(one))
        rp_buffer_add_text(in->to->out, " (another one)");
    if (in->why)
        rp_buffer_format(in->to->out, " %s# %s%s", in->to->color->red, in->why, in->to->color->off);
    end_line(in->to);
    return 0;
}

/* What stays, so that one sees which object it is. */
typedef struct staying {
    const rendering *to;
    const rp_type *type;
    int width;
    const rp_json *state, *desired;
} staying;

static int mark_name(void *context, const rp_difference *one)
{
    return !strcmp(context, one->name);
}

static int list_same(void *context, const char *name, const rp_json *value)
{
    const staying *in = context;
    member_line line = {' ', name, in->width, in->type, value, value, true};

    if (!value || rp_type_is_computed(in->type, name) ||
        rp_differences(in->type, in->state, NULL, in->desired, mark_name, (void *)(uintptr_t)name))
        return 0;
    add_member(in->to, &line);
    end_line(in->to);
    return 0;
}

static void render_replaced(const rendering *to, const rp_change *change)
{
    _cleanup_(rp_freep) char *hidden = rp_desired_hidden(change->desired, to->salt, NULL);
    _cleanup_(rp_json_freep) rp_json *desired = parsed(hidden), *state = parsed(rp_change_state(change));
    int width = width_of(change->type);
    staying same = {to, change->type, width, state, desired};
    differing in = {to, change->type, width, "forces replacement"};
    listing computed = {to, change->type, '~', width, desired, state};

    rp_change_differences(change, to->salt, render_difference, &in, NULL);
    rp_json_each(desired, list_same, &same);
    rp_json_each(rp_json_get(change->type->state, "properties"), list_computed, &computed);
}

static const struct {
    const char *verb, *sign;
} actions[] = {
    [RP_NO_OP] = {"is kept", " "},
    [RP_CREATE] = {"will be created", "+"},
    [RP_DESTROY] = {"will be destroyed", "-"},
    [RP_REPLACE] = {"must be replaced", "-/+"},
};

static const char *const reasons[] = {
    [RP_REASON_NONE] = NULL,
    [RP_REASON_NEW] = NULL,
    [RP_REASON_ABSENT] = "it was removed outside of rp",
    [RP_REASON_CHANGED] = NULL,
    [RP_REASON_TAINTED] = "it is tainted: it was made, but not as it should be",
    [RP_REASON_REQUESTED] = "its replacement was asked for",
    [RP_REASON_NO_RESOURCE] = "it is not in the configuration",
    [RP_REASON_NO_KEY] = "for_each has no such key",
    [RP_REASON_DEPOSED] = "it was replaced already",
    [RP_REASON_DESTROY] = NULL,
    [RP_REASON_PENDING] = "it is still being made",
};

const char *rp_reason_words(rp_reason reason)
{
    return reasons[reason];
}

static void render_head(const rendering *to, const rp_change *change)
{
    const rp_color *p = to->color;
    const char *why = rp_reason_words(change->reason);
    bool first = change->action == RP_REPLACE && change->create_first;

    rp_buffer_format(to->out, "  %s# ", p->bold);
    rp_text_clean(change->address, to->out);
    if (change->object && *change->object->deposed)
        rp_buffer_format(to->out, " (deposed %s)", change->object->deposed);
    rp_buffer_format(to->out, "%s %s%s%s", p->off, change->action == RP_CREATE ? "" : p->bold,
                     actions[change->action].verb, p->off);
    if (first)
        rp_buffer_add_text(to->out, ", the new one first");
    end_line(to);
    if (why)
        rp_buffer_format(to->out, "  %s# (%s)%s\n", p->dim, why, p->off);
}

static void render_sign(const rendering *to, const rp_change *change)
{
    const rp_color *p = to->color;

    if (change->action != RP_REPLACE)
        rp_buffer_format(to->out, "  %s%s%s ", sign_color(p, *actions[change->action].sign),
                         actions[change->action].sign, p->off);
    else if (change->create_first)
        rp_buffer_format(to->out, "%s+%s/%s-%s ", p->green, p->off, p->red, p->off);
    else
        rp_buffer_format(to->out, "%s-%s/%s+%s ", p->red, p->off, p->green, p->off);
}

static void render_whole(const rendering *to, const rp_change *change)
{
    render_head(to, change);
    render_sign(to, change);
    rp_buffer_format(to->out, "%s {\n", change->type->name);
    if (change->action == RP_CREATE)
        render_created(to, change);
    else if (change->action == RP_DESTROY)
        render_destroyed(to, change);
    else
        render_replaced(to, change);
    rp_buffer_add_text(to->out, "    }\n\n");
}

static void render_short(const rendering *to, const rp_change *change)
{
    render_sign(to, change);
    rp_text_clean(change->address, to->out);
    end_line(to);
}

/* Changes of one name, for the same reason and next to each other, look alike. */
static bool is_alike(const rp_change *one, const rp_change *other)
{
    size_t len = strcspn(one->address, "[");

    return one->action == other->action && one->reason == other->reason && one->type == other->type &&
           !strncmp(one->address, other->address, len) && len == strcspn(other->address, "[");
}

/* The next one that does something, from `at` on. */
static size_t next_acting(const rp_plan *plan, size_t at)
{
    while (at < plan->count && plan->changes[at].action == RP_NO_OP)
        at++;
    return at;
}

static size_t count_alike(const rp_plan *plan, size_t at)
{
    size_t count = 0, first = at;

    for (; at < plan->count && is_alike(&plan->changes[first], &plan->changes[at]);
         at = next_acting(plan, at + 1))
        count++;
    return count;
}

static size_t render_group(const rendering *to, const rp_plan *plan, size_t at)
{
    size_t count = count_alike(plan, at);
    bool many = count > ALIKE;

    for (size_t i = 0; i < count; i++, at = next_acting(plan, at + 1)) {
        if (!many || i < SHOWN_WHOLE)
            render_whole(to, &plan->changes[at]);
        else
            render_short(to, &plan->changes[at]);
        if (many && i == SHOWN_WHOLE - 1)
            rp_buffer_format(to->out, "  %s# and %zu more like these:%s\n", to->color->bold,
                             count - SHOWN_WHOLE, to->color->off);
    }
    if (many)
        end_line(to);
    return at;
}

static void render_legend(const rendering *to, const rp_plan *plan)
{
    static const char *const words[] = {[RP_CREATE] = "create",
                                        [RP_DESTROY] = "destroy",
                                        [RP_REPLACE] = "destroy and then create replacement"};
    bool used[4] = {false}, first = false;

    for (size_t i = 0; i < plan->count; i++) {
        const rp_change *change = &plan->changes[i];
        used[change->action] |= !change->create_first || change->action != RP_REPLACE;
        first |= change->action == RP_REPLACE && change->create_first;
    }
    rp_buffer_add_text(to->out, "rp will do what these signs say:\n");
    for (int action = RP_CREATE; action <= RP_REPLACE; action++) {
        const rp_change sample = {.action = (rp_action)action};
        if (!used[action])
            continue;
        render_sign(to, &sample);
        rp_buffer_format(to->out, "%s\n", words[action]);
    }
    if (first) {
        render_sign(to, &(rp_change){.action = RP_REPLACE, .create_first = true});
        rp_buffer_add_text(to->out, "create replacement and then destroy\n");
    }
    end_line(to);
}

static void render_under_way(const rendering *to, const rp_plan *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->changes[i].reason == RP_REASON_PENDING) {
            rp_buffer_add_text(to->out, "  ");
            rp_text_clean(plan->changes[i].address, to->out);
            rp_buffer_add_text(to->out, " is still being made; a later plan will tell more.\n");
        }
}

static void render_drifted(const rendering *to, const rp_change *change, bool all)
{
    differing in = {to, change->type, width_of(change->type), NULL};
    bool gone = change->observed->seen == RP_ABSENT;

    rp_buffer_format(to->out, "  %s# ", to->color->bold);
    rp_text_clean(change->address, to->out);
    rp_buffer_format(to->out, "%s %s\n", to->color->off, gone ? "was removed" : "has changed");
    rp_buffer_format(to->out, "  %s%c%s %s%s", sign_color(to->color, gone ? '-' : '~'), gone ? '-' : '~',
                     to->color->off, change->type->name, gone ? "" : " {");
    end_line(to);
    if (!gone && change->observed->state) {
        rp_drift(change->type, change->object->state, change->observed->state, all, render_difference, &in,
                 NULL);
        rp_buffer_add_text(to->out, "    }\n");
    }
    end_line(to);
}

static bool is_shown_drift(const rp_change *change, bool all)
{
    return change->drifted ||
           (all && change->observed && change->observed->seen == RP_PRESENT && change->observed->state);
}

void rp_text_drift(const rp_plan *plan, bool all, bool color, rp_buffer *out)
{
    const rendering to = {out, color_of(color), NULL};
    bool told = false;

    for (size_t i = 0; i < plan->count; i++) {
        if (!is_shown_drift(&plan->changes[i], all))
            continue;
        if (!told)
            rp_buffer_format(out, "%sNote:%s changed outside of rp since it last looked:\n\n", to.color->bold,
                             to.color->off);
        told = true;
        render_drifted(&to, &plan->changes[i], all);
    }
}

void rp_text_plan_count(const rp_plan *plan, bool color, rp_buffer *out)
{
    const rp_color *p = color_of(color);

    rp_buffer_format(out, "%sPlan:%s %zu to add, 0 to change, %zu to destroy.\n", p->bold, p->off,
                     plan->to_add, plan->to_destroy);
}

static void render_nothing(const rp_plan *plan, const rp_color *p, rp_buffer *out)
{
    if (plan->destroy)
        rp_buffer_format(out, "%sNo changes.%s There is nothing to destroy.\n", p->bold, p->off);
    else
        rp_buffer_format(out, "%s%sNo changes.%s What is there is what is configured.\n", p->bold, p->green,
                         p->off);
}

void rp_text_plan(const rp_plan *plan, const char *salt, bool color, rp_buffer *out)
{
    const rendering to = {out, color_of(color), salt};

    rp_text_drift(plan, false, color, out);
    render_under_way(&to, plan);
    if (!rp_plan_acts(plan)) {
        render_nothing(plan, to.color, out);
        return;
    }
    render_legend(&to, plan);
    for (size_t at = next_acting(plan, 0); at < plan->count;)
        at = render_group(&to, plan, at);
    rp_text_plan_count(plan, color, out);
}

void rp_text_object(const rp_object *object, const rp_type *type, bool color, rp_buffer *out)
{
    const rendering to = {out, color_of(color), NULL};
    _cleanup_(rp_json_freep) rp_json *state = parsed(object->state);
    const rp_type plain = {.name = object->type};
    listing in = {&to, type ? type : &plain, ' ', 0, NULL, NULL};

    rp_buffer_format(out, "%s# ", to.color->bold);
    rp_text_clean(object->address, out);
    if (*object->deposed)
        rp_buffer_format(out, " (deposed %s)", object->deposed);
    if (object->status != RP_OBJECT_OK)
        rp_buffer_format(out, " (%s)", object->status == RP_OBJECT_TAINTED ? "tainted" : "in progress");
    rp_buffer_format(out, ":%s\n%s {\n", to.color->off, object->type);
    rp_json_each(state, widen, &in.width);
    rp_json_each(state, list_value, &in);
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
