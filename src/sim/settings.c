#include "sim/settings.h"

#include "sim/sim.h"

static const char *const empties[] = {"object", "array", "null", NULL};
static const char *const whens[] = {"at-once", "at-end", NULL};
static const char *const orders[] = {"insertion", "id", NULL};
static const char *const duplicates[] = {"allow", "refuse", "same-id", NULL};
static const char *const unknowns[] = {"whole", "partial", "ignore", NULL};
static const char *const bads[] = {"request", "job", "job-partial", NULL};
static const char *const expireds[] = {"gateway", "elb", "keystone", NULL};
static const char *const missings[] = {"refuse", "empty", NULL};
static const char *const entity_addresses[] = {"private", "floating", "none", NULL};
static const char *const sub_jobs[] = {"absent", "text", "array", NULL};
static const char *const statuses[] = {"403", "401", "404", "400", NULL};
static const char *const schemes[] = {"both", "access", "credential", NULL};
static const char *const unknown_agencies[] = {"403", "401", "404", NULL};
static const char *const catalog_elbs[] = {"both", "elbv1", "elb", "none", NULL};
static const char *const unscopeds[] = {"main", "domain", NULL};
static const char *const unknown_jobs[] = {"404", "400", NULL};

#define AT(member) offsetof(sim_settings, member)

