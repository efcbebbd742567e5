/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mfa-duo, the helper: the only program that speaks HTTPS and JSON with Duo. The module starts it with a socket as
 * descriptor 0, which brings the request and takes the verdict (duo_line.h).
 *
 * What MUST hold: every privilege is given up before a byte comes from the network; the end is a verdict, or nothing.
 * What MUST NOT happen: a key in the arguments, the environment, a file or a message; a service called unavailable by a
 * process that was not let run, which its caller can see to.
 */
#include "base/close_from.h"
#include "base/file.h"
#include "helper/duo_api.h"
#include "helper/duo_confine.h"
#include "helper/duo_http.h"
#include "helper/duo_pulse.h"
#include "helper/duo_talk.h"
#include "wire/duo_request.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MS 5000 /* the module sends it at once */
#define CA_SIZE_MAX (2 * 1024 * 1024)
#define FAIR_SECONDS_MAX 5 /* half of what duo_http.c gives to a connection */

_Static_assert(sizeof(time_t) == 8, "a time must have 64 bits");

#ifdef __SANITIZE_ADDRESS__
/* A search for leaks at the end traces the process, which duo_confine has forbidden by then. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

/* Whether the module is gone. */
static bool is_alone(void *context)
{
    const struct duo_channel *channel = context;
    char byte;

    return recv(channel->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

/* Read as root, and checked: whoever can write it can pass for Duo. */
static int read_ca(const char *path, struct file_data *ca, struct fault *fault)
{
    const struct file_rule rule = {.owner = 0, .linked = true, .forbidden = 022, .size_max = CA_SIZE_MAX};

    if (path[0] == '\0')
        return 0;
    switch (file_read_path(path, &rule, ca, fault)) {
    case FOUND: return 0;
    case FOUND_NOTHING: return fault_set(fault, "%s: does not exist; it is ca_file in duo.conf", path);
    case FOUND_FAULT: break;
    }
    return -1;
}

/* Talks with Duo as REQUEST says. */
static enum duo_reason talk(const struct duo_request *request, const struct file_data *ca, struct duo_api *api,
                            struct duo_channel *channel)
{
    const struct duo_http_settings settings = {.host = request->api_host, .proxy = request->http_proxy,
                                               .ca = ca->data, .ca_length = ca->length, .cancelled = is_alone,
                                               .context = channel};
    enum duo_reason reason;

    api->request = request;
    api->cancelled = is_alone;
    api->context = channel;
    api->http = duo_http_new(&settings, &api->fault);
    if (api->http == NULL)
        return DUO_HELPER;
    api->deadline = deadline_in((long long)request->timeout * 1000);
    reason = request->purpose == DUO_CHECK ? duo_talk_check(api) : duo_talk_login(api, channel);
    duo_http_free(&api->http);
    return reason;
}

/* talk, by a process that had at least half of the time in which Duo was to answer. */
static enum duo_reason talk_fairly(const struct duo_request *request, const struct file_data *ca, struct duo_api *api,
                                   struct duo_channel *channel)
{
    const long long half = request->timeout * 500LL, most = FAIR_SECONDS_MAX * 1000LL;
    struct duo_pulse *pulse = duo_pulse_start(&api->fault);
    enum duo_reason reason;
    long long lost;

    if (pulse == NULL)
        return DUO_HELPER;
    reason = talk(request, ca, api, channel);
    lost = duo_pulse_stop(&pulse);
    if (duo_reason_verdict(reason) != VERDICT_UNAVAILABLE || lost < (half < most ? half : most))
        return reason;
    fault_set(&api->fault, "whether %s can be reached is not known: this process was stopped or got no time to run for "
              "%lld ms", request->api_host, lost);
    return DUO_HELPER;
}

/* From the request to the verdict. */
static int run(struct duo_channel *channel)
{
    const struct deadline arrival = deadline_in(REQUEST_MS);
    struct duo_request *request = calloc(1, sizeof *request);
    struct duo_api *api = calloc(1, sizeof *api);
    struct duo_verdict verdict = {.reason = DUO_HELPER};
    struct file_data ca = {0};
    struct deadline end;
    int result = 1;

    if (request == NULL || api == NULL)
        fault_set(&verdict.detail, "out of memory");
    else if (duo_request_receive(request, channel, &arrival, &verdict.detail) == 0) {
        verdict.reason = DUO_CONFIGURATION;
        if (read_ca(request->ca_file, &ca, &verdict.detail) == 0 && duo_confine(DUO_HELPER_USER, &verdict.detail) == 0) {
            verdict.reason = talk_fairly(request, &ca, api, channel);
            verdict.detail = api->fault;
        }
    }
    end = deadline_in(1000);
    if (duo_verdict_send(&verdict, channel, &end) == DUO_LINE_OK)
        result = 0;
    file_data_free(&ca);
    if (request != NULL)
        duo_request_wipe(request);
    free(request);
    free(api);
    return result;
}

int main(int argc, char **argv)
{
    static struct duo_channel channel; /* descriptor 0 */
    struct stat status;

    (void)argv;
    if (argc > 1 || fstat(0, &status) != 0 || !S_ISSOCK(status.st_mode)) {
        fputs("mfa-duo speaks with Duo for pam_mfa, which starts it. To try a Duo account: mfactl duo check\n", stderr);
        return 2;
    }
    closefrom(3);
    signal(SIGPIPE, SIG_IGN);
    return run(&channel);
}
