#include "otc/token.h"

#include "base/buffer.h"
#include "base/text.h"
#include "json/value.h"
#include "json/writer.h"
#include "otc/redact.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MAX_WORDS_BYTES 500

/* ---- the request ---- */

static size_t length_of(const char *text)
{
    return text ? strlen(text) : 0;
}

/* More than the request can take: a byte becomes six at most ("\u001f"), and the domain may stand twice. Room
   is made once, for a buffer that grows leaves copies of the password behind. */
static size_t ample_size(const otc_login *login)
{
    size_t bytes = length_of(login->user_name) + length_of(login->user_id) + length_of(login->project_id) +
                   length_of(login->project_name) + 2 * length_of(login->domain_name) +
                   2 * length_of(login->domain_id) + length_of(login->project_domain_name) +
                   length_of(login->project_domain_id);

    bytes += length_of(login->agency_name) + (login->password ? rp_secret_len(login->password) : 0);
    return 512 + 6 * bytes;
}

/* {"id": …} or {"name": …}; the id is the surer. */
static void write_named(rp_json_writer *writer, const char *what, const char *id, const char *name)
{
    rp_write_name(writer, what);
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, id ? "id" : "name", id ? id : name);
    rp_write_end(writer, '}');
}

static bool has_domain(const otc_login *login)
{
    return login->domain_id || login->domain_name;
}

static void write_domain(rp_json_writer *writer, const otc_login *login)
{
    write_named(writer, "domain", login->domain_id, login->domain_name);
}

/* A name means something only within its domain; an id needs none. */
static void write_password(rp_json_writer *writer, const otc_login *login)
{
    rp_write_name(writer, "user");
    rp_write_begin(writer, '{');
    if (login->user_id)
        rp_write_text_member(writer, "id", login->user_id);
    else
        rp_write_text_member(writer, "name", login->user_name);
    if (!login->user_id && has_domain(login))
        write_domain(writer, login);
    rp_write_name(writer, "password");
    rp_write_string(writer, rp_secret_reveal(login->password), rp_secret_len(login->password));
    rp_write_end(writer, '}');
}

/* The reference's table calls the agency agency_name; its example and all clients call it xrole_name. */
static void write_agency(rp_json_writer *writer, const otc_login *login)
{
    if (has_domain(login))
        rp_write_text_member(writer, login->domain_id ? "domain_id" : "domain_name",
                             login->domain_id ? login->domain_id : login->domain_name);
    rp_write_text_member(writer, "xrole_name", login->agency_name);
}

static void write_project_domain(rp_json_writer *writer, const otc_login *login)
{
    if (login->project_domain_id || login->project_domain_name)
        write_named(writer, "domain", login->project_domain_id, login->project_domain_name);
    else if (has_domain(login))
        write_domain(writer, login);
}

static void write_project(rp_json_writer *writer, const otc_login *login)
{
    rp_write_name(writer, "project");
    rp_write_begin(writer, '{');
    if (login->project_id)
        rp_write_text_member(writer, "id", login->project_id);
    else
        rp_write_text_member(writer, "name", login->project_name);
    if (!login->project_id)
        write_project_domain(writer, login);
    rp_write_end(writer, '}');
}

static bool is_for_project(const otc_login *login)
{
    return !login->for_domain && (login->project_id || login->project_name);
}

/* A domain that is not needed to find the user is what the token is for. */
static bool is_for_domain(const otc_login *login)
{
    return has_domain(login) && (login->for_domain || (login->user_id && !is_for_project(login)));
}

static void write_scope(rp_json_writer *writer, const otc_login *login)
{
    if (!is_for_project(login) && !is_for_domain(login))
        return;
    rp_write_name(writer, "scope");
    rp_write_begin(writer, '{');
    if (is_for_project(login))
        write_project(writer, login);
    else
        write_domain(writer, login);
    rp_write_end(writer, '}');
}

/* Login methods: the name, and the function that writes its object. */
static const struct method {
    const char *name;
    void (*write)(rp_json_writer *writer, const otc_login *login);
} by_password = {"password", write_password}, by_agency = {"assume_role", write_agency};

