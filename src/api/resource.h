/* SPDX-License-Identifier: BSD-2-Clause */
/* ONTAP's conventions for collections and the records in them, over the functions that `mfactl` calls as well. */
#ifndef MFA_REST_RESOURCE_H
#define MFA_REST_RESOURCE_H

#include "admin/result.h"
#include "admin/setting.h"
#include "admin/show.h"
#include "api/request.h"

#define RESOURCE_SETTINGS_MAX 32

struct resource {
    const char *path;
    const struct record_field *const *fields;
    const char *const *settings; /* what POST and PATCH take; NULL: the resource's own functions see to that */
    const char *keys[3];         /* fields, of which the path of a record holds the values; NULL ends them */
    const char *const *order;    /* fields that put any two records in an order; NULL ends them */
    bool is_shown_in_order;      /* `show` offers them so */
    unsigned int methods, record_methods; /* on the collection, and on a record */
    unsigned int open_methods;            /* those that not only root may use */
    int (*show)(const struct show *show, struct fault *fault);
    /* NAME is the record's within the SVM: the value of its last key, if there is one beside the owner's. */
    enum result (*create)(const struct host *host, const char *svm, const char *name, const struct setting *settings,
                          size_t count, struct fault *fault);
    enum result (*modify)(const struct host *host, const char *svm, const char *name, const struct setting *settings,
                          size_t count, struct fault *fault);
    enum result (*remove)(const struct host *host, const char *svm, const char *name, struct fault *fault);
    /* In place of the general ones below, if not NULL. Each answers. */
    void (*post)(struct request *request, const struct resource *resource);
    void (*change)(struct request *request, const struct resource *resource, const char *const *segments, size_t count);
    enum reply_code patch_not_there; /* what a PATCH of no record says */
    /* For callers other than root: the field that must hold their name. */
    const char *self;
};

/* Answers REQUEST, whose path is RESOURCE's with COUNT further parts from SEGMENTS. */
void resource_serve(struct request *request, const struct resource *resource, const char *const *segments,
                    size_t count);

/* PATCH or DELETE, of the one record that COUNT further SEGMENTS of the path name, or of all that the query finds. */
void resource_change(struct request *request, const struct resource *resource, const char *const *segments,
                     size_t count);

/*
 * The SVM that the body's `owner.name` or `owner.uuid` names, or cluster, into NAME. *UUID becomes that SVM's. -1:
 * answered already.
 */
__attribute__((warn_unused_result)) int resource_owner(struct request *request, char name[NAME_SIZE], char uuid[37]);

/*
 * Turns the fields of the body that NAMES (ended by NULL) lists into SETTINGS. -1: answered already, since one is of
 * another type than FIELDS say, or the body has fields that nobody knows.
 */
__attribute__((warn_unused_result)) int resource_settings(struct request *request, const struct record_field *fields,
                                                          const char *const *names, struct setting *settings,
                                                          size_t *count);

/* Whether a parameter of the query is one that no request but a GET of a collection knows; then it is answered. */
__attribute__((warn_unused_result)) bool resource_has_unexpected(struct request *request);

/* Answers for RESULT, which is not done. */
void resource_failed(struct request *request, enum result result, const struct fault *fault);

/* For struct report: logs what is broken and therefore shown with its keys alone, or not at all. */
void resource_log_problem(void *context, const char *text);

#endif
