/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gRPC (grpc.io, "gRPC over HTTP2"): a POST whose body is a flag, a length of four bytes and the message; the answer
 * likewise, its status in the trailers.
 *
 * What MUST hold: TLS is verified both ways, against the fleet's own authority alone; an answer counts only whole, with HTTP
 * status 200, a trailer that says 0, and exactly one message; a reader's memory is bounded.
 * What MUST NOT happen: a proxy, a netrc or a redirect having a say; a refusal taken for a node that cannot be reached.
 */
#include "broker/link.h"

#include "broker/etcd.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX_BYTES 5
#define CONNECT_MS 1000
#define DESCRIPTORS 8 /* that looking up a name and connecting may take */
#define STREAMS 250L          /* what etcd's server takes on one connection */
#define NO_PATH "/nonexistent" /* or libcurl adds the system's authorities */

struct try {
    struct link *link;
    struct link_request request;
    CURL *easy;
    unsigned char *sent; /* prefix and message */
    unsigned char *data; /* what has come so far */
    size_t used, room;
    int grpc_status; /* -1: none yet */
    long long date;
    char message[200];
    char error[CURL_ERROR_SIZE];
    struct try *next;
};

struct link {
    CURLM *multi;
    struct curl_slist *headers;
    struct try *tries;
};

static CURLM *new_multi(void)
{
    CURLM *multi = curl_multi_init();

    if (multi != NULL) {
        curl_multi_setopt(multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
        curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
        curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, STREAMS);
    }
    return multi;
}

struct link *link_new(void)
{
    struct link *link = calloc(1, sizeof *link);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/grpc");

    if (headers != NULL && curl_slist_append(headers, "TE: trailers") == NULL) {
        curl_slist_free_all(headers);
        headers = NULL;
    }
    if (link != NULL && headers != NULL)
        link->multi = new_multi();
    if (link == NULL || link->multi == NULL) {
        curl_slist_free_all(headers);
        free(link);
        return NULL;
    }
    link->headers = headers;
    return link;
}

static void try_free(struct try *try)
{
    struct try **at = &try->link->tries;

    while (*at != NULL && *at != try)
        at = &(*at)->next;
    if (*at == try)
        *at = try->next;
    if (try->easy != NULL) {
        curl_multi_remove_handle(try->link->multi, try->easy);
        curl_easy_cleanup(try->easy);
    }
    free(try->sent);
    free(try->data);
    free(try);
}

void link_free(struct link **link)
{
    if (*link == NULL)
        return;
    while ((*link)->tries != NULL)
        try_free((*link)->tries);
    curl_multi_cleanup((*link)->multi);
    curl_slist_free_all((*link)->headers);
    free(*link);
    *link = NULL;
}

static size_t take_data(char *data, size_t size, size_t count, void *context)
{
    struct try *try = context;
    size_t length = size * count;

    if (length > PREFIX_BYTES + ETCD_REPLY_MAX - try->used)
        return 0;
    if (length > try->room - try->used) {
        size_t room = try->used + length < 2048 ? 2048 : 2 * (try->used + length);
        unsigned char *grown = realloc(try->data, room);

        if (grown == NULL)
            return 0;
        try->data = grown;
        try->room = room;
    }
    memcpy(try->data + try->used, data, length);
    try->used += length;
    return length;
}

/* The value of the header NAME in LINE of LENGTH bytes, as a string in OUT. */
static bool is_header(const char *line, size_t length, const char *name, char *out, size_t size)
{
    size_t start = strlen(name);

    if (length < start || strncasecmp(line, name, start) != 0)
        return false;
    while (start < length && line[start] == ' ')
        start++;
    while (length > start && (line[length - 1] == '\r' || line[length - 1] == '\n'))
        length--;
    snprintf(out, size, "%.*s", (int)(length - start), line + start);
    return true;
}

static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct try *try = context;
    size_t length = size * count;
    char value[64];

    if (is_header(data, length, "grpc-status:", value, sizeof value)) {
        char *end;
        long status = strtol(value, &end, 10);

        /* A second one, or one that is no number, makes the answer none. */
        try->grpc_status = try->grpc_status == -1 && end != value && *end == '\0' && status >= 0 && status < 100 ? (int)status : 99;
    } else if (is_header(data, length, "date:", value, sizeof value))
        try->date = (long long)curl_getdate(value, NULL);
    else
        is_header(data, length, "grpc-message:", try->message, sizeof try->message);
    return length;
}

static bool set_blob(CURL *easy, CURLoption option, const struct file_data *data)
{
    struct curl_blob blob = {data->data, data->length, CURL_BLOB_COPY};

    return curl_easy_setopt(easy, option, &blob) == CURLE_OK;
}

