#include "sim/reply.h"

#include "base/text.h"

#include <string.h>

const char *const sim_shape_names[] = {"auto",       "elb",  "gateway", "keystone", "flat",
                                       "error-code", "html", "text",    "empty",    NULL};

/* The ELB codes and their words are those of the API reference's error table. */
/* clang-format off */
static const struct refusal {
    unsigned status;
    sim_shape shape;
    const char *code, *message;
} refusals[] = {
    [SIM_NO_SUCH_API] = {404, SIM_SHAPE_GATEWAY, "APIGW.0101", "The API does not exist or has not been published in the environment"},
    [SIM_NO_MEMORY] = {500, SIM_SHAPE_TEXT, NULL, "the simulator is out of memory"},
    [SIM_NO_TOKEN] = {401, SIM_SHAPE_GATEWAY, "APIGW.0301", "Incorrect IAM authentication information: x-auth-token not found"},
    [SIM_TOKEN_EXPIRED] = {401, SIM_SHAPE_GATEWAY, "APIGW.0301", "Incorrect IAM authentication information: token expires, expires_at:2015-11-09T01:42:57.527363Z"},
    [SIM_TOKEN_EXPIRED_ELB] = {400, SIM_SHAPE_ELB, "ELB.1102", "Token invalid"},
    [SIM_BAD_SIGNATURE] = {401, SIM_SHAPE_GATEWAY, "APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail"},
    [SIM_BAD_SECURITY_TOKEN] = {401, SIM_SHAPE_GATEWAY, "APIGW.0301", "Incorrect IAM authentication information: decrypt token fail"},
    [SIM_KEY_LOCKED] = {401, SIM_SHAPE_GATEWAY, "APIGW.0301", "Incorrect IAM authentication information: AK access failed to reach the limit,forbidden"},
    [SIM_NOT_LOGGED_IN] = {401, SIM_SHAPE_KEYSTONE, "401", "The request you have made requires authentication."},
    [SIM_WRONG_PASSWORD] = {401, SIM_SHAPE_KEYSTONE, "401", "The username or password is wrong."},
    [SIM_BAD_LOGIN] = {400, SIM_SHAPE_KEYSTONE, "400", "Request parameter is invalid."},
    [SIM_NO_SUCH_SCOPE] = {401, SIM_SHAPE_KEYSTONE, "401", "The token has no such project or domain."},
    [SIM_THROTTLED] = {429, SIM_SHAPE_GATEWAY, "APIGW.0308", "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:1 second"},
    [SIM_BODY_TOO_LARGE] = {413, SIM_SHAPE_GATEWAY, "APIGW.0201", "Request entity too large"},
    [SIM_BODY_MISSING] = {400, SIM_SHAPE_ELB, "ELB.0002", "Api request is null."},
    [SIM_BODY_INVALID] = {400, SIM_SHAPE_ELB, "ELB.1001", "request parameter is not valid"},
    [SIM_LISTENER_ID_LENGTH] = {400, SIM_SHAPE_ELB, "ELB.6000", "Listener ID length is not correct."},
    [SIM_LISTENER_ID_CONTENT] = {400, SIM_SHAPE_ELB, "ELB.6010", "Listener ID content is not correct."},
    [SIM_MEMBER_LISTENER_ID_LENGTH] = {400, SIM_SHAPE_ELB, "ELB.2010", "Member listener ID length is not correct."},
    [SIM_MEMBER_LISTENER_ID_CONTENT] = {400, SIM_SHAPE_ELB, "ELB.2020", "Member listener ID content is not correct."},
    [SIM_MEMBER_LISTENER_MISSING] = {400, SIM_SHAPE_ELB, "ELB.2011", "Add member listener is not exist."},
    [SIM_MEMBER_ADDRESS] = {400, SIM_SHAPE_ELB, "ELB.2021", "Request parameters error, member address is null."},
    [SIM_MEMBER_SERVER] = {400, SIM_SHAPE_ELB, "ELB.6006", "Query ECS failed."},
    [SIM_MEMBER_LIMIT] = {403, SIM_SHAPE_ELB, "ELB.2001", "Create member failed, the total amount of members exceeds the system setting."},
    [SIM_MEMBER_REMOVE_INPUT] = {400, SIM_SHAPE_ELB, "ELB.2002", "Delete member input param error."},
    [SIM_MEMBER_MISSING] = {400, SIM_SHAPE_ELB, "ELB.2012", "This member is not exist."},
    [SIM_LISTENER_MISSING] = {400, SIM_SHAPE_ELB, "ELB.6030", "find listener failed"},
    [SIM_LISTENER_INPUT] = {400, SIM_SHAPE_ELB, "ELB.6001", "Request parameters error, \"name\" is nil."},
    [SIM_LISTENER_PROTOCOL] = {400, SIM_SHAPE_ELB, "ELB.6061", "Request parameters error, listener protocol is not valid."},
    [SIM_LISTENER_PORT] = {400, SIM_SHAPE_ELB, "ELB.6041", "Request parameters error, listener port is not in 1 ~ 65535."},
    [SIM_LISTENER_PORT_TAKEN] = {400, SIM_SHAPE_ELB, "ELB.6101", "listener exist, the port repeat"},
    [SIM_LOADBALANCER_MISSING] = {400, SIM_SHAPE_ELB, "ELB.1003", "Lb not exist."},
    [SIM_HEALTHCHECK_LISTENER] = {400, SIM_SHAPE_ELB, "ELB.7010", "Healthcheck listener is not exist."},
    [SIM_HEALTHCHECK_MISSING] = {400, SIM_SHAPE_ELB, "ELB.7020", "This healthcheck is not exist."},
    [SIM_JOB_MISSING] = {404, SIM_SHAPE_FLAT, "404", "job not found"},
    [SIM_JOB_INVALID] = {400, SIM_SHAPE_ELB, "ELB.1001", "request parameter is not valid"},
    [SIM_BUSY] = {409, SIM_SHAPE_GATEWAY, "ELB.8907", "The listener is being changed by another request"},
};

