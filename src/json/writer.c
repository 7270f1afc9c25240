#include "json/writer.h"

#include "json/utf8.h"

#include <string.h>

static void separate(rp_json_writer *writer)
{
    if (writer->comma)
        rp_buffer_add_char(writer->out, ',');
    writer->comma = true;
}

void rp_write_begin(rp_json_writer *writer, char open)
{
    separate(writer);
    rp_buffer_add_char(writer->out, open);
    writer->comma = false;
}

void rp_write_end(rp_json_writer *writer, char close)
{
    rp_buffer_add_char(writer->out, close);
    writer->comma = true;
}

void rp_write_name(rp_json_writer *writer, const char *name)
{
    rp_write_text(writer, name);
    rp_buffer_add_char(writer->out, ':');
    writer->comma = false;
}

/* The number of bytes that need no escape. */
static size_t plain_run(const char *bytes, size_t len)
{
    size_t run = 0, step;
    uint32_t letter;

    while (run < len) {
        step = rp_utf8_read(bytes + run, len - run, &letter);
        if (!step || letter < 0x20 || letter == '"' || letter == '\\' || rp_utf8_is_noncharacter(letter))
            break;
        run += step;
    }
    return run;
}

static void escape(rp_buffer *out, char c)
{
    static const char meant[] = "\"\\\b\f\n\r\t", escaped[] = "\"\\bfnrt";
    const char *known = c ? strchr(meant, c) : NULL;

    if (known)
        rp_buffer_format(out, "\\%c", escaped[known - meant]);
    else
        rp_buffer_format(out, "\\u%04x", (unsigned char)c);
}

/* Writes one escaped character; returns its length in the input. */
static size_t write_special(rp_buffer *out, const char *bytes, size_t len)
{
    uint32_t letter;
    size_t step = rp_utf8_read(bytes, len, &letter);

    if (step == 1) {
        escape(out, bytes[0]);
        return 1;
    }
    rp_buffer_add_text(out, "\xef\xbf\xbd");
    return step ? step : 1;
}

void rp_write_string(rp_json_writer *writer, const char *bytes, size_t len)
{
    size_t done = 0;

    separate(writer);
    rp_buffer_add_char(writer->out, '"');
    while (done < len && rp_buffer_ok(writer->out)) {
        size_t run = plain_run(bytes + done, len - done);
        rp_buffer_add(writer->out, bytes + done, run);
        done += run;
        if (done < len)
            done += write_special(writer->out, bytes + done, len - done);
    }
    rp_buffer_add_char(writer->out, '"');
}

void rp_write_text(rp_json_writer *writer, const char *text)
{
    if (text)
        rp_write_string(writer, text, strlen(text));
    else
        rp_write_null(writer);
}

void rp_write_integer(rp_json_writer *writer, int64_t value)
{
    separate(writer);
    rp_buffer_format(writer->out, "%lld", (long long)value);
}

void rp_write_boolean(rp_json_writer *writer, bool value)
{
    separate(writer);
    rp_buffer_add_text(writer->out, value ? "true" : "false");
}

void rp_write_null(rp_json_writer *writer)
{
    separate(writer);
    rp_buffer_add_text(writer->out, "null");
}

void rp_write_raw(rp_json_writer *writer, const char *json, size_t len)
{
    separate(writer);
    rp_buffer_add(writer->out, json, len);
}

void rp_write_text_member(rp_json_writer *writer, const char *name, const char *text)
{
    rp_write_name(writer, name);
    rp_write_text(writer, text);
}

void rp_write_integer_member(rp_json_writer *writer, const char *name, int64_t value)
{
    rp_write_name(writer, name);
    rp_write_integer(writer, value);
}

void rp_write_boolean_member(rp_json_writer *writer, const char *name, bool value)
{
    rp_write_name(writer, name);
    rp_write_boolean(writer, value);
}
