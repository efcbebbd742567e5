# What the tests that need root are made of. They are built when asked for, and run by tests/run, not by `make check`.
EXTRA_PROGRAMS = tests/pam_host tests/make_profile tests/record tests/flood tests/duo/many tests/duo/check
tests_pam_host_SOURCES = tests/pam_host.c
# A sanitizer finds what it wraps when the program starts, crypt(3) too, which pam_unix brings along only later.
tests_pam_host_LDADD = $(PAM_LIBS) -lcrypt
tests_pam_host_LDFLAGS = $(AM_LDFLAGS) -Wl,--no-as-needed
tests_make_profile_SOURCES = tests/make_profile.c
tests_make_profile_LDADD = libmfa.la
tests_record_SOURCES = tests/record.c
tests_record_LDADD = libmfa.la
tests_flood_SOURCES = tests/flood.c
tests_flood_LDADD = libmfa.la
tests_duo_many_SOURCES = tests/duo/many.c
tests_duo_many_LDADD = $(PAM_LIBS)
tests_duo_check_SOURCES = tests/duo/check.c
tests_duo_check_LDADD = libmfa.la
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += tests/run tests/demo tests/sandbox tests/lib tests/module tests/sshd tests/race tests/kill \
	tests/hostile tests/cost tests/earlier tests/admin tests/source tests/duo tests/rest \
	tests/package tests/isolation tests/completions tests/model tests/enroll tests/fleet
e2e-programs: $(EXTRA_PROGRAMS)
.PHONY: e2e-programs
