/*
 * Options that several verbs have.
 */
#ifndef RP_CLI_VERBS_OPTIONS_H
#define RP_CLI_VERBS_OPTIONS_H

#include "cli/settings.h"

#define RP_CONFIG_OPTION                                                                                     \
    {                                                                                                        \
        "file", RP_OPTION_TEXT, offsetof(rp_settings, file), "FILE",                                         \
            "the configuration, instead of resources.yaml"                                                   \
    }

#define RP_STATE_OPTION                                                                                      \
    {                                                                                                        \
        "state", RP_OPTION_TEXT, offsetof(rp_settings, state), "FILE",                                       \
            "the state, instead of the configuration's name with .db"                                        \
    }

#define RP_LOCK_OPTION                                                                                       \
    {                                                                                                        \
        "lock-timeout", RP_OPTION_DURATION, offsetof(rp_settings, lock_timeout_ms), "TIME",                  \
            "wait so long for a state that another rp has locked, such as 10s or 5m"                         \
    }

#define RP_JSON_OPTION                                                                                       \
    {                                                                                                        \
        "json", RP_OPTION_SWITCH, offsetof(rp_settings, json), NULL, "print JSON, one object a line"         \
    }

#define RP_COLOR_OPTION                                                                                      \
    {                                                                                                        \
        "no-color", RP_OPTION_SWITCH, offsetof(rp_settings, no_color), NULL,                                 \
            "no colours; they are off anyway where NO_COLOR is set, and where it is no terminal"             \
    }

#define RP_TIMEOUT_OPTION                                                                                    \
    {                                                                                                        \
        "timeout", RP_OPTION_DURATION, offsetof(rp_settings, timeout_ms), "TIME",                            \
            "time for one call of the plugin, such as 90s or 10m; else the plugin's own"                     \
    }

#define RP_TARGET_OPTION                                                                                     \
    {                                                                                                        \
        "target", RP_OPTION_TEXTS, offsetof(rp_settings, targets), "ADDRESS",                                \
            "only this object, or all of this name; may be given several times"                              \
    }

#define RP_FILE_OPTIONS   RP_CONFIG_OPTION, RP_STATE_OPTION, RP_LOCK_OPTION
#define RP_OUTPUT_OPTIONS RP_JSON_OPTION, RP_COLOR_OPTION

#define RP_PLAN_OPTIONS                                                                                      \
    RP_TARGET_OPTION,                                                                                        \
        {"replace", RP_OPTION_TEXTS, offsetof(rp_settings, replace), "ADDRESS",                              \
         "replace this object even if nothing differs; may be given several times"},                         \
    {                                                                                                        \
        "refresh", RP_OPTION_UNSWITCH, offsetof(rp_settings, no_refresh), NULL,                              \
            "-refresh=false: trust the state, do not look at the objects"                                    \
    }

#define RP_CALL_OPTIONS                                                                                      \
    RP_TIMEOUT_OPTION,                                                                                       \
    {                                                                                                        \
        "parallelism", RP_OPTION_COUNT, offsetof(rp_settings, parallelism), "N",                             \
            "records in one call at most; the plugin batches them anyway"                                    \
    }

#define RP_APPROVE_OPTION                                                                                    \
    {                                                                                                        \
        "auto-approve", RP_OPTION_SWITCH, offsetof(rp_settings, auto_approve), NULL, "do not ask"            \
    }

#endif
