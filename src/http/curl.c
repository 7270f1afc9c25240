#include "http/curl.h"

#include "base/buffer.h"
#include "base/number.h"
#include "base/text.h"
#include "http/url.h"

#include <curl/curl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>

#define MAX_LINES (RP_HTTP_MAX_HEADERS + 3) /* ours: X-Auth-Token, Expect, Content-Type */

typedef struct curl_transport curl_transport;

/* ---- reply headers that are kept ---- */

enum {
    CONTENT_TYPE,
    RETRY_AFTER,
    REQUEST_ID,
    DATE,
    SUBJECT_TOKEN,
    KEPT_HEADERS
};

/* A value longer than this is as good as none. */
static const struct kept_header {
    const char *name;
    size_t max_bytes;
} kept_headers[KEPT_HEADERS] = {
    [CONTENT_TYPE] = {"Content-Type", 256},       [RETRY_AFTER] = {"Retry-After", 64},
    [REQUEST_ID] = {"X-Request-Id", 256},         [DATE] = {"Date", 64},
    [SUBJECT_TOKEN] = {"X-Subject-Token", 65536},
};

/* ---- one transfer ---- */

typedef struct transfer {
    TAILQ_ENTRY(transfer) link;
    curl_transport *owner;
    enum {
        QUEUED, /* not shown to libcurl yet */
        RUNNING,
        DROPPED /* dropped; step removes it from libcurl */
    } state;
    CURL *easy;
    const rp_http_request *request; /* not touched once dropped */
    bool sent;                      /* a byte of the request may be out */
    size_t body_given;
    struct curl_slist lines[MAX_LINES];
    size_t line_count;
    bool headers_over;
    rp_secret *kept[KEPT_HEADERS]; /* one of them is a secret; so all are kept as one */
    rp_buffer body;
    bool secret_body;
    char words[CURL_ERROR_SIZE];
    int64_t started_ms;
    int64_t last_byte_ms; /* when the last byte went out or came in; counts once sent */
    bool timed_out;       /* no byte for attempt_timeout_ms */
} transfer;

TAILQ_HEAD(transfer_list, transfer);

/* For each scheme, so that the environment is read once, on the thread that opens. */
typedef struct proxies {
    char *for_https;
    char *for_http;
    char *none_for;
} proxies;

/*
 * While one thread waits, others may start and drop; so those leave the multi
 * handle alone and only change the lists, and step does what they ask for.
 */
struct curl_transport {
    rp_transport base;
    const rp_clock *clock;
    CURLM *multi;
    struct transfer_list transfers[DROPPED + 1];
    CURLSH *tls_sessions; /* to be resumed by any handle; else each would have its own */
    char *user_agent;
    char *ca_file;
    char *client_cert_file;
    char *client_key_file;
    proxies proxies;
    bool insecure;
    uint32_t connect_timeout_ms;
    uint32_t attempt_timeout_ms;
    _Atomic int64_t next_timeout_ms; /* for wait, which may overlap a start of another thread */
};

/* ---- SIGPIPE belongs to the host program ---- */

typedef struct sigpipe_guard {
    sigset_t before;
    bool was_pending;
} sigpipe_guard;

