/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What MUST hold:
 *  - the host's certificate is verified against its name, by TLS 1.2 or later, always;
 *  - one deadline bounds the request, whatever the other side does;
 *  - a POST's body is handed out once, so that no repetition inside libcurl can send it again.
 * What MUST NOT happen:
 *  - a redirect, a proxy or a protocol that root's file did not name;
 *  - an authority of the system's counting beside those that root's file names;
 *  - a failure counting as "unreachable" because it is not known: what is not on the list below is an error;
 *  - a failure on this side (memory, cryptography, the clock, a thread, a socket, a port) counting as one of the
 *    network: with fail_mode "safe", whoever could bring it about would be let in. Not seen is what fails inside libc
 *    while it looks up a name: see "Known limits" in SECURITY.md.
 */
#include "helper/duo_http.h"

#include "helper/duo_sign.h"
#include "helper/duo_trust.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_MS 10000 /* for name, connection and TLS together, within the deadline */
#define RETRY_AFTER_MAX 86400
#define NOWHERE "/dev/null/none" /* a path that cannot come to be */

struct duo_http {
    CURL *curl;
    struct duo_http_settings settings;
    char error[CURL_ERROR_SIZE];
    const char *bundle; /* the system's authorities in one file, as long as they are not read; NULL: nothing is left unread */
    /* Of the request under way. */
    struct duo_http_reply *reply;
    const char *body; /* what is left to send */
    size_t header_length;
    bool too_long;
    bool routed;      /* there is a way to an address of the host's */
    bool unrouted;    /* there is none to another */
    int socket_error; /* errno of a socket that could not be made; 0: none */
};

static size_t write_body(char *data, size_t size, size_t count, void *context)
{
    struct duo_http *http = context;
    size_t length = size * count;

    if (length > DUO_BODY_MAX - http->reply->length) {
        http->too_long = true;
        return 0;
    }
    memcpy(http->reply->body + http->reply->length, data, length);
    http->reply->length += length;
    return length;
}

/* The value of header NAME if LINE is one, into OUT. */
static bool header_is(const char *line, size_t length, const char *name, char *out, size_t size)
{
    size_t name_length = strlen(name);

    if (length <= name_length || strncasecmp(line, name, name_length) != 0 || line[name_length] != ':' ||
        length - name_length > size)
        return false;
    length -= name_length + 1;
    line += name_length + 1;
    while (length > 0 && *line == ' ') {
        line++;
        length--;
    }
    memcpy(out, line, length);
    out[length] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    return true;
}

/* Seconds, or a date. */
static long retry_after(const char *value, long long now)
{
    long long seconds;

    if (value[0] != '\0' && strspn(value, "0123456789") == strlen(value))
        seconds = strlen(value) < 9 ? atoll(value) : RETRY_AFTER_MAX;
    else {
        seconds = duo_sign_time(value);
        if (seconds < 0)
            return -1;
        seconds -= now;
    }
    return seconds < 0 ? 0 : seconds > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : (long)seconds;
}

static size_t read_header(char *line, size_t size, size_t count, void *context)
{
    struct duo_http *http = context;
    size_t length = size * count;
    char value[128];

    http->header_length += length;
    if (http->header_length > DUO_BODY_MAX) {
        http->too_long = true;
        return 0;
    }
    if (header_is(line, length, "Date", value, sizeof value))
        http->reply->date = duo_sign_time(value);
    else if (header_is(line, length, "Retry-After", value, sizeof value) ||
             header_is(line, length, "X-Retry-After", value, sizeof value)) {
        long seconds = retry_after(value, (long long)time(NULL));

        if (seconds > http->reply->retry_after)
            http->reply->retry_after = seconds;
    }
    return length;
}

static size_t read_body(char *out, size_t size, size_t count, void *context)
{
    struct duo_http *http = context;
    size_t length = strlen(http->body);

    if (length > size * count)
        length = size * count;
    memcpy(out, http->body, length);
    http->body += length;
    /* From here on the server may have it. */
    http->reply->sent = true;
    return length;
}

