/*
 * Every way to log in, over https, and what is said when one fails.
 */
#include "background.h"
#include "peer.h"
#include "run.h"
#include "simulator.h"

#include "base/buffer.h"
#include "base/text.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Each secret is told from all other text by this. */
#define CANARY   "canary"
#define TOKEN    CANARY "-token-0123456789"
#define PASSWORD CANARY "-password"
#define SECRET   CANARY "-secret-key"
#define SECURITY CANARY "-security-token"
#define PATIENCE "\"settle_ms\": 300, \"poll_min_ms\": 10, \"poll_max_ms\": 40"

/* ---- a simulator, and what stands around it ---- */

typedef struct place {
    bed bed;
    char directory[32]; /* of files that a test writes */
} place;

/* In a text, ~URL, ~CA, ~DIR, ~PROJECT, ~AK stand for what they are here. */
static char *filled_in(const place *here, const char *text)
{
    const struct {
        const char *mark, *value;
    } marks[] = {{"~URL", here->bed.sim ? rp_sim_url(here->bed.sim) : ""},
                 {"~CA", here->bed.ca_file ? here->bed.ca_file : ""},
                 {"~DIR", here->directory},
                 {"~PROJECT", RP_SIM_PROJECT},
                 {"~AK", RP_SIM_ACCESS_KEY}};
    rp_buffer out = RP_BUFFER(1u << 20);

    while (*text) {
        size_t i = 0;
        while (i < rp_count_of(marks) && !rp_starts_with(text, marks[i].mark))
            i++;
        if (i < rp_count_of(marks)) {
            rp_buffer_add_text(&out, marks[i].value);
            text += strlen(marks[i].mark);
        } else {
            rp_buffer_add_char(&out, *text++);
        }
    }
    return rp_buffer_take(&out);
}

static void write_file(const place *here, const char *name, const char *text, mode_t mode)
{
    _cleanup_(rp_freep) char *path = rp_format("%s/%s", here->directory, name);
    _cleanup_(rp_freep) char *filled = filled_in(here, text);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    ck_assert_int_eq(write(fd, filled, strlen(filled)), (ssize_t)strlen(filled));
    close(fd);
}

static const char *const variables[] = {
    "OS_CLOUD",
    "OS_AUTH_URL",
    "OS_USERNAME",
    "OS_PASSWORD",
    "OS_USER_DOMAIN_NAME",
    "OS_PROJECT_ID",
    "OS_TOKEN",
    "OS_ACCESS_KEY",
    "OS_SECRET_KEY",
    "AWS_ACCESS_KEY_ID",
    "OS_REGION_NAME",
    "OS_DOMAIN_NAME",
    "OS_CLIENT_CONFIG_FILE",
    "OS_CLIENT_SECURE_FILE",
    "OS_CACERT",
    "OS_AUTH_TYPE",
    "OS_INSECURE",
    "OS_CLIENT_VENDOR_FILE",
};

static void forget_environment(void)
{
    for (size_t i = 0; i < rp_count_of(variables); i++)
        unsetenv(variables[i]);
}

/* name, value, name, value … */
static void set_environment(const place *here, const char *const pairs[])
{
    for (size_t i = 0; pairs[i]; i += 2) {
        _cleanup_(rp_freep) char *value = filled_in(here, pairs[i + 1]);
        setenv(pairs[i], value, 1);
    }
}

static place place_make(const char *const settings[])
{
    static const char *const usual[] = {"job-ms", "30",         "token", TOKEN, "password",
                                        PASSWORD, "secret-key", SECRET,  NULL};
    place made = {.directory = "/tmp/rp-login-XXXXXX"};

    forget_environment();
    made.bed = bed_make_secure(usual, "\"token\": \"" TOKEN "\"");
    made.bed.plugin->close(made.bed.instance);
    made.bed.instance = NULL;
    for (size_t i = 0; settings[i]; i += 2)
        simulator_set(made.bed.sim, settings[i], settings[i + 1]);
    ck_assert_ptr_nonnull(mkdtemp(made.directory));
    return made;
}

static void place_done(place *one)
{
    static const char *const files[] = {"clouds.yaml", "secure.yaml"};

    for (size_t i = 0; i < rp_count_of(files); i++) {
        _cleanup_(rp_freep) char *path = rp_format("%s/%s", one->directory, files[i]);
        unlink(path);
    }
    rmdir(one->directory);
    forget_environment();
    bed_free(&one->bed);
}

static void must_be_silent(const char *text)
{
    ck_assert_msg(!strstr(text, CANARY), "a secret is told: %s", text);
}

