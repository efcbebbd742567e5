/* SPDX-License-Identifier: BSD-2-Clause */
/* Duo's signature by its published vectors; the menu; the lines between module and helper; the limit on pushes. */
#include "base/crypto.h"
#include "base/percent.h"
#include "helper/duo_menu.h"
#include "helper/duo_reply.h"
#include "helper/duo_sign.h"
#include "totp/state.h"
#include "wire/duo_line.h"
#include "wire/duo_verdict.h"
#include "unit.h"

#include <stdio.h>

static void hmac_hex(enum crypto_digest digest, const char *key, const char *text, char *out)
{
    unsigned char bytes[CRYPTO_DIGEST_MAX];
    size_t length = 0;

    assert_int_equal(crypto_hmac(digest, key, strlen(key), text, strlen(text), bytes, &length), 0);
    crypto_hex(bytes, length, out);
}

static void test_signature_of_two_parameters(void **state)
{
    const struct duo_param params[] = {{"username", "root"}, {"realname", "First Last"}};
    char encoded[DUO_PARAMS_SIZE], canon[DUO_PARAMS_SIZE + 512], hex[2 * CRYPTO_DIGEST_MAX + 1];

    (void)state;
    assert_int_equal(duo_sign_params(params, 2, encoded), 0);
    assert_string_equal(encoded, "realname=First%20Last&username=root");
    assert_int_equal(duo_sign_canon("Tue, 21 Aug 2012 17:29:18 -0000", "POST", "api-XXXXXXXX.duosecurity.com",
                                    "/accounts/v1/account/list", encoded, canon, sizeof canon), 0);
    hmac_hex(CRYPTO_SHA512, "Zh5eGmUq9zpfQnyUIu5OL9iWoMMv5ZNmk3zLJ4Ep", canon, hex);
    assert_string_equal(hex, "1bffb8924348f7db7da9e7d7d749ded93aafd02d8e904960da7b96c57510220185a64a2827ee8f24ac5d30802a"
                             "9ee97e59de44b304b18242f0d596d15a8122af");
}

/* The parameters in the order that they are signed in; the test hands them over in another. */
static const char wide_names[4][160] = {
    "\xe4\x9a\x9a\xe2\xa1\xbb\xe3\x97\x90\xe8\xbb\xb3\xe6\x9c\xa7\xe5\x80\xaa\xe0\xa0\x90\xed\x82\x91\xc3\x88\xec\x85\xb0",
    "\xe7\x91\x89\xe7\xb9\x8b\xec\xb3\xbb\xe5\xa7\xbf\xef\xb9\x9f\xe8\x8e\xb7\xea\xb7\x8c\xe9\x80\x8c\xec\xbf\x91\xe7\xa0\x93",
    "\xe7\x91\xb0\xe9\x8c\x94\xe9\x80\x9c\xe9\xba\xae\xe4\x83\x98\xe4\x88\x81\xe8\x8b\x98\xe8\xb1\xb0\xe1\xb4\xb1\xea\x81\x82",
    "\xec\x8b\x85\xe2\xb0\x9d\xe2\x98\xa0\xe3\x98\x97\xe9\x9a\263F\xe8\x98\x85\xe2\x83\xa8\xea\xb0\xa1\xe5\xa4\xb4",
};
static const char wide_values[4][160] = {
    "\xe0\xbd\x85\xe1\xa9\xb6\xe3\x90\x9a\xe6\x95\x8c\xec\x88\xbf\xe9\xac\x89\xea\xaf\xa2\xe8\x8d\x83\xe1\xac\xa7\xe6\x83\x90",
    "\xe8\xb6\xb7\xe5\x80\xa2\xe9\x8b\x93\xe4\x8b\xaf\xe2\x81\xbd\xe8\x9c\xb0\xea\xb3\xbe\xe5\x98\x97\xe0\xa5\x86\xe4\xb8\xb0",
    "\xe1\x9f\x99\xe0\xae\xa8\xe9\x8d\x98\xea\xab\x9f\xea\x90\xaa\xe4\xa2\xbe\xef\xae\x96\xe6\xbf\xa9\xeb\x9f\xbf\xe3\x8b\xb3",
    "\xef\xae\xa9\xe4\x86\xaa\xeb\xb6\x83\xe8\x90\x8b\xe2\x98\x95\xe3\xb9\xae\xe6\x94\xad\xea\xa2\xb5\xed\x95\xabU",
};

