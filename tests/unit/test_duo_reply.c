/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies as Duo, or somebody in its place, may send them: what is taken, what is refused, what is passed over. */
#include "helper/duo_reply.h"
#include "unit.h"

#include <stdio.h>

#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define OK(response) "{\"stat\":\"OK\",\"response\":" response "}"
#define AUTH(rest) OK("{\"result\":\"auth\"," rest "}")
#define COUNT(array) (sizeof(array) / sizeof *(array))

static int read_preauth(const char *text, struct duo_preauth *preauth)
{
    return duo_reply_preauth(text, strlen(text), preauth);
}

static void test_preauth_that_is_no_such_reply(void **state)
{
    static const char *const replies[] = {
        "", "null", "[]", "{\"stat\":\"FAIL\"}", "{\"stat\":\"OK\"}", "{\"stat\":\"OK\",\"stat\":\"OK\",\"response\":{}}",
        OK("[]"), OK("\"auth\""), OK("{}"), OK("{\"result\":1}"), OK("{\"result\":\"waiting\"}"),
        AUTH("\"prompt\":1"), AUTH("\"prompt\":{}"), AUTH("\"prompt\":{\"text\":1}"),
        AUTH("\"prompt\":{\"text\":\"t\",\"factors\":[]}"), AUTH("\"prompt\":{\"text\":\"t\",\"factors\":{\"1\":2}}"),
        AUTH("\"prompt\":{\"text\":\"t\",\"factors\":{\"\":\"push1\"}}"),
        AUTH("\"prompt\":{\"text\":\"t\",\"factors\":{\"123456789\":\"push1\"}}"),
        AUTH("\"prompt\":{\"text\":\"t\",\"factors\":{\"1\":\"\"}}"),
        AUTH("\"prompt\":{\"text\":\"t\",\"factors\":{\"1\":\"" X64 X64 "x\"}}"),
        AUTH("\"txid\":5"), AUTH("\"txid\":\"" X64 X64 "x\""), AUTH("\"txid\":\"t\",\"verification_code\":1234"),
        AUTH("\"verification_code\":\"1234\""), AUTH("\"txid\":\"t\",\"verification_code\":\"12a4\""),
        AUTH("\"txid\":\"t\",\"verification_code\":\"123456789\""),
    };
    struct duo_preauth preauth, empty = {0};

    (void)state;
    for (size_t i = 0; i < COUNT(replies); i++) {
        if (read_preauth(replies[i], &preauth) != -1)
            fail_msg("taken: %s", replies[i]);
        assert_memory_equal(&preauth, &empty, sizeof empty);
    }
}

static void test_preauth_as_it_should_be(void **state)
{
    struct duo_preauth preauth;

    (void)state;
    assert_int_equal(read_preauth(OK("{\"result\":\"new\"}"), &preauth), 0);
    assert_int_equal(preauth.result, DUO_RESULT_UNKNOWN);
    assert_int_equal(read_preauth(AUTH("\"prompt\":null,\"txid\":null,\"verification_code\":null"), &preauth), 0);
    assert_string_equal(preauth.prompt, "");
    assert_int_equal(read_preauth(AUTH("\"prompt\":{\"text\":\"t\"}"), &preauth), 0);
    assert_string_equal(preauth.prompt, "t");
    assert_int_equal(read_preauth(AUTH("\"prompt\":{\"text\":\"t\",\"factors\":null}"), &preauth), 0);
    assert_int_equal(read_preauth(AUTH("\"prompt\":{\"text\":\"t\",\"factors\":{\"default\":\"push1\",\"1\":\"" X64 X64
                                       "\",\"12345678\":\"sms1\"}}"), &preauth), 0);
    assert_int_equal(preauth.factor_count, 2);
    /* An identifier without a code is of another kind of push. */
    assert_int_equal(read_preauth(AUTH("\"txid\":\"" X64 X64 "\""), &preauth), 0);
    assert_string_equal(preauth.txid, "");
    assert_int_equal(read_preauth(AUTH("\"txid\":\"t\",\"verification_code\":\"12345678\""), &preauth), 0);
    assert_string_equal(preauth.verification_code, "12345678");
}

static void test_devices_that_cannot_be_used_are_passed_over(void **state)
{
    struct duo_preauth preauth;

    (void)state;
    assert_int_equal(
        read_preauth(AUTH("\"devices\":[{},7,{\"device\":\"\",\"capabilities\":[\"push\"]},"
                          "{\"device\":3,\"capabilities\":[\"push\"]},"
                          "{\"device\":\"" X64 X64 "x\",\"capabilities\":[\"push\"]},"
                          "{\"device\":\"A\",\"capabilities\":[\"auto\",\"mobile_otp\"]},{\"device\":\"B\"},"
                          "{\"device\":\"C\",\"capabilities\":[1,null,\"sms\"]},"
                          "{\"device\":\"D\",\"capabilities\":[\"phone\"],\"number\":\"n\",\"display_name\":\"\"}]"),
                     &preauth), 0);
    assert_int_equal(preauth.device_count, 2);
    assert_string_equal(preauth.devices[0].id, "C");
    assert_true(preauth.devices[0].sms && !preauth.devices[0].push && !preauth.devices[0].phone);
    assert_string_equal(preauth.devices[1].name, "n");
    assert_true(preauth.devices[1].phone);
}

