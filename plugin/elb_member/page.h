/*
 * Members as the server lists them, a page at a time. Immutable and counted: a
 * result keeps the page that proves it.
 */
#ifndef ELB_MEMBER_PAGE_H
#define ELB_MEMBER_PAGE_H

#include "base/cleanup.h"

#include <stddef.h>

typedef struct member {
    const char *id;
    const char *server_id;
    const char *address;          /* private, as listed ("server_address"); NULL if none */
    const char *canonical;        /* the same in canonical form, or as listed if it is no address */
    const char *key;              /* "<server_id>/<canonical>": what the ledger knows the member by */
    const char *floating_address; /* what the server calls "address" */
    const char *status;
    const char *health_status;
    const char *server_name;
    const char *create_time;
    const char *update_time;
    const char **listeners; /* ids, ended by NULL; NULL if not told */
} member;

typedef struct page {
    member *members;
    size_t count;
    unsigned references;
    struct page_chunk *chunks; /* what holds the strings */
} page;

page *page_new(size_t count);              /* room for so many; count starts at 0. NULL when out of memory */
void *page_alloc(page *one, size_t bytes); /* memory that lives as long as the page, or NULL */
const char *page_copy_text(page *one, const char *text);

page *page_ref(page *one); /* NULL gives NULL */
void page_unref(page *one);

static inline void page_unrefp(page **one)
{
    page_unref(*one);
}

#endif
