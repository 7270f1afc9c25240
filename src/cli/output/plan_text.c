#include "cli/output/plan_text.h"

#include "cli/engine/json_equal.h"
#include "cli/output/attribute_text.h"
#include "cli/output/terminal_text.h"
#include "json/scan.h"

#include <string.h>

#define BLOCKS 10 /* more changes than this are one line each */

typedef struct rendering {
    rp_attributes to;
    const char *salt;
    bool verbose, lines;
} rendering;

static const struct {
    const char *verb, *sign, *legend;
} actions[RP_ACTIONS] = {
    [RP_NO_OP] = {NULL, " ", NULL},
    [RP_CREATE] = {"will be created", "+", "create"},
    [RP_UPDATE] = {"will be updated in-place", "~", "update in-place"},
    [RP_DESTROY] = {"will be destroyed", "-", "destroy"},
    [RP_REPLACE] = {"must be replaced", "-/+", "destroy and then create replacement"},
    [RP_FORGET] = {"will be removed from the state; nothing is sent", ".", "remove from the state"},
};

static const char *const reasons[RP_REASONS] = {
    [RP_REASON_ABSENT] = "it was removed outside of rp",
    [RP_REASON_TAINTED] = "it is tainted: it was created, but not as it should be",
    [RP_REASON_REQUESTED] = "requested with -replace",
    [RP_REASON_NO_RESOURCE] = "it is not in the configuration",
    [RP_REASON_NO_KEY] = "for_each has no such key",
    [RP_REASON_DEPOSED] = "it was replaced already",
    [RP_REASON_DISPLACED] = "its address is that of another object now",
    [RP_REASON_SAME_OBJECT] = "another address has the same object",
    [RP_REASON_IMPORTED] = "it was imported and is not in the configuration yet",
    [RP_REASON_PENDING] = "it is still in progress",
};

const char *rp_reason_words(rp_reason reason)
{
    return reasons[reason];
}

static rp_json *parsed(const char *text)
{
    rp_json *made = NULL;

    if (text)
        rp_json_parse(text, strlen(text), &made, NULL);
    return made;
}

/* Attributes of a change */

/* Which attributes are listed, and how. */
typedef struct listing {
    const rendering *how;
    const rp_change *change;
    const rp_json *desired;
    char sign;
    bool first; /* of a line */
    size_t computed;
} listing;

static void add_one(listing *in, char sign, const char *name, const rp_json *before, const rp_json *after,
                    const char *why)
{
    const rp_attribute one = {sign, name, in->change->type, before, after, why};

    if (in->how->lines)
        rp_attribute_inline(&in->how->to, &one, in->first);
    else
        rp_attribute_line(&in->how->to, &one);
    in->first = false;
}

static int list_value(void *context, const char *name, const rp_json *value)
{
    listing *in = context;

    if (value)
        add_one(in, in->sign, name, value, in->sign == '-' ? NULL : value, NULL);
    return 0;
}

/* What tells which object it is. */
static int list_identity(void *context, const char *name, const rp_json *value)
{
    listing *in = context;

    if (strcmp(name, "id") != 0 && (in->how->lines || !rp_type_is_key(in->change->type, name)))
        return 0;
    if (in->desired && rp_json_has(in->desired, name) &&
        !rp_json_equal(value, rp_json_get(in->desired, name)))
        return 0; /* shown already, as what differs */
    return list_value(context, name, value);
}

static int list_difference(void *context, const rp_difference *one)
{
    listing *in = context;
    bool forces = in->change->action == RP_REPLACE && !one->updatable && !in->how->lines;

    add_one(in, one->before ? '~' : '+', one->name, one->before, one->after,
            forces ? "forces replacement" : NULL);
    return 0;
}

static int list_computed(void *context, const char *name, const rp_json *schema)
{
    listing *in = context;
    const rp_attribute one = {'+', name, in->change->type, NULL, NULL, NULL};

    (void)schema;
    if (rp_json_has(in->desired, name) || !rp_type_is_computed(in->change->type, name))
        return 0;
    in->computed++;
    if (in->how->verbose)
        rp_attribute_unknown(&in->how->to, &one);
    return 0;
}