static bool set_up(struct try *try)
{
    CURL *easy = try->easy;
    const struct link_request *request = &try->request;
    const struct identity *identity = request->identity;
    char url[512];
    bool ok;

    snprintf(url, sizeof url, "%s%s", request->url, request->method != NULL ? request->method : "/version");
    ok = curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_CAPATH, NO_PATH) == CURLE_OK &&
         set_blob(easy, CURLOPT_CAINFO_BLOB, &identity->ca) &&
         set_blob(easy, CURLOPT_SSLCERT_BLOB, &identity->certificate) &&
         set_blob(easy, CURLOPT_SSLKEY_BLOB, &identity->key) &&
         curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 4096L);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, request->milliseconds);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, try->error);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_data);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, try);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, try);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, try);
    if (request->method != NULL) {
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, try->link->headers);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)(PREFIX_BYTES + request->length));
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, try->sent);
    }
    return ok;
}

/* Starts TRY, for the first time or anew. */
static int try_start(struct try *try)
{
    try->used = 0;
    try->grpc_status = -1;
    try->date = -1;
    try->message[0] = try->error[0] = '\0';
    try->easy = curl_easy_init();
    if (try->easy != NULL && set_up(try) && curl_multi_add_handle(try->link->multi, try->easy) == CURLM_OK)
        return 0;
    return -1;
}

int link_send(struct link *link, const struct link_request *request)
{
    struct try *try = calloc(1, sizeof *try);
    unsigned char *sent = malloc(PREFIX_BYTES + request->length);

    if (try == NULL || sent == NULL) {
        free(try);
        free(sent);
        return -1;
    }
    sent[0] = 0; /* not compressed */
    for (int i = 0; i < 4; i++)
        sent[1 + i] = (unsigned char)(request->length >> (24 - 8 * i));
    if (request->length > 0)
        memcpy(sent + PREFIX_BYTES, request->data, request->length);
    *try = (struct try){.link = link, .request = *request, .sent = sent, .next = link->tries};
    link->tries = try;
    if (try_start(try) == 0)
        return 0;
    try_free(try);
    return -1;
}

void link_renew(struct link *link)
{
    CURLM *multi = new_multi();

    if (multi == NULL)
        return; /* the old connections still stand */
    for (struct try *try = link->tries; try != NULL; try = try->next) {
        if (try->easy != NULL) {
            curl_multi_remove_handle(link->multi, try->easy);
            curl_easy_cleanup(try->easy);
            try->easy = NULL;
        }
    }
    curl_multi_cleanup(link->multi);
    link->multi = multi;
    for (struct try *try = link->tries; try != NULL; try = try->next) {
        if (try_start(try) != 0 && try->easy != NULL) {
            curl_easy_cleanup(try->easy);
            try->easy = NULL; /* link_run ends it */
        }
    }
}

static bool lacks(long error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/* Whoever looks up a name, or connects, does not always say so; as many as that takes must be left. */
static bool lacks_descriptors(void)
{
    int fds[DESCRIPTORS];
    size_t count = 0;
    bool is_short;

    while (count < DESCRIPTORS && (fds[count] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)) >= 0)
        count++;
    is_short = count < DESCRIPTORS && errno != EBADF;
    while (count > 0)
        close(fds[--count]);
    return is_short;
}

/* libcurl says of the other side's "no" only that receiving failed; OpenSSL's word for it is in the text. */
static enum try_end end_of_failure(struct try *try, CURLcode code)
{
    long error = 0;

    curl_easy_getinfo(try->easy, CURLINFO_OS_ERRNO, &error);
    switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CIPHER: return TRY_DISTRUSTED;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT: return TRY_REFUSED;
    case CURLE_OUT_OF_MEMORY: return TRY_HOST;
    case CURLE_WRITE_ERROR: return TRY_NONSENSE;
    default: break;
    }
    if (strstr(try->error, " alert ") != NULL)
        return TRY_DISTRUSTED;
    return lacks(error) || lacks_descriptors() ? TRY_HOST : TRY_UNREACHABLE;
}

/* https://grpc.github.io/grpc/core/md_doc_statuscodes.html, and what etcd says by which of them. */
static enum try_end end_of_status(const struct try *try)
{
    enum { OK = 0, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE, EXHAUSTED = 8, RANGE = 11, INTERNAL = 13, UNAVAILABLE };

