/*
 * What a caller gets back: a plugin's response, or a document of the library's
 * own.
 */
#ifndef RP_HOST_ANSWER_H
#define RP_HOST_ANSWER_H

#include "host/rphost.h"
#include "host/rules.h"

/* One to fill, made before a hook is called so that no outcome can be lost for want of memory. NULL: no
 * memory. */
rphost_answer *rp_answer_new(void);

/* Never freed: what is left to say without memory. */
rphost_answer *rp_answer_no_memory(void);

/*
 * Takes over a response of the plugin and checks it against the rules. `exchange` has all but status and
 * answer; `faults` what is known to be wrong already. If the response breaks a rule the answer is RP_CONTRACT
 * and its document as rp_repair writes it. Returns the answer.
 */
rphost_answer *rp_answer_take(rphost_answer *answer, const rp_plugin *plugin, const rp_response *response,
                              rp_exchange *exchange, rp_faults *faults);

/* No results and one diagnostic. Returns the answer, or the one for no memory. */
rphost_answer *rp_answer_say(rphost_answer *answer, int32_t status, const char *code, const char *summary);

/* The same document once more, in memory of its own. */
rphost_answer *rp_answer_copy(const rphost_answer *answer);

/* The document, parsed, until the answer is released; NULL when out of memory. It saves parsing rphost_json,
   and may be longer than RP_JSON_MAX_BYTES. */
const rp_json *rp_answer_document(rphost_answer *answer);

#endif
