/* SPDX-License-Identifier: BSD-2-Clause */
/* What a client may ask for at most. Everything that a request can make grow has its bound here. */
#ifndef MFA_REST_LIMIT_H
#define MFA_REST_LIMIT_H

#define LIMIT_SEATS 64          /* connections, each with one request, and a process of its own */
#define LIMIT_USER 8            /* of them, of one user */
#define LIMIT_OTHERS 56         /* of them, of all users but root: root is never kept out by others */
#define LIMIT_STRANGERS 16      /* of them, of all user ids together that are not known to have an account */
#define LIMIT_REFUSED 64        /* connections that were refused and not closed yet */
#define LIMIT_WORKERS 8         /* requests that are worked on at once for others than root; further ones wait */
#define LIMIT_USER_WORKERS 2    /* of them, for one user */
#define LIMIT_BACKLOG 1024      /* connections that the kernel keeps waiting */
#define LIMIT_HEAD_SECONDS 5    /* until a request's header is complete */
#define LIMIT_SECONDS 10        /* each: until the request is complete, until work begins, until its end, until the answer is sent */
#define LIMIT_PAUSE_SECONDS 90  /* until a person has been asked, whom a request may have to wait for */
#define LIMIT_TOTAL_SECONDS 150 /* of a connection, whatever it goes through */
#define LIMIT_TARGET 8192       /* bytes of path and query */
#define LIMIT_BODY (64 * 1024)  /* bytes */
#define LIMIT_DISCARDED (1024 * 1024) /* bytes of a body that is too large, and is read only for the client's sake */
#define LIMIT_DEPTH 8           /* of objects and lists in a body */
#define LIMIT_MEMBERS 256       /* values in a body */
#define LIMIT_SEGMENTS 16       /* of a path */
#define LIMIT_PARAMETERS 64     /* of a query */
#define LIMIT_REPLY (8 * 1024 * 1024) /* bytes of an answer */
#define LIMIT_PAGE (7 * 1024 * 1024)  /* a collection that grows beyond goes on with `next` */
#define LIMIT_LOCATION 1024     /* bytes of the Location header */

#endif
