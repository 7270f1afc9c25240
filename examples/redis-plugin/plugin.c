/*
 * redis_entry: keys of a Redis server whose value is a string. Read it from the bottom, where the table is.
 * hiredis formats commands and parses replies; the sockets are used here, since its own I/O keeps neither the
 * deadline of a call nor its cancellation.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <poll.h>
#include <rpkit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESS(server) ((server)->address ? (server)->address : "127.0.0.1")
#define MAX_VALUE_BYTES 65536
#define MAX_REPLY_BYTES (1u << 20)
#define MAX_ELEMENTS    10000 /* of an array in a reply */

typedef struct entry {
    char *key, *value;
    uint32_t ttl_seconds; /* 0: it does not expire */
} entry;

typedef struct server {
    char *address;
    uint32_t port, database, timeout_ms;
    struct rp_secret *password;
    int idle; /* a connection that no call uses, plus 1; 0: none. Atomic */
} server;

typedef struct session { /* one exchange after the other on a connection */
    rpkit_call *call;
    server *at;
    int fd;
    bool sent;      /* the last command may have reached the server */
    int32_t status; /* why an exchange failed: these three */
    const char *code;
    char why[256];
} session;

static bool failed(session *on, int32_t status, const char *code, const char *why)
{
    on->status = status;
    on->code = code;
    snprintf(on->why, sizeof(on->why), "%s:%u: %s", ADDRESS(on->at), on->at->port, why);
    return false;
}

/* Waits for the descriptor, as long as the call may. */
static bool ready(session *on, short events)
{
    int32_t status = rpkit_poll(on->call, on->fd, events);

    if (status == RP_CANCELLED)
        return failed(on, status, "redis.cancelled", "cancelled");
    return status == RP_OK || failed(on, status, "redis.timeout", "no answer in time");
}

/* Names are not resolved: that could take longer than the call may. */
static bool connected(session *on)
{
    struct addrinfo how = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *to = NULL;
    socklen_t size = sizeof(int);
    char port[16];
    int error = EINVAL;

    on->fd = -1;
    snprintf(port, sizeof(port), "%u", on->at->port);
    if (getaddrinfo(ADDRESS(on->at), port, &how, &to) == 0) {
        on->fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        error = connect(on->fd, to->ai_addr, to->ai_addrlen) == 0 ? 0 : errno;
        freeaddrinfo(to);
    }
    if (error == EINPROGRESS && !ready(on, POLLOUT))
        return false;
    if (error == EINPROGRESS && getsockopt(on->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    return !error || failed(on, RP_UNAVAILABLE, "redis.unreachable", strerror(error));
}

static bool send_all(session *on, const char *bytes, size_t len)
{
    while (len) {
        ssize_t count = send(on->fd, bytes, len, MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != EINTR)
            return failed(on, RP_UNAVAILABLE, "redis.lost", strerror(errno));
        if (count < 0 && !ready(on, POLLOUT))
            return false;
        on->sent = on->sent || count > 0;
        bytes += count > 0 ? count : 0;
        len -= count > 0 ? (size_t)count : 0;
    }
    return true;
}

/* Reads on until the reader has a whole reply. */
static redisReply *receive(session *on, redisReader *reader)
{
    char bytes[16384];
    void *reply = NULL;
    size_t total = 0;

    while (!reply) {
        ssize_t count = recv(on->fd, bytes, sizeof(bytes), 0);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!ready(on, POLLIN))
                return NULL;
            continue;
        }
        if (count <= 0)
            return failed(on, RP_UNAVAILABLE, "redis.lost", count ? strerror(errno) : "hung up"), NULL;
        total += (size_t)count;
        if (total > MAX_REPLY_BYTES || redisReaderFeed(reader, bytes, (size_t)count) != REDIS_OK ||
            redisReaderGetReply(reader, &reply) != REDIS_OK)
            return failed(on, RP_UNAVAILABLE, "redis.unreadable", "not a reply of Redis, or too long"), NULL;
    }
    return reply;
}