static void take_event(void *context, const char *event, size_t len)
{
    rp_buffer_add(context, event, len);
}

/* Opens with that config; the caller releases what came of it. Events go to `events`, if given. */
static const rp_response *open_with(const place *here, const char *config, rp_buffer *events)
{
    _cleanup_(rp_freep) char *filled = filled_in(here, config);
    _cleanup_(rp_freep) char *request =
        rp_format("{\"config\": {" PATIENCE "%s%s}}", *filled ? ", " : "", filled);
    rp_call call = {.struct_size = sizeof(call), .on_event = events ? take_event : NULL, .context = events};
    const rp_response *told = here->bed.plugin->open(NULL, &call, request, strlen(request));

    must_be_silent(told->json);
    return told;
}

static void open_here(place *here, const char *config)
{
    rp_buffer events = RP_BUFFER(1u << 20);
    const rp_response *told = open_with(here, config, &events);

    ck_assert_msg(told->status == RP_OK, "%s", told->json);
    here->bed.instance = told->instance;
    here->bed.plugin->release(told);
    must_be_silent(rp_buffer_text(&events));
    rp_buffer_done(&events);
}

/* ---- the ways ---- */

typedef struct way {
    const char *name;
    const char *settings[16];
    const char *config;
    const char *environment[16];
    const char *clouds, *secure;                  /* files, or NULL */
    unsigned tokens, projects, domains, catalogs; /* requests to the IAM */
} way;

#define TRUST "\"ca_file\": \"~CA\""
#define HERE  TRUST ", \"endpoint\": \"~URL\", \"project_id\": \"~PROJECT\""
#define IAM   TRUST ", \"auth_url\": \"~URL/v3\""
#define JOE   "\"user_name\": \"sim-user\", \"password\": \"" PASSWORD "\", \"domain_name\": \"sim-domain\""
#define KEYS  "\"access_key\": \"~AK\", \"secret_key\": \"" SECRET "\""
#define AGENT                                                                                                \
    "\"agency_name\": \"sim-agency\", \"agency_domain_name\": \"sim-delegating\", \"delegated_project\": "   \
    "\"eu-de\""
#define CLOUD                                                                                                \
    "clouds:\n  mine:\n    region_name: eu-de\n    cacert: ~CA\n    auth:\n      auth_url: ~URL/v3\n"        \
    "      username: sim-user\n      user_domain_name: sim-domain\n      project_name: eu-de\n"

