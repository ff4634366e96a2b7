#include "check_svg.hpp"

#include <fstream>
#include <iterator>
#include <regex>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace test_files {

void check_svg(const std::string& text) {
    std::vector<std::string> open;
    const std::regex tag("<([/?]?)([a-z]+)((?: [a-zA-Z0-9:-]+=\"[^\"<]*\")*) ?([/?]?)>");
    std::size_t end = 0;
    for (std::sregex_iterator it(text.begin(), text.end(), tag), last; it != last; ++it) {
        const std::string between = text.substr(end, static_cast<std::size_t>(it->position()) - end);
        BOOST_TEST(between.find_first_of("<>") == between.npos, between);
        end = static_cast<std::size_t>(it->position() + it->length());
        if ((*it)[1] == "?" || (*it)[4] == "/") continue;
        if ((*it)[1] == "/") {
            BOOST_TEST_REQUIRE(!open.empty());
            BOOST_TEST((*it)[2].str() == open.back());
            open.pop_back();
        } else
            open.push_back((*it)[2]);
    }
    BOOST_TEST(open.empty());
    BOOST_TEST(text.substr(end) == "\n");
    BOOST_TEST(text.find("nan") == text.npos);
    BOOST_TEST(text.find("inf") == text.npos);

    std::smatch size;
    BOOST_TEST_REQUIRE(std::regex_search(text, size, std::regex("viewBox=\"0 0 ([0-9]+) ([0-9]+)\"")));
    const double width = std::stod(size[1]), height = std::stod(size[2]);
    const std::regex point("(-?[0-9.e+]+),(-?[0-9.e+]+)");
    bool on_page = true;
    for (std::sregex_iterator it(text.begin(), text.end(), point), last; it != last; ++it) {
        const double x = std::stod((*it)[1]), y = std::stod((*it)[2]);
        on_page = on_page && x >= 0 && x <= width && y >= 0 && y <= height;
    }
    BOOST_TEST(on_page);
}

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    BOOST_TEST_REQUIRE(file.good(), path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace test_files