/* What a status is usually answered with when a rule names no shape, code or message. */
static const struct usual {
    unsigned status;
    sim_shape shape;
    const char *code, *message, *title;
} usuals[] = {
    {400, SIM_SHAPE_ELB, "ELB.1001", "request parameter is not valid", "Bad Request"},
    {401, SIM_SHAPE_GATEWAY, "APIGW.0301", "Incorrect IAM authentication information: decrypt token fail", "Unauthorized"},
    {403, SIM_SHAPE_GATEWAY, "APIGW.0302", "The IAM user is not authorized to access the API", "Forbidden"},
    {404, SIM_SHAPE_GATEWAY, "APIGW.0101", "The API does not exist or has not been published in the environment", "Not Found"},
    {409, SIM_SHAPE_GATEWAY, "ELB.8907", "The listener is being changed by another request", "Conflict"},
    {429, SIM_SHAPE_GATEWAY, "APIGW.0308", "The throttling threshold has been reached: policy user over ratelimit,limit:200,time:1 second", "Too Many Requests"},
    {500, SIM_SHAPE_GATEWAY, "APIGW.0601", "Internal server error", "Internal Server Error"},
    {502, SIM_SHAPE_GATEWAY, "APIGW.0201", "Backend unavailable", "Bad Gateway"},
    {503, SIM_SHAPE_GATEWAY, "APIGW.0613", "Service unavailable", "Service Unavailable"},
    {504, SIM_SHAPE_GATEWAY, "APIGW.0201", "Backend timeout", "Gateway Time-out"},
    {0, SIM_SHAPE_ELB, "ELB.9001", "Interval ELB create VM error.", "Error"}, /* spelt as printed */
};
/* clang-format on */

static const struct usual elb_unauthorized = {401, SIM_SHAPE_ELB, "ELB.1102", "Token invalid", ""};

static const struct usual *usual_of(unsigned status)
{
    const struct usual *row = usuals;

    while (row->status && row->status != status)
        row++;
    return row;
}

static void write_nested(rp_json_writer *writer, const struct refusal *what)
{
    rp_write_begin(writer, '{');
    rp_write_name(writer, "error");
    rp_write_begin(writer, '{');
    if (what->shape == SIM_SHAPE_KEYSTONE)
        rp_write_integer_member(writer, "code", what->status);
    rp_write_text_member(writer, "message", what->message);
    if (what->shape == SIM_SHAPE_KEYSTONE)
        rp_write_text_member(writer, "title", usual_of(what->status)->title);
    else
        rp_write_text_member(writer, "code", what->code);
    rp_write_end(writer, '}');
    rp_write_end(writer, '}');
}