static void test_signature_of_wide_characters(void **state)
{
    struct duo_param params[4];
    char encoded[DUO_PARAMS_SIZE], canon[DUO_PARAMS_SIZE + 512], hex[2 * CRYPTO_DIGEST_MAX + 1];

    (void)state;
    for (int i = 0; i < 4; i++)
        params[i] = (struct duo_param){wide_names[3 - i], wide_values[3 - i]};
    assert_int_equal(duo_sign_params(params, 4, encoded), 0);
    assert_int_equal(duo_sign_canon("Fri, 07 Dec 2012 17:18:00 -0000", "PoSt", "foO.BAr52.cOm", "/Foo/BaR2/qux", encoded,
                                    canon, sizeof canon), 0);
    hmac_hex(CRYPTO_SHA512, "gtdfxv9YgVBYcF6dl2Eq17KUQJN2PLM2ODVTkvoT", canon, hex);
    assert_string_equal(hex, "0508065035a03b2a1de2f453e629e791d180329e157f65df6b3e0f08299d4321e1c5c7a7c7ee6b9e5fc80d1fb6"
                             "fbf3ad5eb7c44dd3b3985a02c37aca53ec3698");
    hmac_hex(CRYPTO_SHA1, "gtdfxv9YgVBYcF6dl2Eq17KUQJN2PLM2ODVTkvoT", canon, hex);
    assert_string_equal(hex, "f01811cbbf9561623ab45b893096267fd46a5178");
}

static void test_encoding_of_printable_characters(void **state)
{
    static const char plain[] = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    static const char expected[] = "%21%22%23%24%25%26%27%28%29%2A%2B%2C-.%2F%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E_%60%7B%7C%7D~";
    char out[sizeof expected], back[sizeof plain];

    (void)state;
    assert_int_equal(percent_encode(out, sizeof out, plain), 0);
    assert_string_equal(out, expected);
    assert_int_equal(percent_decode(back, sizeof back, out, strlen(out)), 0);
    assert_string_equal(back, plain);
    assert_int_equal(percent_encode(out, sizeof out - 1, plain), -1);
    assert_string_equal(out, "");
    assert_int_equal(percent_encode(out, sizeof out, "0aZ "), 0);
    assert_string_equal(out, "0aZ%20");
}

static void test_decoding_knows_one_spelling(void **state)
{
    static const char *const wrong[] = {"%", "%4", "%2", "%2a", "%41", "%00", "%zz", " ", "+", "a/b", "%2%41", "\x80"};
    char out[16];

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(percent_decode(out, sizeof out, wrong[i], strlen(wrong[i])), -1);
}

static void test_canonical_host_has_no_port(void **state)
{
    char canon[256];

    (void)state;
    assert_int_equal(duo_sign_canon("D", "get", "API.example.com:8443", "/p", "", canon, sizeof canon), 0);
    assert_string_equal(canon, "D\nGET\napi.example.com\n/p\n");
    assert_int_equal(duo_sign_canon("D", "GET", "[::1]:8443", "/p", "a=b", canon, sizeof canon), 0);
    assert_string_equal(canon, "D\nGET\n[::1]\n/p\na=b");
    assert_int_equal(duo_sign_canon("D", "GET", "h", "/p", "a=b", canon, 8), -1);
}

static void test_params_sort_by_encoded_bytes(void **state)
{
    const struct duo_param params[] = {{"b", "2"}, {"a", "z"}, {"a", " "}, {"a b", ""}, {"aB", "1"}, {"a", "Z"}};
    char encoded[DUO_PARAMS_SIZE];

    (void)state;
    assert_int_equal(duo_sign_params(params, 6, encoded), 0);
    assert_string_equal(encoded, "a=%20&a=Z&a=z&a%20b=&aB=1&b=2");
    assert_int_equal(duo_sign_params(params, 0, encoded), 0);
    assert_string_equal(encoded, "");
}

static void test_date_is_english_and_utc(void **state)
{
    char date[DUO_DATE_SIZE];

    (void)state;
    assert_int_equal(duo_sign_date(1345570158, date), 0);
    assert_string_equal(date, "Tue, 21 Aug 2012 17:29:18 -0000");
    assert_int_equal(duo_sign_date(0, date), 0);
    assert_string_equal(date, "Thu, 01 Jan 1970 00:00:00 -0000");
    assert_int_equal(duo_sign_date(4102444800, date), 0); /* beyond 32 bits */
    assert_string_equal(date, "Fri, 01 Jan 2100 00:00:00 -0000");
    assert_int_equal(duo_sign_date(INT64_MAX, date), -1);
    assert_int_equal(duo_sign_date(4294967296LL * 4294967, date), -1);
    assert_int_equal(duo_sign_time("Tue, 21 Aug 2012 17:29:18 GMT"), 1345570158);
    assert_true(duo_sign_time("Fri, 01 Jan 2100 00:00:00 GMT") == 4102444800);
    assert_int_equal(duo_sign_time("Tue, 21 Aug 2012 17:29:18 GMTx"), -1);
    assert_int_equal(duo_sign_time("Tue, 21 Aug 2012 17:29:18"), -1);
    assert_int_equal(duo_sign_time("12"), -1);
    assert_int_equal(duo_sign_time(""), -1);
}

