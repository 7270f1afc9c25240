/*
 * Where a JSON document given on the command line comes from: itself, a file, or
 * standard input.
 */
#ifndef RP_CLI_CONFIG_DOCUMENT_H
#define RP_CLI_CONFIG_DOCUMENT_H

#include "base/error.h"

#include <stddef.h>

typedef struct rp_document {
    char *text; /* NULL: none was given */
    size_t len;
} rp_document;

/* Reads what `source` says: JSON if it starts with '{' or '[', standard input if it is "-", else the file of
   that name. NULL leaves the document empty. RP_E_SYSTEM or RP_E_INVALID. */
int rp_document_read(const char *source, rp_document *document, rp_error **error);

/* Reads a file of at most so many bytes; without a limit, as many as JSON may have. RP_E_SYSTEM leaves errno as it
   is. */
int rp_document_load_max(const char *name, size_t max_bytes, rp_document *document, rp_error **error);
int rp_document_load(const char *name, rp_document *document, rp_error **error);
void rp_document_done(rp_document *document);

#endif