static const way ways[] = {
    {.name = "a token", .config = HERE ", \"token\": \"" TOKEN "\""},
    {.name = "a token, and the catalog",
     .config = IAM ", \"project_id\": \"~PROJECT\", \"token\": \"" TOKEN "\"",
     .catalogs = 1},
    {.name = "a password", .config = HERE ", \"auth_url\": \"~URL\", " JOE, .tokens = 1},
    {.name = "a password, by ids",
     .config = HERE ", \"auth_url\": \"~URL\", \"user_id\": \"0fe36e73809d46aeae6705c39077b1b3\", "
                    "\"password\": \"" PASSWORD "\"",
     .tokens = 1},
    {.name = "a password, and all else from its token",
     .config = IAM ", \"project_name\": \"eu-de\", " JOE,
     .tokens = 1},
    {.name = "a password, and the main project of the region",
     .config = IAM ", \"region\": \"eu-de\", " JOE,
     .tokens = 1},
    {.name = "a catalog that has elb only, with a version",
     .settings = {"catalog-elb", "elb", "catalog-elb-path", "/v1.0"},
     .config = IAM ", \"region\": \"eu-de\", " JOE,
     .tokens = 1},
    {.name = "a catalog of two regions",
     .settings = {"catalog-regions", "eu-nl=https://elsewhere.example"},
     .config = IAM ", \"region\": \"eu-de\", " JOE,
     .tokens = 1},
    {.name = "keys", .settings = {"schemes", "access"}, .config = HERE ", " KEYS},
    {.name = "keys, the older scheme",
     .settings = {"schemes", "credential"},
     .config = HERE ", \"signing\": \"credential\", " KEYS},
    {.name = "temporary keys",
     .settings = {"security-token", SECURITY},
     .config = HERE ", \"security_token\": \"" SECURITY "\", " KEYS},
    {.name = "temporary keys, the older scheme",
     .settings = {"security-token", SECURITY, "schemes", "credential"},
     .config = HERE ", \"signing\": \"credential\", \"security_token\": \"" SECURITY "\", " KEYS},
    {.name = "keys, and all else from the IAM",
     .config = IAM ", \"project_name\": \"eu-de\", " KEYS,
     .projects = 1,
     .catalogs = 1},
    {.name = "keys, with a domain",
     .config = IAM ", \"project_name\": \"eu-de\", \"domain_name\": \"sim-domain\", " KEYS,
     .projects = 1,
     .domains = 1,
     .catalogs = 1},
    {.name = "an agency, by password",
     .settings = {"delegated", "yes"},
     .config = IAM ", \"region\": \"eu-de\", " JOE ", " AGENT,
     .tokens = 2},
    {.name = "an agency, by keys",
     .settings = {"delegated", "yes"},
     .config = IAM ", \"region\": \"eu-de\", \"domain_name\": \"sim-domain\", " KEYS ", " AGENT,
     .tokens = 1,
     .domains = 1},
    {.name = "variables, a password",
     .config = "",
     .environment = {"OS_AUTH_URL", "~URL/v3", "OS_USERNAME", "sim-user", "OS_PASSWORD", PASSWORD,
                     "OS_USER_DOMAIN_NAME", "sim-domain", "OS_PROJECT_ID", "~PROJECT", "OS_CACERT", "~CA"},
     .tokens = 1},
    {.name = "variables, keys",
     .config = HERE,
     .environment = {"OS_ACCESS_KEY", "~AK", "OS_SECRET_KEY", SECRET}},
    {.name = "variables, which the configuration overrules",
     .config = HERE ", \"token\": \"" TOKEN "\"",
     .environment = {"OS_PASSWORD", "wrong", "OS_USERNAME", "nobody", "OS_PROJECT_ID", "another"}},
    {.name = "clouds.yaml",
     .config = "\"cloud\": \"mine\"",
     .environment = {"OS_CLIENT_CONFIG_FILE", "~DIR/clouds.yaml"},
     .clouds = CLOUD "      password: " PASSWORD "\n",
     .tokens = 1},
    {.name = "clouds.yaml and secure.yaml, by OS_CLOUD",
     .config = "",
     .environment = {"OS_CLOUD", "mine", "OS_CLIENT_CONFIG_FILE", "~DIR/clouds.yaml", "OS_CLIENT_SECURE_FILE",
                     "~DIR/secure.yaml", "OS_TOKEN", "counts later"},
     .clouds = CLOUD,
     .secure = "clouds:\n  mine:\n    auth:\n      password: " PASSWORD "\n",
     .tokens = 1},
};

static void check_count(const place *here, const char *kind, unsigned expected)
{
    ck_assert_msg(rp_sim_count(here->bed.sim, kind) == expected, "%u requests: %s, not %u",
                  rp_sim_count(here->bed.sim, kind), kind, expected);
}

static void check_call(const place *here, const char *hook)
{
    answer told = call_members(&here->bed, hook, 2, "");
    _cleanup_(rp_freep) char *text = answer_print(&told);

    ck_assert_msg(told.status == RP_OK, "%s: %s", hook, text);
    must_be_silent(text);
    answer_free(&told);
}

static void prepare(place *here, const char *const environment[], const char *clouds, const char *secure)
{
    if (clouds)
        write_file(here, "clouds.yaml", clouds, 0600);
    if (secure)
        write_file(here, "secure.yaml", secure, 0600);
    set_environment(here, environment);
}

START_TEST(each_way_to_log_in_creates_reads_and_deletes)
{
    const way *one = &ways[_i];
    place here = place_make(one->settings);

    prepare(&here, one->environment, one->clouds, one->secure);
    open_here(&here, one->config);
    check_count(&here, "total", 0);
    check_call(&here, "create");
    ck_assert_uint_eq(rp_sim_listed(here.bed.sim, LISTENER), 2);
    check_call(&here, "read");
    check_call(&here, "delete");
    ck_assert_uint_eq(rp_sim_listed(here.bed.sim, LISTENER), 0);
    check_count(&here, "token", one->tokens);
    check_count(&here, "project", one->projects);
    check_count(&here, "domain", one->domains);
    check_count(&here, "catalog", one->catalogs);
    place_done(&here);
}
END_TEST

/* ---- what open refuses ---- */

typedef struct fault {
    const char *config;
    const char *environment[16];
    const char *clouds;
    const char *path;
    const char *words[4];
} fault;

#define FILE_AT "OS_CLIENT_CONFIG_FILE", "~DIR/clouds.yaml"

