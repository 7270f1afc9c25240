/*
 * A response being built.
 */
#ifndef RP_SIM_REPLY_H
#define RP_SIM_REPLY_H

#include "base/buffer.h"
#include "json/writer.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct rp_sim rp_sim;

#define SIM_MAX_HEADERS 4
#define SIM_MAX_REPLY   (256u << 20)

typedef struct sim_reply {
    unsigned status; /* initially 200 */
    const char *type;
    rp_buffer body;
    struct {
        const char *name;
        char *value;
    } headers[SIM_MAX_HEADERS];
    unsigned n_headers;
    int64_t date_s;      /* the Date header; 0: the machine's */
    char request_id[33]; /* X-Request-Id, and what a gateway's error says; "" for none */
} sim_reply;

/* Formats of error bodies, by the answering server. */
typedef enum sim_shape {
    SIM_SHAPE_AUTO,       /* ELB's, the gateway's or Keystone's, as the status suggests */
    SIM_SHAPE_ELB,        /* {"error": {"message", "code": "ELB.…"}} */
    SIM_SHAPE_GATEWAY,    /* {"error_msg", "error_code", "request_id"} */
    SIM_SHAPE_KEYSTONE,   /* {"error": {"code": 401, "message", "title"}} */
    SIM_SHAPE_FLAT,       /* {"code", "message"} */
    SIM_SHAPE_ERROR_CODE, /* {"errorCode", "errorMessage"} */
    SIM_SHAPE_HTML,
    SIM_SHAPE_TEXT,
    SIM_SHAPE_EMPTY /* no body */
} sim_shape;

extern const char *const sim_shape_names[];

typedef enum sim_refusal {
    SIM_NO_SUCH_API,
    SIM_NO_MEMORY,
    SIM_NO_TOKEN,
    SIM_TOKEN_EXPIRED,
    SIM_TOKEN_EXPIRED_ELB,
    SIM_BAD_SIGNATURE,
    SIM_BAD_SECURITY_TOKEN,
    SIM_KEY_LOCKED,
    SIM_NOT_LOGGED_IN,
    SIM_WRONG_PASSWORD,
    SIM_BAD_LOGIN,
    SIM_NO_SUCH_SCOPE,
    SIM_THROTTLED,
    SIM_BODY_TOO_LARGE,
    SIM_BODY_MISSING,
    SIM_BODY_INVALID,
    SIM_LISTENER_ID_LENGTH,
    SIM_LISTENER_ID_CONTENT,
    SIM_MEMBER_LISTENER_ID_LENGTH,
    SIM_MEMBER_LISTENER_ID_CONTENT,
    SIM_MEMBER_LISTENER_MISSING,
    SIM_MEMBER_ADDRESS,
    SIM_MEMBER_SERVER,
    SIM_MEMBER_LIMIT,
    SIM_MEMBER_REMOVE_INPUT,
    SIM_MEMBER_MISSING,
    SIM_LISTENER_MISSING,
    SIM_LISTENER_INPUT,
    SIM_LISTENER_PROTOCOL,
    SIM_LISTENER_PORT,
    SIM_LISTENER_PORT_TAKEN,
    SIM_LOADBALANCER_MISSING,
    SIM_HEALTHCHECK_LISTENER,
    SIM_HEALTHCHECK_MISSING,
    SIM_JOB_MISSING,
    SIM_JOB_INVALID,
    SIM_BUSY
} sim_refusal;

void sim_refuse(sim_reply *reply, sim_refusal refusal);

/* An error of any format. Default code and message: those usual for the status. */
void sim_reply_error(sim_reply *reply, sim_shape shape, unsigned status, const char *code,
                     const char *message);

/* Borrows the name, copies the value. Headers beyond the maximum, or without memory, are dropped. */
void sim_reply_header(sim_reply *reply, const char *name, const char *value);

void sim_reply_init(sim_reply *reply);
void sim_reply_done(sim_reply *reply);

/* Resets all but request_id and date. */
void sim_reply_clear(sim_reply *reply);

#endif
