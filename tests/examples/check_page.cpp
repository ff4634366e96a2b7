#include "check_page.hpp"

#include <algorithm>
#include <cstdint>
#include <regex>

#include <boost/test/unit_test.hpp>

#include "../check_svg.hpp"

namespace test_files {

std::size_t occurrences(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    return static_cast<std::size_t>(std::distance(std::sregex_iterator(text.begin(), text.end(), regex), {}));
}

std::vector<std::string> between(const std::string& text, const std::string& begin, const std::string& end) {
    std::vector<std::string> result;
    for (std::size_t at = 0; (at = text.find(begin, at)) != text.npos;) {
        const std::size_t stop = text.find(end, at);
        BOOST_TEST_REQUIRE(stop != text.npos);
        result.push_back(text.substr(at, stop + end.size() - at));
        at = stop;
    }
    return result;
}

std::vector<double> numbers(const std::string& text, const std::string& pattern) {
    std::vector<double> result;
    const std::regex regex(pattern);
    for (std::sregex_iterator i(text.begin(), text.end(), regex), end; i != end; ++i)
        result.push_back(std::stod((*i)[1]));
    return result;
}

namespace {

const std::string bitmap = "data:image/bmp;base64,",
                  base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The page with its pictures made empty: a regular expression takes long over them.
std::string without_bitmaps(const std::string& page) {
    std::string text;
    std::size_t at = 0;
    for (std::size_t next; (next = page.find(bitmap, at)) != page.npos;) {
        const std::size_t begin = next + bitmap.size();
        const std::string digits = page.substr(begin, page.find('"', begin) - begin);
        const std::size_t end = digits.find_first_not_of(base64);
        BOOST_TEST((digits.size() > 64 && digits.find_first_not_of('=', std::min(end, digits.size())) == digits.npos));
        text.append(page, at, begin - at);
        at = begin + digits.size();
    }
    return text + page.substr(at);
}

} // namespace

void check_page(const std::string& whole_page) {
    const std::string page = without_bitmaps(whole_page);
    std::vector<std::string> open;
    const std::regex tag("<(/?)([a-z0-9]+)[^>]*?(/?)>");
    for (std::sregex_iterator i(page.begin(), page.end(), tag), end; i != end; ++i) {
        const std::string name = (*i)[2];
        if ((*i)[3].length() || name == "meta" || name == "img" || name == "br") continue;
        if (!(*i)[1].length()) {
            open.push_back(name);
            continue;
        }
        BOOST_TEST_REQUIRE(!open.empty());
        BOOST_TEST(open.back() == name);
        open.pop_back();
    }
    BOOST_TEST(open.empty());
    BOOST_TEST(occurrences(page, "https?://") == occurrences(page, "xmlns=\"http://www.w3.org/2000/svg\""));
    BOOST_TEST(occurrences(page, "<script|<link|@import|url\\(") == 0u);
    BOOST_TEST(occurrences(page, "src=") == occurrences(page, "src=\"data:image/bmp;base64,\""));
    BOOST_TEST(occurrences(page, "\\bnan\\b|\\binf\\b") == 0u);
    for (const std::string& svg : between(page, "<svg", "</svg>"))
        check_svg("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg + "\n");
}

std::string decoded(const std::string& address) {
    BOOST_TEST_REQUIRE(address.starts_with(bitmap));
    std::string bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : address.substr(bitmap.size())) {
        if (c == '=' || c == '"') break;
        bits = bits << 6 | static_cast<std::uint32_t>(base64.find(c));
        if ((count += 6) >= 8) bytes += static_cast<char>(bits >> (count -= 8) & 0xff);
    }
    return bytes;
}

} // namespace test_files