static void tell_computed(listing *in)
{
    const rp_attributes *to = &in->how->to;

    if (in->how->lines)
        return;
    rp_json_each(rp_json_get(in->change->type->state, "properties"), list_computed, in);
    if (in->computed && !in->how->verbose)
        rp_buffer_format(to->out, "      %s# %zu computed %s known after apply%s\n", to->color->dim,
                         in->computed, in->computed == 1 ? "attribute" : "attributes", to->color->off);
}

static void list_created(const rendering *how, const rp_change *change)
{
    _cleanup_(rp_freep) char *hidden = rp_desired_hidden(change->desired, how->salt, NULL);
    _cleanup_(rp_json_freep) rp_json *desired = parsed(hidden);
    listing in = {how, change, desired, '+', true, 0};

    rp_json_each(desired, list_value, &in);
    tell_computed(&in);
}

static void list_gone(const rendering *how, const rp_change *change)
{
    _cleanup_(rp_json_freep) rp_json *state = parsed(rp_change_state(change));
    listing in = {how, change, NULL, '-', true, 0};

    rp_json_each(state, how->verbose ? list_value : list_identity, &in);
}

static void list_changed(const rendering *how, const rp_change *change)
{
    _cleanup_(rp_freep) char *hidden = rp_desired_hidden(change->desired, how->salt, NULL);
    _cleanup_(rp_json_freep) rp_json *desired = parsed(hidden), *state = parsed(rp_change_state(change));
    listing in = {how, change, desired, ' ', true, 0};

    rp_change_differences(change, how->salt, list_difference, &in, NULL);
    if (how->lines)
        return;
    rp_json_each(state, how->verbose ? list_value : list_identity, &in);
    if (change->action == RP_REPLACE)
        tell_computed(&in);
}

static void (*const listers[RP_ACTIONS])(const rendering *how,
                                         const rp_change *change) = {[RP_CREATE] = list_created,
                                                                     [RP_UPDATE] = list_changed,
                                                                     [RP_DESTROY] = list_gone,
                                                                     [RP_REPLACE] = list_changed,
                                                                     [RP_FORGET] = list_gone};

/* One change */

static int widen(void *context, const char *name, const rp_json *value)
{
    int *width = context, len = (int)strlen(name);

    (void)value;
    if (len > *width)
        *width = len;
    return 0;
}

/* As wide as what may be listed. */
static int width_of(const rp_type *type, bool verbose)
{
    int width = 0;

    rp_json_each(rp_json_get(type->record, "properties"), widen, &width);
    if (verbose)
        rp_json_each(rp_json_get(type->state, "properties"), widen, &width);
    return width;
}

static void add_sign(const rendering *how, const rp_change *change)
{
    const rp_color *p = how->to.color;
    const char *sign = actions[change->action].sign;

    if (change->action != RP_REPLACE)
        rp_buffer_format(how->to.out, "  %s%s%s ", rp_sign_color(p, *sign), sign, p->off);
    else if (change->create_first)
        rp_buffer_format(how->to.out, "%s+%s/%s-%s ", p->green, p->off, p->red, p->off);
    else
        rp_buffer_format(how->to.out, "%s-%s/%s+%s ", p->red, p->off, p->green, p->off);
}

static void add_address(const rendering *how, const rp_change *change)
{
    rp_text_clean(change->address, how->to.out);
    if (change->object && *change->object->deposed)
        rp_buffer_format(how->to.out, " (deposed %s)", change->object->deposed);
}

static void add_note(const rendering *how, const char *words)
{
    rp_buffer_format(how->to.out, "  %s# (%s)%s\n", how->to.color->dim, words, how->to.color->off);
}

/* What happens to the entry of the state. */
static void add_entry_lines(const rendering *how, const rp_change *change)
{
    const rp_color *p = how->to.color;

    if (change->moved_from) {
        rp_buffer_format(how->to.out, "  %s# ", p->bold);
        rp_text_clean(change->moved_from, how->to.out);
        rp_buffer_format(how->to.out, "%s has moved to %s", p->off, p->bold);
        rp_text_clean(change->address, how->to.out);
        rp_buffer_format(how->to.out, "%s\n", p->off);
    }
    if (change->adopted) {
        rp_buffer_format(how->to.out, "  %s# ", p->bold);
        add_address(how, change);
        rp_buffer_format(how->to.out, "%s will be adopted [id=", p->off);
        rp_text_clean(change->object->id, how->to.out);
        rp_buffer_add_text(how->to.out, "]\n");
    }
}

