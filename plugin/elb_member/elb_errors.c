/*
 * What the server's refusals mean: one row each. The codes are those of the
 * classic ELB API reference ("Error Codes"), of the API gateway, and two that
 * only live servers sent: ELB.2050 and NOT_FOUND_ERROR, inside failed jobs.
 *
 * A row that blames the record lets a refused batch be halved; one that blames
 * the whole ends it; one that blames the server leaves open what it did.
 */
#include "elb_errors.h"

#include "resource_plugin.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* What several codes say alike: status, diagnostic, retryable, blame, meaning. */
#define BAD_REQUEST RP_INVALID_ARGUMENT, "elb.bad_request", false, BLAME_WHOLE, MEANS_NOTHING_MORE
#define BAD_RECORD  RP_INVALID_ARGUMENT, "elb.bad_request", false, BLAME_RECORD, MEANS_NOTHING_MORE
#define BAD_LOAD_BALANCER                                                                                    \
    RP_INVALID_ARGUMENT, "elb.load_balancer_invalid", false, BLAME_WHOLE, MEANS_NOTHING_MORE
#define BAD_LISTENER    RP_INVALID_ARGUMENT, "elb.listener_invalid", false, BLAME_WHOLE, MEANS_NOTHING_MORE
#define BAD_LISTENER_ID RP_INVALID_ARGUMENT, "elb.listener_id_invalid", false, BLAME_WHOLE, MEANS_NOTHING_MORE
#define BAD_HEALTH_CHECK                                                                                     \
    RP_INVALID_ARGUMENT, "elb.health_check_invalid", false, BLAME_WHOLE, MEANS_NOTHING_MORE
/* Not RP_NOT_FOUND, which would say of a member that it is gone. */
#define NO_HEALTH_CHECK                                                                                      \
    RP_INVALID_ARGUMENT, "elb.health_check_not_found", false, BLAME_WHOLE, MEANS_NOTHING_MORE
#define PARENT_GONE     RP_NOT_FOUND, "elb.parent_not_found", false, BLAME_WHOLE, MEANS_PARENT_GONE
#define MEMBER_GONE     RP_NOT_FOUND, "elb.member_not_found", false, BLAME_RECORD, MEANS_MEMBER_GONE
#define BAD_TOKEN       RP_UNAUTHENTICATED, "elb.token_invalid", false, BLAME_WHOLE, MEANS_NOTHING_MORE
#define UNAUTHENTICATED RP_UNAUTHENTICATED, "elb.unauthenticated", false, BLAME_WHOLE, MEANS_NOTHING_MORE
#define FORBIDDEN       RP_PERMISSION_DENIED, "elb.forbidden", false, BLAME_WHOLE, MEANS_NOTHING_MORE
#define NO_SUCH_API     RP_UNSUPPORTED, "elb.no_such_api", false, BLAME_WHOLE, MEANS_NOTHING_MORE
#define THROTTLED       RP_THROTTLED, "elb.throttled", true, BLAME_WHOLE, MEANS_THROTTLED
#define CONFLICT        RP_CONFLICT, "elb.conflict", true, BLAME_WHOLE, MEANS_CONFLICT
#define TOO_LARGE       RP_INVALID_ARGUMENT, "elb.request_too_large", false, BLAME_RECORD
#define SERVER_FAULT    RP_UNAVAILABLE, "elb.server_fault", true, BLAME_SERVER, MEANS_NOTHING_MORE
/* Somebody else has answered; the request went nowhere, or what the service did is left open. */
#define NOWHERE RP_UNAVAILABLE, "elb.not_the_service", true, BLAME_WHOLE, MEANS_NOT_THE_SERVICE
/* The server knows nothing of what the path names; of what, the code does not say. */
#define UNKNOWN        RP_UNAVAILABLE, "elb.not_the_service", true, BLAME_WHOLE, MEANS_NOTHING_MORE
#define NO_PROXY_LOGIN RP_UNAVAILABLE, "elb.not_the_service", true, BLAME_WHOLE, MEANS_NOTHING_MORE
#define PAGE    RP_UNAVAILABLE, "elb.not_the_service", true, BLAME_SERVER, MEANS_NOT_THE_SERVICE

