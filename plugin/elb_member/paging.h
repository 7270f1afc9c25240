/*
 * When a page of a list is the last one. A server may cap its pages at any size,
 * so a page shorter than the limit proves nothing by itself: it may be full.
 *
 *  - A page shorter than one that this server has sent before is the last.
 *  - So is, unless a cap was seen, a page that completes what the listener had
 *    when it was last listed as a whole: the same members, or as many more as
 *    were added here since.
 *  - Else the next page tells: an empty one ends the list, another shows the cap.
 */
#ifndef ELB_MEMBER_PAGING_H
#define ELB_MEMBER_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Members asked for in one page. */
#define PAGING_LIMIT 500

/* What is known of a server. */
typedef struct paging {
    size_t longest; /* page that it has sent */
    bool capped;    /* a page shorter than the limit was followed by members */
} paging;

/* A list as far as it has come: how many members, and which, in any order. */
typedef struct listed {
    size_t count;
    uint64_t ids; /* sum of their hashes */
} listed;

/* What is known of a listener. */
typedef struct last_list {
    bool known;
    listed whole; /* the last list that was whole */
    size_t added; /* members in requests since, or in flight then */
    bool removes; /* some were removed since */
} last_list;

void listed_add(listed *to, const char *id);

/* A page of so many members came; the page before had `before` (0: there was none), and `fresh` are new. */
void paging_saw(paging *p, size_t count, size_t before, size_t fresh);

/* Whether a page of so many members is the last, after which the list has come to `so_far`. */
bool paging_is_last(const paging *p, size_t count, const listed *so_far, const last_list *before);

/* The same, where only certainty will do. */
bool paging_is_certainly_last(const paging *p, size_t count);

#endif