static void test_authorization_is_basic(void **state)
{
    char out[DUO_AUTHORIZATION_SIZE];

    (void)state;
    assert_int_equal(duo_sign_authorization("DI", "k", "x", out), 0);
    assert_int_equal(strlen(out), strlen("Basic ") + (2 + 1 + 128 + 2) / 3 * 4);
    assert_int_equal(strncmp(out, "Basic REk6", 10), 0); /* DI: */
}

static void test_lines(void **state)
{
    static const char *const wrong[] = {"", " ", "info%", "Info x", "info  a b c d", "info a\tb", "in fo\x01", "1", "info %zz"};
    struct duo_line line;

    (void)state;
    assert_int_equal(duo_line_parse(&line, "info ", 5), 0);
    assert_true(duo_line_is(&line, "info", 1));
    assert_string_equal(line.values[0], "");
    assert_int_equal(duo_line_parse(&line, "verdict denied fraud_reported a%20b%0A", 38), 0);
    assert_true(duo_line_is(&line, "verdict", 3));
    assert_string_equal(line.values[2], "a b\n");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(duo_line_parse(&line, wrong[i], strlen(wrong[i])), -1);
    assert_int_equal(duo_line_parse(&line, "a\0b", 3), -1);
}

static void test_reason_decides_the_verdict(void **state)
{
    struct duo_verdict verdict;
    struct duo_line line;
    char text[128];
    int accepted = 0;

    (void)state;
    assert_int_equal(duo_reason_verdict((enum duo_reason)0), VERDICT_ERROR);
    for (int reason = 0; reason <= DUO_CHECKED; reason++)
        for (int word = 0; word <= VERDICT_ACCEPTED; word++) {
            bool fits = duo_reason_verdict((enum duo_reason)reason) == (enum verdict)word;

            snprintf(text, sizeof text, "verdict %s %s x", verdict_word((enum verdict)word),
                     duo_reason_word((enum duo_reason)reason));
            assert_int_equal(duo_line_parse(&line, text, strlen(text)), 0);
            assert_int_equal(duo_verdict_read(&verdict, &line), fits ? 0 : -1);
            accepted += fits && word == VERDICT_ACCEPTED;
        }
    assert_int_equal(accepted, 5);
}

static void test_menu_of_devices(void **state)
{
    struct duo_preauth preauth = {.device_count = 2};
    const struct duo_option *option = NULL;
    struct duo_menu menu;

    (void)state;
    preauth.devices[0] = (struct duo_device){.id = "A", .name = "a", .push = true, .sms = true};
    preauth.devices[1] = (struct duo_device){.id = "B", .push = true, .phone = true};
    duo_menu_make(&menu, &preauth);
    assert_int_equal(menu.count, 4);
    assert_int_equal(duo_menu_pick(&menu, "push2", &option), DUO_PICK_OPTION);
    assert_string_equal(option->value, "B");
    assert_int_equal(duo_menu_pick(&menu, "", &option), DUO_PICK_OPTION);
    assert_string_equal(option->key, "1");
    assert_int_equal(duo_menu_pick(&menu, "5", &option), DUO_PICK_NO_SUCH);
    assert_int_equal(duo_menu_pick(&menu, "phone2", &option), DUO_PICK_NO_SUCH);
    assert_int_equal(duo_menu_pick(&menu, "123456", &option), DUO_PICK_PASSCODE);
    assert_int_equal(duo_menu_pick(&menu, "pushy", &option), DUO_PICK_NO_SUCH);
    assert_ptr_equal(duo_menu_push(&menu), &menu.options[0]);
    duo_menu_make(&menu, &(struct duo_preauth){0});
    assert_int_equal(duo_menu_pick(&menu, "", &option), DUO_PICK_EMPTY);
    assert_null(duo_menu_push(&menu));
}

