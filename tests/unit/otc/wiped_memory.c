/*
 * What memory of ours holds when it is freed: no secret. Blocks begin zeroed
 * here, so that what others left in them is not taken for ours. What json-c,
 * libcurl, libyaml and libc free themselves is not looked at.
 */
#include "elb_member/instance.h"

#include "simulator_process.h"
#include "run.h"

#include "base/text.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CANARY "canary-"

void *__wrap_malloc(size_t size);
void __wrap_free(void *block);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
int __wrap_vasprintf(char **out, const char *format, va_list arguments);
int __wrap_asprintf(char **out, const char *format, ...);
void __real_free(void *block);

static char found[256]; /* what the first such block begins with */
static unsigned found_count;
static bool watching; /* the test framework's own blocks may be what libcurl freed before */

void *__wrap_malloc(size_t size)
{
    return calloc(1, size ? size : 1);
}

static void look_into(const char *block)
{
    size_t size = malloc_usable_size((void *)block);
    const char *at = memmem(block, size, CANARY, strlen(CANARY));
    size_t before;

    if (!at || __atomic_fetch_add(&found_count, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    before = (size_t)(at - block) < 60 ? (size_t)(at - block) : 60;
    snprintf(found, sizeof(found), "%.*s", (int)(size - (size_t)(at - block) + before), at - before);
}

void __wrap_free(void *block)
{
    if (block && watching)
        look_into(block);
    __real_free(block);
}

void *__wrap_realloc(void *block, size_t size)
{
    size_t old = block ? malloc_usable_size(block) : 0;
    void *moved = __wrap_malloc(size);

    if (!moved)
        return NULL;
    memcpy(moved, block ? block : "", old < size ? old : size);
    __wrap_free(block);
    return moved;
}

void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
    return size && count > SIZE_MAX / size ? NULL : __wrap_realloc(block, count * size);
}

char *__wrap_strndup(const char *text, size_t len)
{
    size_t kept = strnlen(text, len);
    char *copy = __wrap_malloc(kept + 1);

    if (copy)
        memcpy(copy, text, kept);
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

int __wrap_vasprintf(char **out, const char *format, va_list arguments)
{
    va_list again;
    int len;

    va_copy(again, arguments);
    len = vsnprintf(NULL, 0, format, again);
    va_end(again);
    *out = __wrap_malloc((size_t)len + 1);
    return *out ? vsnprintf(*out, (size_t)len + 1, format, arguments) : -1;
}

int __wrap_asprintf(char **out, const char *format, ...)
{
    va_list arguments;
    int len;

    va_start(arguments, format);
    len = __wrap_vasprintf(out, format, arguments);
    va_end(arguments);
    return len;
}

/* ---- the ways of a secret through the plugin ---- */

#define PASSWORD CANARY "password-0123456789"
#define SECRET   CANARY "secret-key-0123456789"
#define SECURITY CANARY "security-token-0123456789"
#define TOKEN    CANARY "token-0123456789"
#define JOE                                                                                                  \
    "\"user_name\": \"sim-user\", \"domain_name\": \"sim-domain\", \"project_name\": \"eu-de\", "            \
    "\"password\": \"" PASSWORD "\""
#define KEYS "\"access_key\": \"SIMACCESSKEY00000001\", \"secret_key\": \"" SECRET "\""
#define ID   "\"project_id\": \"55300f3c8f764c06b1a32e2302edc305\""

static const struct {
    const char *config;
    bool is_temporary, works;
    const char *clouds;
} methods[] = {
    {ID ", \"token\": \"" TOKEN "\"", false, true, NULL},
    {JOE, false, true, NULL},
    {ID ", " KEYS, false, true, NULL},
    {ID ", \"signing\": \"credential\", " KEYS, false, true, NULL},
    {ID ", \"security_token\": \"" SECURITY "\", " KEYS, true, true, NULL},
    {ID ", \"no_proxy\": \"127.0.0.1\", \"proxy\": \"http://u:" CANARY "proxy@127.0.0.1:9\", \"token\": \"" TOKEN "\"",
     false, true, NULL},
    {JOE ", \"user_id\": \"nobody\"", false, false, NULL},
    {ID ", \"access_key\": \"SIMACCESSKEY00000001\", \"secret_key\": \"" CANARY "wrong\"", false, false,
     NULL},
    {ID ", \"token\": \"" CANARY "another-0123456789\"", false, false, NULL},
    {"\"cloud\": \"mine\"", false, true,
     "clouds: {mine: {auth: {username: sim-user, user_domain_name: sim-domain, project_name: eu-de, password: " PASSWORD
     "}}}\n"},
};

static const char create[] = "{\"resource\": \"elb_member\", \"records\": [{\"listener_id\": "
                             "\"e1b0000000000000000000000000000a\", \"server_id\": \"s\", \"address\": "
                             "\"10.0.0.1\"}]}";

static char *write_clouds(const char *text)
{
    char *path = strdup("/tmp/rp-clouds-XXXXXX");
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    setenv("OS_CLIENT_CONFIG_FILE", path, 1);
    return path;
}

/* The request is the test's own, and so is what it leaves. */
static int open_and_create(const char *settings, const simulator_process *at)
{
    char request[1024];
    const rp_response *told;
    rp_instance *instance;
    int status;

    snprintf(request, sizeof(request),
             "{\"config\": {\"endpoint\": \"%s\", \"auth_url\": \"%s\", \"ca_file\": \"%s\", "
             "\"poll_min_ms\": 10, \"poll_max_ms\": 20, %s}}",
             at->url, at->url, at->ca_file, settings);
    told = rpkit_open(NULL, NULL, request, strlen(request));
    ck_assert_msg(told->status == RP_OK, "%s", told->json);
    instance = told->instance;
    rpkit_release(told);
    told = create_hook(instance, NULL, create, strlen(create));
    status = told->status;
    rpkit_release(told);
    rpkit_close(instance);
    return status;
}

START_TEST(no_secret_is_left_in_memory_that_is_freed)
{
    simulator_process at = simulator_process_start(
        (const char *const[]){"job-ms", "20", "token", TOKEN, "password", PASSWORD, "secret-key", SECRET,
                              "security-token", methods[_i].is_temporary ? SECURITY : "", NULL},
        true);
    char *path = methods[_i].clouds ? write_clouds(methods[_i].clouds) : NULL;
    int status;

    watching = true;
    status = open_and_create(methods[_i].config, &at);
    watching = false;
    ck_assert_msg((status == RP_OK) == methods[_i].works, "status %d", status);
    ck_assert_msg(found_count == 0, "%u blocks, such as: %s", found_count, found);
    if (path)
        unlink(path);
    free(path);
    simulator_process_stop(&at);
}
END_TEST

START_TEST(a_block_with_a_secret_is_found)
{
    char *block = __wrap_malloc(100);

    strcpy(block + 20, PASSWORD);
    watching = true;
    __wrap_free(block);
    watching = false;
    ck_assert_uint_eq(found_count, 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("leavings");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_block_with_a_secret_is_found);
    tcase_add_loop_test(tests, no_secret_is_left_in_memory_that_is_freed, 0, (int)rp_count_of(methods));
    return run_case("leavings", tests);
}
