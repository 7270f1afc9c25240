/*
 * Whole files, in and out. A file is replaced at once, never half: a program that runs keeps the one it has.
 */
#ifndef RP_CLI_PACKAGE_FILE_COPY_H
#define RP_CLI_PACKAGE_FILE_COPY_H

#include "base/buffer.h"
#include "base/error.h"

int rp_file_read(const char *path, rp_buffer *out, rp_error **error);
int rp_file_replace(const char *path, const void *bytes, size_t len, unsigned mode, rp_error **error);
int rp_file_copy(const char *from, const char *to, unsigned mode, rp_error **error);

/* Makes the folder and those above it that are missing. */
int rp_folder_make(const char *path, rp_error **error);

#endif