/* libcurl repeats a request when a connection that it kept turns out to be dead. It must not be able to. */
static int refuse_rewind(void *context, curl_off_t offset, int origin)
{
    (void)context;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

static int ask_cancelled(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct duo_http *http = context;

    (void)a;
    (void)b;
    (void)c;
    (void)d;
    return http->settings.cancelled != NULL && http->settings.cancelled(http->settings.context);
}

/*
 * Whether the routes of this host lead to ADDRESS, which a datagram socket says without sending anything. Of several
 * addresses libcurl tells the errno of one; those that this host has no way to are not to hide why another failed.
 */
static bool has_route(struct duo_http *http, const struct curl_sockaddr *address)
{
    int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error = fd >= 0 && connect(fd, &address->addr, address->addrlen) == 0 ? 0 : errno;

    if (fd >= 0)
        close(fd);
    switch (error) {
    case 0: return true;
    case EAFNOSUPPORT:  /* a kernel without IPv6 */
    case EADDRNOTAVAIL: /* IPv6 is switched off */
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EACCES: /* "prohibit" and "blackhole" among the routes */
    case EINVAL: break;
    default: http->socket_error = error; /* no port is left, say */
    }
    return false;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct duo_http *http = context;
    int fd = -1;

    (void)purpose;
    if (has_route(http, address)) {
        http->routed = true;
        fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
        if (fd < 0)
            http->socket_error = errno;
    } else
        http->unrouted = true;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

#define SET(option, value) (code = code == CURLE_OK ? curl_easy_setopt(curl, option, value) : code)

/*
 * Whose word is taken for who the host is. Root's file: nobody else's; and as NULL for the system's authorities means the
 * system's authorities from libcurl 8.17 on, and nobody's before, they are looked for where there is nothing.
 *
 * Else the system's, which libcurl has as one file and as a directory. Reading the file takes three times as much as all
 * the rest of a login, so it waits until the directory has no answer. libcurl must have a file: it gets one certificate of
 * that directory, whose word is taken already.
 */
static CURLcode set_trust(struct duo_http *http)
{
    struct curl_blob blob = {.data = (void *)(uintptr_t)http->settings.ca, .len = http->settings.ca_length,
                             .flags = CURL_BLOB_COPY};
    const char *bundle = NULL, *directory = NULL;
    char sample[512];
    CURL *curl = http->curl;
    CURLcode code = CURLE_OK;

    if (http->settings.ca != NULL) {
        SET(CURLOPT_CAINFO, NOWHERE);
        SET(CURLOPT_CAPATH, NOWHERE);
        SET(CURLOPT_CAINFO_BLOB, &blob); /* in place of CAINFO */
        return code;
    }
    if (curl_easy_getinfo(curl, CURLINFO_CAINFO, &bundle) == CURLE_OK && bundle != NULL &&
        curl_easy_getinfo(curl, CURLINFO_CAPATH, &directory) == CURLE_OK && directory != NULL &&
        duo_trust_sample(directory, sample, sizeof sample)) {
        SET(CURLOPT_CAINFO, sample);
        http->bundle = bundle;
    }
    return code;
}

/* The settings that are the same for every request. */
static CURLcode set_up(struct duo_http *http)
{
    CURL *curl = http->curl;
    CURLcode code = set_trust(http);

    SET(CURLOPT_ERRORBUFFER, http->error);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1); /* HTTP/2 has repetitions of its own */
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_PROXY, http->settings.proxy);
    SET(CURLOPT_NOPROXY, "");
    if (http->settings.proxy[0] != '\0') {
        SET(CURLOPT_PROXYTYPE, (long)CURLPROXY_HTTP);
        SET(CURLOPT_HTTPPROXYTUNNEL, 1L);
        SET(CURLOPT_PROXYAUTH, (long)CURLAUTH_BASIC);
        SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    }
    SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* the signature is not for the proxy */
    SET(CURLOPT_USERAGENT, "pam_mfa");
    SET(CURLOPT_QUICK_EXIT, 1L); /* do not wait for a name server that hangs */
    SET(CURLOPT_WRITEFUNCTION, write_body);
    SET(CURLOPT_WRITEDATA, http);
    SET(CURLOPT_HEADERFUNCTION, read_header);
    SET(CURLOPT_HEADERDATA, http);
    SET(CURLOPT_READFUNCTION, read_body);
    SET(CURLOPT_READDATA, http);
    SET(CURLOPT_SEEKFUNCTION, refuse_rewind);
    SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
    SET(CURLOPT_OPENSOCKETDATA, http);
    SET(CURLOPT_NOPROGRESS, 0L);
    SET(CURLOPT_XFERINFOFUNCTION, ask_cancelled);
    SET(CURLOPT_XFERINFODATA, http);
    return code;
}

/*
 * Whether libcurl has met the end of memory since this was last cleared. Asked of its allocator, since libcurl itself
 * reports some of these as a name that does not resolve. Atomic: it resolves names in a thread.
 */
static atomic_bool out_of_memory;

static void *note(void *block)
{
    if (block == NULL)
        atomic_store(&out_of_memory, true);
    return block;
}

static void *memory_malloc(size_t size)
{
    return note(malloc(size));
}

static void *memory_calloc(size_t count, size_t size)
{
    return note(calloc(count, size));
}

static void *memory_realloc(void *block, size_t size)
{
    return note(realloc(block, size));
}

static char *memory_strdup(const char *text)
{
    return note(strdup(text));
}

