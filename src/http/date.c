#include "http/date.h"

#include <curl/curl.h>

/* libcurl's parser does not depend on the locale, which strptime() does. */
bool rp_http_parse_date(const char *text, int64_t *seconds)
{
    time_t parsed = curl_getdate(text, NULL);

    if (parsed == (time_t)-1)
        return false;
    *seconds = (int64_t)parsed;
    return true;
}