/* More than there is room for: devices are left away, options refused, as one of them may be what is typed. */
static void test_too_many(void **state)
{
    struct duo_preauth preauth;
    char text[8192], *end = text;

    (void)state;
    end += sprintf(end, "{\"stat\":\"OK\",\"response\":{\"result\":\"auth\",\"devices\":[");
    for (int i = 0; i < DUO_DEVICES_MAX + 3; i++)
        end += sprintf(end, "%s{\"device\":\"%d\",\"capabilities\":[\"push\"]}", i > 0 ? "," : "", i);
    sprintf(end, "]}}");
    assert_int_equal(read_preauth(text, &preauth), 0);
    assert_int_equal(preauth.device_count, DUO_DEVICES_MAX);

    for (int count = DUO_FACTORS_MAX; count <= DUO_FACTORS_MAX + 1; count++) {
        end = text + sprintf(text, "{\"stat\":\"OK\",\"response\":{\"result\":\"auth\",\"prompt\":{\"text\":\"t\",\"factors\":{");
        for (int i = 1; i <= count; i++)
            end += sprintf(end, "%s\"%d\":\"push%d\"", i > 1 ? "," : "", i, i);
        sprintf(end, "}}}}");
        assert_int_equal(read_preauth(text, &preauth), count > DUO_FACTORS_MAX ? -1 : 0);
    }
}

static void test_status(void **state)
{
    static const char *const bad[] = {"x", OK("[]"), OK("{}"), OK("{\"status\":\"allow\"}"),
                                      OK("{\"result\":\"allow\",\"txid\":1}"), OK("{\"txid\":\"" X64 X64 "x\"}")};
    static const char allow[] = OK("{\"result\":\"allow\",\"status\":\"allow\",\"txid\":null}"), sent[] = OK("{\"txid\":\"t\"}");
    struct duo_status status;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (duo_reply_status(bad[i], strlen(bad[i]), &status) != -1)
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(status.result, DUO_RESULT_NONE);
    }
    assert_int_equal(duo_reply_status(allow, strlen(allow), &status), 0);
    assert_int_equal(status.result, DUO_RESULT_ALLOW);
    assert_string_equal(status.txid, "");
    assert_int_equal(duo_reply_status(sent, strlen(sent), &status), 0);
    assert_int_equal(status.result, DUO_RESULT_NONE);
}

static void test_time_is_a_positive_integer(void **state)
{
    static const char *const bad[] = {"", OK("{}"), OK("{\"time\":0}"), OK("{\"time\":-5}"), OK("{\"time\":1.5}"),
                                      OK("{\"time\":\"1357020061\"}"), OK("[]")};
    static const char good[] = OK("{\"time\":1357020061}");
    long long time;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(duo_reply_time(bad[i], strlen(bad[i]), &time), -1);
        assert_int_equal(time, 0);
    }
    assert_int_equal(duo_reply_time(good, strlen(good), &time), 0);
    assert_true(time == 1357020061);
}

static void test_failures_are_read_as_far_as_they_can_be(void **state)
{
    static const struct {
        const char *reply;
        long code;
        const char *message;
    } failures[] = {
        {"", 0, ""}, {"[]", 0, ""}, {"{\"code\":40002}", 40002, ""}, {"{\"code\":\"40002\"}", 40002, ""},
        {"{\"code\":\"4000x\"}", 0, ""}, {"{\"code\":\"1234567\"}", 0, ""}, {"{\"code\":0}", 0, ""},
        {"{\"code\":-40002}", 0, ""}, {"{\"code\":1000000}", 0, ""}, {"{\"code\":40002.0}", 0, ""},
        {"{\"code\":40002,\"message\":\"m\",\"message_detail\":\"d\"}", 40002, "m (d)"},
        {"{\"message\":\"m\",\"message_detail\":3}", 0, "m"}, {"{\"message\":4,\"message_detail\":null}", 0, ""},
    };
    struct duo_failure failure;

    (void)state;
    for (size_t i = 0; i < COUNT(failures); i++) {
        duo_reply_failure(failures[i].reply, strlen(failures[i].reply), &failure);
        assert_int_equal(failure.code, failures[i].code);
        assert_string_equal(failure.message, failures[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_preauth_that_is_no_such_reply),
        cmocka_unit_test(test_preauth_as_it_should_be),
        cmocka_unit_test(test_devices_that_cannot_be_used_are_passed_over),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_time_is_a_positive_integer),
        cmocka_unit_test(test_failures_are_read_as_far_as_they_can_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
