/*
 * Writes JSON into a buffer, with commas. It does not check the nesting of the
 * calls; the buffer's failure says whether all was written. Invalid UTF-8 and
 * noncharacters become U+FFFD, so that a server's text cannot break a document.
 * "/" is not escaped.
 */
#ifndef RP_JSON_WRITER_H
#define RP_JSON_WRITER_H

#include "base/buffer.h"
#include "json/value.h"

#include <stdint.h>

typedef struct rp_json_writer {
    rp_buffer *out;
    bool comma; /* before the next value or name */
} rp_json_writer;

#define RP_JSON_WRITER(buffer) ((rp_json_writer){.out = (buffer)})

void rp_write_begin(rp_json_writer *writer, char open); /* '{' or '[' */
void rp_write_end(rp_json_writer *writer, char close);  /* '}' or ']' */
void rp_write_name(rp_json_writer *writer, const char *name);

void rp_write_text(rp_json_writer *writer, const char *text); /* NULL writes null */
void rp_write_string(rp_json_writer *writer, const char *bytes, size_t len);
void rp_write_integer(rp_json_writer *writer, int64_t value);
void rp_write_boolean(rp_json_writer *writer, bool value);
void rp_write_null(rp_json_writer *writer);
void rp_write_raw(rp_json_writer *writer, const char *json, size_t len); /* a whole value, trusted */

/* A name and its value. */
void rp_write_text_member(rp_json_writer *writer, const char *name, const char *text);
void rp_write_integer_member(rp_json_writer *writer, const char *name, int64_t value);
void rp_write_boolean_member(rp_json_writer *writer, const char *name, bool value);

#endif
