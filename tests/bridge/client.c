#include "client.h"

#include "base/buffer.h"
#include "base/text.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define COOKIE    "TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
#define PATIENCE  20000 /* ms */
#define MAX_CALLS 4096

typedef struct exchange {
    int32_t id;
    rp_buffer request, reply;
    size_t sent;
    int status; /* gRPC's; -1 so far */
    bool over;
} exchange;

struct client {
    pid_t child;
    int socket, log;
    SSL *tls;
    SSL_CTX *context;
    nghttp2_session *session;
    bool connected, broken;
    exchange calls[MAX_CALLS];
    size_t count;
    char *path; /* of the socket */
    char log_text[65536];
};

static char *program_in(const char *folder)
{
    DIR *open = opendir(folder);
    const struct dirent *entry;
    char *path = NULL;

    ck_assert_msg(open != NULL, "there is no folder %s", folder);
    while (!path && (entry = readdir(open)))
        if (rp_starts_with(entry->d_name, "terraform-"))
            path = rp_format("%s/%s", folder, entry->d_name);
    closedir(open);
    ck_assert_msg(path != NULL, "there is no bridge in %s", folder);
    return path;
}

static void run_child(const char *path, const char *const *environment, int out, int err)
{
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    for (; *environment; environment++)
        putenv((char *)(size_t)*environment);
    execl(path, path, (char *)NULL);
    _exit(127);
}

static pid_t spawn(const char *folder, const char *const *environment, int *out, int *log)
{
    char *path = program_in(folder);
    int line[2], err[2];
    pid_t child;

    ck_assert_int_eq(pipe2(line, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
    child = fork();
    if (!child)
        run_child(path, environment, line[1], err[1]);
    close(line[1]);
    close(err[1]);
    free(path);
    *out = line[0];
    *log = err[0];
    return child;
}

static char *read_line(int from)
{
    rp_buffer line = RP_BUFFER(65536);
    char c;

    while (read(from, &c, 1) == 1 && c != '\n')
        rp_buffer_add_char(&line, c);
    rp_buffer_add_char(&line, '\0');
    close(from);
    return rp_buffer_take(&line);
}

char *client_line(const char *folder, const char *const *environment)
{
    int out, log, status;
    pid_t child = spawn(folder, environment, &out, &log);
    char *line = read_line(out);

    kill(child, SIGTERM);
    waitpid(child, &status, 0);
    close(log);
    return line;
}

/* As Terraform makes one: P-521, its own authority. */
static X509 *certificate(EVP_PKEY *key)
{
    X509 *made = X509_new();
    X509_NAME *name = X509_get_subject_name(made);
    X509V3_CTX context;
    X509_EXTENSION *ca;

    X509_set_version(made, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 7);
    X509_gmtime_adj(X509_getm_notBefore(made), -30);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, (const unsigned char *)"tests", -1, -1, 0);
    X509_set_issuer_name(made, name);
    X509_set_pubkey(made, key);
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, made, made, NULL, NULL, 0);
    ca = X509V3_EXT_conf_nid(NULL, &context, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(made, ca, -1);
    X509_EXTENSION_free(ca);
    X509_sign(made, key, EVP_sha512());
    return made;
}

static char *as_pem(X509 *from)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *bytes, *text;
    long len;

    PEM_write_bio_X509(memory, from);
    len = BIO_get_mem_data(memory, &bytes);
    text = calloc(1, (size_t)len + 1);
    memcpy(text, bytes, (size_t)len);
    BIO_free(memory);
    return text;
}

/* The server's certificate from the line is the only one to trust. */
static void trust(SSL_CTX *context, const char *base64)
{
    char padded[8192];
    unsigned char der[8192];
    const unsigned char *at = der;
    size_t len = strlen(base64);
    int bytes;
    X509 *server;

    snprintf(padded, sizeof(padded), "%s%s", base64, &"==="[(len + 3) % 4]);
    ck_assert_ptr_null(strchr(base64, '='));
    padded[(len + 3) / 4 * 4] = '\0';
    bytes = EVP_DecodeBlock(der, (const unsigned char *)padded, (int)strlen(padded));
    ck_assert_int_gt(bytes, 0);
    server = d2i_X509(NULL, &at, bytes);
    ck_assert_ptr_nonnull(server);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), server);
    X509_free(server);
}

