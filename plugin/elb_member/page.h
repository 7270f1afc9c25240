/*
 * A page of members as listed by the server. Immutable and reference-counted: a
 * result keeps the page that proves it.
 */
#ifndef ELB_MEMBER_PAGE_H
#define ELB_MEMBER_PAGE_H

#include "base/cleanup.h"

#include <stddef.h>

/* Attributes that a reply need not have. */
typedef enum member_attribute {
    MEMBER_FLOATING_ADDRESS,
    MEMBER_STATUS,
    MEMBER_HEALTH_STATUS,
    MEMBER_SERVER_NAME,
    MEMBER_CREATE_TIME,
    MEMBER_UPDATE_TIME,
    MEMBER_LISTENERS
} member_attribute;

typedef struct member {
    const char *id;
    const char *server_id;
    const char *address;          /* private, as listed ("server_address"); NULL if none */
    const char *canonical;        /* its canonical form, or as listed if it is not an address */
    const char *key;              /* "<server_id>/<canonical>": the ledger's key */
    const char *floating_address; /* the server's "address" */
    const char *status;
    const char *health_status;
    const char *server_name;
    const char *create_time;
    const char *update_time;
    unsigned missing;       /* bits of the member_attributes that are not in the reply */
    const char **listeners; /* ids, ended by NULL; NULL if not in the reply */
} member;

typedef struct page {
    member *members;
    size_t count;
    unsigned references;
    struct page_chunk *chunks; /* the memory of the strings */
} page;

page *page_new(size_t count);              /* capacity; count starts at 0. NULL when out of memory */
void *page_alloc(page *one, size_t bytes); /* memory that lives as long as the page, or NULL */
const char *page_copy_text(page *one, const char *text);

page *page_ref(page *one); /* NULL gives NULL */
void page_unref(page *one);

static inline void page_unrefp(page **one)
{
    page_unref(*one);
}

#endif
