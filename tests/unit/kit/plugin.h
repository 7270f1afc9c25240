/*
 * A plugin of things whose operations do what the test says, through the kit's
 * hooks.
 */
#ifndef TESTS_UNIT_KIT_PLUGIN_H
#define TESTS_UNIT_KIT_PLUGIN_H

#include "kit/rpkit.h"

#include "json/value.h"

typedef struct thing {
    char *house, *name; /* the key */
    char *text, *place; /* place is force-new */
    char *blob;         /* computed */
    char *pin;          /* sensitive and write-only */
    uint32_t size;      /* 0: none */
} thing;

typedef struct settings {
    char *folder;
    uint32_t timeout_ms;
    struct rp_secret *password;
    bool configured, opened;
} settings;

/* What the operations do; NULL: they find what they are asked for. */
extern void (*on_operation)(rpkit_call *call, thing *state, thing *record);
extern void (*on_list)(rpkit_call *call, const char *page);
extern unsigned operations, closed;

rp_instance *open_it(void);

/* The response, parsed. */
typedef struct answer {
    const rp_response *told;
    rp_json *json;
} answer;

answer ask(rp_hook *hook, rp_instance *instance, const rp_call *call, const char *request);
const rp_json *result_of(const answer *one, size_t index);
const char *text_of(const rp_json *object, const char *name); /* "(none)" if it has none */
const char *code_of(const answer *one, size_t index);         /* of the first diagnostic of a result */
void done_with(answer *one);

#endif