/* What an error of the server means, by its first word. */
static void refused(session *on, const char *error)
{
    static const struct {
        const char *word;
        int32_t status;
        const char *code;
    } rows[] = {
        {"WRONGTYPE", RP_CONFLICT, "redis.wrong_type"},
        {"NOAUTH", RP_UNAUTHENTICATED, "redis.unauthenticated"},
        {"WRONGPASS", RP_UNAUTHENTICATED, "redis.unauthenticated"},
        {"ERR AUTH", RP_UNAUTHENTICATED, "redis.unauthenticated"},
        {"NOPERM", RP_PERMISSION_DENIED, "redis.permission_denied"},
        {"OOM", RP_QUOTA_EXCEEDED, "redis.out_of_memory"},
        {"LOADING", RP_UNAVAILABLE, "redis.busy"},
        {"BUSY", RP_UNAVAILABLE, "redis.busy"},
        {"", RP_UNSUPPORTED, "redis.error"},
    };
    size_t i = 0;

    while (strncmp(rows[i].word, error, strlen(rows[i].word)))
        i++;
    failed(on, rows[i].status, rows[i].code, error);
    on->sent = false; /* it was refused, so nothing was done */
}

/* hiredis makes room for as many elements as a reply announces. */
static void *create_array(const redisReadTask *task, int elements)
{
    return elements <= MAX_ELEMENTS
               ? ((redisReplyObjectFunctions *)task->privdata)->createArray(task, elements)
               : NULL;
}

/* One command of `count` words and its reply, of this type or nil; NULL: why it failed is in the session. */
static redisReply *ask(session *on, int type, int count, const char *const *words)
{
    redisReader *reader = redisReaderCreate();
    redisReplyObjectFunctions limited = reader ? *reader->fn : (redisReplyObjectFunctions){0};
    redisReply *reply = NULL;
    char *command = NULL;
    int len = reader ? redisFormatCommandArgv(&command, count, (const char **)words, NULL) : -1;
    bool error, right;

    limited.createArray = create_array;
    if (reader)
        reader->privdata = reader->fn, reader->fn = &limited;
    on->sent = false;
    if (len < 0)
        failed(on, RP_NO_MEMORY, "no_memory", "out of memory");
    else if (send_all(on, command, (size_t)len))
        reply = receive(on, reader);
    error = reply && reply->type == REDIS_REPLY_ERROR;
    right = reply && (reply->type == type || reply->type == REDIS_REPLY_NIL);
    if (error) {
        refused(on, reply->str);
    } else if (!right) {
        if (reply)
            failed(on, RP_UNAVAILABLE, "redis.unreadable", "the reply is not of the command's type");
        close(on->fd); /* what still comes on it would be taken for another reply */
        on->fd = -1;
    }
    if (!right)
        freeReplyObject(reply);
    if (command)
        explicit_bzero(command, (size_t)len); /* it may have the password */
    redisFreeCommand(command);
    redisReaderFree(reader);
    return right ? reply : NULL;
}

#define ASK(on, type, ...)                                                                                   \
    ask(on, REDIS_REPLY_##type, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),                 \
        (const char *const[]){__VA_ARGS__})

static bool log_in(session *on)
{
    const char *password = rpkit_reveal(on->at->password);
    redisReply *auth = password ? ASK(on, STATUS, "AUTH", password) : NULL, *select = NULL;
    char database[16];

    snprintf(database, sizeof(database), "%u", on->at->database);
    if (!password || auth)
        select = ASK(on, STATUS, "SELECT", database);
    freeReplyObject(auth);
    freeReplyObject(select);
    return select;
}

/* The idle connection, if it still is one, or a new one. */
static bool open_session(session *on)
{
    struct pollfd idle = {.fd = __atomic_exchange_n(&on->at->idle, 0, __ATOMIC_ACQ_REL) - 1,
                          .events = POLLIN};

    on->fd = idle.fd;
    if (on->fd >= 0 && poll(&idle, 1, 0) == 0)
        return true;
    close(on->fd);
    if (connected(on) && log_in(on))
        return true;
    close(on->fd);
    on->fd = -1;
    on->sent = false; /* nothing that acts */
    return false;
}

/* Keeps the connection for the next call; the one that was kept goes. */
static void close_session(session *on)
{
    if (on->fd >= 0)
        close(__atomic_exchange_n(&on->at->idle, on->fd + 1, __ATOMIC_ACQ_REL) - 1);
}

/* The entry of this key as the server has it, into `found`, whose value is to be freed. False: it failed, or,
   where the status is RP_OK, there is none. */
static bool get(session *on, const char *key, entry *found)
{
    redisReply *value = ASK(on, STRING, "GET", key), *ttl = value ? ASK(on, INTEGER, "TTL", key) : NULL;
    bool known = ttl && value->type == REDIS_REPLY_STRING;

    on->status = value && ttl ? RP_OK : on->status;
    if (known && (value->len > MAX_VALUE_BYTES || !rpkit_is_text(value->str, value->len)))
        known = failed(on, RP_UNSUPPORTED, "redis.value", "the value is longer than 65536 bytes or no UTF-8");
    else if (known && !(found->value = strdup(value->str)))
        known = failed(on, RP_NO_MEMORY, "no_memory", "out of memory");
    found->key = (char *)key;
    found->ttl_seconds = known && ttl->integer > 0 ? (uint32_t)ttl->integer : 0;
    freeReplyObject(value);
    freeReplyObject(ttl);
    return known;
}

