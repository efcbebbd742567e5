# What the proofs are made of: see tests/inject, tests/fuzz, tests/bench. Built when asked for.
PROOF_CFLAGS = $(WARN_CFLAGS) -std=gnu11 -O1 -g -fPIC -shared -fvisibility=hidden
EXTRA_DIST += tests/inject
tests/inject/inject.so: tests/inject/inject.c
	@mkdir -p tests/inject
	$(AM_V_CCLD)$(CC) $(PROOF_CFLAGS) -D_GNU_SOURCE -o $@ $(srcdir)/tests/inject/inject.c -ldl
CLEANFILES += tests/inject/inject.so
e2e-programs: tests/inject/inject.so

EXTRA_PROGRAMS += tests/bench/warm_host
tests_bench_warm_host_SOURCES = tests/bench/warm_host.c
tests_bench_warm_host_CFLAGS = $(AM_CFLAGS) $(CRYPTO_CFLAGS)
tests_bench_warm_host_LDADD = $(PAM_LIBS) $(CRYPTO_LIBS)

# Fuzz targets: `make fuzz SECONDS=n` runs them under libFuzzer in build-fuzz, `make check` only replays their corpus.
SECONDS = 60
fuzz:
	$(srcdir)/tests/fuzz/run . $(SECONDS)
.PHONY: fuzz
FUZZ_CFLAGS = $(AM_CFLAGS) $(CONFIG_CFLAGS) -DCORPUS='"$(srcdir)/tests/fuzz/corpus"' -Wno-missing-prototypes
FUZZ_FILES = tests/fuzz/fuzz.h tests/fuzz/replay.c
EXTRA_DIST += tests/fuzz
REPLAYS = tests/fuzz/replay_record tests/fuzz/replay_base32 tests/fuzz/replay_conf tests/fuzz/replay_options tests/fuzz/replay_response \
	tests/fuzz/replay_seal tests/fuzz/replay_text tests/fuzz/replay_duo_line tests/fuzz/replay_duo_reply \
	tests/fuzz/replay_query tests/fuzz/replay_etcd_reply tests/fuzz/replay_store_frame
e2e-programs: $(REPLAYS)
check_PROGRAMS += $(REPLAYS)
TESTS += $(REPLAYS)
tests_fuzz_replay_base32_SOURCES = tests/fuzz/fuzz_base32.c $(FUZZ_FILES)
tests_fuzz_replay_base32_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"base32"'
tests_fuzz_replay_base32_LDADD = libmfa.la
tests_fuzz_replay_conf_SOURCES = tests/fuzz/fuzz_conf.c $(FUZZ_FILES)
tests_fuzz_replay_conf_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"conf"'
tests_fuzz_replay_conf_LDADD = libduo.la
tests_fuzz_replay_options_SOURCES = tests/fuzz/fuzz_options.c $(FUZZ_FILES)
tests_fuzz_replay_options_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"options"'
tests_fuzz_replay_options_LDADD = libmfa.la
tests_fuzz_replay_record_SOURCES = tests/fuzz/fuzz_record.c $(FUZZ_FILES)
tests_fuzz_replay_record_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"record"'
tests_fuzz_replay_record_LDADD = libmfa.la
tests_fuzz_replay_response_SOURCES = tests/fuzz/fuzz_response.c $(FUZZ_FILES)
tests_fuzz_replay_response_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"response"'
tests_fuzz_replay_response_LDADD = libmfa.la
tests_fuzz_replay_seal_SOURCES = tests/fuzz/fuzz_seal.c $(FUZZ_FILES)
tests_fuzz_replay_seal_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"seal"'
tests_fuzz_replay_seal_LDADD = libmfa.la
tests_fuzz_replay_text_SOURCES = tests/fuzz/fuzz_text.c $(FUZZ_FILES)
tests_fuzz_replay_text_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"text"'
tests_fuzz_replay_text_LDADD = libmfa.la
tests_fuzz_replay_duo_line_SOURCES = tests/fuzz/fuzz_duo_line.c $(FUZZ_FILES)
tests_fuzz_replay_duo_line_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"duo_line"'
tests_fuzz_replay_duo_line_LDADD = libduo.la
tests_fuzz_replay_duo_reply_SOURCES = tests/fuzz/fuzz_duo_reply.c $(FUZZ_FILES)
tests_fuzz_replay_duo_reply_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"duo_reply"'
tests_fuzz_replay_duo_reply_LDADD = libduo.la
tests_fuzz_replay_query_SOURCES = tests/fuzz/fuzz_query.c $(FUZZ_FILES)
tests_fuzz_replay_query_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"query"'
tests_fuzz_replay_query_LDADD = libmfaadmin.la
tests_fuzz_replay_etcd_reply_SOURCES = tests/fuzz/fuzz_etcd_reply.c $(FUZZ_FILES)
tests_fuzz_replay_etcd_reply_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"etcd_reply"'
tests_fuzz_replay_etcd_reply_LDADD = libmfastored.la
tests_fuzz_replay_store_frame_SOURCES = tests/fuzz/fuzz_store_frame.c $(FUZZ_FILES)
tests_fuzz_replay_store_frame_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"store_frame"'
tests_fuzz_replay_store_frame_LDADD = libmfastored.la
if WITH_RESTD
REPLAYS += tests/fuzz/replay_request
tests_fuzz_replay_request_SOURCES = tests/fuzz/fuzz_request.c $(FUZZ_FILES)
tests_fuzz_replay_request_CFLAGS = $(FUZZ_CFLAGS) -DTARGET='"request"'
tests_fuzz_replay_request_LDADD = libmfarest.la $(JANSSON_LIBS)
endif

# Figures beside the peers, as root: see tests/bench/RESULTS.md. Measured is a build of its own in build-bench, with the
# usual flags, and at home where the sandbox may install: whatever this one was configured for.
bench:
	@$(srcdir)/tests/bench/install
	@rm -rf build-bench
	@echo "# building in build-bench"
	@$(MAKE) $(AM_MAKEFLAGS) -s distdir distdir=build-bench
	@find build-bench -name '*.o' -delete
	@cd build-bench && ./configure -q --prefix=/opt/pam_mfa --sysconfdir=/etc --localstatedir=/var \
		--with-pam-dir=/opt/pam_mfa/lib/security
	@cd build-bench && $(MAKE) -s V=0 all tests/make_profile tests/duo/many tests/bench/warm_host >/dev/null
	@cd build-bench && PAM_MFA_BUILD=. tests/bench/run
	@cd build-bench && PAM_MFA_BUILD=. tests/bench/fleet
.PHONY: bench
clean-local:
	rm -rf build-bench build-fuzz

# What the tests reach of the code, as root: see tests/COVERAGE.md. In a build of its own, below the source.
coverage:
	$(srcdir)/tests/coverage/run
.PHONY: coverage
EXTRA_DIST += tests/coverage tests/analyse tests/valgrind tests/COVERAGE.md tests/bench