    switch (try->grpc_status) {
    case OK: return TRY_ANSWERED;
    case CANCELLED:
    case UNKNOWN:
    case DEADLINE:
    case INTERNAL:
    case UNAVAILABLE: return TRY_UNREACHABLE;
    case EXHAUSTED: return strstr(try->message, "space exceeded") != NULL ? TRY_FULL : TRY_UNREACHABLE;
    case INVALID_ARGUMENT: return strstr(try->message, "auth store is old") != NULL ? TRY_UNREACHABLE : TRY_REFUSED;
    case RANGE: return TRY_NONSENSE;
    }
    return TRY_REFUSED;
}

static void judge_answer(struct try *try, struct try_result *result)
{
    long status = 0;

    curl_easy_getinfo(try->easy, CURLINFO_RESPONSE_CODE, &status);
    result->date = try->date;
    if (status != 200) {
        result->end = status >= 500 ? TRY_UNREACHABLE : TRY_REFUSED;
        snprintf(result->text, sizeof result->text, "HTTP status %ld", status);
    } else if (try->request.method == NULL) {
        result->end = try->date > 0 ? TRY_ANSWERED : TRY_NONSENSE;
        snprintf(result->text, sizeof result->text, "%s", try->date > 0 ? "" : "the answer has no date");
    } else if (try->grpc_status < 0 || try->grpc_status > 16) {
        /* A connection that ends early may look so. */
        result->end = TRY_UNREACHABLE;
        snprintf(result->text, sizeof result->text, "the answer has no status");
    } else if (try->grpc_status != 0) {
        result->end = end_of_status(try);
        snprintf(result->text, sizeof result->text, "%s (%d)", try->message, try->grpc_status);
    } else {
        size_t length = try->used < PREFIX_BYTES ? 0 : (size_t)try->data[1] << 24 | (size_t)try->data[2] << 16 |
                                                           (size_t)try->data[3] << 8 | try->data[4];

        result->end = TRY_NONSENSE;
        snprintf(result->text, sizeof result->text, "the answer is not one message");
        if (try->used >= PREFIX_BYTES && try->data[0] == 0 && length == try->used - PREFIX_BYTES) {
            result->end = TRY_ANSWERED;
            result->text[0] = '\0';
            result->data = try->data + PREFIX_BYTES;
            result->length = length;
        }
    }
}

static void conclude(struct try *try, CURLcode code)
{
    struct try_result result = {.end = TRY_HOST, .date = -1};
    link_done *done = try->request.done;
    void *context = try->request.context;

    if (try->easy == NULL)
        snprintf(result.text, sizeof result.text, "out of memory");
    else if (code == CURLE_OK)
        judge_answer(try, &result);
    else {
        result.end = end_of_failure(try, code);
        snprintf(result.text, sizeof result.text, "%.*s", (int)sizeof result.text - 1,
                 try->error[0] != '\0' ? try->error : curl_easy_strerror(code));
    }
    /* DONE may send again, and what it is told is ours until it returns. */
    done(context, &result);
    try_free(try);
}

void link_run(struct link *link)
{
    int running = 0, left;
    CURLMsg *message;

    curl_multi_perform(link->multi, &running);
    while ((message = curl_multi_info_read(link->multi, &left)) != NULL) {
        struct try *try = NULL;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&try);
        conclude(try, message->data.result);
    }
    for (struct try *try = link->tries, *next; try != NULL; try = next) {
        next = try->next;
        if (try->easy == NULL)
            conclude(try, CURLE_OK);
    }
}

void link_wait(struct link *link, struct pollfd *polled, size_t count, int milliseconds)
{
    struct curl_waitfd *waited = calloc(count + 1, sizeof *waited);
    int ready = 0;

    for (size_t i = 0; i < count && waited != NULL; i++) {
        waited[i].fd = polled[i].fd;
        waited[i].events = (short)(((polled[i].events & POLLIN) != 0 ? CURL_WAIT_POLLIN : 0) |
                                   ((polled[i].events & POLLOUT) != 0 ? CURL_WAIT_POLLOUT : 0));
    }
    if (waited == NULL)
        poll(polled, (nfds_t)count, milliseconds < 50 ? milliseconds : 50);
    else
        curl_multi_poll(link->multi, waited, (unsigned int)count, milliseconds, &ready);
    /* An end or an error of a descriptor is not among what is told here; whoever reads from it finds out. */
    for (size_t i = 0; i < count && waited != NULL; i++)
        polled[i].revents = (short)(((waited[i].revents & CURL_WAIT_POLLIN) != 0 ? POLLIN : 0) |
                                    ((waited[i].revents & CURL_WAIT_POLLOUT) != 0 ? POLLOUT : 0));
    free(waited);
}
