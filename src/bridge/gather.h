/*
 * Makes one call of many. Terraform asks for each object on its own, ten at a time; those that arrive
 * together and ask for the same go to the plugin as one request, whose records it handles together.
 */
#ifndef RP_BRIDGE_GATHER_H
#define RP_BRIDGE_GATHER_H

#include "bridge/plugin.h"

#include <pthread.h>
#include <time.h>

typedef struct gathered gathered;

typedef struct gather {
    pthread_mutex_t lock;
    gathered *open; /* those that still take records */
    unsigned running;     /* calls that others may have joined */
    struct timespec last; /* when anything came, or a call ended */
    size_t expected;      /* callers: as many as went with the latest call; 0 before the first */
} gather;

/* What a caller brings. All is borrowed until the call returns. */
typedef struct gather_request {
    const char *hook;
    const char *head,
        *tail; /* of the request, around its records: {"resource":"x","records":[ and ],"options":{}} */
    const char *records; /* JSON, with commas between */
    size_t count, most;  /* records; and in one request at most */
    uint32_t timeout_ms;
    bool alone; /* wait for nobody, take nobody along */
    event_sink events;
} gather_request;

void gather_start(gather *one);

/* Some request of Terraform's has come: its planning, say, which a create may follow. Whoever waits for
 * company waits on. */
void gather_note(gather *one);

/* Calls the plugin, with whoever asks for the same at this time. *first is the index of the caller's first
 * result. */
gathered *gather_call(gather *one, plugin *with, const gather_request *request, size_t *first);
const answer *gathered_answer(const gathered *one);

/* Each caller does so once. */
void gathered_release(gather *from, gathered *one);

#endif
