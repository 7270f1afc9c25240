#include "json/scan.h"

#include "json/tokens.h"
#include "json/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LARGEST_INTEGER 9007199254740991ull /* 2^53 - 1 */

/* Offsets of a member's name, without quotes. The maximum length of a text fits 32 bits. */
typedef struct name {
    uint32_t start, len;
} name;

/* An object or array that is not closed yet. */
typedef struct level {
    char close;
    size_t first_name;
} level;

typedef enum expected {
    VALUE,
    FIRST_VALUE,
    NAME,
    FIRST_NAME,
    COLON,
    NEXT_VALUE,
    NEXT_NAME,
    NOTHING,
} expected;

typedef struct scanner {
    const char *text;
    size_t len;
    size_t at;
    expected expected;
    level levels[RP_JSON_MAX_DEPTH];
    unsigned depth;
    name *names; /* of all objects that are open, the innermost last */
    size_t name_count, name_room;
    bool (*take)(void *context, rp_json_token token, const char *spelled, size_t len);
    void *context;
    size_t fault_at;
    char fault[200]; /* empty when memory ran out */
} scanner;

static const char *const expected_words[] = {
    [VALUE] = "a value",
    [FIRST_VALUE] = "a value or ]",
    [NAME] = "a name in double quotes",
    [FIRST_NAME] = "a name in double quotes or }",
    [COLON] = ": after the name",
    [NEXT_VALUE] = ", or ]",
    [NEXT_NAME] = ", or }",
    [NOTHING] = "nothing more",
};

/* Messages for common mistakes. */
static const struct {
    char begin;
    const char *words;
} mistakes[] = {
    {'\'', "a string needs double quotes"},
    {'/', "JSON has no comments"},
    {'N', "JSON has no NaN"},
    {'I', "JSON has no Infinity"},
    {'+', "a number does not begin with +"},
    {'.', "a number does not begin with a point"},
};

__attribute__((format(printf, 3, 4))) static bool fault(scanner *s, size_t at, const char *format, ...)
{
    va_list arguments;

    s->fault_at = at;
    va_start(arguments, format);
    vsnprintf(s->fault, sizeof(s->fault), format, arguments);
    va_end(arguments);
    return false;
}

/* The byte here, or -1 at the end. */
static int peek(const scanner *s)
{
    return s->at < s->len ? (unsigned char)s->text[s->at] : -1;
}

/* Reports a token that ends here. Fails only when out of memory. */
static bool pass(scanner *s, rp_json_token token, size_t start, size_t end)
{
    return !s->take || s->take(s->context, token, s->text + start, end - start);
}

static bool unexpected(scanner *s)
{
    const char *wanted = expected_words[s->expected];
    int c = peek(s);

    if (c < 0)
        return fault(s, s->at, "expected %s, but the text ends", wanted);
    for (size_t i = 0; s->expected <= FIRST_VALUE && i < rp_count_of(mistakes); i++)
        if (mistakes[i].begin == c)
            return fault(s, s->at, "%s", mistakes[i].words);
    if (c > ' ' && c < 0x7f)
        return fault(s, s->at, "expected %s, not %c", wanted, c);
    return fault(s, s->at, "expected %s, not byte 0x%02X", wanted, (unsigned)c);
}