static void write_identity(rp_json_writer *writer, const otc_login *login)
{
    const struct method *method = login->agency_name ? &by_agency : &by_password;

    rp_write_name(writer, "identity");
    rp_write_begin(writer, '{');
    rp_write_name(writer, "methods");
    rp_write_begin(writer, '[');
    rp_write_text(writer, method->name);
    rp_write_end(writer, ']');
    rp_write_name(writer, method->name);
    rp_write_begin(writer, '{');
    method->write(writer, login);
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

static void write_request(rp_json_writer *writer, const otc_login *login)
{
    rp_write_begin(writer, '{');
    rp_write_name(writer, "auth");
    rp_write_begin(writer, '{');
    write_identity(writer, login);
    write_scope(writer, login);
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

rp_secret *otc_token_request(const otc_login *login)
{
    rp_buffer body = RP_BUFFER(ample_size(login));
    rp_json_writer writer = RP_JSON_WRITER(&body);
    rp_secret *request = NULL;

    if (!rp_buffer_reserve(&body, body.max))
        return NULL;
    write_request(&writer, login);
    if (rp_buffer_ok(&body))
        request = rp_secret_new(body.data, body.len);
    rp_buffer_wipe(&body);
    return request;
}

/* ---- the reply ---- */

/* timegm normalises values out of range; a date that was changed is invalid. */
static bool to_seconds(struct tm tm, int64_t *seconds)
{
    struct tm corrected = tm;
    time_t at = timegm(&corrected);

    if (tm.tm_year != corrected.tm_year || tm.tm_mon != corrected.tm_mon || tm.tm_mday != corrected.tm_mday ||
        tm.tm_hour != corrected.tm_hour || tm.tm_min != corrected.tm_min || tm.tm_sec != corrected.tm_sec)
        return false;
    *seconds = (int64_t)at;
    return true;
}

/* scanf takes blanks, signs and fewer digits than the form has; so the form is checked first. */
static bool has_form(const char *text, const char *form)
{
    for (; *form; text++, form++)
        if (*form == '9' ? *text < '0' || *text > '9' : *text != *form)
            return false;
    return true;
}

bool otc_parse_time(const char *text, int64_t *seconds)
{
    static const char form[] = "9999-99-99T99:99:99";
    struct tm tm = {0};
    const char *rest;

    if (!has_form(text, form))
        return false;
    rest = text + sizeof(form) - 1;
    if (*rest == '.') {
        size_t digits = strspn(rest + 1, "0123456789");
        if (digits == 0)
            return false;
        rest += 1 + digits;
    }
    if (strcmp(rest, "Z") != 0)
        return false;
    sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
           &tm.tm_sec);
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    return to_seconds(tm, seconds);
}

static int parse_body(const rp_http_reply *reply, rp_json **out, rp_error **error)
{
    _cleanup_(rp_error_freep) rp_error *why = NULL;
    int result = rp_json_parse(reply->body, reply->body_len, out, &why);

    if (result == 0)
        return 0;
    return rp_error_set(error, result == RP_E_NO_MEMORY ? result : RP_E_LOST, "the reply cannot be read: %s",
                        why->message);
}

/* Keystone's null: until it is revoked. */
static bool never_expires(const rp_json *token, int64_t *expires_at)
{
    if (!rp_json_has(token, "expires_at") ||
        rp_json_type_of(rp_json_get(token, "expires_at")) != RP_JSON_NULL)
        return false;
    *expires_at = INT64_MAX;
    return true;
}

int otc_token_reply(const rp_http_reply *reply, int64_t *expires_at, rp_error **error)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    const rp_json *token;
    const char *text;
    int result;

    if (reply->status != 201)
        return rp_error_set(error, RP_E_LOST, "HTTP %d brings no token", reply->status);
    if (!reply->subject_token)
        return rp_error_set(error, RP_E_LOST, "the reply has no X-Subject-Token");
    if ((result = parse_body(reply, &body, error)) < 0)
        return result;
    token = rp_json_get(body, "token");
    text = rp_json_text(rp_json_get(token, "expires_at"));
    if (text ? otc_parse_time(text, expires_at) : never_expires(token, expires_at))
        return 0;
    return rp_error_set(error, RP_E_LOST, "the reply does not say when the token expires");
}

char *otc_token_project(const rp_http_reply *reply)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    const char *id;

    if (rp_json_parse(reply->body, reply->body_len, &body, NULL) < 0)
        return NULL;
    id = rp_json_text(rp_json_get(rp_json_get(rp_json_get(body, "token"), "project"), "id"));
    return id ? strdup(id) : NULL;
}

/* ---- a refusal ---- */

/* Error formats of the service, the gateway and Keystone; Keystone's code repeats the status. */
static const struct shape {
    const char *within;
    const char *code;
    const char *message;
} shapes[] = {
    {NULL, "error_code", "error_msg"},
    {"error", "code", "message"},
    {NULL, "code", "message"},
    {NULL, "errorCode", "errorMessage"},
};

static const char *words_in(const rp_json *body, const char **code)
{
    for (size_t i = 0; i < rp_count_of(shapes); i++) {
        const rp_json *object = shapes[i].within ? rp_json_get(body, shapes[i].within) : body;
        const char *message = rp_json_text(rp_json_get(object, shapes[i].message));
        *code = rp_json_text(rp_json_get(object, shapes[i].code));
        if (message || *code)
            return message ? message : "no reason given";
    }
    return NULL;
}

static bool repeats(const char *text, const rp_secret *secret)
{
    return text && otc_repeats(text, strlen(text), secret);
}

/* One line, for a log. */
static void flatten(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = ' ';
}

static bool is_html(const rp_http_reply *reply)
{
    const char *start = reply->body + strspn(reply->body, " \t\r\n");

    return rp_starts_with_any_case(start, "<html") || rp_starts_with_any_case(start, "<!doctype html");
}

char *otc_token_refusal(const rp_http_reply *reply, const rp_secret *secret)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    const char *code = NULL, *words;
    char *told;

    rp_json_parse(reply->body, reply->body_len, &body, NULL);
    words = words_in(body, &code);
    if (!words)
        return rp_format("HTTP %d%s", reply->status,
                         is_html(reply) ? " with a page of HTML, which is no answer of the identity service"
                                        : "");
    if (repeats(words, secret) || repeats(code, secret))
        return rp_format("HTTP %d, whose text repeats a secret", reply->status);
    told = code ? rp_format("HTTP %d %.64s: %.*s", reply->status, code, MAX_WORDS_BYTES, words)
                : rp_format("HTTP %d: %.*s", reply->status, MAX_WORDS_BYTES, words);
    if (told)
        flatten(told);
    return told;
}

/* Words alone are in the errors of many a gateway. */
bool otc_is_own_refusal(const rp_http_reply *reply)
{
    _cleanup_(rp_json_freep) rp_json *body = NULL;
    const char *code = NULL;
    int64_t number;

    rp_json_parse(reply->body, reply->body_len, &body, NULL);
    if (words_in(body, &code) && code)
        return true;
    return rp_json_integer(rp_json_get(rp_json_get(body, "error"), "code"), &number);
}
