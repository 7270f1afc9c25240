#include "bridge/log.h"

#include "base/text.h"
#include "json/writer.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define MAX_LINE    (64u << 10)
#define MAX_SECRETS 32u
#define HIDDEN      "(sensitive)"

static struct {
    pthread_mutex_t lock;
    char *texts[MAX_SECRETS];
    size_t count;
} secrets = {.lock = PTHREAD_MUTEX_INITIALIZER};

void log_hide(const char *secret, size_t len)
{
    char *copy = len >= LOG_LEAST_SECRET ? strndup(secret, len) : NULL;

    pthread_mutex_lock(&secrets.lock);
    if (copy && secrets.count < MAX_SECRETS)
        secrets.texts[secrets.count++] = copy;
    else
        free(copy);
    pthread_mutex_unlock(&secrets.lock);
}

/* The length of the secret that the text begins with; 0: none. */
static size_t secret_at(const char *text)
{
    for (size_t i = 0; i < secrets.count; i++)
        if (rp_starts_with(text, secrets.texts[i]))
            return strlen(secrets.texts[i]);
    return 0;
}

/* What a careless plugin tells of its config does not get into a log. */
static void write_redacted(const char *message, rp_buffer *to)
{
    pthread_mutex_lock(&secrets.lock);
    while (*message) {
        size_t hidden = secret_at(message);

        if (hidden)
            rp_buffer_add_text(to, HIDDEN);
        else
            rp_buffer_add_char(to, *message);
        message += hidden ? hidden : 1;
    }
    pthread_mutex_unlock(&secrets.lock);
}

/* Six decimals: Terraform shows a line with any other time as it is. */
static void write_time(rp_json_writer *writer)
{
    struct timespec now;
    struct tm utc;
    char text[64];
    size_t len;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + len, sizeof(text) - len, ".%06ldZ", now.tv_nsec / 1000);
    rp_write_text_member(writer, "@timestamp", text);
}

/* One write a line, so that lines of different threads do not mix. */
static void put(rp_buffer *line)
{
    size_t done = 0;

    rp_buffer_add_char(line, '\n');
    while (rp_buffer_ok(line) && done < line->len) {
        ssize_t written = write(STDERR_FILENO, line->data + done, line->len - done);

        if (written < 0)
            return;
        done += (size_t)written;
    }
}

static void write_line(const char *level, const char *module, const char *message)
{
    _cleanup_(rp_buffer_done) rp_buffer line = RP_BUFFER(MAX_LINE), words = RP_BUFFER(MAX_LINE / 8);
    rp_json_writer writer = RP_JSON_WRITER(&line);

    rp_write_begin(&writer, '{');
    rp_write_text_member(&writer, "@level", level);
    write_redacted(message, &words);
    rp_write_text_member(&writer, "@message", rp_buffer_text(&words));
    rp_write_text_member(&writer, "@module", module);
    write_time(&writer);
    rp_write_end(&writer, '}');
    put(&line);
}

void log_line(const char *level, const char *format, ...)
{
    _cleanup_(rp_freep) char *text = NULL;
    va_list values;

    va_start(values, format);
    if (vasprintf(&text, format, values) < 0)
        text = NULL;
    va_end(values);
    if (text)
        write_line(level, "bridge", text);
}

static const char *level_of(const char *level)
{
    static const char *const known[] = {"trace", "debug", "info", "warn", "error"};

    for (size_t i = 0; level && i < rp_count_of(known); i++)
        if (!strncmp(level, known[i], strlen(known[i])))
            return known[i];
    return "debug";
}

void log_event(const char *plugin, const rp_json *event)
{
    const char *kind = rp_json_text(rp_json_get(event, "kind"));
    const char *message = rp_json_text(rp_json_get(event, "message"));

    if (!kind || !message)
        return;
    if (!strcmp(kind, "log"))
        write_line(level_of(rp_json_text(rp_json_get(event, "level"))), plugin, message);
    else if (!strcmp(kind, "progress"))
        write_line("info", plugin, message);
}
