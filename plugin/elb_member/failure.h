/*
 * Why something did not work, in the terms a host acts on. Immutable and
 * counted, since one refusal is told to many records.
 */
#ifndef ELB_MEMBER_FAILURE_H
#define ELB_MEMBER_FAILURE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Whom a refusal blames: decides whether a refused batch is halved, given up, or looked after. */
typedef enum blame {
    BLAME_RECORD, /* one of the records: the others may pass without it */
    BLAME_WHOLE,  /* token, project, listener, throttling, conflict …: each record would fare alike */
    BLAME_SERVER  /* it failed, and may have acted all the same */
} blame;

/* What some refusals say besides. */
typedef enum meaning {
    MEANS_NOTHING_MORE,
    MEANS_PARENT_GONE, /* the listener is not there, says the service itself */
    MEANS_MEMBER_GONE, /* the member is not there */
    MEANS_CONFLICT,    /* another job of the listener runs */
    MEANS_THROTTLED,
    MEANS_NOT_SENT,       /* no connection: the request did nothing */
    MEANS_NOT_THE_SERVICE /* a proxy or gateway answered in its stead */
} meaning;

typedef struct failure {
    int status;       /* RP_…, 100 or more */
    const char *code; /* of the diagnostic: "elb.member_quota"; static */
    bool retryable;
    blame blame;
    meaning meaning;
    int http_status;        /* 0: none was received */
    char server_code[32];   /* "ELB.2001", or "" */
    char request_id[80];    /* or "" */
    char *summary;          /* one line for people */
    char *server_message;   /* the server's own words, or NULL */
    int64_t retry_after_ms; /* 0: not told */
    unsigned references;
} failure;

/* One with a single reference; the summary is formatted. NULL when out of memory. */
failure *failure_new(int status, const char *code, bool retryable, blame whom, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* For want of memory; made in advance, since it can't be made then. It blames the server: where a reply can't
   be read for want of memory, the server may have acted. */
extern failure failure_no_memory;

/* What the server said, for a failure that follows from another. */
void failure_copy_server_words(failure *to, const failure *from);

/* A refusal by the service, which it will repeat. */
static inline bool failure_is_final(const failure *why)
{
    return !why->retryable && why->meaning != MEANS_NOT_THE_SERVICE;
}

failure *failure_ref(failure *one); /* NULL gives NULL */
void failure_unref(failure *one);

static inline void failure_unrefp(failure **one)
{
    failure_unref(*one);
}

#endif
