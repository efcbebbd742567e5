/* SPDX-License-Identifier: BSD-2-Clause */
/* Who must have a code, and until when one may do without. The groups are those of the host that runs this: root's. */
#include "config/duty.h"
#include "config/member.h"
#include "unit.h"

#include <stdio.h>

static void test_days(void **state)
{
    static const struct { const char *text; long long end; } days[] = {
        {"1970-01-01", 86399}, {"1970-01-02", 2 * 86400 - 1}, {"2000-02-29", 951868799}, {"2027-01-31", 1801439999},
        {"2038-01-19", 2147558399}, {"2100-03-01", 4107628799}, {"9999-12-31", 253402300799},
    };
    static const char *const wrong[] = {"", "2027", "2027-1-31", "2027-01-32", "2027-02-29", "2100-02-29", "2027-00-10",
                                        "2027-13-01", "2027-01-00", "2027/01/31", "27-01-31", "2027-01-31 ", "1969-12-31",
                                        "2027-01-3x", "-027-01-31", "+2027-1-31"};

    (void)state;
    for (size_t i = 0; i < sizeof days / sizeof *days; i++)
        assert_int_equal(duty_day_end(days[i].text), days[i].end);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(duty_day_end(wrong[i]), -1);
}

/* An SVM with GROUP (or none) as required_groups, and ENROL_BY. */
static struct svm svm_with(char group[GROUP_NAME_SIZE], const char *enrol_by)
{
    struct svm svm = {.totp = {.required_groups = {.items = group, .count = group != NULL}}};

    snprintf(svm.totp.enrol_by, sizeof svm.totp.enrol_by, "%s", enrol_by);
    return svm;
}

static void test_unenrolled(void **state)
{
    static char in[GROUP_NAME_SIZE] = "root", not_in[GROUP_NAME_SIZE] = "daemon", missing[GROUP_NAME_SIZE] = "no-such-group";
    static const struct account root = {.name = "root"};
    const long long day = duty_day_end("2027-01-31");
    const struct { char *group; const char *enrol_by; bool nullok; long long now; int result; enum duty_kind kind; int days; } cases[] = {
        {NULL, "", false, day, 0, DUTY_REFUSED, 0},
        {NULL, "", true, day, 0, DUTY_NULLOK, 0},
        {NULL, "2027-01-31", false, day, 0, DUTY_UNTIL, 0},
        {NULL, "2027-01-31", false, day - 86399, 0, DUTY_UNTIL, 0},
        {NULL, "2027-01-31", false, day - 86400, 0, DUTY_UNTIL, 1},
        {NULL, "2027-01-31", false, day + 1, 0, DUTY_REFUSED, 0},
        {NULL, "2027-01-31", true, day + 1, 0, DUTY_NULLOK, 0},
        {in, "", false, day, 0, DUTY_REQUIRED, 0},
        {in, "", true, day, 0, DUTY_REQUIRED, 0},
        {in, "2027-01-31", true, day, 0, DUTY_UNTIL, 0},
        {in, "2027-01-31", true, day + 1, 0, DUTY_REQUIRED, 0},
        {not_in, "2027-01-31", false, day, 0, DUTY_REFUSED, 0},
        {not_in, "2027-01-31", true, day, 0, DUTY_NULLOK, 0},
        {missing, "2027-01-31", true, day, -1, DUTY_REFUSED, 0},
        {missing, "", true, day, -1, DUTY_REFUSED, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct svm svm = svm_with(cases[i].group, cases[i].enrol_by);
        struct fault fault = {.text = ""};
        struct duty duty;

        assert_int_equal(duty_of_unenrolled(&svm, &root, cases[i].nullok, cases[i].now, &duty, &fault), cases[i].result);
        assert_int_equal(duty.kind, cases[i].kind);
        assert_int_equal(duty.days_left, cases[i].days);
        assert_int_equal(fault.text[0] != '\0', cases[i].result != 0);
    }
}

static void test_exempt(void **state)
{
    static char groups[2][GROUP_NAME_SIZE] = {"no-such-group", "root"};
    static const struct account root = {.name = "root"}, other = {.name = "daemon", .uid = 1, .gid = 1};
    struct svm svm = {.totp = {.exempt_groups = {.items = NULL}}};
    struct fault fault;

    (void)state;
    assert_int_equal(duty_is_exempt(&svm, &root, &fault), FOUND_NOTHING);
    svm.totp.exempt_groups = (struct conf_array){groups, 1};
    assert_int_equal(duty_is_exempt(&svm, &root, &fault), FOUND_FAULT);
    svm.totp.exempt_groups.count = 2;
    assert_int_equal(duty_is_exempt(&svm, &root, &fault), FOUND);
    assert_int_equal(duty_is_exempt(&svm, &other, &fault), FOUND_FAULT);
    svm.totp.exempt_groups = (struct conf_array){groups + 1, 1};
    assert_int_equal(duty_is_exempt(&svm, &other, &fault), FOUND_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_unenrolled),
        cmocka_unit_test(test_exempt),
    };

    return cmocka_run_group_tests_name("duty", tests, NULL, NULL);
}