static void add_head(const rendering *how, const rp_change *change)
{
    const rp_color *p = how->to.color;
    const char *why = rp_reason_words(change->reason);

    rp_buffer_format(how->to.out, "  %s# ", p->bold);
    add_address(how, change);
    rp_buffer_format(how->to.out, "%s %s", p->off, actions[change->action].verb);
    if (change->action == RP_REPLACE && change->create_first)
        rp_buffer_add_text(how->to.out, ", the new one first");
    rp_buffer_add_char(how->to.out, '\n');
    if (why)
        add_note(how, why);
}

static void add_block(rendering *how, const rp_change *change)
{
    how->to.width = width_of(change->type, how->verbose);
    add_entry_lines(how, change);
    if (change->action != RP_NO_OP) {
        add_head(how, change);
        add_sign(how, change);
        rp_buffer_format(how->to.out, "%s {\n", change->type->name);
        listers[change->action](how, change);
        rp_buffer_add_text(how->to.out, "    }\n");
    }
    rp_buffer_add_char(how->to.out, '\n');
}

static void add_line(const rendering *how, const rp_change *change)
{
    const rp_color *p = how->to.color;
    const char *why = rp_reason_words(change->reason);

    add_entry_lines(how, change);
    if (change->action == RP_NO_OP)
        return;
    add_sign(how, change);
    add_address(how, change);
    listers[change->action](how, change);
    if (why)
        rp_buffer_format(how->to.out, "  %s# %s%s", p->dim, why, p->off);
    rp_buffer_add_char(how->to.out, '\n');
}

/* The plan */

static void add_legend(const rendering *how, const rp_plan *plan)
{
    bool used[RP_ACTIONS] = {false}, first = false;

    for (size_t i = 0; i < plan->count; i++) {
        const rp_change *change = &plan->changes[i];
        used[change->action] |= !change->create_first || change->action != RP_REPLACE;
        first |= change->action == RP_REPLACE && change->create_first;
    }
    for (int action = RP_CREATE; action < RP_ACTIONS; action++) {
        if (!used[action])
            continue;
        add_sign(how, &(const rp_change){.action = (rp_action)action});
        rp_buffer_format(how->to.out, "%s\n", actions[action].legend);
    }
    if (first) {
        add_sign(how, &(const rp_change){.action = RP_REPLACE, .create_first = true});
        rp_buffer_add_text(how->to.out, "create replacement and then destroy\n");
    }
    rp_buffer_add_char(how->to.out, '\n');
}

static void add_pending(const rendering *how, const rp_plan *plan)
{
    size_t shown = 0;

    for (size_t i = 0; i < plan->count; i++) {
        if (plan->changes[i].reason != RP_REASON_PENDING || (++shown > BLOCKS && !how->verbose))
            continue;
        rp_buffer_add_text(how->to.out, "  ");
        rp_text_clean(plan->changes[i].address, how->to.out);
        rp_buffer_add_text(how->to.out, " is still in progress\n");
    }
    if (shown > BLOCKS && !how->verbose)
        rp_buffer_format(how->to.out, "  and %zu more\n", shown - BLOCKS);
    if (shown)
        rp_buffer_add_char(how->to.out, '\n');
}

static void add_nothing(const rendering *how, const rp_plan *plan)
{
    const rp_color *p = how->to.color;

    if (plan->pending)
        rp_buffer_format(how->to.out, "%s%zu %s still in progress;%s nothing else to do.\n", p->bold,
                         plan->pending, plan->pending == 1 ? "object" : "objects", p->off);
    else if (plan->destroy)
        rp_buffer_format(how->to.out, "%sNo changes.%s There is nothing to destroy.\n", p->bold, p->off);
    else
        rp_buffer_format(how->to.out, "%s%sNo changes.%s Your infrastructure matches the configuration.\n",
                         p->bold, p->green, p->off);
}

