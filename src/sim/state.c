#include "sim/state.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void sim_state_init(sim_state *state, const rp_clock *clock)
{
    *state = (sim_state){.clock = clock};
    state->listeners_end = &state->listeners;
    state->jobs_end = &state->jobs;
    state->tokens_end = &state->tokens;
    sim_keys_init(&state->keys);
}

void sim_new_id(sim_state *state, char out[SIM_ID_SIZE])
{
    for (int i = 0; i < 4; i++)
        snprintf(out + 8 * i, 9, "%08x", (unsigned)state->clock->chance(state->clock->context));
}

void sim_format_time(int64_t wall_s, char out[SIM_TIME_SIZE])
{
    time_t seconds = (time_t)wall_s;
    struct tm parts;

    gmtime_r(&seconds, &parts);
    strftime(out, SIM_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
}

void sim_format_iso(int64_t wall_ms, int digits, char out[SIM_TIME_SIZE])
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm parts;
    size_t len;

    gmtime_r(&seconds, &parts);
    len = strftime(out, SIM_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(out + len, SIM_TIME_SIZE - len, digits == 6 ? ".%03d000Z" : ".%03dZ", (int)(wall_ms % 1000));
}

/* Listeners. */

static uint64_t hash_text(const char *text)
{
    return rp_hash(RP_HASH_START, text, strlen(text));
}

static void listener_free(sim_listener *listener)
{
    free(listener->id);
    free(listener->name);
    free(listener->protocol);
    free(listener->loadbalancer_id);
    free(listener);
}

static void listener_freep(sim_listener **listener)
{
    if (*listener)
        listener_free(*listener);
}

sim_listener *sim_listener_add(sim_state *state, const char *id, const char *protocol, int64_t wall_s)
{
    _cleanup_(listener_freep) sim_listener *listener = calloc(1, sizeof(*listener));

    if (!listener)
        return NULL;
    listener->id = strdup(id);
    listener->name = rp_format("listener-%.8s", id);
    listener->protocol = strdup(protocol);
    listener->loadbalancer_id = strdup("0b07acf06d243925bc24a0ac7445267a");
    listener->port = 8000 + (uint32_t)state->listeners_by_id.count;
    listener->created_s = wall_s;
    if (!listener->id || !listener->name || !listener->protocol || !listener->loadbalancer_id)
        return NULL;
    if (!sim_map_put(&state->listeners_by_id, &listener->node, hash_text(id)))
        return NULL;
    *state->listeners_end = listener;
    state->listeners_end = &listener->next;
    return rp_take(listener);
}

sim_listener *sim_listener_find(const sim_state *state, const char *id)
{
    sim_node *node = sim_map_first(&state->listeners_by_id, hash_text(id));

    for (; node; node = sim_map_next(node)) {
        sim_listener *listener = sim_owner(node, sim_listener, node);
        if (!strcmp(listener->id, id))
            return listener;
    }
    return NULL;
}

void sim_listener_drop(sim_state *state, sim_listener *listener)
{
    sim_listener **at = &state->listeners;

    while (listener->first)
        sim_link_drop(state, listener->first);
    while (*at != listener)
        at = &(*at)->next;
    *at = listener->next;
    if (state->listeners_end == &listener->next)
        state->listeners_end = at;
    sim_map_drop(&state->listeners_by_id, &listener->node);
    listener_free(listener);
}

/* Members. */

/* An address as it is compared: its canonical spelling, or as it stands if it is none. */
static void canonical(const char *address, char out[RP_ADDRESS_SIZE])
{
    if (!rp_canonical_address(address, out))
        snprintf(out, RP_ADDRESS_SIZE, "%s", address);
}

static bool same_address(const char *one, const char *other)
{
    char canonical_one[RP_ADDRESS_SIZE], canonical_other[RP_ADDRESS_SIZE];

    canonical(one, canonical_one);
    canonical(other, canonical_other);
    return !strcmp(canonical_one, canonical_other);
}

static uint64_t hash_key(uint64_t start, const char *server_id, const char *address)
{
    char plain[RP_ADDRESS_SIZE];

    canonical(address, plain);
    return rp_hash(rp_hash(start, server_id, strlen(server_id) + 1), plain, strlen(plain));
}

static uint64_t hash_of_listener(const sim_listener *listener)
{
    return rp_hash(RP_HASH_START, &listener, sizeof(listener));
}

static uint64_t hash_id(const sim_listener *listener, const char *member_id)
{
    return rp_hash(hash_of_listener(listener), member_id, strlen(member_id));
}

static void member_free(sim_member *member)
{
    free(member->server_id);
    free(member->address);
    free(member);
}

static sim_member *member_new(sim_state *state, const char *server_id, const char *address, int64_t wall_s)
{
    sim_member *member = calloc(1, sizeof(*member));
    uint32_t n = ++state->n_addresses;

    if (!member)
        return NULL;
    sim_new_id(state, member->id);
    member->server_id = strdup(server_id);
    member->address = strdup(address);
    member->created_s = wall_s;
    snprintf(member->floating, sizeof(member->floating), "100.%u.%u.%u", 64 + (n >> 16) % 64, (n >> 8) % 256,
             n % 256);
    if (!member->server_id || !member->address ||
        !sim_map_put(&state->members_by_key, &member->node, hash_key(RP_HASH_START, server_id, address))) {
        member_free(member);
        return NULL;
    }
    return member;
}

static bool is_in(const sim_member *member, const sim_listener *listener)
{
    for (const sim_link *link = member->links; link; link = link->also) {
        if (link->listener == listener)
            return true;
    }
    return false;
}

/* The member that this server and address is in other listeners. */
static sim_member *find_elsewhere(const sim_state *state, const sim_listener *listener, const char *server_id,
                                  const char *address)
{
    sim_node *node = sim_map_first(&state->members_by_key, hash_key(RP_HASH_START, server_id, address));

    for (; node; node = sim_map_next(node)) {
        sim_member *member = sim_owner(node, sim_member, node);
        if (!strcmp(member->server_id, server_id) && same_address(member->address, address) &&
            !is_in(member, listener))
            return member;
    }
    return NULL;
}

static void member_release(sim_state *state, sim_member *member)
{
    if (member->links)
        return;
    sim_map_drop(&state->members_by_key, &member->node);
    member_free(member);
}

static bool link_enter(sim_state *state, sim_link *link)
{
    sim_listener *listener = link->listener;
    sim_member *member = link->member;

    if (!sim_map_put(&state->links_by_id, &link->by_id, hash_id(listener, member->id)))
        return false;
    if (!sim_map_put(&state->links_by_key, &link->by_key,
                     hash_key(hash_of_listener(listener), member->server_id, member->address))) {
        sim_map_drop(&state->links_by_id, &link->by_id);
        return false;
    }
    link->previous = listener->last;
    *(listener->last ? &listener->last->next : &listener->first) = link;
    listener->last = link;
    listener->n_links++;
    link->also = member->links;
    member->links = link;
    return true;
}

sim_link *sim_link_add(sim_state *state, sim_listener *listener, const char *server_id, const char *address,
                       bool shared, int64_t wall_s)
{
    _cleanup_(rp_freep) sim_link *link = calloc(1, sizeof(*link));
    sim_member *member = shared ? find_elsewhere(state, listener, server_id, address) : NULL;

    if (!link)
        return NULL;
    if (!member && !(member = member_new(state, server_id, address, wall_s)))
        return NULL;
    link->listener = listener;
    link->member = member;
    link->gone_ms = SIM_NEVER;
    if (!link_enter(state, link)) {
        member_release(state, member);
        return NULL;
    }
    return rp_take(link);
}

sim_link *sim_link_find(const sim_state *state, const sim_listener *listener, const char *member_id)
{
    sim_node *node = sim_map_first(&state->links_by_id, hash_id(listener, member_id));

    for (; node; node = sim_map_next(node)) {
        sim_link *link = sim_owner(node, sim_link, by_id);
        if (link->listener == listener && !strcmp(link->member->id, member_id))
            return link;
    }
    return NULL;
}

sim_link *sim_link_find_key(const sim_state *state, const sim_listener *listener, const char *server_id,
                            const char *address)
{
    sim_node *node =
        sim_map_first(&state->links_by_key, hash_key(hash_of_listener(listener), server_id, address));

    for (; node; node = sim_map_next(node)) {
        sim_link *link = sim_owner(node, sim_link, by_key);
        if (link->listener == listener && link->gone_ms == SIM_NEVER &&
            !strcmp(link->member->server_id, server_id) && same_address(link->member->address, address))
            return link;
    }
    return NULL;
}

void sim_link_drop(sim_state *state, sim_link *link)
{
    sim_listener *listener = link->listener;
    sim_link **at = &link->member->links;

    sim_map_drop(&state->links_by_id, &link->by_id);
    sim_map_drop(&state->links_by_key, &link->by_key);
    *(link->previous ? &link->previous->next : &listener->first) = link->next;
    *(link->next ? &link->next->previous : &listener->last) = link->previous;
    listener->n_links--;
    while (*at != link)
        at = &(*at)->also;
    *at = link->also;
    member_release(state, link->member);
    free(link);
}

/* Jobs. */

void sim_job_free(sim_job *job)
{
    if (!job)
        return;
    for (size_t i = 0; i < job->n_items; i++) {
        free(job->items[i].server_id);
        free(job->items[i].address);
        free(job->items[i].floating);
    }
    free(job->items);
    free(job->type);
    free(job->listener_id);
    free(job->code);
    free(job->message);
    free(job->word);
    free(job);
}

/* Tokens. */

/* The oldest are forgotten beyond so many. */
#define MAX_TOKENS 10000u

static void token_drop_first(sim_state *state)
{
    sim_token *token = state->tokens;

    state->tokens = token->next;
    if (!state->tokens)
        state->tokens_end = &state->tokens;
    sim_map_drop(&state->tokens_by_text, &token->node);
    free(token->text);
    free(token->project_id);
    free(token);
}

void sim_tokens_drop(sim_state *state)
{
    while (state->tokens)
        token_drop_first(state);
}

/* Real ones start like this, being DER in base64. */
char *sim_token_text(sim_state *state, size_t bytes)
{
    _cleanup_(rp_buffer_done) rp_buffer text = RP_BUFFER(1u << 16);
    char id[SIM_ID_SIZE];

    rp_buffer_add_text(&text, "MIID");
    do {
        sim_new_id(state, id);
        rp_buffer_add_text(&text, id);
    } while (rp_buffer_ok(&text) && text.len < bytes);
    return rp_buffer_take(&text);
}

static void token_freep(sim_token **token)
{
    if (!*token)
        return;
    free((*token)->text);
    free((*token)->project_id);
    free(*token);
}

sim_token *sim_token_add(sim_state *state, size_t bytes, const char *project_id, int64_t expires_ms)
{
    _cleanup_(token_freep) sim_token *token = calloc(1, sizeof(*token));

    if (!token)
        return NULL;
    token->text = sim_token_text(state, bytes);
    token->project_id = strdup(project_id);
    token->expires_ms = expires_ms;
    if (!token->text || !token->project_id ||
        !sim_map_put(&state->tokens_by_text, &token->node, hash_text(token->text)))
        return NULL;
    if (state->tokens_by_text.count > MAX_TOKENS)
        token_drop_first(state);
    *state->tokens_end = token;
    state->tokens_end = &token->next;
    return rp_take(token);
}

sim_token *sim_token_find(const sim_state *state, const char *text)
{
    sim_node *node = sim_map_first(&state->tokens_by_text, hash_text(text));

    for (; node; node = sim_map_next(node)) {
        sim_token *token = sim_owner(node, sim_token, node);
        if (!strcmp(token->text, text))
            return token;
    }
    return NULL;
}

/* All of it. */

static void finish_remove(sim_state *state, const sim_job *job)
{
    sim_listener *listener = sim_listener_find(state, job->listener_id);

    for (size_t i = 0; listener && i < job->n_items; i++) {
        sim_link *link = sim_link_find(state, listener, job->items[i].member_id);
        if (link && link->gone_ms <= job->settle_ms)
            sim_link_drop(state, link);
    }
}

void sim_state_advance(sim_state *state, int64_t now_ms)
{
    sim_job **at = &state->removing;

    while (*at) {
        sim_job *job = *at;
        if (job->settle_ms > now_ms) {
            at = &job->removing;
            continue;
        }
        *at = job->removing;
        finish_remove(state, job);
    }
}

static void jobs_drop(sim_state *state)
{
    while (state->jobs) {
        sim_job *job = state->jobs;
        state->jobs = job->next;
        sim_job_free(job);
    }
    state->jobs_end = &state->jobs;
    state->removing = NULL;
    sim_map_done(&state->jobs_by_id);
}

void sim_state_empty(sim_state *state)
{
    for (sim_listener *listener = state->listeners; listener; listener = listener->next) {
        while (listener->first)
            sim_link_drop(state, listener->first);
        listener->busy_until_ms = 0;
    }
    jobs_drop(state);
    sim_tokens_drop(state);
    sim_keys_drop(&state->keys);
}

void sim_state_done(sim_state *state)
{
    sim_state_empty(state);
    while (state->listeners)
        sim_listener_drop(state, state->listeners);
    while (state->healthchecks) {
        sim_healthcheck *check = state->healthchecks;
        state->healthchecks = check->next;
        free(check->listener_id);
        free(check->protocol);
        free(check);
    }
    sim_map_done(&state->listeners_by_id);
    sim_map_done(&state->members_by_key);
    sim_map_done(&state->links_by_id);
    sim_map_done(&state->links_by_key);
    sim_map_done(&state->tokens_by_text);
}