/* clang-format off: one row a line reads as the table it is. */
const sim_option sim_settings_table[] = {
    {"user", SIM_TEXT, AT(user), "sim-user", NULL, "User who may log in."},
    {"user-id", SIM_TEXT, AT(user_id), "0fe36e73809d46aeae6705c39077b1b3", NULL, "The user's id."},
    {"password", SIM_TEXT, AT(password), "sim-password", NULL, "The user's password."},
    {"domain", SIM_TEXT, AT(domain), "sim-domain", NULL, "The user's domain."},
    {"domain-id", SIM_TEXT, AT(domain_id), "d78cbac186b744899480f25bd022f468", NULL, "The domain's id."},
    {"token", SIM_TEXT, AT(token), RP_SIM_TOKEN, NULL,
     "A token for the project that needs no login and never expires; empty for none."},
    {"access-key", SIM_TEXT, AT(access_key), RP_SIM_ACCESS_KEY, NULL,
     "The user's access key, for signed requests; empty for none."},
    {"secret-key", SIM_TEXT, AT(secret_key), RP_SIM_SECRET_KEY, NULL, "The secret that goes with it."},
    {"security-token", SIM_TEXT, AT(security_token), "", NULL,
     "Makes that key a temporary one: requests need this X-Security-Token."},
    {"metadata", SIM_FLAG, AT(metadata), "yes", NULL,
     "The metadata service has temporary keys: GET /openstack/latest/securitykey; else it answers 404, as on a server without an agency."},
    {"metadata-life-s", SIM_COUNT, AT(metadata_life_s), "86400", NULL, "Lifetime of those keys, in seconds."},
    {"schemes", SIM_WORD, AT(schemes), "both", schemes,
     "Accepted signature schemes: those with Access=, those with Credential=, or both."},
    {"signature-life-s", SIM_COUNT, AT(signature_life_s), "900", NULL,
     "Maximum difference in seconds between X-Sdk-Date and the simulator's clock."},
    {"lock-after", SIM_COUNT, AT(lock_after), "5", NULL,
     "Number of bad signatures in a row after which a key is locked; 0: never."},
    {"lock-s", SIM_COUNT, AT(lock_s), "300", NULL, "How long a key stays locked, in seconds."},
    {"clock-skew-s", SIM_NUMBER, AT(clock_skew_s), "0", NULL,
     "Offset of the simulator's clock, and of its Date header, in seconds; may be negative."},
    {"agency", SIM_TEXT, AT(agency), "sim-agency", NULL, "An agency that the user may assume."},
    {"agency-domain", SIM_TEXT, AT(agency_domain), "sim-delegating", NULL,
     "The domain that owns the agency."},
    {"agency-domain-id", SIM_TEXT, AT(agency_domain_id), "5b1f3a0c4f1d4e5c8a36d1e0a9c4f7b2", NULL,
     "That domain's id."},
    {"delegated", SIM_FLAG, AT(delegated), "no", NULL,
     "The projects belong to the agency's domain: the user's own login, key or token gives no access to them. The token of --token still does."},
    {"unknown-agency", SIM_WORD, AT(unknown_agency), "403", unknown_agencies,
     "Status for an unknown agency."},
    {"project-id", SIM_TEXT, AT(project_id), RP_SIM_PROJECT, NULL, "The project that owns all resources."},
    {"project-name", SIM_TEXT, AT(project_name), "eu-de", NULL, "The project's name."},
    {"projects", SIM_TEXT, AT(projects), "", NULL, "Further, empty projects: ID:NAME,ID:NAME"},
    {"region", SIM_TEXT, AT(region), "eu-de", NULL, "Region of the catalog's endpoints."},
    {"catalog-elb", SIM_WORD, AT(catalog_elb), "both", catalog_elbs,
     "Which catalog entries exist for the classic ELB."},
    {"catalog-url", SIM_TEXT, AT(catalog_url), "", NULL,
     "Base URL of those entries. Default: the simulator's own."},
    {"catalog-elb-path", SIM_TEXT, AT(catalog_elb_path), "", NULL,
     "Path after the base URL in the entry elb; some catalogs have /v1.0."},
    {"catalog-regions", SIM_TEXT, AT(catalog_regions), "", NULL,
     "Further regions, listed first: NAME=URL,NAME=URL with the base URL of the region's services; NAME alone means the simulator itself."},
    {"catalog-interfaces", SIM_TEXT, AT(catalog_interfaces), "public", NULL,
     "Interfaces of each endpoint, in this order, in the same notation as the regions."},
    {"catalog-unscoped", SIM_WORD, AT(catalog_unscoped), "main", unscopeds,
     "Catalog for a signed request without X-Project-Id: that of the main project, or the entries that need no project."},
    {"token-life-s", SIM_COUNT, AT(token_life_s), "86400", NULL, "Lifetime of a token, in seconds."},
    {"token-bytes", SIM_COUNT, AT(token_bytes), "256", NULL,
     "Length of a token. Real tokens can have several thousand bytes."},
    {"expired", SIM_WORD, AT(expired), "gateway", expireds,
     "How an invalid token is refused: 401 APIGW.0301, 400 ELB.1102, or Keystone's 401."},
    {"wrong-project", SIM_WORD, AT(wrong_project), "403", statuses, "Status for a token of another project."},
    {"latency-ms", SIM_COUNT, AT(latency_ms), "0", NULL,
     "Duration of each request: half before the server acts, half after."},
    {"rate-limit", SIM_COUNT, AT(rate_limit), "0", NULL,
     "Maximum requests per second of the ELB API; more get 429 APIGW.0308. 0: no limit."},
    {"retry-after-s", SIM_COUNT, AT(retry_after_s), "0", NULL, "Retry-After of such a 429; 0: no header."},
    {"require-json", SIM_FLAG, AT(require_json), "yes", NULL,
     "Refuse a body whose Content-Type is not application/json."},
    {"job-ms", SIM_COUNT, AT(job_ms), "300", NULL,
     "Duration of a job. Its phases: INIT, RUNNING without entities, RUNNING with entities, SUCCESS."},
    {"job-type", SIM_TEXT, AT(job_type), "addMember", NULL,
     "job_type of an add job; a remove job has removeMember."},
    {"unknown-job", SIM_WORD, AT(unknown_job), "404", unknown_jobs, "Status for an unknown job."},
    {"job-keep-s", SIM_COUNT, AT(job_keep_s), "0", NULL,
     "How long after its end a job stays known; 0: for ever, for the latest 20000 jobs."},
    {"sub-jobs", SIM_WORD, AT(sub_jobs), "absent", sub_jobs, "A job's sub_jobs: absent, \"\" or []."},
    {"conflict", SIM_FLAG, AT(conflict), "no", NULL,
     "Refuse a change with 409 while a job of the same listener runs."},
    {"listed", SIM_WORD, AT(listed), "at-end", whens,
     "When a list shows an add or remove: as soon as it is accepted, or when its job has ended."},
    {"list-lag-ms", SIM_COUNT, AT(list_lag_ms), "0", NULL,
     "With listed at-end: additional delay after the job's end."},
    {"empty", SIM_WORD, AT(empty), "object", empties, "Body of an empty list: {}, [] or null."},
    {"order", SIM_WORD, AT(order), "insertion", orders, "Order of the member list."},
    {"page-cap", SIM_COUNT, AT(page_cap), "0", NULL,
     "Maximum members in one response, whatever limit says; 0: no cap."},
    {"missing-listener", SIM_WORD, AT(missing_listener), "refuse", missings,
     "Response to the member list of a listener that does not exist: 400 ELB.6030, or an empty list."},
    {"shuffle", SIM_FLAG, AT(shuffle), "no", NULL,
     "Return a job's entities in another order than in the request."},
    {"entity-address", SIM_WORD, AT(entity_address), "private", entity_addresses,
     "Which address the entities of an add job have."},
    {"duplicate", SIM_WORD, AT(duplicate), "allow", duplicates,
     "Adding a server and address that is already a member: creates a second member, is refused with 400, or changes nothing and returns the old id."},
    {"duplicate-code", SIM_TEXT, AT(duplicate_code), "ELB.1001", NULL,
     "Error code of that 400; the real one is not known."},
    {"shared-member-ids", SIM_FLAG, AT(shared_member_ids), "no", NULL,
     "A server and address has the same member id in all listeners."},
    {"remove-unknown", SIM_WORD, AT(remove_unknown), "whole", unknowns,
     "An unknown id in a remove: 400 ELB.2012 and nothing is removed; the others are removed and the job FAILs with NOT_FOUND_ERROR; or the id is ignored."},
    {"max-members", SIM_COUNT, AT(max_members), "0", NULL,
     "Maximum members of a listener; more get 403 ELB.2001. 0: no limit."},
    {"max-request", SIM_COUNT, AT(max_request), "0", NULL,
     "Maximum records in one request; more get 400 ELB.1001. 0: no limit."},
    {"bad-address", SIM_TEXT, AT(bad_address), "", NULL,
     "Comma-separated addresses that cannot be added: ELB.2021."},
    {"bad-server", SIM_TEXT, AT(bad_server), "", NULL,
     "Comma-separated server ids that cannot be added: ELB.6006."},
    {"bad-how", SIM_WORD, AT(bad_how), "request", bads,
     "How adding those fails: the request is refused; the job FAILs and adds nothing; the job FAILs and adds the others."},
    {"strict-ids", SIM_FLAG, AT(strict_ids), "yes", NULL,
     "Refuse listener ids that are not 32 lower-case hexadecimal digits: ELB.2010, ELB.2020."},
    {"health", SIM_TEXT, AT(health), "NORMAL", NULL, "health_status of members."},
    {"health-after-ms", SIM_COUNT, AT(health_after_ms), "0", NULL,
     "How long after its job's end a new member stays UNAVAILABLE."},
    {"log-size", SIM_COUNT, AT(log_size), "10000", NULL,
     "Number of requests the log keeps; at most 1000000."},
    {0}};
/* clang-format on */