static const fault refused[] = {
    {.config = HERE ", \"token\": \"" TOKEN "\", " KEYS,
     .path = "/config/token",
     .words = {"token of the configuration and secret_key of the configuration", "both"}},
    {.config = HERE,
     .environment = {"OS_TOKEN", TOKEN, "OS_PASSWORD", PASSWORD},
     .path = "/config",
     .words = {"OS_TOKEN of the environment and OS_PASSWORD of the environment", "both"}},
    {.config = HERE,
     .environment = {"OS_ACCESS_KEY", "~AK"},
     .path = "/config",
     .words = {"secret_key is missing beside OS_ACCESS_KEY of the environment"}},
    {.config = HERE ", \"token\": \"" TOKEN "\", \"signing\": \"md5\"",
     .path = "/config/signing",
     .words = {"access"}},
    {.config = "\"project_id\": \"p\", \"token\": \"" TOKEN "\"",
     .path = "/config",
     .words = {"auth_url is missing", "region"}},
    {.config = JOE, .path = "/config", .words = {"project_id is missing", "region"}},
    {.config = "\"region\": \"eu-nl\", " JOE,
     .path = "/config/region",
     .words = {"eu-nl", "region of the configuration", "no classic load balancers"}},
    {.config = "",
     .environment = {"OS_REGION_NAME", "EU", "OS_TOKEN", TOKEN},
     .path = "/config",
     .words = {"OS_REGION_NAME of the environment"}},
    {.config = "\"cloud\": \"mine\"",
     .environment = {FILE_AT},
     .path = "/config/cloud",
     .words = {"cannot read ~DIR/clouds.yaml", "cloud of the configuration"}},
    {.config = "",
     .environment = {"OS_CLOUD", "mine", FILE_AT},
     .clouds = "clouds:\n  mine:\n    auth: {password: " PASSWORD "\n  other: [\n",
     .path = "/config",
     .words = {"~DIR/clouds.yaml is no YAML: line 4", "OS_CLOUD of the environment"}},
    {.config = "\"cloud\": \"other\"",
     .environment = {FILE_AT},
     .clouds = CLOUD,
     .path = "/config/cloud",
     .words = {"has no entry \"other\""}},
    {.config = "\"cloud\": \"mine\"",
     .environment = {FILE_AT},
     .clouds = "clouds:\n  mine:\n    auth:\n      password: [" PASSWORD "]\n",
     .path = "/config/cloud",
     .words = {"password of cloud \"mine\"", "line 4", "must be a text"}},
    {.config = "\"cloud\": \"mine\"",
     .environment = {FILE_AT},
     .clouds = CLOUD,
     .path = "/config",
     .words = {"password is missing beside username of cloud \"mine\"", "line 7"}},
    {.config = "\"cloud\": \"mine\"",
     .environment = {FILE_AT},
     .clouds = "clouds:\n  mine:\n    profile: nowhere\n    auth: {token: x}\n",
     .path = "/config/cloud",
     .words = {"nowhere", "line 3"}},
};

static void check_words(const place *here, const char *text, const char *const words[4])
{
    for (size_t i = 0; i < 4 && words[i]; i++) {
        _cleanup_(rp_freep) char *expected = filled_in(here, words[i]);
        ck_assert_msg(strstr(text, expected) != NULL, "\"%s\" is not in: %s", expected, text);
    }
}

static rp_json *parsed(const rp_response *told)
{
    rp_json *read = NULL;

    ck_assert_int_eq(rp_json_parse(told->json, told->json_len, &read, NULL), 0);
    return read;
}

START_TEST(open_says_which_setting_is_wrong_and_where_it_came_from)
{
    const fault *one = &refused[_i];
    place here = place_make((const char *const[]){NULL});
    const rp_response *told;
    _cleanup_(rp_json_freep) rp_json *read = NULL;
    const rp_json *said;

    prepare(&here, one->environment, one->clouds, NULL);
    told = open_with(&here, one->config, NULL);
    ck_assert_msg(told->status == RP_INVALID_ARGUMENT, "%s", told->json);
    read = parsed(told);
    said = rp_json_get(read, "diagnostics");
    ck_assert_uint_eq(rp_json_count(said), 1);
    check_words(&here, rp_json_text(rp_json_get(rp_json_at(said, 0), "summary")), one->words);
    ck_assert_str_eq(rp_json_text(rp_json_get(rp_json_at(said, 0), "path")), one->path);
    check_count(&here, "total", 0);
    here.bed.plugin->release(told);
    here.bed.instance = NULL;
    place_done(&here);
}
END_TEST

/* ---- what the server refuses ---- */

