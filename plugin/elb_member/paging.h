/*
 * When a page of a list is the last one. A server may cap its pages at any size,
 * so a page shorter than the limit proves nothing by itself: it may be full.
 *
 *  - A page shorter than one that this server has sent before is the last.
 *  - So is, unless a cap was seen, a page no longer than one that an empty page
 *    followed before, or one that brings no more members than may be expected.
 *  - Else the next page tells: an empty one ends the list, another shows the cap.
 *
 * What is learned holds for the server, thus for all listeners of an instance.
 */
#ifndef ELB_MEMBER_PAGING_H
#define ELB_MEMBER_PAGING_H

#include <stdbool.h>
#include <stddef.h>

/* Members asked for in one page. */
#define PAGING_LIMIT 500

typedef struct paging {
    size_t longest;  /* page that this server has sent */
    size_t verified; /* longest page that an empty one followed */
    bool capped;     /* a page shorter than the limit was followed by members */
} paging;

void paging_saw(paging *p, size_t count);

/* After a page of `of` members came one that brought `count` new ones. */
void paging_saw_next(paging *p, size_t of, size_t count);

/* Certain: the server was seen to send longer pages, or the page is empty. */
bool paging_is_last(const paging *p, size_t count);

/* As far as is known. `total`: members on this and the pages before; `expected`: how many there may be, from
   what was listed and added before, or 0. */
bool paging_is_probably_last(const paging *p, size_t count, size_t total, size_t expected);

#endif