static const elb_error_row by_code[] = {
    {400, "ELB.0002", BAD_REQUEST},
    {400, "ELB.0004", SERVER_FAULT},
    {400, "ELB.0230", RP_INVALID_ARGUMENT, "elb.project_invalid", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
    {400, "ELB.1000", BAD_REQUEST},
    {400, "ELB.1001", BAD_RECORD},
    {404, "ELB.1002", PARENT_GONE},
    {400, "ELB.1003", PARENT_GONE},
    {400, "ELB.1004", BAD_REQUEST},
    {400, "ELB.1005", BAD_LOAD_BALANCER},
    {400, "ELB.1007", SERVER_FAULT},
    {400, "ELB.1008", RP_CONFLICT, "elb.load_balancer_in_use", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
    {400, "ELB.1010", SERVER_FAULT},
    {400, "ELB.1012", SERVER_FAULT},
    {400, "ELB.1013", SERVER_FAULT},
    {400, "ELB.1014", SERVER_FAULT},
    {400, "ELB.1015", BAD_LOAD_BALANCER},
    {400, "ELB.1018", RP_CONFLICT, "elb.load_balancer_in_use", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
    {400, "ELB.1020", BAD_LOAD_BALANCER},
    {400, "ELB.1021", BAD_LOAD_BALANCER},
    {400, "ELB.1025", BAD_LOAD_BALANCER},
    {400, "ELB.1030", BAD_REQUEST},
    {400, "ELB.1031", BAD_LOAD_BALANCER},
    {400, "ELB.1035", BAD_LOAD_BALANCER},
    {400, "ELB.1041", BAD_LOAD_BALANCER},
    {400, "ELB.1045", BAD_LOAD_BALANCER},
    {400, "ELB.1051", BAD_LOAD_BALANCER},
    {400, "ELB.1061", BAD_LOAD_BALANCER},
    {400, "ELB.1071", BAD_LOAD_BALANCER},
    {400, "ELB.1081", BAD_LOAD_BALANCER},
    {403, "ELB.1091", RP_QUOTA_EXCEEDED, "elb.load_balancer_quota", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
    {400, "ELB.1101", RP_CONFLICT, "elb.address_in_use", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
    {400, "ELB.1102", BAD_TOKEN},
    {400, "ELB.1103", BAD_TOKEN},
    {400, "ELB.1104", BAD_TOKEN},
    {400, "ELB.1105", BAD_TOKEN},
    {400, "ELB.1109", RP_PERMISSION_DENIED, "elb.account_not_verified", false, BLAME_WHOLE,
     MEANS_NOTHING_MORE},
    {400, "ELB.1201", SERVER_FAULT},
    {400, "ELB.2000", BAD_REQUEST},
    {403, "ELB.2001", RP_QUOTA_EXCEEDED, "elb.member_quota", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
    {400, "ELB.2002", BAD_RECORD},
    {400, "ELB.2003", SERVER_FAULT},
    {400, "ELB.2005", SERVER_FAULT},
    {400, "ELB.2010", BAD_LISTENER_ID},
    {400, "ELB.2011", PARENT_GONE},
    {400, "ELB.2012", MEMBER_GONE},
    {400, "ELB.2020", BAD_LISTENER_ID},
    {400, "ELB.2021", RP_INVALID_ARGUMENT, "elb.address_invalid", false, BLAME_RECORD, MEANS_NOTHING_MORE},
    {400, "ELB.3001", SERVER_FAULT},
    {400, "ELB.3002", SERVER_FAULT},
    {400, "ELB.3003", SERVER_FAULT},
    {400, "ELB.3004", SERVER_FAULT},
    {400, "ELB.3005", SERVER_FAULT},
    {400, "ELB.4001", SERVER_FAULT},
    {400, "ELB.4002", SERVER_FAULT},
    {400, "ELB.4003", SERVER_FAULT},
    {400, "ELB.4004", SERVER_FAULT},
    {400, "ELB.4005", SERVER_FAULT},
    {400, "ELB.5003", SERVER_FAULT},
    {400, "ELB.5005", SERVER_FAULT},
    {400, "ELB.6000", BAD_LISTENER_ID},
    {400, "ELB.6001", BAD_LISTENER},
    {503, "ELB.6002", PARENT_GONE},
    {400, "ELB.6003", BAD_REQUEST},
    {400, "ELB.6004", SERVER_FAULT},
    {400, "ELB.6006", RP_INVALID_ARGUMENT, "elb.server_not_usable", false, BLAME_RECORD, MEANS_NOTHING_MORE},
    {400, "ELB.6010", BAD_LISTENER_ID},
    {400, "ELB.6011", BAD_LISTENER},
    {400, "ELB.6015", BAD_LISTENER},
    {400, "ELB.6020", BAD_REQUEST},
    {400, "ELB.6021", BAD_LISTENER},
    {400, "ELB.6025", BAD_LISTENER},
    {400, "ELB.6030", PARENT_GONE},
    {400, "ELB.6031", BAD_LISTENER},
    {400, "ELB.6035", BAD_LISTENER},
    {400, "ELB.6040", PARENT_GONE},
    {400, "ELB.6041", BAD_LISTENER},
    {400, "ELB.6045", BAD_LISTENER},
    {400, "ELB.6051", BAD_LISTENER},
    {400, "ELB.6061", BAD_LISTENER},
    {400, "ELB.6071", BAD_LISTENER},
    {400, "ELB.6081", BAD_LISTENER},
    {403, "ELB.6091", RP_QUOTA_EXCEEDED, "elb.listener_quota", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
    {400, "ELB.6101", RP_CONFLICT, "elb.listener_port_in_use", false, BLAME_WHOLE, MEANS_NOTHING_MORE},
    {400, "ELB.7000", BAD_HEALTH_CHECK},
    {400, "ELB.7001", BAD_HEALTH_CHECK},
    {400, "ELB.7002", BAD_HEALTH_CHECK},
    {400, "ELB.7004", BAD_HEALTH_CHECK},
    {400, "ELB.7010", PARENT_GONE},
    {400, "ELB.7014", NO_HEALTH_CHECK},
    {400, "ELB.7020", NO_HEALTH_CHECK},
    {400, "ELB.8001", SERVER_FAULT},
    {400, "ELB.8101", SERVER_FAULT},
    {400, "ELB.8102", SERVER_FAULT},
    {400, "ELB.8103", SERVER_FAULT},
    {400, "ELB.8201", SERVER_FAULT},
    {400, "ELB.8202", SERVER_FAULT},
    {400, "ELB.8203", SERVER_FAULT},
    {400, "ELB.9001", SERVER_FAULT},
    {400, "ELB.9002", SERVER_FAULT},
    {400, "ELB.9003", SERVER_FAULT},
    {400, "ELB.9006", SERVER_FAULT},
    {400, "ELB.9007", SERVER_FAULT},
    {400, "ELB.9023", SERVER_FAULT},
    {400, "ELB.9033", SERVER_FAULT},
    {400, "ELB.9043", SERVER_FAULT},
    {400, "ELB.9061", SERVER_FAULT},
    {400, "ELB.9062", SERVER_FAULT},
    {400, "ELB.9063", SERVER_FAULT},
    {400, "ELB.9064", SERVER_FAULT},

    /* Seen, not printed. */
    {400, "ELB.2050", PARENT_GONE},
    {400, "NOT_FOUND_ERROR", MEMBER_GONE},

    /* The API gateway before the service ("APIG." and "APIGW." alike). */
    {404, "APIGW.0101", NO_SUCH_API},
    {401, "APIGW.0301", BAD_TOKEN},
    {403, "APIGW.0302", FORBIDDEN},
    {401, "APIGW.0303", UNAUTHENTICATED},
    {401, "APIGW.0305", UNAUTHENTICATED},
    {403, "APIGW.0306", FORBIDDEN},
    {401, "APIGW.0307", BAD_TOKEN},
    {429, "APIGW.0308", THROTTLED},
    {500, "APIGW.0601", SERVER_FAULT},
    {503, "APIGW.0613", SERVER_FAULT},
};

/*
 * For a reply whose code says nothing, by HTTP status: what it means in the service's own words, and what a
 * page means that somebody on the way there has written in its stead.
 *
 * Of a page only its status is known. Whoever writes one may have seen the service's answer first (filters
 * replace answers), so that a page leaves open what the service did, unless its status says that the request
 * was not passed on: there was nowhere to pass it to (404), its method (405), its size (413, 414, 431) or the
 * proxy's own credentials (407) were not right. 401, 409 and 429 say of any author that the request was not
 * carried out (RFC 9110, 15.5; RFC 6585). A page that answers a GET says nothing of what was asked for: it is
 * asked again.
 */
static const struct {
    elb_error_row own, page;
} by_status[] = {
    {{400, NULL, BAD_RECORD}, {400, NULL, PAGE}},
    {{401, NULL, UNAUTHENTICATED}, {401, NULL, UNAUTHENTICATED}},
    {{403, NULL, FORBIDDEN},
     {403, NULL, RP_PERMISSION_DENIED, "elb.forbidden", false, BLAME_SERVER, MEANS_NOT_THE_SERVICE}},
    {{404, NULL, UNKNOWN}, {404, NULL, NOWHERE}},
    {{405, NULL, NO_SUCH_API},
     {405, NULL, RP_UNSUPPORTED, "elb.no_such_api", false, BLAME_WHOLE, MEANS_NOT_THE_SERVICE}},
    {{407, NULL, NO_PROXY_LOGIN}, {407, NULL, NO_PROXY_LOGIN}},
    {{408, NULL, SERVER_FAULT}, {408, NULL, SERVER_FAULT}},
    {{409, NULL, CONFLICT}, {409, NULL, CONFLICT}},
    {{413, NULL, TOO_LARGE, MEANS_NOTHING_MORE}, {413, NULL, TOO_LARGE, MEANS_NOT_THE_SERVICE}},
    {{414, NULL, BAD_RECORD}, {414, NULL, NOWHERE}},
    {{429, NULL, THROTTLED}, {429, NULL, THROTTLED}},
    {{431, NULL, BAD_REQUEST}, {431, NULL, NOWHERE}},
    /* Another 4xx, after which the table ends. */
    {{0, NULL, BAD_RECORD}, {0, NULL, PAGE}},
};

static const elb_error_row service_404 = {404,   NULL,        RP_NOT_FOUND,     "elb.parent_not_found",
                                          false, BLAME_WHOLE, MEANS_PARENT_GONE};
static const elb_error_row any_5xx = {500, NULL, SERVER_FAULT};
static const elb_error_row unexpected = {0,    NULL,        RP_UNAVAILABLE,    "elb.unexpected_status",
                                         true, BLAME_WHOLE, MEANS_NOTHING_MORE};
/* A redirect commonly comes after a POST was carried out. */
static const elb_error_row redirect = {300,  NULL,         RP_UNAVAILABLE,       "elb.unexpected_status",
                                       true, BLAME_SERVER, MEANS_NOT_THE_SERVICE};
static const elb_error_row poll_page = {0, NULL, NOWHERE};

const elb_error_row *elb_error_by_code(const char *code)
{
    char gateway[16];

    if (rp_starts_with(code, "APIG.") && strlen(code) == strlen("APIG.0000")) {
        strcpy(gateway, "APIGW.");
        strcat(gateway, code + strlen("APIG."));
        code = gateway;
    }
    for (size_t i = 0; i < rp_count_of(by_code); i++)
        if (!strcmp(by_code[i].server_code, code))
            return &by_code[i];
    return NULL;
}

bool elb_error_is_of_the_service(int http_status, const char *code)
{
    char status[16];

    snprintf(status, sizeof(status), "%d", http_status);
    return rp_starts_with(code, "ELB.") || !strcmp(code, status);
}

/* The service's codes, those of the gateway before it and of the IAM behind both. */
static bool is_own_code(int http_status, const char *code)
{
    static const char *const others[] = {"APIG.", "APIGW.", "IAM."};

    for (size_t i = 0; i < rp_count_of(others); i++)
        if (rp_starts_with(code, others[i]))
            return true;
    return elb_error_is_of_the_service(http_status, code);
}

/* 307 and 308 ask to send the same request elsewhere: here it was not carried out (RFC 9110, 15.4). */
static bool leaves_open(int redirect_status)
{
    return redirect_status >= 300 && redirect_status != 307 && redirect_status != 308;
}

static const elb_error_row *row_of_status(int http_status, const char *code)
{
    size_t i = 0;

    /* Such a 404 is the service's own word on the path, that is on the listener. */
    if (http_status == 404 && rp_starts_with(code, "ELB."))
        return &service_404;
    if (http_status >= 500)
        return &any_5xx;
    if (http_status < 400)
        return leaves_open(http_status) ? &redirect : &unexpected;
    while (by_status[i].own.http_status && by_status[i].own.http_status != http_status)
        i++;
    return is_own_code(http_status, code) ? &by_status[i].own : &by_status[i].page;
}

const elb_error_row *elb_error_not_the_service(void)
{
    return &poll_page;
}

const elb_error_row *elb_error_of(int http_status, const char *code)
{
    const elb_error_row *row = elb_error_by_code(code);

    if (!row)
        return row_of_status(http_status, code);
    /* A 5xx says that the server failed, whatever else it says, unless the code is printed with that status.
     */
    return http_status >= 500 && row->http_status < 500 ? &any_5xx : row;
}
