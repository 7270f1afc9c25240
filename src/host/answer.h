/*
 * What a caller gets back: a plugin's response, or a document of the host's own.
 */
#ifndef RP_HOST_ANSWER_H
#define RP_HOST_ANSWER_H

#include "host/rphost.h"

/* One to fill, made before a hook is called so that no outcome can be lost for want of memory. NULL: no
 * memory. */
rphost_answer *rp_answer_new(void);

/* Never freed: what is left to say without memory. */
rphost_answer *rp_answer_no_memory(void);

/* Takes over a response of the plugin once it is found to keep the rules of the header; else tells what is
   wrong with it. Returns the answer. */
rphost_answer *rp_answer_take(rphost_answer *answer, const rp_plugin *plugin, const rp_response *response);

/* No results and one diagnostic. Returns the answer, or the one for no memory. */
rphost_answer *rp_answer_say(rphost_answer *answer, int32_t status, const char *code, const char *summary);

/* The same document once more, in memory of its own. */
rphost_answer *rp_answer_copy(const rphost_answer *answer);

#endif