typedef struct refusal {
    const char *name;
    const char *settings[16];
    const char *rule; /* of a fault, or NULL */
    const char *config;
    const char *environment[16];
    const char *status;
    const char *words[4];
    unsigned requests; /* that the IAM and the service may see at most, of two calls */
} refusal;

static const refusal refusals[] = {
    {.name = "a wrong password",
     .config = IAM ", \"region\": \"eu-de\", \"user_name\": \"sim-user\", \"domain_name\": \"sim-domain\", "
                   "\"password\": \"canary-wrong\"",
     .status = "unauthenticated",
     .words = {"the login at ~URL/v3/auth/tokens was refused", "HTTP 401", "password of the configuration"},
     .requests = 1},
    {.name = "a wrong password of the environment",
     .config = IAM ", \"region\": \"eu-de\"",
     .environment = {"OS_PASSWORD", "canary-wrong", "OS_USERNAME", "sim-user", "OS_DOMAIN_NAME",
                     "sim-domain"},
     .status = "unauthenticated",
     .words = {"OS_USERNAME of the environment", "OS_PASSWORD of the environment"},
     .requests = 1},
    {.name = "a wrong key",
     .config = HERE ", \"access_key\": \"~AK\", \"secret_key\": \"canary-wrong\"",
     .status = "unauthenticated",
     .words = {"signature", "access_key of the configuration, secret_key of the configuration"},
     .requests = 1},
    {.name = "a locked key",
     .rule = "on=any,status=401,code=APIGW.0301,shape=gateway,count=0,message=AK access failed to reach the "
             "limit",
     .config = HERE ", " KEYS,
     .status = "unauthenticated",
     .words = {"AK access failed to reach the limit", "secret_key of the configuration"},
     .requests = 1},
    {.name = "a clock behind",
     .settings = {"clock-skew-s", "3600"},
     .config = HERE ", " KEYS,
     .status = "unauthenticated",
     .words = {"clock is 60 minutes behind the server's", "secret_key of the configuration"},
     .requests = 2},
    {.name = "a clock ahead",
     .settings = {"clock-skew-s", "-1801"},
     .config = IAM ", \"project_name\": \"eu-de\", " KEYS,
     .status = "unauthenticated",
     .words = {"clock is 30 minutes ahead of the server's"},
     .requests = 2},
    {.name = "an unknown token",
     .config = HERE ", \"token\": \"canary-wrong\"",
     .status = "unauthenticated",
     .words = {"it carried token of the configuration", "cannot be renewed"},
     .requests = 4},
    {.name = "an unknown project, by keys",
     .config = IAM ", \"project_name\": \"nope\", " KEYS,
     .status = "invalid_argument",
     .words = {"there is no project \"nope\"", "project_name of the configuration"},
     .requests = 2},
    {.name = "an unknown project, by password",
     .config = IAM ", \"project_name\": \"nope\", " JOE,
     .status = "unauthenticated",
     .words = {"project_name of the configuration"},
     .requests = 1},
    {.name = "an unknown agency",
     .config = IAM ", \"region\": \"eu-de\", \"agency_name\": \"nope\", \"agency_domain_name\": \"x\", " JOE,
     .status = "unauthenticated",
     .words = {"the agency at ~URL/v3/auth/tokens was refused", "agency_name of the configuration"},
     .requests = 2},
    {.name = "no region, but several to choose from",
     .settings = {"catalog-regions", "eu-nl"},
     .config = IAM ", \"project_id\": \"~PROJECT\", " JOE,
     .status = "invalid_argument",
     .words = {"region is missing", "eu-nl, eu-de"},
     .requests = 2},
    {.name = "a region that the catalog does not have",
     .config = IAM ", \"region\": \"ap-sg\", \"project_id\": \"~PROJECT\", " JOE,
     .status = "invalid_argument",
     .words = {"no classic load balancers in the region ap-sg", "region of the configuration",
               "set endpoint"},
     .requests = 3},
    {.name = "a catalog that leads into the open",
     .settings = {"catalog-url", "http://elb.example"},
     .config = IAM ", \"region\": \"eu-de\", " JOE,
     .status = "invalid_argument",
     .words = {"plain http at elb.example", "set endpoint"},
     .requests = 2},
    {.name = "a redirect of the login",
     .rule = "on=token,kind=redirect,count=0",
     .config = IAM ", \"region\": \"eu-de\", " JOE,
     .status = "unavailable",
     .words = {"cannot log in at ~URL/v3/auth/tokens: HTTP 302"},
     .requests = 50},
};