/* Strings */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code unit of a \uXXXX, or -1 if no such escape begins here. */
static int32_t read_unit(const char *text, size_t left)
{
    int32_t unit = 0;

    if (left < 6 || text[0] != '\\' || text[1] != 'u')
        return -1;
    for (int i = 2; i < 6; i++) {
        int digit = hex_digit(text[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* The character of one \uXXXX or of a pair; 0 bytes for a lone surrogate. */
static size_t read_unicode_escape(const char *text, size_t left, int32_t unit, uint32_t *letter)
{
    int32_t low;

    *letter = (uint32_t)unit;
    if (unit < 0xd800 || unit > 0xdfff)
        return 6;
    low = read_unit(text + 6, left - 6);
    if (unit > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return 0;
    *letter = 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
    return 12;
}

static const char escaped[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";

static bool check_letter(scanner *s, uint32_t letter, bool is_name)
{
    if (rp_utf8_is_noncharacter(letter))
        return fault(s, s->at, "U+%04X, which is no character", (unsigned)letter);
    if (is_name && !letter)
        return fault(s, s->at, "a NUL in a name");
    return true;
}

static bool scan_escape(scanner *s, bool is_name)
{
    const char *text = s->text + s->at;
    size_t left = s->len - s->at, len;
    int32_t unit;
    uint32_t letter;

    if (left < 2)
        return fault(s, s->len, "the text ends in a string");
    if (text[1] != 'u') {
        if (!text[1] || !strchr(escaped, text[1]))
            return fault(s, s->at, "an escape that JSON does not have (write \\\\ for a backslash)");
        s->at += 2;
        return true;
    }
    unit = read_unit(text, left);
    if (unit < 0)
        return fault(s, s->at, "\\u needs four hexadecimal digits");
    len = read_unicode_escape(text, left, unit, &letter);
    if (!len)
        return fault(s, s->at, "half a surrogate pair");
    if (!check_letter(s, letter, is_name))
        return false;
    s->at += len;
    return true;
}

static bool scan_letter(scanner *s, bool is_name)
{
    unsigned char c = (unsigned char)s->text[s->at];
    const char *known;
    uint32_t letter;
    size_t len;

    if (c < 0x20) {
        known = c ? strchr(meant, c) : NULL;
        if (known)
            return fault(s, s->at, "a raw control character in a string (write \\%c)",
                         escaped[known - meant]);
        return fault(s, s->at, "a raw control character in a string (write \\u%04x)", c);
    }
    len = rp_utf8_read(s->text + s->at, s->len - s->at, &letter);
    if (!len)
        return fault(s, s->at, "byte 0x%02X is not UTF-8 here", c);
    if (!check_letter(s, letter, is_name))
        return false;
    s->at += len;
    return true;
}

/* Printable ASCII, of which most strings are made, needs no further look. */
static void skip_plain(scanner *s)
{
    while (s->at < s->len) {
        unsigned char c = (unsigned char)s->text[s->at];
        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
            return;
        s->at++;
    }
}

static bool scan_string(scanner *s, bool is_name)
{
    int c;

    s->at++;
    for (skip_plain(s); (c = peek(s)) != '"'; skip_plain(s)) {
        if (c < 0)
            return fault(s, s->at, "the text ends in a string");
        if (!(c == '\\' ? scan_escape(s, is_name) : scan_letter(s, is_name)))
            return false;
    }
    s->at++;
    return true;
}

/* Numbers */

static bool scan_digits(scanner *s)
{
    size_t start = s->at;

    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return s->at > start || fault(s, s->at, "a number lacks a digit here");
}

static bool check_integer(scanner *s, size_t start)
{
    size_t digits = start + (s->text[start] == '-');
    uint64_t value = 0;

    if (s->at - digits <= 16)
        for (size_t i = digits; i < s->at; i++)
            value = value * 10 + (uint64_t)(s->text[i] - '0');
    if (s->at - digits > 16 || value > LARGEST_INTEGER)
        return fault(s, start, "an integer beyond 9007199254740991 (2^53-1)");
    return true;
}

/* The exponent, limited to a value that no number of digits can compensate. */
static int64_t read_exponent(const char *text, const char *end)
{
    const char *digits = text + (*text == '-' || *text == '+');
    int64_t value = 0;

    for (; digits < end && value < INT32_MAX; digits++)
        value = value * 10 + (*digits - '0');
    return *text == '-' ? -value : value;
}

/* The number with its first digits only and without a point: strtod's depends on the locale. */
double rp_json_number_of(const char *spelled, size_t len)
{
    const char *text = spelled, *end = spelled + len;
    bool negative = *text == '-';
    double value;
    char plain[64];
    int kept = 0;
    bool fraction = false;
    int64_t exponent = 0;

    for (; text < end && *text != 'e' && *text != 'E'; text++) {
        if (*text == '.') {
            fraction = true;
        } else if (*text != '-' && kept < 40) {
            if (kept || *text != '0')
                plain[kept++] = *text;
            exponent -= fraction;
        } else if (*text != '-') {
            exponent += !fraction;
        }
    }
    if (!kept)
        plain[kept++] = '0';
    if (text < end)
        exponent += read_exponent(text + 1, end);
    snprintf(plain + kept, sizeof(plain) - (size_t)kept, "e%lld", (long long)exponent);
    value = strtod(plain, NULL);
    return negative ? -value : value;
}

static bool scan_number(scanner *s)
{
    size_t start = s->at;
    bool integer = true;

    s->at += peek(s) == '-';
    if (peek(s) == '0' && s->at + 1 < s->len && s->text[s->at + 1] >= '0' && s->text[s->at + 1] <= '9')
        return fault(s, s->at, "a number does not begin with 0");
    if (!scan_digits(s))
        return false;
    if (peek(s) == '.') {
        integer = false;
        s->at++;
        if (!scan_digits(s))
            return false;
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        integer = false;
        s->at++;
        s->at += peek(s) == '-' || peek(s) == '+';
        if (!scan_digits(s))
            return false;
    }
    if (integer)
        return check_integer(s, start) && pass(s, RP_TOKEN_INTEGER, start, s->at);
    if (isinf(rp_json_number_of(s->text + start, s->at - start)))
        return fault(s, start, "a number too large");
    return pass(s, RP_TOKEN_NUMBER, start, s->at);
}

/* Names */

/* The next character of a scanned name, unescaped. */
static uint32_t next_letter(const char **at, const char *end)
{
    uint32_t letter = 0;
    size_t left = (size_t)(end - *at);

    if (**at != '\\') {
        *at += rp_utf8_read(*at, left, &letter);
    } else if ((*at)[1] == 'u') {
        *at += read_unicode_escape(*at, left, read_unit(*at, left), &letter);
    } else {
        letter = (unsigned char)meant[strchr(escaped, (*at)[1]) - escaped];
        *at += 2;
    }
    return letter;
}

static bool has_escape(const char *text, size_t len)
{
    return memchr(text, '\\', len) != NULL;
}

size_t rp_json_unescape(const char *spelled, size_t len, char *out)
{
    const char *at = spelled, *end = spelled + len;
    size_t done = 0;

    if (!has_escape(spelled, len)) {
        memcpy(out, spelled, len);
        return len;
    }
    while (at < end)
        done += rp_utf8_write(next_letter(&at, end), out + done);
    return done;
}

/* Compares unescaped names; equal ones by their position. Bytes of UTF-8 have the order of the characters. */
static int compare_spelling(const char *text, const name *a, const name *b)
{
    const char *one = text + a->start, *one_end = one + a->len;
    const char *other = text + b->start, *other_end = other + b->len;

    if (!has_escape(one, a->len) && !has_escape(other, b->len)) {
        int order = memcmp(one, other, a->len < b->len ? a->len : b->len);
        return order ? order : (a->len > b->len) - (a->len < b->len);
    }
    while (one < one_end && other < other_end) {
        uint32_t letter = next_letter(&one, one_end), against = next_letter(&other, other_end);
        if (letter != against)
            return letter < against ? -1 : 1;
    }
    return (one < one_end) - (other < other_end);
}

static int compare_names(const void *one, const void *other, void *text)
{
    const name *a = one, *b = other;
    int order = compare_spelling(text, a, b);

    return order ? order : (a->start > b->start) - (a->start < b->start);
}

/* Sorts the names, so that duplicates are neighbours: fast for any choice of names. */
static bool close_names(scanner *s, size_t first)
{
    name *names = s->names + first;
    size_t count = s->name_count - first;
    const name *again = NULL;

    s->name_count = first;
    if (count < 2)
        return true;
    qsort_r(names, count, sizeof(*names), compare_names, (void *)s->text);
    for (size_t i = 1; i < count; i++)
        if (!compare_spelling(s->text, &names[i - 1], &names[i]) && (!again || names[i].start < again->start))
            again = &names[i];
    if (!again)
        return true;
    return fault(s, again->start - 1, "the name \"%.*s\" a second time in one object",
                 again->len < 100 ? (int)again->len : 100, s->text + again->start);
}

static bool keep_name(scanner *s, size_t start)
{
    size_t end = s->at - 1;

    if (s->name_count == s->name_room) {
        size_t room = s->name_room ? s->name_room * 2 : 16;
        name *grown = reallocarray(s->names, room, sizeof(*grown));
        if (!grown)
            return false;
        s->names = grown;
        s->name_room = room;
    }
    s->names[s->name_count++] = (name){(uint32_t)start, (uint32_t)(end - start)};
    return pass(s, RP_TOKEN_NAME, start, end);
}

/* Structure */

/* What is expected after a complete value. */
static bool value_ends(scanner *s)
{
    if (!s->depth)
        s->expected = NOTHING;
    else
        s->expected = s->levels[s->depth - 1].close == ']' ? NEXT_VALUE : NEXT_NAME;
    return true;
}

static bool scan_open(scanner *s, char close)
{
    if (s->depth == RP_JSON_MAX_DEPTH)
        return fault(s, s->at, "more than %u levels", RP_JSON_MAX_DEPTH);
    s->levels[s->depth++] = (level){close, s->name_count};
    s->expected = close == ']' ? FIRST_VALUE : FIRST_NAME;
    s->at++;
    return pass(s, close == ']' ? RP_TOKEN_ARRAY : RP_TOKEN_OBJECT, s->at - 1, s->at);
}

static bool scan_close(scanner *s)
{
    level closed = s->levels[--s->depth];

    s->at++;
    return close_names(s, closed.first_name) && pass(s, RP_TOKEN_CLOSE, s->at - 1, s->at) && value_ends(s);
}

static bool scan_word(scanner *s)
{
    static const struct {
        const char *word;
        rp_json_token token;
    } words[] = {{"true", RP_TOKEN_TRUE}, {"false", RP_TOKEN_FALSE}, {"null", RP_TOKEN_NULL}};

    for (size_t i = 0; i < rp_count_of(words); i++) {
        size_t len = strlen(words[i].word);
        if (s->len - s->at >= len && !memcmp(s->text + s->at, words[i].word, len)) {
            s->at += len;
            return pass(s, words[i].token, s->at - len, s->at) && value_ends(s);
        }
    }
    return unexpected(s);
}

static bool scan_text(scanner *s)
{
    size_t start = s->at + 1;
    return scan_string(s, false) && pass(s, RP_TOKEN_STRING, start, s->at - 1) && value_ends(s);
}

static bool scan_value(scanner *s)
{
    int c = peek(s);

    if (c == '{')
        return scan_open(s, '}');
    if (c == '[')
        return scan_open(s, ']');
    if (c == '"')
        return scan_text(s);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(s) && value_ends(s);
    if (c == ']' && s->expected == FIRST_VALUE)
        return scan_close(s);
    return scan_word(s);
}

static bool scan_name(scanner *s)
{
    size_t start = s->at + 1;

    if (peek(s) == '}' && s->expected == FIRST_NAME)
        return scan_close(s);
    if (peek(s) != '"')
        return unexpected(s);
    s->expected = COLON;
    return scan_string(s, true) && keep_name(s, start);
}

static bool scan_next(scanner *s)
{
    if (peek(s) == s->levels[s->depth - 1].close)
        return scan_close(s);
    if (peek(s) != ',')
        return unexpected(s);
    s->at++;
    s->expected = s->expected == NEXT_VALUE ? VALUE : NAME;
    return true;
}

static bool scan_colon(scanner *s)
{
    if (peek(s) != ':')
        return unexpected(s);
    s->at++;
    s->expected = VALUE;
    return true;
}

static bool (*const steps[])(scanner *s) = {
    [VALUE] = scan_value, [FIRST_VALUE] = scan_value, [NAME] = scan_name,      [FIRST_NAME] = scan_name,
    [COLON] = scan_colon, [NEXT_VALUE] = scan_next,   [NEXT_NAME] = scan_next,
};

static void skip_space(scanner *s)
{
    while (s->at < s->len && memchr(" \t\r\n", s->text[s->at], 4))
        s->at++;
}

static bool scan_all(scanner *s)
{
    if (s->len >= 3 && !memcmp(s->text, "\xef\xbb\xbf", 3))
        return fault(s, 0, "a byte order mark, which JSON does not have");
    skip_space(s);
    if (s->at == s->len)
        return fault(s, 0, "the text is empty");
    while (s->expected != NOTHING) {
        if (!steps[s->expected](s))
            return false;
        skip_space(s);
    }
    return s->at == s->len || unexpected(s);
}

/* Line and column are counted only when there is an error. */
static int tell_fault(const scanner *s, rp_error **error)
{
    size_t line = 1, column = 1;

    if (!s->fault[0])
        return rp_error_no_memory(error);
    for (size_t i = 0; i < s->fault_at; i++) {
        column += (s->text[i] & 0xc0) != 0x80;
        if (s->text[i] == '\n') {
            line++;
            column = 1;
        }
    }
    return rp_error_set(error, RP_E_INVALID, "line %zu, column %zu: %s", line, column, s->fault);
}

int rp_json_tokens(const char *text, size_t len, size_t max_bytes,
                   bool (*take)(void *context, rp_json_token token, const char *spelled, size_t len),
                   void *context, rp_error **error)
{
    scanner s = {.text = text ? text : "", .len = len, .expected = VALUE, .take = take, .context = context};
    bool fine;

    if (len > max_bytes)
        return rp_error_set(error, RP_E_INVALID, "the text has %zu bytes, more than the %zu allowed", len,
                            max_bytes);
    fine = scan_all(&s);
    free(s.names);
    return fine ? 0 : tell_fault(&s, error);
}

int rp_json_scan(const char *text, size_t len, rp_error **error)
{
    return rp_json_tokens(text, len, RP_JSON_MAX_BYTES, NULL, NULL, error);
}