/* SET, with NX (only if there is none) or XX (only if there is one). */
static redisReply *set(session *on, const entry *wanted, const char *when)
{
    char ttl[16];

    snprintf(ttl, sizeof(ttl), "%u", wanted->ttl_seconds);
    return wanted->ttl_seconds ? ASK(on, STATUS, "SET", wanted->key, wanted->value, when, "EX", ttl)
                               : ASK(on, STATUS, "SET", wanted->key, wanted->value, when);
}

/* What is left of a lifetime that the caller knows is shown as that lifetime: it was not changed. */
static void show_ttl(entry *found, uint32_t known)
{
    if (found->ttl_seconds && found->ttl_seconds <= known)
        found->ttl_seconds = known;
}

static bool same(const entry *one, const entry *other)
{
    return !strcmp(one->value, other->value) && one->ttl_seconds == other->ttl_seconds;
}

static void report(session *on, bool acted)
{
    rpkit_fail(on->call, on->status, acted && on->sent ? RPKIT_UNKNOWN : RPKIT_NONE, on->code, "%s", on->why);
}

static void create_entry(rpkit_call *call, void *instance, void *record)
{
    session on = {.call = call, .at = instance};
    entry *wanted = record, found = {0};
    redisReply *reply = open_session(&on) ? set(&on, wanted, "NX") : NULL;

    if (!reply)
        report(&on, true);
    else if (reply->type == REDIS_REPLY_STATUS)
        rpkit_made(call, wanted);
    else if (get(&on, wanted->key, &found))
        show_ttl(&found, wanted->ttl_seconds), rpkit_exists(call, &found, same(&found, wanted));
    else
        on.status == RP_OK
            ? rpkit_fail(call, RP_CONFLICT, RPKIT_NONE, "redis.changed", "the key came and went")
            : report(&on, false);
    free(found.value);
    freeReplyObject(reply);
    close_session(&on);
}

static void read_entry(rpkit_call *call, void *instance, void *state)
{
    session on = {.call = call, .at = instance};
    entry *known = state, found = {0};

    if (open_session(&on) && get(&on, known->key, &found))
        show_ttl(&found, known->ttl_seconds), rpkit_found(call, &found);
    else
        on.status == RP_OK ? rpkit_absent(call) : report(&on, false);
    free(found.value);
    close_session(&on);
}

static void update_entry(rpkit_call *call, void *instance, void *state, void *record)
{
    session on = {.call = call, .at = instance};
    entry *known = state, *wanted = record, found = {0};
    redisReply *reply = NULL;

    if (!open_session(&on) || !get(&on, known->key, &found)) {
        on.status == RP_OK ? rpkit_absent(call) : report(&on, false);
    } else if (show_ttl(&found, known->ttl_seconds), same(&found, wanted)) {
        rpkit_unchanged(call, wanted);
    } else if (!(reply = set(&on, wanted, "XX"))) {
        report(&on, true);
    } else {
        reply->type == REDIS_REPLY_STATUS ? rpkit_made(call, wanted) : rpkit_absent(call);
    }
    free(found.value);
    freeReplyObject(reply);
    close_session(&on);
}

static void delete_entry(rpkit_call *call, void *instance, void *state)
{
    session on = {.call = call, .at = instance};
    entry *known = state;
    redisReply *type = open_session(&on) ? ASK(&on, STATUS, "TYPE", known->key) : NULL, *reply = NULL;

    if (!type)
        report(&on, false);
    else if (!type->str || !strcmp(type->str, "none"))
        rpkit_absent(call);
    else if (strcmp(type->str, "string"))
        rpkit_fail(call, RP_CONFLICT, RPKIT_NONE, "redis.wrong_type", "the key holds a %s, not a string",
                   type->str);
    else if (!(reply = ASK(&on, INTEGER, "DEL", known->key)))
        report(&on, true);
    else
        reply->integer ? rpkit_removed(call) : rpkit_absent(call);
    freeReplyObject(type);
    freeReplyObject(reply);
    close_session(&on);
}

