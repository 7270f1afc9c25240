#include "background.h"

#include "base/clock.h"

#include <check.h>
#include <string.h>
#include <time.h>

#define MAX_EVENTS_BYTES (64u << 20)
#define PATIENCE_MS      10000

int64_t now_ms(void)
{
    return rp_now_ms(&rp_clock_system);
}

void pause_ms(int64_t ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

void wait_for_count(const bed *on, const char *kind, unsigned count)
{
    int64_t until = now_ms() + PATIENCE_MS;

    while (rp_sim_count(on->sim, kind) < count && now_ms() < until)
        pause_ms(2);
    ck_assert_msg(rp_sim_count(on->sim, kind) >= count, "waited in vain for %u %s", count, kind);
}

void each_at_once(void *(*work)(void *row), const void *rows, size_t size, size_t count)
{
    pthread_t *threads = calloc(count, sizeof(*threads));

    plugin_load();
    ck_assert_ptr_nonnull(threads);
    for (size_t i = 0; i < count; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, (char *)(uintptr_t)rows + i * size), 0);
    for (size_t i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

static void take_event(void *context, const char *event, size_t len)
{
    background *one = context;

    ck_assert_uint_eq(strlen(event), len);
    one->events_elsewhere += !one->calling || !pthread_equal(pthread_self(), one->thread);
    rp_buffer_add(&one->events, event, len);
    rp_buffer_add_char(&one->events, '\n');
    __atomic_add_fetch(&one->event_count, 1, __ATOMIC_ACQ_REL);
    if (strstr(event, "\"kind\":\"state\""))
        __atomic_add_fetch(&one->state_count, 1, __ATOMIC_ACQ_REL);
}

static void *make_call(void *context)
{
    background *one = context;
    int64_t began = now_ms();

    one->thread = pthread_self();
    one->calling = true;
    one->answer = call_hook_with(one->plugin, one->instance, &one->call, one->hook, one->request);
    one->calling = false;
    one->took_ms = now_ms() - began;
    return NULL;
}

void background_start(background *one, const bed *on, const char *hook, char *request, uint32_t timeout_ms)
{
    *one = (background){.events = RP_BUFFER(MAX_EVENTS_BYTES),
                        .plugin = on->plugin,
                        .instance = on->instance,
                        .hook = hook,
                        .request = request};
    one->call = (rp_call){.struct_size = sizeof(rp_call),
                          .timeout_ms = timeout_ms,
                          .cancel = &one->cancel,
                          .on_event = take_event,
                          .context = one};
    ck_assert_int_eq(pthread_create(&one->joined_as, NULL, make_call, one), 0);
}

void background_cancel(background *one)
{
    __atomic_store_n(&one->cancel, 1, __ATOMIC_RELEASE);
}

void background_join(background *one)
{
    ck_assert_int_eq(pthread_join(one->joined_as, NULL), 0);
    ck_assert_uint_eq(one->events_elsewhere, 0);
    ck_assert(rp_buffer_ok(&one->events));
}

void background_free(background *one)
{
    answer_free(&one->answer);
    rp_buffer_done(&one->events);
    free(one->request);
}

static bool is_of_kind(const rp_json *event, const char *kind)
{
    const char *is = rp_json_text(rp_json_get(event, "kind"));

    ck_assert_ptr_nonnull(is);
    return !strcmp(is, kind);
}

rp_json *background_event(const background *one, const char *kind, unsigned number)
{
    const char *line = rp_buffer_text(&one->events);

    for (; *line; line += strcspn(line, "\n") + 1) {
        rp_json *event = NULL;
        ck_assert_int_eq(rp_json_parse(line, strcspn(line, "\n"), &event, NULL), 0);
        if (is_of_kind(event, kind) && number-- == 0)
            return event;
        rp_json_free(event);
    }
    return NULL;
}