static void prepare_tls(client *one, X509 *ours, EVP_PKEY *key, const char *server)
{
    static const unsigned char h2[] = {2, 'h', '2'};

    one->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_use_certificate(one->context, ours);
    SSL_CTX_use_PrivateKey(one->context, key);
    SSL_CTX_set_verify(one->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_alpn_protos(one->context, h2, sizeof(h2));
    trust(one->context, server);
    one->tls = SSL_new(one->context);
    SSL_set1_host(one->tls, "localhost");
    SSL_set_fd(one->tls, one->socket);
}

static bool shake_hands(client *one)
{
    const unsigned char *chosen;
    unsigned len;
    char byte;

    if (SSL_connect(one->tls) != 1)
        return false;
    SSL_get0_alpn_selected(one->tls, &chosen, &len);
    ck_assert_msg(len == 2 && !memcmp(chosen, "h2", 2), "ALPN does not choose h2");
    return SSL_peek(one->tls, &byte, 1) == 1; /* only now is a refusal of our certificate seen */
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, path, strlen(path) + 1);
    ck_assert_msg(!connect(made, (struct sockaddr *)&address, sizeof(address)), "%s: %s", path,
                  strerror(errno));
    return made;
}

static exchange *exchange_of(client *one, int32_t id)
{
    for (size_t i = 0; i < one->count; i++)
        if (one->calls[i].id == id)
            return &one->calls[i];
    return NULL;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *text, size_t text_len, uint8_t flags, void *context)
{
    exchange *call = exchange_of(context, frame->hd.stream_id);
    char number[8] = "";

    (void)session, (void)flags;
    if (call && name_len == 11 && !memcmp(name, "grpc-status", 11)) {
        memcpy(number, text, text_len < 7 ? text_len : 7);
        call->status = atoi(number);
    }
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t len,
                   void *context)
{
    exchange *call = exchange_of(context, id);

    (void)session, (void)flags;
    if (call)
        rp_buffer_add(&call->reply, bytes, len);
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code, void *context)
{
    exchange *call = exchange_of(context, id);

    (void)session, (void)code;
    if (call)
        call->over = true;
    return 0;
}

static void start_session(client *one)
{
    const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}};
    nghttp2_session_callbacks *callbacks;

    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&one->session, callbacks, one);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(one->session, NGHTTP2_FLAG_NONE, settings, 1);
}

static char *field(char *line, int number)
{
    char *at = line;

    while (number-- && at)
        at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL;
    ck_assert_msg(at != NULL, "the line has too few fields: %s", line);
    return strndup(at, strcspn(at, "|"));
}

client *client_start(const char *folder, int how)
{
    client *one = calloc(1, sizeof(*one));
    EVP_PKEY *key = EVP_EC_gen("P-521"), *other_key = EVP_EC_gen("P-521");
    X509 *announced = certificate(key), *other = certificate(other_key);
    char *pem = as_pem(announced), *variable = rp_format("PLUGIN_CLIENT_CERT=%s", pem);
    const char *const environment[] = {COOKIE, "PLUGIN_PROTOCOL_VERSIONS=6,5",
                                       how != CLIENT_PLAIN ? variable : NULL, NULL};
    char *line, *path, *server;
    bool stranger = how == CLIENT_STRANGER;
    int out;

    one->child = spawn(folder, environment, &out, &one->log);
    line = read_line(out);
    path = field(line, 3);
    server = field(line, 5);
    one->socket = connect_to(path);
    one->connected = true;
    if (how != CLIENT_PLAIN) {
        prepare_tls(one, stranger ? other : announced, stranger ? other_key : key, server);
        one->connected = shake_hands(one);
    }
    start_session(one);
    one->path = path;
    free(line), free(server), free(pem), free(variable);
    X509_free(announced), X509_free(other);
    EVP_PKEY_free(key), EVP_PKEY_free(other_key);
    return one;
}

bool client_is_connected(const client *one)
{
    return one->connected;
}

pid_t client_pid(const client *one)
{
    return one->child;
}

const char *client_socket(const client *one)
{
    return one->path;
}

static ssize_t request_data(nghttp2_session *session, int32_t id, uint8_t *into, size_t size, uint32_t *flags,
                            nghttp2_data_source *source, void *context)
{
    exchange *call = source->ptr;
    size_t left = call->request.len - call->sent, now = left < size ? left : size;

    (void)session, (void)id, (void)context;
    memcpy(into, call->request.data + call->sent, now);
    call->sent += now;
    if (now == left)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)now;
}

static void put_message(rp_buffer *to, const ProtobufCMessage *message)
{
    size_t len = message ? protobuf_c_message_get_packed_size(message) : 0;
    uint8_t *bytes = malloc(len + 1);
    const char prefix[] = {0, (char)(len >> 24), (char)(len >> 16), (char)(len >> 8), (char)len};

    if (message)
        protobuf_c_message_pack(message, bytes);
    rp_buffer_add(to, prefix, sizeof(prefix));
    rp_buffer_add(to, bytes, len);
    free(bytes);
}

