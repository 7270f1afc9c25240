/*
 * Glossary: sources (plural) reads every place that settings come from, in order
 * of precedence: the configuration, an entry of clouds.yaml, the environment. It
 * returns the identity (identity.h) that is chosen from them. It reads files, and
 * never the network.
 */
#ifndef RP_OTC_SOURCES_H
#define RP_OTC_SOURCES_H

#include "otc/environment.h"
#include "otc/identity.h"
#include "otc/settings.h"

/* *warning, where there is reason for one, is the caller's to free. The identity is to be cleared in any
   case. */
int otc_sources_read(const otc_settings *settings, const otc_environment *environment, otc_identity *into,
                     char **warning, rp_error **error);

#endif
