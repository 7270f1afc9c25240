/*
 * Errors. A function that can fail returns 0 or a negative code and takes an
 * rp_error ** last, which it sets only on failure; NULL means that the caller does
 * not want the message. Making an error returns its code:
 *
 *     return rp_error_set(error, RP_E_INVALID, "port %u is taken", port);
 *
 * A caller that passes an error on adds its context, once per level, and returns the code:
 *
 *     result = load(path, error);
 *     if (result < 0)
 *         rp_error_add(error, "plugin %s", name);             "plugin x: no such file"
 *     return result;
 */
#ifndef RP_BASE_ERROR_H
#define RP_BASE_ERROR_H

#include "base/cleanup.h"

#include <stdint.h>

/* A code exists only if some caller acts differently on it. */
enum {
    RP_E_NO_MEMORY = -1,
    RP_E_INVALID = -2,   /* invalid input; path says where, if it is a document */
    RP_E_SYSTEM = -3,    /* an error of the operating system or a library */
    RP_E_UNREACHED = -4, /* no connection: nothing was sent */
    RP_E_LOST = -5,      /* sent, without a complete response: the server may have acted */
    RP_E_DENIED = -6,    /* the credentials were refused: nothing was done */
    RP_E_NOT_FOUND = -7,
    RP_E_THROTTLED = -8,  /* nothing was sent: a server that it depends on asks to wait */
    RP_E_UNAVAILABLE = -9, /* nothing was sent: a server that it depends on was reached and failed */
    RP_E_BARRED = -10 /* no connection, for a reason that will not pass (certificate, login at a proxy) */
};

typedef struct rp_error {
    int code;
    char *message;          /* never NULL, no newline at its end */
    char *path;             /* a JSON Pointer to the invalid part of a document, or NULL */
    int64_t retry_after_ms; /* how long to wait before another attempt; 0: as the caller likes */
} rp_error;

/* Returns the code. Out of memory, the error is a shared one with RP_E_NO_MEMORY; but RP_E_LOST remains that. */
int rp_error_set(rp_error **error, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same with the path of the invalid part of a document. The path is copied. */
int rp_error_set_at(rp_error **error, int code, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* RP_E_NO_MEMORY, "out of memory". Needs no memory itself. */
int rp_error_no_memory(rp_error **error);

/* Puts "context: " before the message of an error, if there is one. */
void rp_error_add(rp_error **error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets retry_after_ms of an error, if there is one that can be changed. */
void rp_error_set_retry_after(rp_error **error, int64_t ms);

/* Sets another code, if there is an error, and returns it. A shared one stays. */
int rp_error_recode(rp_error **error, int code);

void rp_error_free(rp_error *error);

static inline void rp_error_freep(rp_error **error)
{
    rp_error_free(*error);
}

#endif
