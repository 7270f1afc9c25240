/*
 * Takes secrets out of what servers say: servers and gateways may repeat what
 * they got, and their words end in logs.
 */
#ifndef RP_OTC_REDACT_H
#define RP_OTC_REDACT_H

#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * True if the secret stands in the text: as it is, as JSON spells it ("\/", "\u002f", however often escaped), or as
 * a URL does ("%2F"). Of a secret of 16 bytes or more a beginning of 16 bytes is enough, for servers cut what they
 * quote. False for NULL and for an empty secret.
 */
bool otc_repeats(const char *text, size_t len, const rp_secret *secret);

/* Replaces whatever otc_repeats() finds by stars. The length stays, and JSON stays JSON. */
void otc_redact(char *text, size_t len, const rp_secret *secret);

#endif
