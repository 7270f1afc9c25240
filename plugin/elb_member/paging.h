/*
 * When a page of a list is the last one. A server may cap its pages at any size, so a
 * page shorter than the limit proves nothing by itself: it may be full. It is the last
 * one if
 *
 *  - it is empty, or shorter than a page that this server has sent before; or
 *  - no full page was seen yet, and the pages so far show just what the listener can
 *    have: the members of its last whole list, and all that add requests have brought
 *    or may have brought since (adds.c).
 *
 * Else the next page tells: an empty one ends the list, another shows the cap.
 *
 * The second rule is certain as long as nobody else adds members. It is wrong in one
 * case: other clients add meanwhile, the server lists what they added (or, of a member
 * that both they and this instance have added, the second one) behind all others, these
 * others are just as many as the cap, and this instance has not met the cap. What is
 * behind is missed until the list changes, any listener shows a longer one, or
 * PAGING_TRUST_MS have passed.
 */
#ifndef ELB_MEMBER_PAGING_H
#define ELB_MEMBER_PAGING_H

#include "member_set.h"

/* Members asked for in one page. */
#define PAGING_LIMIT 500

/* For so long after its end was last seen for certain a list may end by the second rule. */
#define PAGING_TRUST_MS 3600000

/* What is known of a server. */
typedef struct paging {
    size_t longest; /* page that it has sent */
    size_t cap;     /* longest page that others followed; 0: none did */
} paging;

/* What is known of a listener's list. */
typedef struct last_list {
    bool known;
    member_set whole;      /* the last list that was whole */
    int64_t certain_at_ms; /* when an end of it was last seen for certain */
} last_list;

/* A page of so many members came; the page before had `before` (0: there was none), and `fresh` are new. */
void paging_saw(paging *p, size_t count, size_t before, size_t fresh);

/* Whether a page of so many members is the last: by the first rule. */
bool paging_is_certainly_last(const paging *p, size_t count);

/* By the second. `so_far`: what the list has come to with this page; `added`: what its pages show of add
   requests; `may_be_added`: how many members these may bring at most. */
bool paging_is_complete(const paging *p, size_t count, const last_list *before, member_set so_far,
                        member_set added, size_t may_be_added, int64_t now_ms);

/* A list has come to its last page. */
void paging_note_whole(last_list *of, member_set whole, bool certainly, int64_t now_ms);

#endif
