/*
 * A certificate authority for one run, and a server certificate it signed for
 * 127.0.0.1 and localhost.
 */
#ifndef RP_SIM_TLS_H
#define RP_SIM_TLS_H

#include "base/error.h"

typedef struct sim_tls {
    char *ca_pem, *cert_pem, *key_pem;
} sim_tls;

int sim_tls_make(sim_tls *out, rp_error **error);
void sim_tls_done(sim_tls *tls);

#endif