static bool is_sigpipe_pending(void)
{
    sigset_t pending;

    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

static sigset_t only_sigpipe(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
}

static sigpipe_guard sigpipe_guard_begin(void)
{
    sigpipe_guard guard = {.was_pending = is_sigpipe_pending()};
    sigset_t set = only_sigpipe();

    pthread_sigmask(SIG_BLOCK, &set, &guard.before);
    return guard;
}

/* A signal that came meanwhile was ours. */
static void sigpipe_guard_end(sigpipe_guard *guard)
{
    static const struct timespec at_once = {0};
    sigset_t set = only_sigpipe();

    if (!guard->was_pending && is_sigpipe_pending())
        sigtimedwait(&set, NULL, &at_once);
    pthread_sigmask(SIG_SETMASK, &guard->before, NULL);
}

/* ---- what libcurl calls during a transfer ---- */

/* libcurl's own sockets are inherited by every child of the host program. */
static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)context;
    (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The request of a dropped transfer may be gone. */
static bool is_dropped(const transfer *self)
{
    return self->state == DROPPED;
}

static void note_byte(transfer *self)
{
    self->last_byte_ms = rp_now_ms(self->owner->clock);
}

static bool is_harmless(const rp_http_request *request)
{
    return request->body_len == 0 && (!strcmp(request->method, "GET") || !strcmp(request->method, "HEAD"));
}

/*
 * Called when a connection stands and the request is about to go out; so before
 * this nothing was sent. When a kept connection dies without an answer, libcurl
 * comes here again with a fresh one, whatever the method: but the server may
 * have acted. That is allowed only while no byte of the body was handed out.
 */
static int before_sending(void *context, char *server_ip, char *local_ip, int server_port, int local_port)
{
    transfer *self = context;
    bool again = self->sent;

    (void)server_ip, (void)local_ip, (void)server_port, (void)local_port;
    if (is_dropped(self))
        return CURL_PREREQFUNC_ABORT;
    self->sent = true;
    note_byte(self);
    if (!again || is_harmless(self->request))
        return CURL_PREREQFUNC_OK;
    return self->request->body_len > 0 && self->body_given == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* Not through POSTFIELDS, which libcurl would send again unasked. */
static size_t give_body(char *into, size_t size, size_t count, void *context)
{
    transfer *self = context;
    size_t left, given;

    if (is_dropped(self))
        return CURL_READFUNC_ABORT;
    left = self->request->body_len - self->body_given;
    given = left < size * count ? left : size * count;
    note_byte(self);
    if (given)
        memcpy(into, self->request->body + self->body_given, given);
    self->body_given += given;
    return given;
}

static int rewind_body(void *context, curl_off_t offset, int origin)
{
    transfer *self = context;

    return offset == 0 && origin == SEEK_SET && self->body_given == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    transfer *self = context;

    note_byte(self);
    rp_buffer_add(&self->body, bytes, size * count);
    return rp_buffer_ok(&self->body) ? size * count : 0;
}

static void forget_headers(transfer *self)
{
    for (size_t i = 0; i < KEPT_HEADERS; i++)
        rp_secret_free(rp_take(self->kept[i]));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* False when out of memory. The first of several counts. */
static bool keep_value(transfer *self, size_t which, const char *value, size_t len)
{
    while (len > 0 && is_blank(value[len - 1]))
        len--;
    while (len > 0 && is_blank(*value))
        value++, len--;
    if (self->kept[which] || len == 0 || len > kept_headers[which].max_bytes || memchr(value, '\0', len))
        return true;
    self->kept[which] = rp_secret_new(value, len);
    return self->kept[which] != NULL;
}

static bool keep_header(transfer *self, const char *line, size_t len)
{
    for (size_t i = 0; i < KEPT_HEADERS; i++) {
        size_t name_len = strlen(kept_headers[i].name);
        if (len > name_len && line[name_len] == ':' && rp_starts_with_any_case(line, kept_headers[i].name))
            return keep_value(self, i, line + name_len + 1, len - name_len - 1);
    }
    return true;
}

/* One line a call, not ended by a NUL. A status line begins the headers anew: an interim reply (1xx) has some
   too. What comes after the empty line are trailers. */
static size_t take_header(char *bytes, size_t size, size_t count, void *context)
{
    transfer *self = context;
    size_t len = size * count;

    note_byte(self);
    if (len >= 5 && !memcmp(bytes, "HTTP/", 5)) {
        forget_headers(self);
        self->headers_over = false;
    } else if (len > 0 && (*bytes == '\r' || *bytes == '\n')) {
        self->headers_over = true;
    } else if (!self->headers_over && !keep_header(self, bytes, len)) {
        self->body.failure = RP_BUFFER_NO_MEMORY;
        return 0;
    }
    return len;
}

/* ---- request headers ---- */

/* Each line is a node of a libcurl list by hand: libcurl's own would be copies that nobody wipes. */
static void add_node(transfer *self, char *line)
{
    struct curl_slist *node = &self->lines[self->line_count];

    *node = (struct curl_slist){.data = line};
    if (self->line_count > 0)
        self->lines[self->line_count - 1].next = node;
    self->line_count++;
}

/* NULL: none, not even libcurl's own. */
static int add_line(transfer *self, const char *name, const char *value, rp_error **error)
{
    size_t size = strlen(name) + (value ? strlen(value) : 0) + sizeof(": ");
    char *line;

    if (name[strcspn(name, "\r\n:")] || (value && value[strcspn(value, "\r\n")]))
        return rp_error_set(error, RP_E_INVALID, "the value of the header %.64s holds a line break", name);
    line = malloc(size);
    if (!line)
        return rp_error_no_memory(error);
    if (value && *value)
        snprintf(line, size, "%s: %s", name, value);
    else
        snprintf(line, size, "%s%c", name, value ? ';' : ':');
    add_node(self, line);
    return 0;
}

static bool has_header(const rp_http_request *request, const char *name)
{
    for (size_t i = 0; i < RP_HTTP_MAX_HEADERS && request->headers[i].name; i++)
        if (!rp_compare_any_case(request->headers[i].name, name))
            return true;
    return false;
}

static int add_lines(transfer *self, rp_error **error)
{
    const rp_http_request *request = self->request;
    int result = add_line(self, "Expect", NULL, error);

    for (size_t i = 0; result == 0 && i < RP_HTTP_MAX_HEADERS && request->headers[i].name; i++)
        result = add_line(self, request->headers[i].name, request->headers[i].value, error);
    if (result == 0 && !has_header(request, "Content-Type"))
        result = add_line(self, "Content-Type", NULL, error);
    if (result == 0 && request->auth_token)
        result = add_line(self, "X-Auth-Token", rp_secret_reveal(request->auth_token), error);
    return result;
}

/* ---- the settings of a transfer ---- */

/* Keeps the first failure, so that it is checked once. */
#define SET(failed, easy, option, value)                                                                     \
    ((failed) = (failed) ? (failed) : curl_easy_setopt((easy), (option), (value)))

/* HTTP/2 over TLS where offered; a redirect would carry the token away; QUICK_EXIT leaves a stalled resolver
   behind; PATH_AS_IS sends what url.h made. */
static const struct constant {
    CURLoption option;
    long value;
} constants[] = {
    {CURLOPT_NOSIGNAL, 1},       {CURLOPT_FOLLOWLOCATION, 0}, {CURLOPT_QUICK_EXIT, 1},
    {CURLOPT_PATH_AS_IS, 1},     {CURLOPT_TCP_KEEPALIVE, 1},  {CURLOPT_SUPPRESS_CONNECT_HEADERS, 1},
    {CURLOPT_TCP_KEEPIDLE, 60},  {CURLOPT_TCP_KEEPINTVL, 15}, {CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS},
    {CURLOPT_HTTP09_ALLOWED, 0}, {CURLOPT_NOPROGRESS, 1},     {CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
};

static CURLcode set_constants(CURL *easy)
{
    CURLcode failed = CURLE_OK;

    for (size_t i = 0; i < rp_count_of(constants); i++)
        SET(failed, easy, constants[i].option, constants[i].value);
    SET(failed, easy, CURLOPT_PROTOCOLS_STR, "http,https");
    SET(failed, easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    return failed;
}

/* "" keeps libcurl from reading the environment. */
static const char *proxy_for(const curl_transport *self, const rp_http_request *request)
{
    if (request->direct)
        return "";
    return rp_starts_with_any_case(request->url, "https:") ? self->proxies.for_https : self->proxies.for_http;
}

/* ca_file replaces the system's trust: libcurl would go on to look into its default directory. */
static CURLcode set_options(const curl_transport *self, CURL *easy, const rp_http_request *request)
{
    CURLcode failed = CURLE_OK;

    SET(failed, easy, CURLOPT_SHARE, self->tls_sessions);
    SET(failed, easy, CURLOPT_USERAGENT, self->user_agent);
    SET(failed, easy, CURLOPT_CONNECTTIMEOUT_MS, (long)self->connect_timeout_ms);
    SET(failed, easy, CURLOPT_PROXY, proxy_for(self, request));
    SET(failed, easy, CURLOPT_NOPROXY, self->proxies.none_for);
    SET(failed, easy, CURLOPT_SSL_VERIFYPEER, self->insecure ? 0L : 1L);
    SET(failed, easy, CURLOPT_SSL_VERIFYHOST, self->insecure ? 0L : 2L);
    if (self->ca_file) {
        SET(failed, easy, CURLOPT_CAINFO, self->ca_file);
        SET(failed, easy, CURLOPT_CAPATH, NULL);
        SET(failed, easy, CURLOPT_PROXY_CAINFO, self->ca_file);
        SET(failed, easy, CURLOPT_PROXY_CAPATH, NULL);
    }
    if (self->client_cert_file)
        SET(failed, easy, CURLOPT_SSLCERT, self->client_cert_file);
    if (self->client_key_file)
        SET(failed, easy, CURLOPT_SSLKEY, self->client_key_file);
    return failed;
}

static CURLcode set_callbacks(transfer *self)
{
    CURLcode failed = CURLE_OK;

    SET(failed, self->easy, CURLOPT_PRIVATE, self);
    SET(failed, self->easy, CURLOPT_ERRORBUFFER, self->words);
    SET(failed, self->easy, CURLOPT_PREREQFUNCTION, before_sending);
    SET(failed, self->easy, CURLOPT_PREREQDATA, self);
    SET(failed, self->easy, CURLOPT_READFUNCTION, give_body);
    SET(failed, self->easy, CURLOPT_READDATA, self);
    SET(failed, self->easy, CURLOPT_SEEKFUNCTION, rewind_body);
    SET(failed, self->easy, CURLOPT_SEEKDATA, self);
    SET(failed, self->easy, CURLOPT_WRITEFUNCTION, take_body);
    SET(failed, self->easy, CURLOPT_WRITEDATA, self);
    SET(failed, self->easy, CURLOPT_HEADERFUNCTION, take_header);
    SET(failed, self->easy, CURLOPT_HEADERDATA, self);
    return failed;
}

static CURLcode set_method(transfer *self)
{
    const rp_http_request *request = self->request;
    bool has_body = request->body_len > 0 || !strcmp(request->method, "POST");
    CURLcode failed = CURLE_OK;

    if (has_body) {
        SET(failed, self->easy, CURLOPT_POST, 1L);
        SET(failed, self->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
    }
    if (!strcmp(request->method, "HEAD"))
        SET(failed, self->easy, CURLOPT_NOBODY, 1L);
    else
        SET(failed, self->easy, CURLOPT_CUSTOMREQUEST, request->method);
    return failed;
}

/* libcurl sends a URL without its query if memory ends as it copies that: a page of a list would be the first
   one again. A target is taken as it is. A proxy that is not a tunnel needs the whole URL instead. */
static CURLcode set_target(const curl_transport *self, CURL *easy, const rp_http_request *request)
{
    _cleanup_(rp_url_parts_clear) rp_url_parts parts = {0};
    _cleanup_(rp_freep) char *target = NULL;
    bool tunnels = rp_starts_with_any_case(request->url, "https:") || !*proxy_for(self, request);
    int result;

    if (!tunnels || !strchr(request->url, '?'))
        return CURLE_OK;
    result = rp_url_split(request->url, &parts, NULL);
    if (result == RP_E_INVALID || (result == 0 && !parts.query))
        return CURLE_OK;
    if (result == 0)
        target = rp_format("%s?%s", parts.path, parts.query);
    return target ? curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, target) : CURLE_OUT_OF_MEMORY;
}

static int configure(curl_transport *self, transfer *mine, rp_error **error)
{
    CURLcode failed = set_constants(mine->easy);

    if (!failed)
        failed = set_options(self, mine->easy, mine->request);
    if (!failed)
        failed = set_callbacks(mine);
    if (!failed)
        failed = set_method(mine);
    SET(failed, mine->easy, CURLOPT_URL, mine->request->url);
    if (!failed)
        failed = set_target(self, mine->easy, mine->request);
    SET(failed, mine->easy, CURLOPT_HTTPHEADER, mine->lines);
    if (failed == CURLE_OUT_OF_MEMORY)
        return rp_error_no_memory(error);
    if (failed)
        return rp_error_set(error, RP_E_SYSTEM, "libcurl: %s", curl_easy_strerror(failed));
    return 0;
}

/* ---- birth and death of a transfer ---- */

/* Even the end of a handle that lacks NOSIGNAL changes what the process does on SIGPIPE. */
static void free_handle(CURL *easy)
{
    if (!easy)
        return;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_cleanup(easy);
}

static void transfer_free(transfer *self)
{
    free_handle(self->easy);
    for (size_t i = 0; i < self->line_count; i++) {
        rp_wipe(self->lines[i].data, strlen(self->lines[i].data));
        free(self->lines[i].data);
    }
    forget_headers(self);
    self->secret_body ? rp_buffer_wipe(&self->body) : rp_buffer_done(&self->body);
    free(self);
}

static void transfer_freep(transfer **self)
{
    if (*self)
        transfer_free(*self);
}

static int transfer_new(curl_transport *owner, const rp_http_request *request, transfer **out,
                        rp_error **error)
{
    _cleanup_(transfer_freep) transfer *self = calloc(1, sizeof(*self));
    int result;

    if (!self)
        return rp_error_no_memory(error);
    self->owner = owner;
    self->request = request;
    self->body = RP_BUFFER(request->max_reply_bytes);
    self->started_ms = rp_now_ms(owner->clock);
    self->secret_body = request->secret_reply;
    /* A buffer that grows leaves copies behind. */
    if (self->secret_body && !rp_buffer_reserve(&self->body, self->body.max))
        return rp_error_no_memory(error);
    /* A new one each time: one that curl_easy_reset prepares while memory is short stops half-way, unnoticed. */
    self->easy = curl_easy_init();
    if (!self->easy)
        return rp_error_no_memory(error);
    if ((result = add_lines(self, error)) < 0 || (result = configure(owner, self, error)) < 0)
        return result;
    *out = rp_take(self);
    return 0;
}

static void move(transfer *self, int state)
{
    curl_transport *owner = self->owner;

    TAILQ_REMOVE(&owner->transfers[self->state], self, link);
    self->state = state;
    TAILQ_INSERT_TAIL(&owner->transfers[state], self, link);
}

/* Out of our list and out of libcurl's hands, which may close a connection and so write. */
static void withdraw(transfer *self)
{
    _cleanup_(sigpipe_guard_end) sigpipe_guard guard = sigpipe_guard_begin();

    curl_multi_remove_handle(self->owner->multi, self->easy);
    TAILQ_REMOVE(&self->owner->transfers[self->state], self, link);
}

/* ---- words for failures ---- */

/* "elb.example:443" of the request's URL. NULL when out of memory. */
static char *place_of(const char *url)
{
    _cleanup_(rp_url_parts_clear) rp_url_parts parts = {0};
    int result = rp_url_split(url, &parts, NULL);

    if (result == RP_E_INVALID)
        return strdup("the server");
    return result < 0 ? NULL : rp_take(parts.host_port);
}

/*
 * Failures before anything was sent. Others count as "cannot connect". Certain not to pass by themselves are
 * a certificate that is not trusted or not of this host, files that cannot be used, and a refused login at a
 * proxy; names, connections and handshakes also fail while a server restarts.
 */
static const struct failure {
    CURLcode result;
    int code;
    const char *before;
    const char *between;
    const char *after;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, RP_E_UNREACHED, "cannot resolve the name of ", ": ", ""},
    {CURLE_COULDNT_RESOLVE_PROXY, RP_E_UNREACHED, "cannot reach the proxy on the way to ", ": ", ""},
    {CURLE_PEER_FAILED_VERIFICATION, RP_E_BARRED, "the certificate of ",
     " is not trusted: ", " (set ca_file, or insecure)"},
    {CURLE_SSL_CONNECT_ERROR, RP_E_UNREACHED, "cannot speak TLS with ", ": ", ""},
    {CURLE_SSL_CACERT_BADFILE, RP_E_INVALID, "cannot check the certificate of ", ": ", " (see ca_file)"},
    {CURLE_SSL_CERTPROBLEM, RP_E_INVALID, "cannot use the client certificate for ", ": ",
     " (see client_cert_file, client_key_file)"},
    {CURLE_URL_MALFORMAT, RP_E_SYSTEM, "cannot send to ", ": ", ""},
    {CURLE_UNSUPPORTED_PROTOCOL, RP_E_SYSTEM, "cannot send to ", ": ", ""},
    {CURLE_OUT_OF_MEMORY, RP_E_NO_MEMORY, "cannot connect to ", ": ", ""},
    {CURLE_OK, RP_E_UNREACHED, "cannot connect to ", ": ", ""},
};

static const struct failure no_proxy_login = {CURLE_OK, RP_E_BARRED, "the proxy on the way to ",
                                              " wants a login: ", " (see proxy)"};

static bool wants_proxy_login(const transfer *self)
{
    long status = 0;

    curl_easy_getinfo(self->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    return status == 407;
}

static const struct failure *failure_of(const transfer *self, CURLcode result)
{
    const struct failure *failure = failures;

    if (wants_proxy_login(self))
        return &no_proxy_login;
    while (failure->result != result && failure->result != CURLE_OK)
        failure++;
    return failure;
}

/* What happened: the system's word where there is one, or libcurl's. Some of
   its words quote the URL of a proxy, password and all. */
static const char *detail_of(const transfer *self, CURLcode result)
{
    static const char repeats[] = "SSL certificate problem: ";
    long number = 0;
    const char *system;

    curl_easy_getinfo(self->easy, CURLINFO_OS_ERRNO, &number);
    system = result == CURLE_COULDNT_CONNECT && number ? strerrordesc_np((int)number) : NULL;
    if (system)
        return system;
    if (result == CURLE_SEND_FAIL_REWIND || result == CURLE_ABORTED_BY_CALLBACK)
        return "the connection ended";
    if (!*self->words || strchr(self->words, '@'))
        return curl_easy_strerror(result);
    return self->words + (rp_starts_with(self->words, repeats) ? sizeof(repeats) - 1 : 0);
}

/* "Connection refused" goes on a sentence as "connection refused"; "SSL …" stays. */
static char *as_clause(const char *detail)
{
    char *clause = strdup(detail);

    if (clause && clause[0] >= 'A' && clause[0] <= 'Z' && clause[1] >= 'a' && clause[1] <= 'z')
        clause[0] = (char)(clause[0] - 'A' + 'a');
    return clause;
}

static int fail_unsent(const transfer *self, CURLcode result, const char *place, const char *detail,
                       rp_error **error)
{
    const struct failure *failure = failure_of(self, result);

    return rp_error_set(error, failure->code, "%s%s%s%s%s", failure->before, place, failure->between, detail,
                        failure->after);
}

/* Once something was sent, every failure is the same to the caller: the server may have acted. */
static int fail_sent(const transfer *self, const char *place, const char *detail, rp_error **error)
{
    if (self->body.failure == RP_BUFFER_TOO_LONG)
        return rp_error_set(error, RP_E_LOST, "the reply is longer than %zu bytes", self->body.max);
    if (self->body.failure == RP_BUFFER_NO_MEMORY)
        return rp_error_set(error, RP_E_LOST, "out of memory for the reply");
    if (self->timed_out)
        return rp_error_set(error, RP_E_LOST, "no whole answer from %s: no byte for %u ms", place,
                            (unsigned)self->owner->attempt_timeout_ms);
    return rp_error_set(error, RP_E_LOST, "no whole answer from %s: %s", place, detail);
}

static int fail(const transfer *self, CURLcode result, rp_error **error)
{
    _cleanup_(rp_freep) char *place = place_of(self->request->url);
    _cleanup_(rp_freep) char *clause = as_clause(detail_of(self, result));

    if (!place || !clause)
        return rp_error_set(error, self->sent ? RP_E_LOST : RP_E_NO_MEMORY, "out of memory");
    return self->sent ? fail_sent(self, place, clause, error)
                      : fail_unsent(self, result, place, clause, error);
}

/* ---- the end of a transfer ---- */

static const char *kept_text(const transfer *self, size_t which)
{
    return self->kept[which] ? rp_secret_reveal(self->kept[which]) : NULL;
}

static int read_reply(const transfer *self, rp_http_reply *reply, rp_error **error)
{
    long status = 0;

    curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status < 200 || status > 599)
        return rp_error_set(error, RP_E_LOST, "the server answered with the status %ld", status);
    if (!self->headers_over) /* libcurl calls that a success */
        return rp_error_set(error, RP_E_LOST, "the reply ended within its headers");
    *reply = (rp_http_reply){.status = (int)status,
                             .body = rp_buffer_text(&self->body),
                             .body_len = self->body.len,
                             .content_type = kept_text(self, CONTENT_TYPE),
                             .retry_after = kept_text(self, RETRY_AFTER),
                             .request_id = kept_text(self, REQUEST_ID),
                             .date = kept_text(self, DATE),
                             .subject_token = self->kept[SUBJECT_TOKEN],
                             .elapsed_ms = rp_now_ms(self->owner->clock) - self->started_ms};
    return 0;
}

static void conclude(transfer *self, CURLcode result)
{
    _cleanup_(transfer_freep) transfer *mine = self;
    _cleanup_(rp_error_freep) rp_error *error = NULL;
    const rp_http_request *request = mine->request;
    rp_http_reply reply;
    int failed = result == CURLE_OK ? read_reply(mine, &reply, &error) : fail(mine, result, &error);

    withdraw(mine);
    request->done(request->context, failed ? NULL : &reply, error);
}

/* ---- what step does ---- */

static void discard_dropped(curl_transport *self)
{
    transfer *each;

    while ((each = TAILQ_FIRST(&self->transfers[DROPPED]))) {
        withdraw(each);
        transfer_free(each);
    }
}

static void admit_queued(curl_transport *self)
{
    transfer *each;

    while ((each = TAILQ_FIRST(&self->transfers[QUEUED]))) {
        move(each, RUNNING);
        if (curl_multi_add_handle(self->multi, each->easy) != CURLM_OK)
            conclude(each, CURLE_OUT_OF_MEMORY);
    }
}

/* A failure of the multi handle also fails a transfer, which reports it. */
static void perform(curl_transport *self)
{
    _cleanup_(sigpipe_guard_end) sigpipe_guard guard = sigpipe_guard_begin();
    int running;

    curl_multi_perform(self->multi, &running);
}

static transfer *next_finished(curl_transport *self, CURLcode *result)
{
    CURLMsg *message;
    int left;
    char *mine = NULL;

    while ((message = curl_multi_info_read(self->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        *result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &mine);
        return (transfer *)(void *)mine;
    }
    return NULL;
}

static void conclude_finished(curl_transport *self)
{
    transfer *mine;
    CURLcode result;

    /* One that a callback has just dropped is left to the next step. */
    while ((mine = next_finished(self, &result)))
        if (mine->state == RUNNING)
            conclude(mine, result);
}

/* ---- the time limit of an attempt ---- */

/* Connecting has a limit of its own. */
static int64_t timeout_at_ms(const transfer *self)
{
    return self->sent ? self->last_byte_ms + self->owner->attempt_timeout_ms : INT64_MAX;
}

static transfer *next_silent(curl_transport *self)
{
    int64_t now = rp_now_ms(self->clock);
    transfer *each;

    TAILQ_FOREACH (each, &self->transfers[RUNNING], link)
        if (timeout_at_ms(each) <= now)
            return each;
    return NULL;
}

static void end_silent(curl_transport *self)
{
    transfer *each;

    while (self->attempt_timeout_ms && (each = next_silent(self))) {
        each->timed_out = true;
        conclude(each, CURLE_OPERATION_TIMEDOUT);
    }
}

static void note_next_timeout(curl_transport *self)
{
    int64_t next = INT64_MAX;
    transfer *each;

    if (self->attempt_timeout_ms)
        TAILQ_FOREACH (each, &self->transfers[RUNNING], link)
            next = rp_min(next, timeout_at_ms(each));
    atomic_store(&self->next_timeout_ms, next);
}

/* ---- the transport ---- */

static int curl_transport_start(rp_transport *transport, const rp_http_request *request,
                                rp_exchange **exchange, rp_error **error)
{
    curl_transport *self = (curl_transport *)transport;
    transfer *mine = NULL;
    int result = transfer_new(self, request, &mine, error);

    if (result < 0)
        return result;
    TAILQ_INSERT_TAIL(&self->transfers[QUEUED], mine, link);
    curl_multi_wakeup(self->multi);
    *exchange = (rp_exchange *)mine;
    return 0;
}

static void curl_transport_drop(rp_transport *transport, rp_exchange *exchange)
{
    curl_transport *self = (curl_transport *)transport;
    transfer *mine = (transfer *)exchange;

    if (mine->state == QUEUED) {
        TAILQ_REMOVE(&self->transfers[QUEUED], mine, link);
        transfer_free(mine);
        return;
    }
    move(mine, DROPPED);
    mine->request = NULL;
    curl_multi_wakeup(self->multi);
}

static bool curl_transport_has_sent(const rp_transport *transport, const rp_exchange *exchange)
{
    (void)transport;
    return ((const transfer *)exchange)->sent;
}

static void curl_transport_wait(rp_transport *transport, int64_t at_most_ms)
{
    curl_transport *self = (curl_transport *)transport;
    int64_t next = atomic_load(&self->next_timeout_ms);

    if (next != INT64_MAX)
        at_most_ms = rp_max(rp_min(at_most_ms, next - rp_now_ms(self->clock)), 0);
    curl_multi_poll(self->multi, NULL, 0, (int)rp_min(at_most_ms, INT_MAX), NULL);
}

static void curl_transport_step(rp_transport *transport)
{
    curl_transport *self = (curl_transport *)transport;

    discard_dropped(self);
    admit_queued(self);
    perform(self);
    conclude_finished(self);
    end_silent(self);
    note_next_timeout(self);
}

static void curl_transport_wake(rp_transport *transport)
{
    curl_multi_wakeup(((curl_transport *)transport)->multi);
}

static void free_transfers(curl_transport *self)
{
    transfer *each;

    for (int state = QUEUED; state <= DROPPED; state++) {
        while ((each = TAILQ_FIRST(&self->transfers[state]))) {
            withdraw(each);
            transfer_free(each);
        }
    }
}

/* The URL of a proxy may have a password. */
static void wipe_text(char *text)
{
    if (text)
        rp_wipe(text, strlen(text));
    free(text);
}

static void curl_transport_free(rp_transport *transport)
{
    _cleanup_(sigpipe_guard_end) sigpipe_guard guard = sigpipe_guard_begin();
    curl_transport *self = (curl_transport *)transport;

    free_transfers(self);
    if (self->multi)
        curl_multi_cleanup(self->multi);
    if (self->tls_sessions)
        curl_share_cleanup(self->tls_sessions);
    free(self->user_agent);
    free(self->ca_file);
    free(self->client_cert_file);
    free(self->client_key_file);
    wipe_text(self->proxies.for_https);
    wipe_text(self->proxies.for_http);
    free(self->proxies.none_for);
    free(self);
}

static const rp_transport_ops curl_transport_ops = {
    curl_transport_start, curl_transport_drop, curl_transport_wait,    curl_transport_step,
    curl_transport_wake,  curl_transport_free, curl_transport_has_sent};

/* ---- making one ---- */

static CURLcode global_result;

static void init_libcurl(void)
{
    global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Others in the process may use libcurl too: its start must be safe against theirs, and its end is not ours.
 */
static int prepare_libcurl(rp_error **error)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_THREADSAFE))
        return rp_error_set(error, RP_E_SYSTEM, "this libcurl cannot be started safely beside other threads");
    pthread_once(&once, init_libcurl);
    if (global_result)
        return rp_error_set(error, RP_E_SYSTEM, "libcurl: %s", curl_easy_strerror(global_result));
    return 0;
}

/* The first of the variables that is set and not empty; "" where there is none. HTTP_PROXY in capitals is not
   among them: in a CGI program it is a header of the request. */
static const char *from_environment(const char *const names[])
{
    for (; *names; names++) {
        const char *value = getenv(*names);
        if (value && *value)
            return value;
    }
    return "";
}

/* This very host is reached without a proxy of the environment, which cannot know what is meant by it, and
   would read what is not encrypted. */
static char *hosts_without_proxy(const rp_curl_options *options)
{
    static const char *const variables[] = {"no_proxy", "NO_PROXY", NULL};
    const char *given = options->no_proxy ? options->no_proxy : from_environment(variables);

    if (options->proxy || !strcmp(given, "*"))
        return strdup(given);
    return rp_format("%s%s127.0.0.0/8,::1,localhost", given, *given ? "," : "");
}

static bool copy_proxies(proxies *out, const rp_curl_options *options)
{
    static const char *const https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL};
    static const char *const http[] = {"http_proxy", "all_proxy", "ALL_PROXY", NULL};

    out->none_for = hosts_without_proxy(options);
    return rp_copy_text(&out->for_https, options->proxy ? options->proxy : from_environment(https), NULL) ==
               0 &&
           rp_copy_text(&out->for_http, options->proxy ? options->proxy : from_environment(http), NULL) ==
               0 &&
           out->none_for;
}

static bool copy_options(curl_transport *self, const rp_curl_options *options)
{
    self->insecure = options->insecure;
    self->connect_timeout_ms = options->connect_timeout_ms;
    self->attempt_timeout_ms = options->attempt_timeout_ms;
    return rp_copy_text(&self->user_agent, options->user_agent, NULL) == 0 &&
           rp_copy_text(&self->ca_file, options->ca_file, NULL) == 0 &&
           rp_copy_text(&self->client_cert_file, options->client_cert_file, NULL) == 0 &&
           rp_copy_text(&self->client_key_file, options->client_key_file, NULL) == 0 &&
           copy_proxies(&self->proxies, options);
}

rp_transport *rp_curl_new(const rp_curl_options *options, const rp_clock *clock, rp_error **error)
{
    curl_transport *self;

    if (prepare_libcurl(error) < 0)
        return NULL;
    self = calloc(1, sizeof(*self));
    if (!self) {
        rp_error_no_memory(error);
        return NULL;
    }
    self->base.ops = &curl_transport_ops;
    self->clock = clock;
    atomic_init(&self->next_timeout_ms, INT64_MAX);
    for (int state = QUEUED; state <= DROPPED; state++)
        TAILQ_INIT(&self->transfers[state]);
    self->multi = curl_multi_init();
    self->tls_sessions = curl_share_init();
    if (!self->multi || !self->tls_sessions ||
        curl_share_setopt(self->tls_sessions, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION) != CURLSHE_OK ||
        !copy_options(self, options)) {
        curl_transport_free(&self->base);
        rp_error_no_memory(error);
        return NULL;
    }
    return &self->base;
}