static void check_refusal(const place *here, const refusal *one)
{
    background call;
    _cleanup_(rp_freep) char *text = NULL;
    const rp_json *said;

    background_start(&call, &here->bed, "create", request_for(LISTENER, "server", 0, 1, ""), 1000);
    background_join(&call);
    text = answer_print(&call.answer);
    must_be_silent(text);
    must_be_silent(rp_buffer_text(&call.events));
    ck_assert_msg(!strcmp(result_text(&call.answer, 0, "status"), one->status), "%s: %s", one->name, text);
    ck_assert_str_eq(result_text(&call.answer, 0, "outcome"), "none");
    said = rp_json_get(result_at(&call.answer, 0), "diagnostics");
    ck_assert_msg(rp_json_count(said) == 1, "%s", text);
    check_words(here, rp_json_text(rp_json_get(rp_json_at(said, 0), "summary")), one->words);
    background_free(&call);
}

START_TEST(each_refusal_is_one_diagnostic_that_names_the_setting_and_its_source)
{
    const refusal *one = &refusals[_i];
    place here = place_make(one->settings);

    prepare(&here, one->environment, NULL, NULL);
    if (one->rule)
        simulator_fault(here.bed.sim, "%s", one->rule);
    open_here(&here, one->config);
    check_refusal(&here, one);
    check_refusal(&here, one);
    ck_assert_msg(rp_sim_count(here.bed.sim, "total") <= one->requests, "%u requests",
                  rp_sim_count(here.bed.sim, "total"));
    ck_assert_uint_eq(rp_sim_listed(here.bed.sim, LISTENER), 0);
    place_done(&here);
}
END_TEST

/* ---- once for all, and again ---- */

typedef struct crowd {
    const char *name, *config;
    const char *settings[4];
    unsigned tokens;
} crowd;

static const crowd crowds[] = {
    {"a password", IAM ", \"region\": \"eu-de\", " JOE, {NULL}, 1},
    {"an agency", IAM ", \"region\": \"eu-de\", " JOE ", " AGENT, {"delegated", "yes"}, 2},
    {"keys", IAM ", \"region\": \"eu-de\", " KEYS, {NULL}, 0},
};

START_TEST(thirty_two_threads_at_once_log_in_once)
{
    enum {
        THREADS = 32
    };
    static background calls[THREADS];
    place here = place_make(crowds[_i].settings);

    open_here(&here, crowds[_i].config);
    for (unsigned i = 0; i < THREADS; i++)
        background_start(&calls[i], &here.bed, "create", request_for(LISTENER, "server", i, 1, ""), 10000);
    for (unsigned i = 0; i < THREADS; i++) {
        background_join(&calls[i]);
        ck_assert_uint_eq(count_results(&calls[i].answer, "ok", "done"), 1);
        background_free(&calls[i]);
    }
    check_count(&here, "token", crowds[_i].tokens);
    ck_assert_uint_le(rp_sim_count(here.bed.sim, "catalog"), 1);
    ck_assert_uint_le(rp_sim_count(here.bed.sim, "project"), 1);
    ck_assert_uint_eq(rp_sim_listed(here.bed.sim, LISTENER), THREADS);
    place_done(&here);
}
END_TEST

START_TEST(a_token_that_expires_in_the_middle_of_a_batch_is_renewed_and_nothing_is_done_twice)
{
    static const char *const rules[] = {"on=add,kind=expired-token", "on=job,kind=expired-token",
                                        "on=list,kind=expired-token"};
    place here = place_make((const char *const[]){NULL});

    simulator_fault(here.bed.sim, "%s", rules[_i]);
    open_here(&here, IAM ", \"region\": \"eu-de\", " JOE);
    check_call(&here, "create");
    check_count(&here, "faults", 1);
    check_count(&here, "token", 2);
    ck_assert_uint_eq(rp_sim_listed(here.bed.sim, LISTENER), 2);
    place_done(&here);
}
END_TEST

START_TEST(tokens_of_a_user_and_of_an_agency_are_renewed_when_they_have_expired)
{
    place here = place_make((const char *const[]){"delegated", "yes", "token-life-s", "7200", NULL});

    open_here(&here, IAM ", \"region\": \"eu-de\", " JOE ", " AGENT);
    check_call(&here, "create");
    simulator_control(here.bed.sim, "reset", "{\"what\": \"tokens\"}");
    check_call(&here, "read");
    ck_assert_uint_ge(rp_sim_count(here.bed.sim, "token"), 3);
    ck_assert_uint_le(rp_sim_count(here.bed.sim, "token"), 5);
    place_done(&here);
}
END_TEST