void rp_plan_text_counts(const rp_plan *plan, rp_buffer *out)
{
    rp_buffer_format(out, "%zu to add, %zu to change, %zu to destroy", plan->to_add, plan->to_change,
                     plan->to_destroy);
    if (plan->to_move)
        rp_buffer_format(out, ", %zu to move", plan->to_move);
    if (plan->to_adopt)
        rp_buffer_format(out, ", %zu to adopt", plan->to_adopt);
    if (plan->to_forget)
        rp_buffer_format(out, ", %zu to forget", plan->to_forget);
}

static size_t count_acting(const rp_plan *plan)
{
    size_t count = 0;

    for (size_t i = 0; i < plan->count; i++)
        count += rp_change_acts(&plan->changes[i]);
    return count;
}

void rp_plan_text(const rp_plan *plan, const rp_plan_style *style, rp_buffer *out)
{
    rendering how = {.to = {out, style->color ? &rp_color_ansi : &rp_color_none, 0},
                     .salt = style->salt,
                     .verbose = style->verbose,
                     .lines = !style->verbose && count_acting(plan) > BLOCKS};

    rp_plan_text_drift(plan, false, style->color, out);
    add_pending(&how, plan);
    if (!rp_plan_acts(plan)) {
        add_nothing(&how, plan);
        return;
    }
    rp_buffer_add_text(out, "rp will perform the following actions:\n");
    add_legend(&how, plan);
    for (size_t i = 0; i < plan->count; i++)
        if (rp_change_acts(&plan->changes[i]))
            how.lines ? add_line(&how, &plan->changes[i]) : add_block(&how, &plan->changes[i]);
    if (how.lines)
        rp_buffer_add_char(out, '\n');
    rp_buffer_format(out, "%sPlan:%s ", how.to.color->bold, how.to.color->off);
    rp_plan_text_counts(plan, out);
    rp_buffer_add_text(out, ".\n");
}

/* Drift */

static int list_drift(void *context, const rp_difference *one)
{
    listing *in = context;

    add_one(in, one->before ? '~' : '+', one->name, one->before, one->after, NULL);
    return 0;
}

static void add_drifted(rendering *how, const rp_change *change, bool all)
{
    listing in = {how, change, NULL, '~', true, 0};
    bool gone = change->observed->seen == RP_ABSENT;
    char sign = gone ? '-' : '~';

    how->to.width = width_of(change->type, all);
    rp_buffer_format(how->to.out, "  %s# ", how->to.color->bold);
    rp_text_clean(change->moved_from ? change->moved_from : change->address, how->to.out);
    rp_buffer_format(how->to.out, "%s %s\n", how->to.color->off, gone ? "was removed" : "has changed");
    rp_buffer_format(how->to.out, "  %s%c%s %s%s\n", rp_sign_color(how->to.color, sign), sign,
                     how->to.color->off, change->type->name, gone ? "" : " {");
    if (!gone && change->observed->state) {
        rp_drift(change->type, change->object->state, change->observed->state, all, list_drift, &in, NULL);
        rp_buffer_add_text(how->to.out, "    }\n");
    }
    rp_buffer_add_char(how->to.out, '\n');
}

static bool is_shown_drift(const rp_change *change, bool all)
{
    return change->drifted || (all && change->observed && !change->adopted &&
                               change->observed->seen == RP_PRESENT && change->observed->state);
}

void rp_plan_text_drift(const rp_plan *plan, bool all, bool color, rp_buffer *out)
{
    rendering how = {.to = {out, color ? &rp_color_ansi : &rp_color_none, 0}};
    bool told = false;

    for (size_t i = 0; i < plan->count; i++) {
        if (!is_shown_drift(&plan->changes[i], all))
            continue;
        if (!told)
            rp_buffer_format(out, "%sNote:%s Changed outside of rp since the last refresh:\n\n",
                             how.to.color->bold, how.to.color->off);
        told = true;
        add_drifted(&how, &plan->changes[i], all);
    }
}
