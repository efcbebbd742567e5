/* SPDX-License-Identifier: BSD-2-Clause */
#include "helper/duo_sign.h"

#include "base/crypto.h"
#include "base/percent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An encoded parameter: two strings in the buffer that holds them all. */
struct encoded {
    const char *name, *value;
};

static int compare(const void *a, const void *b)
{
    const struct encoded *left = a, *right = b;
    int order = strcmp(left->name, right->name);

    return order != 0 ? order : strcmp(left->value, right->value);
}

int duo_sign_params(const struct duo_param *params, size_t count, char *out)
{
    struct encoded encoded[DUO_PARAMS_MAX];
    char *buffer = NULL;
    size_t used = 0, length = 0;
    int result = -1;

    out[0] = '\0';
    if (count > DUO_PARAMS_MAX)
        return -1;
    buffer = malloc(DUO_PARAMS_SIZE);
    if (buffer == NULL)
        return -1;
    for (size_t i = 0; i < 2 * count; i++) {
        const char *text = i % 2 == 0 ? params[i / 2].name : params[i / 2].value;

        if (used >= DUO_PARAMS_SIZE || percent_encode(buffer + used, DUO_PARAMS_SIZE - used, text) != 0)
            goto out;
        if (i % 2 == 0)
            encoded[i / 2].name = buffer + used;
        else
            encoded[i / 2].value = buffer + used;
        used += strlen(buffer + used) + 1;
    }
    qsort(encoded, count, sizeof *encoded, compare);
    /* A NUL behind each of the strings makes room for the '=' or '&' behind it here. */
    for (size_t i = 0; i < count; i++)
        length += (size_t)sprintf(out + length, "%s%s=%s", i > 0 ? "&" : "", encoded[i].name, encoded[i].value);
    result = 0;
out:
    crypto_wipe(buffer, DUO_PARAMS_SIZE);
    free(buffer);
    return result;
}

/* Not toupper(): the signature must not depend on a locale. */
static void copy_case(char *out, const char *text, size_t length, char first, char last, int shift)
{
    for (size_t i = 0; i < length; i++)
        out[i] = (char)(text[i] >= first && text[i] <= last ? text[i] + shift : text[i]);
    out[length] = '\0';
}

int duo_sign_canon(const char *date, const char *method, const char *host, const char *path, const char *params,
                   char *out, size_t size)
{
    char upper[16], lower[256];
    const char *bracket = strchr(host, ']'); /* of an IPv6 address, whose colons are no port's */
    size_t host_length = (size_t)((bracket != NULL ? bracket : host) - host);
    int length;

    host_length += strcspn(host + host_length, ":");
    if (strlen(method) >= sizeof upper || host_length >= sizeof lower)
        return -1;
    copy_case(upper, method, strlen(method), 'a', 'z', 'A' - 'a');
    copy_case(lower, host, host_length, 'A', 'Z', 'a' - 'A');
    length = snprintf(out, size, "%s\n%s\n%s\n%s\n%s", date, upper, lower, path, params);
    return length >= 0 && (size_t)length < size ? 0 : -1;
}

int duo_sign_authorization(const char *integration_key, const char *secret_key, const char *canon,
                           char out[DUO_AUTHORIZATION_SIZE])
{
    unsigned char digest[CRYPTO_DIGEST_MAX];
    char hex[2 * CRYPTO_DIGEST_MAX + 1], pair[80 + sizeof hex];
    size_t length = 0;

    out[0] = '\0';
    if (strlen(integration_key) > 78 || crypto_hmac(CRYPTO_SHA512, secret_key, strlen(secret_key), canon, strlen(canon),
                                                    digest, &length) != 0)
        return -1;
    crypto_hex(digest, length, hex);
    snprintf(pair, sizeof pair, "%s:%s", integration_key, hex);
    strcpy(out, "Basic ");
    crypto_base64(pair, strlen(pair), out + strlen(out));
    return 0;
}

int duo_sign_date(long long time, char out[DUO_DATE_SIZE])
{
    static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const time_t seconds = (time_t)time;
    struct tm tm;

    out[0] = '\0';
    if (seconds != time || gmtime_r(&seconds, &tm) == NULL || tm.tm_year < 0 || tm.tm_year > 8099)
        return -1;
    snprintf(out, DUO_DATE_SIZE, "%s, %02d %s %04d %02d:%02d:%02d -0000", days[tm.tm_wday], tm.tm_mday,
             months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
    return 0;
}

long long duo_sign_time(const char *date)
{
    struct tm tm = {0};
    /* The words are English: no program here takes up a locale. Not curl_getdate, whose time_t is as wide as libcurl's. */
    const char *rest = strptime(date, "%a, %d %b %Y %H:%M:%S", &tm);

    return rest != NULL && strcmp(rest, " GMT") == 0 ? (long long)timegm(&tm) : -1;
}