/* ---- what open tells ---- */

static const struct {
    mode_t mode;
    bool warns;
} modes[] = {{0600, false}, {0400, false}, {0640, true}, {0604, true}};

START_TEST(secrets_that_others_may_read_are_warned_of)
{
    place here = place_make((const char *const[]){NULL});
    const rp_response *told;

    write_file(&here, "clouds.yaml", CLOUD, 0644);
    write_file(&here, "secure.yaml", "clouds: {mine: {auth: {password: " PASSWORD "}}}\n", modes[_i].mode);
    set_environment(&here, (const char *const[]){FILE_AT, "OS_CLIENT_SECURE_FILE", "~DIR/secure.yaml", NULL});
    told = open_with(&here, "\"cloud\": \"mine\"", NULL);
    ck_assert_int_eq(told->status, RP_OK);
    ck_assert_msg((strstr(told->json, "config.file_mode") != NULL) == modes[_i].warns, "%s", told->json);
    here.bed.instance = told->instance;
    here.bed.plugin->release(told);
    place_done(&here);
}
END_TEST

START_TEST(open_tells_which_source_gave_what)
{
    static const char *const words[] = {"authenticates by a password", "OS_PASSWORD of the environment",
                                        "endpoint of the configuration", "\"debug\""};
    place here = place_make((const char *const[]){NULL});
    rp_buffer events = RP_BUFFER(1u << 20);
    const rp_response *told;

    set_environment(&here,
                    (const char *const[]){"OS_PASSWORD", PASSWORD, "OS_USERNAME", "sim-user",
                                          "OS_DOMAIN_NAME", "sim-domain", "OS_AUTH_URL", "~URL", NULL});
    told = open_with(&here, HERE, &events);
    ck_assert_int_eq(told->status, RP_OK);
    check_words(&here, rp_buffer_text(&events), words);
    must_be_silent(rp_buffer_text(&events));
    rp_buffer_done(&events);
    here.bed.instance = told->instance;
    here.bed.plugin->release(told);
    place_done(&here);
}
END_TEST

START_TEST(insecure_of_any_source_is_warned_of_by_its_source)
{
    place here = place_make((const char *const[]){NULL});
    const rp_response *told;

    set_environment(&here, (const char *const[]){"OS_INSECURE", "true", "OS_TOKEN", TOKEN, NULL});
    told = open_with(&here, HERE, NULL);
    ck_assert_int_eq(told->status, RP_OK);
    ck_assert_ptr_nonnull(strstr(told->json, "OS_INSECURE of the environment"));
    here.bed.plugin->close(told->instance);
    here.bed.plugin->release(told);
    told = open_with(&here, HERE ", \"insecure\": false", NULL);
    ck_assert_int_eq(told->status, RP_OK);
    ck_assert_ptr_null(strstr(told->json, "http.insecure"));
    here.bed.plugin->close(told->instance);
    here.bed.plugin->release(told);
    /* Not beside credentials of the configuration. */
    told = open_with(&here, HERE ", \"token\": \"" TOKEN "\"", NULL);
    ck_assert_int_eq(told->status, RP_OK);
    ck_assert_ptr_null(strstr(told->json, "http.insecure"));
    here.bed.instance = told->instance;
    here.bed.plugin->release(told);
    place_done(&here);
}
END_TEST

/* ---- to whom credentials go, and what is told of them when things go wrong ---- */

static const char *const proofs[] = {"\"token\": \"" TOKEN "\"", JOE, KEYS};
static const char *const redirected[] = {"list", "add", "token", "job"};

START_TEST(credentials_do_not_follow_a_redirect)
{
    place here = place_make((const char *const[]){NULL});
    _cleanup_(rp_freep) char *config = rp_format(HERE ", \"auth_url\": \"~URL\", %s", proofs[_i / 4]);
    peer elsewhere = peer_mute();
    struct pollfd watched = {.fd = elsewhere.fd, .events = POLLIN};
    background call;

    simulator_fault(here.bed.sim, "on=%s,kind=redirect,count=0,location=%s/", redirected[_i % 4],
                    elsewhere.url);
    open_here(&here, config);
    background_start(&call, &here.bed, "create", request_for(LISTENER, "server", 0, 1, ""), 1000);
    background_join(&call);
    background_free(&call);
    ck_assert_int_eq(poll(&watched, 1, 0), 0);
    peer_done(&elsewhere);
    place_done(&here);
}
END_TEST