static void test_menu_counts_unknown_factors_as_pushes(void **state)
{
    struct duo_preauth preauth = {.prompt = "> ", .factor_count = 3};
    const struct duo_option *option = NULL;
    struct duo_menu menu;

    (void)state;
    preauth.factors[0] = (struct duo_factor){"10", "telepathy"};
    preauth.factors[1] = (struct duo_factor){"2", "sms1"};
    preauth.factors[2] = (struct duo_factor){"1", "voice1"};
    duo_menu_make(&menu, &preauth);
    assert_int_equal(duo_menu_pick(&menu, "10", &option), DUO_PICK_OPTION);
    assert_int_equal(option->kind, DUO_KIND_PUSH);
    assert_int_equal(duo_menu_pick(&menu, "phone", &option), DUO_PICK_OPTION);
    assert_string_equal(option->value, "voice1");
}

static void test_menu_takes_what_is_typed_literally(void **state)
{
    struct duo_preauth preauth = {.prompt = "> ", .factor_count = 2};
    const struct duo_option *option = NULL;
    struct duo_menu menu;

    (void)state;
    /* No option is called 1, so nothing typed is the first; equal numbers are told apart by their spelling. */
    preauth.factors[0] = (struct duo_factor){"07", "sms1"};
    preauth.factors[1] = (struct duo_factor){"007", "push1"};
    duo_menu_make(&menu, &preauth);
    assert_int_equal(duo_menu_pick(&menu, "", &option), DUO_PICK_OPTION);
    assert_string_equal(option->key, "007");
    assert_int_equal(duo_menu_pick(&menu, "07", &option), DUO_PICK_OPTION);
    assert_string_equal(option->value, "sms1");
    assert_int_equal(duo_menu_pick(&menu, "7", &option), DUO_PICK_NO_SUCH);
    assert_int_equal(duo_menu_pick(&menu, "push001", &option), DUO_PICK_NO_SUCH);
    assert_int_equal(duo_menu_pick(&menu, "push1x", &option), DUO_PICK_NO_SUCH);
}

static void test_pushes_are_limited(void **state)
{
    struct push_state pushes = {0};
    bool changed = false;

    (void)state;
    assert_true(push_state_take(&pushes, 1000, &changed));
    assert_true(changed);
    assert_true(push_state_take(&pushes, 1100, &changed));
    assert_true(push_state_take(&pushes, 1599, &changed));
    assert_false(push_state_take(&pushes, 1599, &changed));
    assert_false(changed);
    assert_true(push_state_take(&pushes, 1600, &changed)); /* the first is ten minutes old */
    assert_false(push_state_take(&pushes, 1601, &changed));
    /* A clock moved back: they count from now, once. */
    assert_false(push_state_take(&pushes, 10, &changed));
    assert_true(changed);
    assert_false(push_state_take(&pushes, 20, &changed));
    assert_false(changed);
    assert_true(push_state_take(&pushes, 610, &changed));
}

static void test_pushes_survive_the_file(void **state)
{
    static const char cut[] = "svm = \"s\"; user = \"u\"; totp = ( );";
    struct push pushes[] = {{5}, {6}};
    struct state written = {.svm = "s", .user = "u", .pushes = {pushes, 2}}, read;
    struct fault fault;
    size_t length = 0;
    char *text = state_text(&written, &length);

    (void)state;
    assert_non_null(text);
    assert_int_equal(state_parse("f", text, length, "s", "u", &read, &fault), 0);
    assert_int_equal(read.pushes.count, 2);
    assert_int_equal(((struct push *)read.pushes.items)[1].at, 6);
    state_free(&read);
    free(text);
    assert_int_equal(state_parse("f", cut, strlen(cut), "s", "u", &read, &fault), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signature_of_two_parameters),
        cmocka_unit_test(test_signature_of_wide_characters),
        cmocka_unit_test(test_encoding_of_printable_characters),
        cmocka_unit_test(test_decoding_knows_one_spelling),
        cmocka_unit_test(test_canonical_host_has_no_port),
        cmocka_unit_test(test_params_sort_by_encoded_bytes),
        cmocka_unit_test(test_date_is_english_and_utc),
        cmocka_unit_test(test_authorization_is_basic),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_reason_decides_the_verdict),
        cmocka_unit_test(test_menu_of_devices),
        cmocka_unit_test(test_menu_counts_unknown_factors_as_pushes),
        cmocka_unit_test(test_menu_takes_what_is_typed_literally),
        cmocka_unit_test(test_pushes_are_limited),
        cmocka_unit_test(test_pushes_survive_the_file),
    };

    return cmocka_run_group_tests_name("duo", tests, NULL, NULL);
}