static nghttp2_nv header(const char *name, const char *text)
{
    return (nghttp2_nv){(uint8_t *)(size_t)name, (uint8_t *)(size_t)text, strlen(name), strlen(text),
                        NGHTTP2_NV_FLAG_NONE};
}

static void transmit(client *one)
{
    const uint8_t *bytes;
    ssize_t len;

    while ((len = nghttp2_session_mem_send(one->session, &bytes)) > 0) {
        ssize_t sent = one->tls ? SSL_write(one->tls, bytes, (int)len)
                                : send(one->socket, bytes, (size_t)len, MSG_NOSIGNAL);

        one->broken |= sent != len;
    }
}

int32_t client_begin(client *one, const char *path, const ProtobufCMessage *request)
{
    const nghttp2_nv headers[] = {header(":method", "POST"),
                                  header(":scheme", "http"),
                                  header(":path", path),
                                  header(":authority", "localhost"),
                                  header("content-type", "application/grpc"),
                                  header("te", "trailers")};
    exchange *call = &one->calls[one->count % MAX_CALLS];
    const nghttp2_data_provider provider = {.source.ptr = call, .read_callback = request_data};

    ck_assert_uint_lt(one->count, MAX_CALLS);
    *call = (exchange){.status = -1, .request = RP_BUFFER(64u << 20), .reply = RP_BUFFER(64u << 20)};
    put_message(&call->request, request);
    call->id = nghttp2_submit_request(one->session, NULL, headers, rp_count_of(headers), &provider, NULL);
    one->count++;
    transmit(one);
    return call->id;
}

static void receive(client *one)
{
    char bytes[65536];
    struct pollfd ready = {one->socket, POLLIN, 0};
    ssize_t len;

    if (!(one->tls && SSL_pending(one->tls)) && poll(&ready, 1, PATIENCE) != 1)
        ck_abort_msg("no answer");
    len = one->tls ? SSL_read(one->tls, bytes, sizeof(bytes)) : recv(one->socket, bytes, sizeof(bytes), 0);
    if (len <= 0 || nghttp2_session_mem_recv(one->session, (uint8_t *)bytes, (size_t)len) != len)
        one->broken = true;
    else
        transmit(one);
}

int client_wait(client *one, int32_t stream, const ProtobufCMessageDescriptor *type, void *reply)
{
    exchange *call = exchange_of(one, stream);
    int status;

    while (!call->over && !one->broken)
        receive(one);
    status = call->over ? call->status : -1;
    if (status == 0 && type) {
        ck_assert_uint_ge(call->reply.len, 5);
        *(ProtobufCMessage **)reply =
            protobuf_c_message_unpack(type, NULL, call->reply.len - 5, (const uint8_t *)call->reply.data + 5);
        ck_assert_ptr_nonnull(*(ProtobufCMessage **)reply);
    }
    rp_buffer_done(&call->request);
    rp_buffer_done(&call->reply);
    call->id = -1;
    if (call == &one->calls[one->count - 1])
        one->count--;
    return status;
}

int client_call(client *one, const char *method, const ProtobufCMessage *request,
                const ProtobufCMessageDescriptor *type, void *reply)
{
    char path[128];

    snprintf(path, sizeof(path), "/tfplugin6.Provider/%s", method);
    return client_wait(one, client_begin(one, path, request), type, reply);
}

static void read_log(client *one)
{
    size_t len = 0;
    ssize_t got;

    while (len + 1 < sizeof(one->log_text) &&
           (got = read(one->log, one->log_text + len, sizeof(one->log_text) - 1 - len)) > 0)
        len += (size_t)got;
    close(one->log);
}

int client_end(client *one)
{
    struct pollfd says = {one->log, POLLIN, 0};
    int status = 0;

    if (one->connected && !one->broken)
        client_begin(one, "/plugin.GRPCController/Shutdown", NULL);
    close(one->socket);
    if (!one->connected) {
        poll(&says, 1, PATIENCE); /* why not */
        kill(one->child, SIGTERM);
    }
    waitpid(one->child, &status, 0);
    read_log(one);
    return status;
}

const char *client_log(client *one)
{
    return one->log_text;
}

void client_free(client *one)
{
    for (size_t i = 0; i < one->count; i++) {
        rp_buffer_done(&one->calls[i].request);
        rp_buffer_done(&one->calls[i].reply);
    }
    nghttp2_session_del(one->session);
    SSL_free(one->tls);
    SSL_CTX_free(one->context);
    free(one->path);
    free(one);
}
