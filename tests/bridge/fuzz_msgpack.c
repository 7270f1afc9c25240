/*
 * Any bytes as a value of Terraform's: they are refused, or come back the same when written again.
 */
#include "fuzz.h"

#include "bridge/msgpack.h"
#include "bridge/type.h"

#include <stdlib.h>
#include <string.h>

#define SEED(literal)                                                                                        \
    {                                                                                                        \
        literal, sizeof(literal) - 1                                                                         \
    }

const fuzz_seed fuzz_seeds[] = {
    SEED(
        "\x85\xa2id\xd4\x00\x00\xa4name\xa1n\xa4size\xcd\x01\x00\xa4tags\x81\xa1k\xa1v\xa5parts\x92\x81\xa1w\xcb\x3f\xb9\x99"
        "\x99\x99\x99\x99\x9a\xc0"),
    SEED("\xde\x00\x02\xa1"
         "a\xc7\x03\x0c\x81\x01\xc2\xa1"
         "b\xdc\x00\x02\xd3\xff\xff\xff\xff\xff\xff\xff\xff\xca\x3f\x00\x00\x00"),
    SEED("\x92\xc4\x08\"string\"\xd9\x01x"),
    {NULL, 0},
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    _cleanup_(rp_buffer_done) rp_buffer written = RP_BUFFER(64u << 20), text = RP_BUFFER(64u << 20);
    rp_json_writer writer = RP_JSON_WRITER(&text);
    arena memory = {0};
    const value *read, *again;

    if (msgpack_read(&memory, bytes, len, &read, NULL) == 0) {
        msgpack_write(read, &written);
        if (msgpack_read(&memory, rp_buffer_text(&written), written.len, &again, NULL) < 0)
            abort();
        /* Numbers beyond 64 bits are strings from here on; written once more, nothing else changes. */
        text.len = 0;
        msgpack_write(again, &text);
        if (text.len != written.len || (text.len && memcmp(text.data, written.data, text.len) != 0))
            abort();
        rp_buffer_done(&text);
        type_to_json(&type_any, type_from_wire(&memory, &type_any, read), &writer);
    }
    arena_done(&memory);
    return 0;
}
