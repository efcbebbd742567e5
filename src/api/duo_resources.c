/* SPDX-License-Identifier: BSD-2-Clause */
/* Duo profiles, their groups, and SVMs: all that the general functions need to know of them. */
#include "api/resources.h"

#include "admin/admin_duo.h"
#include "admin/admin_svm.h"

static const struct record_field *const profile_fields = admin_duo_fields;
static const struct record_field *const svm_record_fields = admin_svm_fields;
static const char *const by_owner[] = {"owner.name", NULL};
static const char *const by_owner_and_name[] = {"owner.name", "name", NULL};
static const char *const by_name[] = {"name", NULL};
static const char *const group_settings[] = {"comment", "excluded_users", NULL};
/* Not ca_file: this host's paths are for those who are on it. */
static const char *const profile_settings[] = {
    "api_host", "auto_push", "comment", "fail_mode", "http_proxy", "integration_key", "is_enabled", "max_prompts",
    "mount_accessor", "push_info", "secret_key", "timeout", "username_format", NULL,
};

static enum result create_profile(const struct host *host, const char *svm, const char *name,
                                  const struct setting *settings, size_t count, struct fault *fault)
{
    (void)name;
    return admin_duo_create(host, svm, settings, count, fault);
}

static enum result modify_profile(const struct host *host, const char *svm, const char *name,
                                  const struct setting *settings, size_t count, struct fault *fault)
{
    (void)name;
    return admin_duo_modify(host, svm, settings, count, fault);
}

static enum result remove_profile(const struct host *host, const char *svm, const char *name, struct fault *fault)
{
    (void)name;
    return admin_duo_delete(host, svm, fault);
}

const struct resource resource_duo_profiles = {
    .path = "/api/security/authentication/duo/profiles",
    .fields = &profile_fields,
    .settings = profile_settings,
    .keys = {"owner.uuid"},
    .order = by_owner,
    .is_shown_in_order = true,
    .methods = METHOD_GET | METHOD_POST | METHOD_PATCH | METHOD_DELETE,
    .record_methods = METHOD_GET | METHOD_PATCH | METHOD_DELETE,
    .show = admin_duo_show,
    .create = create_profile,
    .modify = modify_profile,
    .remove = remove_profile,
    .patch_not_there = REPLY_NOT_THERE,
};

static int show_groups(const struct show *show, struct fault *fault)
{
    return admin_duo_list_show(show, DUO_GROUPS, fault);
}

static enum result create_group(const struct host *host, const char *svm, const char *name,
                                const struct setting *settings, size_t count, struct fault *fault)
{
    return admin_duo_list_create(host, svm, DUO_GROUPS, name, settings, count, fault);
}

static enum result modify_group(const struct host *host, const char *svm, const char *name,
                                const struct setting *settings, size_t count, struct fault *fault)
{
    return admin_duo_list_modify(host, svm, DUO_GROUPS, name, settings, count, fault);
}

static enum result remove_group(const struct host *host, const char *svm, const char *name, struct fault *fault)
{
    return admin_duo_list_delete(host, svm, DUO_GROUPS, name, fault);
}

const struct resource resource_duo_groups = {
    .path = "/api/security/authentication/duo/groups",
    .fields = &admin_duo_list_fields[DUO_GROUPS],
    .settings = group_settings,
    .keys = {"owner.uuid", "name"},
    .order = by_owner_and_name,
    .methods = METHOD_GET | METHOD_POST | METHOD_PATCH | METHOD_DELETE,
    .record_methods = METHOD_GET | METHOD_PATCH | METHOD_DELETE,
    .show = show_groups,
    .create = create_group,
    .modify = modify_group,
    .remove = remove_group,
    .patch_not_there = REPLY_NOT_THERE,
};

const struct resource resource_svms = {
    .path = "/api/svm/svms",
    .fields = &svm_record_fields,
    .keys = {"uuid"},
    .order = by_name,
    .is_shown_in_order = true,
    .methods = METHOD_GET,
    .record_methods = METHOD_GET,
    .open_methods = METHOD_GET,
    .show = admin_svm_show,
    .patch_not_there = REPLY_NOT_THERE,
};