static void write_flat(rp_json_writer *writer, const struct refusal *what, const char *request_id)
{
    static const char *const names[][2] = {[SIM_SHAPE_GATEWAY] = {"error_msg", "error_code"},
                                           [SIM_SHAPE_FLAT] = {"message", "code"},
                                           [SIM_SHAPE_ERROR_CODE] = {"errorMessage", "errorCode"}};
    rp_write_begin(writer, '{');
    rp_write_text_member(writer, names[what->shape][0], what->message);
    rp_write_text_member(writer, names[what->shape][1], what->code);
    if (what->shape == SIM_SHAPE_GATEWAY)
        rp_write_text_member(writer, "request_id", request_id);
    rp_write_end(writer, '}');
}

static void write_prose(sim_reply *reply, const struct refusal *what)
{
    const char *title = usual_of(what->status)->title;

    if (what->shape == SIM_SHAPE_HTML) {
        reply->type = "text/html";
        rp_buffer_format(&reply->body,
                         "<html>\r\n<head><title>%u %s</title></head>\r\n<body>\r\n<center><h1>%u %s</h1>"
                         "</center>\r\n<hr><center>%s</center>\r\n</body>\r\n</html>\r\n",
                         what->status, title, what->status, title, what->message);
        return;
    }
    reply->type = "text/plain";
    rp_buffer_add_text(&reply->body, what->message);
}

static void write_error(sim_reply *reply, const struct refusal *what)
{
    rp_json_writer writer = RP_JSON_WRITER(&reply->body);

    sim_reply_clear(reply);
    reply->status = what->status;
    switch (what->shape) {
    case SIM_SHAPE_AUTO:
    case SIM_SHAPE_ELB:
    case SIM_SHAPE_KEYSTONE:
        write_nested(&writer, what);
        break;
    case SIM_SHAPE_GATEWAY:
    case SIM_SHAPE_FLAT:
    case SIM_SHAPE_ERROR_CODE:
        write_flat(&writer, what, reply->request_id);
        break;
    case SIM_SHAPE_HTML:
    case SIM_SHAPE_TEXT:
        write_prose(reply, what);
        break;
    case SIM_SHAPE_EMPTY:
        break;
    }
}

void sim_refuse(sim_reply *reply, sim_refusal refusal)
{
    write_error(reply, &refusals[refusal]);
}

void sim_reply_error(sim_reply *reply, sim_shape shape, unsigned status, const char *code,
                     const char *message)
{
    const struct usual *usual = usual_of(status);
    struct refusal what = {.status = status, .shape = shape, .code = code, .message = message};

    if (shape == SIM_SHAPE_AUTO)
        what.shape = code && rp_starts_with(code, "ELB.") ? SIM_SHAPE_ELB : usual->shape;
    /* Another shape means another server, whose codes are others. */
    if (what.shape == SIM_SHAPE_ELB && usual->shape != SIM_SHAPE_ELB)
        usual = status == 401 ? &elb_unauthorized : usual_of(0);
    what.code = code && *code ? code : usual->code;
    what.message = message && *message ? message : usual->message;
    write_error(reply, &what);
}

void sim_reply_header(sim_reply *reply, const char *name, const char *value)
{
    char *copy;

    if (reply->n_headers == SIM_MAX_HEADERS || !(copy = strdup(value)))
        return;
    reply->headers[reply->n_headers].name = name;
    reply->headers[reply->n_headers++].value = copy;
}

void sim_reply_init(sim_reply *reply)
{
    *reply = (sim_reply){.status = 200, .type = "application/json", .body = RP_BUFFER(SIM_MAX_REPLY)};
}

void sim_reply_done(sim_reply *reply)
{
    rp_buffer_done(&reply->body);
    while (reply->n_headers)
        free(reply->headers[--reply->n_headers].value);
}

void sim_reply_clear(sim_reply *reply)
{
    char request_id[sizeof(reply->request_id)];
    int64_t date_s = reply->date_s;

    memcpy(request_id, reply->request_id, sizeof(request_id));
    sim_reply_done(reply);
    sim_reply_init(reply);
    memcpy(reply->request_id, request_id, sizeof(request_id));
    reply->date_s = date_s;
}
