/*
 * What the user is told: collected for the reply of one call, each with the attribute that it is about.
 */
#ifndef RP_BRIDGE_DIAGNOSTICS_H
#define RP_BRIDGE_DIAGNOSTICS_H

#include "bridge/provider.pb-c.h"
#include "bridge/type.h"

/* An attribute, or something within one; NULL is the whole block. */
typedef struct place place;
struct place {
    const place *within;
    enum {
        PLACE_ATTRIBUTE,
        PLACE_KEY,
        PLACE_INDEX
    } kind;
    const char *name;
    int64_t index;
};

const place *place_attribute(arena *in, const place *within, const char *name);
const place *place_key(arena *in, const place *within, const char *key);
Tf__AttributePath *place_pack(arena *in, const place *from);

/* Where a JSON Pointer leads, as far as Terraform can show it. */
const place *place_of_pointer(arena *in, const attributes *of, const place *within, const char *pointer);

/* What was said of several records in the same words is told once. */
typedef struct said_of {
    Tf__Diagnostic *item;
    const char *about, *summary;
    size_t more;
    struct said_of *before;
} said_of;

typedef struct diagnostics {
    arena *in;
    size_t count, room;
    Tf__Diagnostic **items;
    size_t errors;
    said_of *said; /* the latest */
} diagnostics;

void diagnostics_error(diagnostics *to, const place *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diagnostics_warning(diagnostics *to, const place *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void diagnostics_add(diagnostics *to, bool warning, const place *at, const char *summary, const char *detail);

/* One of the plugin's own. `as_warning` takes an error for a warning. `about`, the name of a record or NULL,
   is put before its summary; what is said of many records is told of the first, "and N more". */
void diagnostics_add_plugins(diagnostics *to, const rp_json *diagnostic, bool as_warning, const char *about,
                             const place *at);

/* The words of the plugin's diagnostic in one line: summary, detail and code. */
const char *diagnostics_words(arena *in, const rp_json *diagnostic);

#endif
