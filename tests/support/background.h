/*
 * A call of a hook on its own thread, with the events it sent.
 */
#ifndef TESTS_SUPPORT_BACKGROUND_H
#define TESTS_SUPPORT_BACKGROUND_H

#include "plugin.h"

#include "base/buffer.h"

#include <pthread.h>

typedef struct background {
    answer answer;    /* after the end */
    int64_t took_ms;  /* after the end */
    rp_buffer events; /* after the end: one JSON object per line */

    /* During the call: atomic. */
    unsigned event_count;
    unsigned state_count; /* events of the kind "state" */

    unsigned events_elsewhere; /* events on another thread, or not during the call */

    const rp_plugin *plugin;
    rp_instance *instance;
    const char *hook;
    char *request;
    rp_call call;
    uint32_t cancel;
    bool calling;
    pthread_t thread, joined_as; /* set by the thread itself, and by who started it */
} background;

/* Starts it. The request is taken and freed. timeout_ms as in rp_call. */
void background_start(background *one, const bed *on, const char *hook, char *request, uint32_t timeout_ms);
void background_cancel(background *one);
void background_join(background *one);
void background_free(background *one);

/* The number-th event of that kind, from 0, or NULL; the caller frees it. */
rp_json *background_event(const background *one, const char *kind, unsigned number);

/* Calls `work` for each of `count` rows of `size` bytes, all at once on their own threads: for rows that mostly
   wait. */
void each_at_once(void *(*work)(void *row), const void *rows, size_t size, size_t count);

int64_t now_ms(void);
void pause_ms(int64_t ms);

/* Waits until the simulator has counted so many requests of a kind; fails after ten seconds. */
void wait_for_count(const bed *on, const char *kind, unsigned count);

#endif