struct duo_http *duo_http_new(const struct duo_http_settings *settings, struct fault *fault)
{
    struct duo_http *http = calloc(1, sizeof *http);

    if (http == NULL || curl_global_init_mem(CURL_GLOBAL_DEFAULT, memory_malloc, free, memory_realloc, memory_strdup,
                                             memory_calloc) != CURLE_OK) {
        free(http);
        fault_set(fault, "libcurl cannot be initialised");
        return NULL;
    }
    http->settings = *settings;
    http->curl = curl_easy_init();
    if (http->curl == NULL || set_up(http) != CURLE_OK) {
        fault_set(fault, "libcurl does not take its settings: %s", http->error);
        duo_http_free(&http);
    }
    return http;
}

void duo_http_free(struct duo_http **http)
{
    if (*http != NULL) {
        curl_easy_cleanup((*http)->curl);
        curl_global_cleanup();
        free(*http);
    }
    *http = NULL;
}

/*
 * A TLS handshake that failed for no reason of TLS: the connection was cut. libcurl has one code for all of these, and
 * only its text tells them apart; a text that is not known here is an error, which errs on the side of refusing.
 * Likewise where libcurl says that it could not send or receive: OpenSSL's own errors all have "error:" in their texts.
 */
static bool was_cut(const char *error)
{
    static const char *const signs[] = {"Connection reset by peer", "SSL_ERROR_SYSCALL", "unexpected eof", "Broken pipe"};

    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(error, signs[i]) != NULL)
            return true;
    return false;
}

static bool is_of_tls(const char *error)
{
    return strstr(error, "error:") != NULL && !was_cut(error);
}

static enum duo_http_result proxy_result(const struct duo_http *http)
{
    long status = 0;

    curl_easy_getinfo(http->curl, CURLINFO_HTTP_CONNECTCODE, &status);
    return status >= 400 && status < 500 ? DUO_HTTP_PROXY : DUO_HTTP_UNREACHABLE;
}

/* Not so where libcurl could not even look: without a thread, say. It has the same codes for that, with other texts. */
static bool is_of_name_server(const char *error)
{
    static const char sign[] = "Could not resolve ";

    return strncmp(error, sign, strlen(sign)) == 0;
}

/* Whether there is no way, or the connection failed for a reason that comes from the other side or from between. */
static bool is_of_network(const struct duo_http *http)
{
    static const int signs[] = {ECONNREFUSED, ECONNRESET, ECONNABORTED, ETIMEDOUT, EHOSTUNREACH, EHOSTDOWN, ENETUNREACH,
                                ENETDOWN, EACCES /* what ICMPv6's "administratively prohibited" becomes */};
    long error = 0;

    if (http->unrouted && !http->routed)
        return true;
    curl_easy_getinfo(http->curl, CURLINFO_OS_ERRNO, &error);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (error == signs[i])
            return true;
    return false;
}

/* What was not well on this side in the request that ended with CODE; NULL: nothing. */
static const char *own_failure(const struct duo_http *http, CURLcode code)
{
    if (code == CURLE_OK)
        return NULL;
    if (atomic_load(&out_of_memory))
        return "out of memory";
    return http->socket_error != 0 ? strerror(http->socket_error) : NULL;
}

static enum duo_http_result classify(const struct duo_http *http, CURLcode code)
{
    if (http->too_long)
        return DUO_HTTP_BAD;
    switch ((int)code) {
    case CURLE_OK: return DUO_HTTP_REPLY;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return is_of_name_server(http->error) ? DUO_HTTP_UNREACHABLE : DUO_HTTP_FAILED;
    case CURLE_COULDNT_CONNECT: return is_of_network(http) ? DUO_HTTP_UNREACHABLE : DUO_HTTP_FAILED;
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_ABORTED_BY_CALLBACK: return DUO_HTTP_UNREACHABLE;
    case CURLE_SEND_ERROR: return is_of_tls(http->error) ? DUO_HTTP_BAD : DUO_HTTP_UNREACHABLE;
    case CURLE_RECV_ERROR: return is_of_tls(http->error) ? DUO_HTTP_BAD : proxy_result(http);
    case CURLE_SSL_CONNECT_ERROR: return was_cut(http->error) ? DUO_HTTP_UNREACHABLE : DUO_HTTP_CERTIFICATE;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER: return DUO_HTTP_CERTIFICATE;
    }
    return DUO_HTTP_BAD;
}

