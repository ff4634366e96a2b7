// Strings of JSON.

#include <xgrad/core/base/json_text.hpp>

#include <string>

#include "../support.hpp"

using xgrad::detail::json_string;

BOOST_AUTO_TEST_SUITE(json_text)

BOOST_AUTO_TEST_CASE(what_must_be_escaped_is_escaped) {
    BOOST_TEST(json_string("") == R"("")");
    BOOST_TEST(json_string("w.bias / 2") == R"("w.bias / 2")");
    BOOST_TEST(json_string(R"(a "b" \ c)") == R"("a \"b\" \\ c")");
    for (int c = 0; c < 0x20; ++c) BOOST_TEST(json_string(std::string(1, static_cast<char>(c))) == fmt::format("\"\\u{:04x}\"", c));
    BOOST_TEST(json_string(" ~\x7F") == "\" ~\x7F\"");
}

BOOST_AUTO_TEST_CASE(characters_stay_and_other_bytes_are_replaced) {
    const std::string characters = "\u00E9 \u20AC \U0001F600";
    BOOST_TEST(json_string(characters) == '"' + characters + '"');
    const std::string replaced = "\uFFFD";
    BOOST_TEST(json_string("a\xFF b") == "\"a" + replaced + " b\"");
    BOOST_TEST(json_string("\xE2\x82") == '"' + replaced + replaced + '"'); // cut off
    BOOST_TEST(json_string("\xED\xA0\x80") == '"' + replaced + replaced + replaced + '"'); // half of a surrogate pair
    BOOST_TEST(json_string("\xC0\x80") == '"' + replaced + replaced + '"');             // longer than need be
}

BOOST_AUTO_TEST_SUITE_END()
