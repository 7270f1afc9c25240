#include "cli/package/zip.h"

#include "base/buffer.h"
#include "cli/package/file_copy.h"

#include <stdint.h>
#include <string.h>

/* APPNOTE.TXT, 4.3.7, 4.3.12, 4.3.16 */
#define LOCAL_HEADER   0x04034b50u
#define CENTRAL_HEADER 0x02014b50u
#define END_RECORD     0x06054b50u
#define VERSION        20u
#define MADE_BY_UNIX   (3u << 8 | VERSION)
#define DATE_1980      0x21u /* 1 January, the first day there is */
#define REGULAR_FILE   0100000u
#define MAX_BYTES      (1u << 30)

unsigned rp_zip_crc32(const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    uint32_t crc = ~0u;

    while (len--) {
        crc ^= *at++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void put(rp_buffer *to, unsigned bytes, uint32_t number)
{
    for (; bytes--; number >>= 8)
        rp_buffer_add_char(to, (char)(number & 0xff));
}

/* What the header of an entry and its line in the directory have in common. */
static void put_facts(rp_buffer *to, const rp_zip_entry *entry, uint32_t crc, uint32_t len)
{
    put(to, 2, VERSION);
    put(to, 2, 0); /* flags */
    put(to, 2, 0); /* stored */
    put(to, 2, 0); /* midnight */
    put(to, 2, DATE_1980);
    put(to, 4, crc);
    put(to, 4, len);
    put(to, 4, len);
    put(to, 2, (uint32_t)strlen(entry->name));
    put(to, 2, 0); /* no extra field */
}

static void put_directory_line(rp_buffer *to, const rp_zip_entry *entry, uint32_t crc, uint32_t len,
                               uint32_t at)
{
    put(to, 4, CENTRAL_HEADER);
    put(to, 2, MADE_BY_UNIX);
    put_facts(to, entry, crc, len);
    put(to, 2, 0); /* no comment */
    put(to, 2, 0); /* disk */
    put(to, 2, 0); /* internal attributes */
    put(to, 4, (REGULAR_FILE | entry->mode) << 16);
    put(to, 4, at);
    rp_buffer_add_text(to, entry->name);
}

static int put_entry(const rp_zip_entry *entry, rp_buffer *zip, rp_buffer *directory, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer bytes = RP_BUFFER(MAX_BYTES);
    uint32_t at = (uint32_t)zip->len, crc;
    int failed = rp_file_read(entry->path, &bytes, error);

    if (failed)
        return failed;
    crc = rp_zip_crc32(rp_buffer_text(&bytes), bytes.len);
    put(zip, 4, LOCAL_HEADER);
    put_facts(zip, entry, crc, (uint32_t)bytes.len);
    rp_buffer_add_text(zip, entry->name);
    rp_buffer_add(zip, bytes.data, bytes.len);
    put_directory_line(directory, entry, crc, (uint32_t)bytes.len, at);
    return 0;
}

static void put_end(rp_buffer *zip, const rp_buffer *directory, size_t count)
{
    uint32_t at = (uint32_t)zip->len;

    rp_buffer_add(zip, directory->data, directory->len);
    put(zip, 4, END_RECORD);
    put(zip, 4, 0); /* disks */
    put(zip, 2, (uint32_t)count);
    put(zip, 2, (uint32_t)count);
    put(zip, 4, (uint32_t)directory->len);
    put(zip, 4, at);
    put(zip, 2, 0); /* no comment */
}

int rp_zip_write(const char *path, const rp_zip_entry *entries, size_t count, rp_error **error)
{
    _cleanup_(rp_buffer_done) rp_buffer zip = RP_BUFFER(MAX_BYTES), directory = RP_BUFFER(1u << 20);

    for (size_t i = 0; i < count; i++) {
        int failed = put_entry(&entries[i], &zip, &directory, error);

        if (failed)
            return failed;
    }
    put_end(&zip, &directory, count);
    if (!rp_buffer_ok(&zip) || !rp_buffer_ok(&directory))
        return rp_error_set(error, RP_E_SYSTEM, "%s: too large for a zip, or out of memory", path);
    return rp_file_replace(path, zip.data, zip.len, 0644, error);
}