static CURLcode set_request(struct duo_http *http, const struct duo_http_request *request,
                            const struct deadline *deadline, struct curl_slist *headers)
{
    bool post = strcmp(request->method, "POST") == 0;
    long left = deadline_left(deadline);
    size_t size = strlen(http->settings.host) + strlen(request->path) + strlen(request->params) + 16;
    char *url = malloc(size);
    CURL *curl = http->curl;
    /* To libcurl, 0 is no limit. Here it is a clock that does not answer, or a moment too rare to be let in for. */
    CURLcode code = url == NULL || left == 0 ? CURLE_FAILED_INIT : CURLE_OK;

    if (url != NULL)
        snprintf(url, size, "https://%s%s%s%s", http->settings.host, request->path,
                 !post && request->params[0] != '\0' ? "?" : "", post ? "" : request->params);
    SET(CURLOPT_URL, url);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_TIMEOUT_MS, left);
    SET(CURLOPT_CONNECTTIMEOUT_MS, left < CONNECT_MS ? left : CONNECT_MS);
    if (post) {
        SET(CURLOPT_POST, 1L);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->params));
    } else
        SET(CURLOPT_HTTPGET, 1L);
    free(url);
    return code;
}

/* Appends `NAME: VALUE` to *HEADERS. */
static int add_header(struct curl_slist **headers, const char *name, const char *value)
{
    char line[512];
    struct curl_slist *longer;

    snprintf(line, sizeof line, "%s:%s%s", name, value[0] != '\0' ? " " : "", value);
    longer = curl_slist_append(*headers, line);
    if (longer == NULL)
        return -1;
    *headers = longer;
    return 0;
}

static int add_headers(struct curl_slist **headers, const struct duo_http_request *request)
{
    /* Without an empty Expect, libcurl may wait for leave to send the body. */
    if (add_header(headers, "Expect", "") != 0 ||
        (request->date != NULL &&
         (add_header(headers, "Date", request->date) != 0 || add_header(headers, "X-Duo-Date", request->date) != 0)))
        return -1;
    return request->authorization != NULL ? add_header(headers, "Authorization", request->authorization) : 0;
}

/* One try of what duo_http_send does. */
static enum duo_http_result try(struct duo_http *http, const struct duo_http_request *request,
                                const struct deadline *deadline, struct curl_slist *headers, CURLcode *code,
                                struct fault *fault)
{
    enum duo_http_result result;
    const char *failure;

    *http->reply = (struct duo_http_reply){.date = -1, .retry_after = -1};
    http->body = request->params;
    http->header_length = 0;
    http->too_long = false;
    http->routed = false;
    http->unrouted = false;
    http->socket_error = 0;
    http->error[0] = '\0';
    *code = CURLE_OK;
    if (set_request(http, request, deadline, headers) != CURLE_OK) {
        fault_set(fault, "libcurl does not take the request, or there is no time left for it");
        return DUO_HTTP_FAILED;
    }
    atomic_store(&out_of_memory, false);
    *code = curl_easy_perform(http->curl);
    failure = own_failure(http, *code);
    result = failure != NULL ? DUO_HTTP_FAILED : classify(http, *code);
    if (result == DUO_HTTP_REPLY)
        curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &http->reply->status);
    else
        fault_set(fault, "%s %s: %s", http->settings.host, request->path,
                  http->too_long           ? "the reply is longer than 64 KiB"
                  : failure != NULL        ? failure
                  : http->error[0] != '\0' ? http->error
                                           : curl_easy_strerror(*code));
    return result;
}

/*
 * Whether the host was not believed, before it was sent anything, and authorities are left whom nobody has asked. From
 * here on they are.
 */
static bool ask_bundle(struct duo_http *http, enum duo_http_result result, CURLcode code)
{
    const char *bundle = http->bundle;

    if (result != DUO_HTTP_CERTIFICATE || bundle == NULL || http->reply->sent ||
        (code != CURLE_PEER_FAILED_VERIFICATION && code != CURLE_SSL_CACERT_BADFILE))
        return false;
    http->bundle = NULL;
    return curl_easy_setopt(http->curl, CURLOPT_CAINFO, bundle) == CURLE_OK;
}

enum duo_http_result duo_http_send(struct duo_http *http, const struct duo_http_request *request,
                                   const struct deadline *deadline, struct duo_http_reply *reply, struct fault *fault)
{
    struct curl_slist *headers = NULL;
    enum duo_http_result result = DUO_HTTP_FAILED;
    CURLcode code;

    http->reply = reply;
    if (add_headers(&headers, request) != 0)
        fault_set(fault, "out of memory");
    else {
        result = try(http, request, deadline, headers, &code, fault);
        if (ask_bundle(http, result, code)) {
            const struct fault first = *fault;

            result = try(http, request, deadline, headers, &code, fault);
            /* Whoever was not believed does not become unreachable by hanging up when asked again. */
            if (result == DUO_HTTP_UNREACHABLE) {
                result = DUO_HTTP_CERTIFICATE;
                *fault = first;
            }
        }
    }
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return result;
}
#undef SET
