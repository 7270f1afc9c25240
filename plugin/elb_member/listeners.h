/*
 * The listeners of an instance, found by their id. Those that some call uses
 * stand in a line, in which whoever got a request goes to the end. The others
 * settle until nothing of them is in flight; then they rest, and the ones that
 * have rested longest are forgotten.
 */
#ifndef ELB_MEMBER_LISTENERS_H
#define ELB_MEMBER_LISTENERS_H

#include "ledger.h"
#include "paging.h"

typedef struct page_call page_call;

/* A list on its way to be whole. */
typedef struct whole_list {
    int64_t requested_at; /* its first page */
    uint64_t add_ends;    /* seen by then: see the ledger */
    member_set so_far;
    size_t last_count; /* members on the page before; 0: there was none */
    bool is_last;      /* that page was the last, */
    bool certainly;    /* and that is certain */
} whole_list;

typedef struct listener {
    char *id;
    ledger *ledger;
    size_t users;    /* records and list calls that wait for it */
    size_t creators; /* of them, records to be created */

    char protocol[16];   /* "" while it is not known */
    bool protocol_asked; /* once, whatever came back */

    last_list list; /* by the ledger's lists and by list calls */
    /* The list call that goes on, page after page: after which member, and what it has come to. */
    char offered_marker[72];
    whole_list offered;

    TAILQ_HEAD(, page_call) page_calls; /* list calls whose request is still to be started */
    bool pages_first;                   /* it is their turn, not the ledger's */

    bool rests;            /* without users: nothing of it is in flight */
    struct listener *next; /* in its bucket */
    TAILQ_ENTRY(listener) link;
} listener;

TAILQ_HEAD(listener_line, listener);

typedef struct listeners {
    listener **buckets;
    size_t bucket_count, count;
    struct listener_line line, settling, resting;
    size_t line_len, resting_len;
} listeners;

void listeners_init(listeners *all);
void listeners_done(listeners *all);

listener *listeners_find(const listeners *all, const char *id);

/* Adds a user; makes the listener if need be. NULL when out of memory. */
listener *listeners_use(listeners *all, const char *id, const ledger_options *options);

/* One user less. */
void listeners_release(listeners *all, listener *one);

void listeners_to_end_of_line(listeners *all, listener *one);

/* Lets those rest that have settled, and forgets some of those that have rested longest, if there are more than a
   few. No request of a listener without users may be under way. */
void listeners_trim(listeners *all, int64_t now);

#endif
