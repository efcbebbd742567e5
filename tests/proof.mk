# What the proofs are made of: see tests/inject, tests/fuzz, tests/bench. Built when asked for.
PROOF_CFLAGS = $(WARN_CFLAGS) -std=gnu11 -O1 -g -fPIC -shared -fvisibility=hidden
EXTRA_DIST += tests/inject
tests/inject/inject.so: tests/inject/inject.c
	@mkdir -p tests/inject
	$(AM_V_CCLD)$(CC) $(PROOF_CFLAGS) -D_GNU_SOURCE -o $@ $(srcdir)/tests/inject/inject.c -ldl
CLEANFILES += tests/inject/inject.so

EXTRA_PROGRAMS += tests/bench/warm_host
tests_bench_warm_host_SOURCES = tests/bench/warm_host.c
tests_bench_warm_host_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_bench_warm_host_LDADD = $(PAM_LIBS) $(CRYPTO_LIBS)
