/* SPDX-License-Identifier: BSD-2-Clause */
/* The collections there are. */
#ifndef MFA_REST_RESOURCES_H
#define MFA_REST_RESOURCES_H

#include "api/resource.h"

extern const struct resource resource_duo_profiles;
extern const struct resource resource_duo_groups;
extern const struct resource resource_totps;
extern const struct resource resource_svms;

/* Vault's API for the Duo profile of SVM. */
void vault_serve(struct request *request, const char *svm);

#endif
