/*
 * Options that several verbs have.
 */
#ifndef RP_CLI_VERBS_OPTIONS_H
#define RP_CLI_VERBS_OPTIONS_H

#include "cli/settings.h"

// clang-format off
#define RP_OPTION(name, kind, member, value, about) {name, kind, offsetof(rp_settings, member), value, about}

#define RP_CONFIG_OPTION \
    RP_OPTION("file", RP_OPTION_TEXT, file, "FILE", "the configuration; default: resources.yaml")
#define RP_STATE_OPTION \
    RP_OPTION("state", RP_OPTION_TEXT, state, "FILE", "the state; default: the configuration's name with .db")
#define RP_LOCK_OPTION \
    RP_OPTION("lock-timeout", RP_OPTION_DURATION, lock_timeout_ms, "TIME", \
              "wait this long for a state that another rp has locked, such as 10s or 5m")
#define RP_FORCE_OPTION \
    RP_OPTION("force", RP_OPTION_SWITCH, force, NULL, "use a state on a network file system")
#define RP_JSON_OPTION \
    RP_OPTION("json", RP_OPTION_SWITCH, json, NULL, "print JSON, one object a line")
#define RP_COLOR_OPTION \
    RP_OPTION("no-color", RP_OPTION_SWITCH, no_color, NULL, \
              "no colors; default where NO_COLOR is set or the output is not a terminal")
#define RP_EVENTS_OPTION \
    RP_OPTION("events", RP_OPTION_FLAG, events, NULL, \
              "print the plugin's events on standard error: in words on a terminal, else JSON")
#define RP_TIMEOUT_OPTION \
    RP_OPTION("timeout", RP_OPTION_DURATION, timeout_ms, "TIME", \
              "time limit of one call of the plugin, such as 90s or 10m; default: the plugin's own")
#define RP_TARGET_OPTION \
    RP_OPTION("target", RP_OPTION_TEXTS, targets, "ADDRESS", \
              "only this object, or all objects of this resource; may be repeated")
#define RP_REPLACE_OPTION \
    RP_OPTION("replace", RP_OPTION_TEXTS, replace, "ADDRESS", \
              "replace this object even if nothing differs; may be repeated")
#define RP_REFRESH_OPTION \
    RP_OPTION("refresh", RP_OPTION_UNSWITCH, no_refresh, NULL, \
              "-refresh=false: do not read the objects, trust the state")
#define RP_PARALLELISM_OPTION \
    RP_OPTION("parallelism", RP_OPTION_COUNT, parallelism, "N", "at most N records in one call of the plugin")
#define RP_APPROVE_OPTION \
    RP_OPTION("auto-approve", RP_OPTION_SWITCH, auto_approve, NULL, "do not ask for confirmation")
#define RP_MAX_DESTROY_OPTION \
    RP_OPTION("max-destroy", RP_OPTION_COUNT, max_destroy, "N", "refuse a plan that destroys more than N objects")
#define RP_ADOPT_OPTION \
    RP_OPTION("adopt", RP_OPTION_SWITCH, adopt, NULL, \
              "take objects that exist already into the state instead of creating them")
#define RP_VERBOSE_OPTION \
    RP_OPTION("verbose", RP_OPTION_SWITCH, verbose, NULL, "show every attribute in the plan")

#define RP_FILE_OPTIONS   RP_CONFIG_OPTION, RP_STATE_OPTION, RP_LOCK_OPTION, RP_FORCE_OPTION
#define RP_OUTPUT_OPTIONS RP_JSON_OPTION, RP_COLOR_OPTION
#define RP_CALL_OPTIONS   RP_TIMEOUT_OPTION, RP_PARALLELISM_OPTION, RP_EVENTS_OPTION
#define RP_PLAN_OPTIONS \
    RP_TARGET_OPTION, RP_REPLACE_OPTION, RP_REFRESH_OPTION, RP_ADOPT_OPTION, RP_MAX_DESTROY_OPTION, RP_VERBOSE_OPTION
// clang-format on

#endif
