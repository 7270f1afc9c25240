/*
 * A zip file whose entries are stored as they are, always with the same date: the same files give the same
 * bytes.
 */
#ifndef RP_CLI_PACKAGE_ZIP_H
#define RP_CLI_PACKAGE_ZIP_H

#include "base/error.h"

#include <stddef.h>

typedef struct rp_zip_entry {
    const char *name; /* within the zip */
    const char *path; /* of the file */
    unsigned mode;    /* permissions: 0755, 0644 */
} rp_zip_entry;

/* Replaces `path` when the zip is complete. */
int rp_zip_write(const char *path, const rp_zip_entry *entries, size_t count, rp_error **error);

/* The checksum that a zip has of a file's bytes. */
unsigned rp_zip_crc32(const void *bytes, size_t len);

#endif
