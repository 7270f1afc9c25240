/*
 * Settings: behaviour of the service that is unknown or varies.
 */
#ifndef RP_SIM_SETTINGS_H
#define RP_SIM_SETTINGS_H

#include "sim/options.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SIM_EMPTY_OBJECT,
    SIM_EMPTY_ARRAY,
    SIM_EMPTY_NULL
};
enum {
    SIM_LISTED_AT_ONCE,
    SIM_LISTED_AT_END
};
enum {
    SIM_ORDER_INSERTION,
    SIM_ORDER_ID
};
enum {
    SIM_DUPLICATE_ALLOW,
    SIM_DUPLICATE_REFUSE,
    SIM_DUPLICATE_SAME_ID
};
enum {
    SIM_UNKNOWN_WHOLE,
    SIM_UNKNOWN_PARTIAL,
    SIM_UNKNOWN_IGNORE
};
enum {
    SIM_BAD_REQUEST,
    SIM_BAD_JOB,
    SIM_BAD_JOB_PARTIAL
};
enum {
    SIM_EXPIRED_GATEWAY,
    SIM_EXPIRED_ELB,
    SIM_EXPIRED_KEYSTONE
};
enum {
    SIM_MISSING_REFUSE,
    SIM_MISSING_EMPTY
};
enum {
    SIM_SUB_JOBS_ABSENT,
    SIM_SUB_JOBS_TEXT,
    SIM_SUB_JOBS_ARRAY
};
enum {
    SIM_ENTITY_PRIVATE,
    SIM_ENTITY_FLOATING,
    SIM_ENTITY_NONE
};

enum {
    SIM_SCHEME_BOTH,
    SIM_SCHEME_ACCESS,
    SIM_SCHEME_CREDENTIAL
};
enum {
    SIM_CATALOG_BOTH,
    SIM_CATALOG_ELBV1,
    SIM_CATALOG_ELB,
    SIM_CATALOG_NONE
};
enum {
    SIM_UNSCOPED_MAIN,
    SIM_UNSCOPED_DOMAIN
};

typedef struct sim_settings {
    char *user, *user_id, *password, *domain, *domain_id, *token;
    char *project_id, *project_name, *projects, *region;
    char *access_key, *secret_key, *security_token;
    bool metadata;
    uint32_t metadata_life_s;
    int schemes;
    uint32_t signature_life_s, lock_after, lock_s;
    int32_t clock_skew_s;
    char *agency, *agency_domain, *agency_domain_id;
    bool delegated;
    int unknown_agency;
    int catalog_elb, catalog_unscoped;
    char *catalog_url, *catalog_elb_path, *catalog_regions, *catalog_interfaces;
    uint32_t token_life_s, token_bytes;
    int expired, wrong_project;
    uint32_t latency_ms, rate_limit, retry_after_s;
    bool require_json;
    uint32_t job_ms;
    char *job_type;
    int unknown_job;
    uint32_t job_keep_s;
    int sub_jobs;
    bool conflict;
    int listed;
    uint32_t list_lag_ms;
    int empty;
    int order;
    uint32_t page_cap;
    int missing_listener;
    bool shuffle;
    int entity_address;
    int duplicate;
    char *duplicate_code;
    bool shared_member_ids;
    int remove_unknown;
    uint32_t max_members, max_request;
    char *bad_address, *bad_server;
    int bad_how;
    bool strict_ids;
    char *health;
    uint32_t health_after_ms;
    uint32_t log_size;
} sim_settings;

extern const sim_option sim_settings_table[];

#endif