/* One entry of a page. False: the page failed. */
static bool list_one(session *on, const redisReply *key, size_t *passed_over)
{
    entry found = {0};
    bool text = key->type == REDIS_REPLY_STRING && key->len > 0 && rpkit_is_text(key->str, key->len);

    if (text && get(on, key->str, &found))
        rpkit_listed(on->call, &found);
    else if (text && on->status != RP_OK && on->status != RP_UNSUPPORTED && on->status != RP_CONFLICT)
        return false;
    else if (!text || on->status != RP_OK)
        ++*passed_over;
    free(found.value);
    return true;
}

static void list_entries(rpkit_call *call, void *instance, void *parent, const char *page)
{
    session on = {.call = call, .at = instance};
    redisReply *reply = NULL, *keys = NULL;
    size_t passed_over = 0;
    bool right = open_session(&on) &&
                 (reply = ASK(&on, ARRAY, "SCAN", page ? page : "0", "COUNT", "100", "TYPE", "string"));

    (void)parent;
    if (right && (reply->elements != 2 || reply->element[0]->type != REDIS_REPLY_STRING ||
                  reply->element[1]->type != REDIS_REPLY_ARRAY))
        right = failed(&on, RP_UNAVAILABLE, "redis.unreadable", "the reply to SCAN is none");
    keys = right ? reply->element[1] : NULL;
    for (size_t i = 0; right && i < keys->elements; i++)
        right = list_one(&on, keys->element[i], &passed_over);
    if (!right)
        rpkit_refuse(call, on.status, on.code, NULL, "%s", on.why);
    else if (strcmp(reply->element[0]->str, "0"))
        rpkit_next(call, reply->element[0]->str);
    if (passed_over)
        rpkit_warn(call, "redis.not_text", "%zu entries were passed over: no UTF-8, or too long",
                   passed_over);
    freeReplyObject(reply);
    close_session(&on);
}

static const char *check_address(const char *text)
{
    struct in6_addr any;

    if (inet_pton(AF_INET, text, &any) == 1 || inet_pton(AF_INET6, text, &any) == 1)
        return NULL;
    return "not an IPv4 or IPv6 address: names are not resolved";
}

static void close_server(void *instance, bool forked)
{
    (void)forked, close(((server *)instance)->idle - 1);
}

/* clang-format off */
static const rpkit_attribute config[] = {
    {"address", RPKIT_TEXT, offsetof(server, address), .check = check_address, .about = "Default: 127.0.0.1."},
    {"port", RPKIT_COUNT, offsetof(server, port), .least = 1, .most = 65535, .has_default = true, .usual = 6379},
    {"password", RPKIT_SECRET, offsetof(server, password), .about = "For AUTH."},
    {"database", RPKIT_COUNT, offsetof(server, database), .has_default = true, .about = "For SELECT."},
    {"timeout_ms", RPKIT_COUNT, offsetof(server, timeout_ms), .least = 1, .most = 3600000, .has_default = true,
     .usual = 10000, .about = "Of a call that names none."},
    {0}};
static const rpkit_attribute attributes[] = {
    {"key", RPKIT_TEXT, offsetof(entry, key), .key = true, .least = 1, .most = 1024},
    {"value", RPKIT_TEXT, offsetof(entry, value), .required = true, .most = MAX_VALUE_BYTES},
    {"ttl_seconds", RPKIT_COUNT, offsetof(entry, ttl_seconds), .least = 1, .most = 2147483647, .nullable = true,
     .about = "Lifetime from the moment it is set; without it the entry does not expire."},
    {0}};
static const rpkit_attribute options[] = {
    {"adopt", RPKIT_FLAG, 0, .has_default = true, .about = "A create of an entry that is there already is ok."},
    {0}};
static const rpkit_resource resources[] = {
    {"redis_entry", attributes, sizeof(entry), options, sizeof(bool), .settle_ms = 5000,
     .max_records = 100, .create = create_entry, .read = read_entry, .update = update_entry,
     .delete_ = delete_entry, .list = list_entries}};
static const rp_plugin table = {
    .struct_size = sizeof(rp_plugin), .abi_major = 1, .abi_minor = 0, .name = "redis", .version = "1.0.0",
    RPKIT_HOOKS, .create = rpkit_create, .read = rpkit_read, .update = rpkit_update, .delete_ = rpkit_delete,
    .list = rpkit_list};
const rpkit_plugin rpkit_definition = {
    &table, config, sizeof(server), .close = close_server, .resources = resources, .resource_count = 1};
/* clang-format on */

const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    return (void)host_abi_major, &table;
}
