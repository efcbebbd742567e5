/* SPDX-License-Identifier: BSD-2-Clause */
#include "duo/duo_ask.h"

#include <string.h>

void duo_ask_init(struct duo_request *request, enum duo_purpose purpose, const struct duo_profile *profile)
{
    *request = (struct duo_request){
        .purpose = (int)purpose,
        .fail_mode = profile->fail_mode,
        .timeout = profile->timeout,
        .auto_push = profile->auto_push,
        .max_prompts = profile->max_prompts,
    };
    strcpy(request->api_host, profile->api_host);
    strcpy(request->integration_key, profile->integration_key);
    strcpy(request->secret_key, profile->secret_key);
    strcpy(request->http_proxy, profile->http_proxy);
    strcpy(request->ca_file, profile->ca_file);
}