/* The file then holds the CAs of both. */
static void trust_both(const place *here, const place *other)
{
    FILE *file = fopen(here->bed.ca_file, "ae");

    ck_assert_ptr_nonnull(file);
    fputs(rp_sim_ca_pem(other->bed.sim), file);
    fclose(file);
}

START_TEST(a_catalog_may_lead_to_another_host_over_tls)
{
    place here = place_make((const char *const[]){NULL}), there = place_make((const char *const[]){NULL});
    answer told;

    trust_both(&here, &there);
    simulator_set(here.bed.sim, "catalog-url", rp_sim_url(there.bed.sim));
    open_here(&here, IAM ", \"region\": \"eu-de\", \"project_id\": \"~PROJECT\", " KEYS);
    told = call_members(&here.bed, "create", 1, "");
    ck_assert_int_eq(told.status, RP_OK);
    ck_assert_uint_eq(rp_sim_listed(there.bed.sim, LISTENER), 1);
    ck_assert_uint_eq(rp_sim_listed(here.bed.sim, LISTENER), 0);
    answer_free(&told);
    place_done(&here);
    place_done(&there);
}
END_TEST

static const char *const troubles[] = {
    "on=any,kind=reset-after,from=2,every=2,count=0",
    "on=any,kind=garble,from=2,every=3,count=0",
    "on=any,kind=truncate,from=1,every=2,count=0",
    "on=any,status=401,count=0,message=bad " SECURITY ",shape=gateway",
    "on=list,status=403,count=0,message=" SECURITY " may not,shape=elb",
    "on=add,status=502,count=0,message=X-Security-Token: " SECURITY ",shape=text",
    "on=any,status=500,from=2,every=2,count=0,message=" SECURITY ",shape=keystone",
    "on=project,status=403,count=0,message=" SECURITY,
    "on=catalog,status=500,count=0,message=" SECURITY,
    "on=any,kind=redirect,count=0",
};

/* The events have every level: a host cannot ask for fewer. */
START_TEST(keys_are_in_no_response_and_no_event_whatever_goes_wrong)
{
    static const char *const hooks[] = {"create", "read", "delete"};
    place here = place_make((const char *const[]){"security-token", SECURITY, NULL});

    simulator_fault(here.bed.sim, "%s", troubles[_i]);
    open_here(&here, IAM ", \"project_name\": \"eu-de\", \"security_token\": \"" SECURITY "\", " KEYS);
    for (size_t i = 0; i < rp_count_of(hooks); i++) {
        background call;
        _cleanup_(rp_freep) char *text = NULL;
        background_start(&call, &here.bed, hooks[i], request_for(LISTENER, "server", 0, 2, ""), 600);
        background_join(&call);
        text = answer_print(&call.answer);
        must_be_silent(text);
        must_be_silent(rp_buffer_text(&call.events));
        background_free(&call);
    }
    ck_assert_uint_gt(rp_sim_count(here.bed.sim, "faults"), 0);
    place_done(&here);
}
END_TEST

#define LOOP(tests, test, table) tcase_add_loop_test(tests, test, 0, (int)rp_count_of(table))

int main(void)
{
    TCase *tests = tcase_create("login");

    tcase_set_timeout(tests, 60);
    LOOP(tests, each_way_to_log_in_creates_reads_and_deletes, ways);
    LOOP(tests, open_says_which_setting_is_wrong_and_where_it_came_from, refused);
    LOOP(tests, each_refusal_is_one_diagnostic_that_names_the_setting_and_its_source, refusals);
    LOOP(tests, thirty_two_threads_at_once_log_in_once, crowds);
    tcase_add_loop_test(
        tests, a_token_that_expires_in_the_middle_of_a_batch_is_renewed_and_nothing_is_done_twice, 0, 3);
    tcase_add_test(tests, tokens_of_a_user_and_of_an_agency_are_renewed_when_they_have_expired);
    LOOP(tests, secrets_that_others_may_read_are_warned_of, modes);
    tcase_add_test(tests, open_tells_which_source_gave_what);
    tcase_add_test(tests, insecure_of_any_source_is_warned_of_by_its_source);
    tcase_add_loop_test(tests, credentials_do_not_follow_a_redirect, 0,
                        (int)(rp_count_of(proofs) * rp_count_of(redirected)));
    tcase_add_test(tests, a_catalog_may_lead_to_another_host_over_tls);
    LOOP(tests, keys_are_in_no_response_and_no_event_whatever_goes_wrong, troubles);
    return run_case("login", tests);
}
