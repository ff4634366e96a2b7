// compare_optimizers and learning_rates, and what their pictures are drawn with.

#include <cmath>
#include <numbers>
#include <regex>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "../check_svg.hpp"
#include "contours.hpp"
#include "files.hpp"
#include "plot.hpp"
#include "run.hpp"

using namespace examples;
using namespace test_files;

namespace {

std::size_t count_of(const std::string& text, const std::string& part) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at += part.size())
        ++count;
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(pictures)

BOOST_AUTO_TEST_CASE(contour_lines_of_a_cone_are_circles) {
    Grid grid{41, 31, {-2, -1.5}, {2, 1.5}, {}};
    for (std::size_t j = 0; j < grid.rows; ++j)
        for (std::size_t i = 0; i < grid.columns; ++i)
            grid.values.push_back(std::hypot(grid.at(i, j).x, grid.at(i, j).y));
    const auto lines = contour_lines(grid, 1.03);
    BOOST_TEST_REQUIRE(lines.size() == 1u);
    double length = 0;
    for (std::size_t i = 0; i < lines[0].size(); ++i) {
        const Point p = lines[0][i];
        BOOST_TEST(std::abs(std::hypot(p.x, p.y) - 1.03) < 0.003);
        if (i > 0) length += std::hypot(p.x - lines[0][i - 1].x, p.y - lines[0][i - 1].y);
    }
    BOOST_TEST(std::abs(length - 2 * std::numbers::pi * 1.03) < 0.02);
    // With fewer points it is the same line.
    const auto fewer = simplified(lines[0], 0.01);
    BOOST_TEST(fewer.size() < lines[0].size() / 2);
    for (const Point p : fewer) BOOST_TEST(std::abs(std::hypot(p.x, p.y) - 1.03) < 0.003);
    BOOST_TEST((fewer.front().x == fewer.back().x && fewer.front().y == fewer.back().y));
    // A circle that the border cuts on two sides.
    BOOST_TEST(contour_lines(grid, 1.8).size() == 2u);
    BOOST_TEST(contour_lines(grid, 9).empty());
}

BOOST_AUTO_TEST_CASE(contour_lines_part_at_a_saddle) {
    const Grid grid{2, 2, {0, 0}, {1, 1}, {1, 0, 0, 1}}; // high in two opposite corners
    for (const double level : {0.4, 0.6}) {
        const auto lines = contour_lines(grid, level);
        BOOST_TEST_REQUIRE(lines.size() == 2u);
        for (const auto& line : lines) {
            BOOST_TEST_REQUIRE(line.size() == 2u);
            // Below the mean, the high corners hang together: each line cuts off a low corner.
            const Point middle{(line[0].x + line[1].x) / 2, (line[0].y + line[1].y) / 2};
            BOOST_TEST(((middle.x < 0.5) == (middle.y < 0.5)) == (level > 0.5));
        }
    }
}

BOOST_AUTO_TEST_CASE(axes_have_round_ticks) {
    const auto ticks = [](Axis axis) { return axis.ticks(); };
    BOOST_TEST(ticks({"", 0, 300}) == (std::vector<double>{0, 50, 100, 150, 200, 250, 300}), boost::test_tools::per_element());
    BOOST_TEST(ticks({"", -2, 1}) == (std::vector<double>{-2, -1.5, -1, -0.5, 0, 0.5, 1}), boost::test_tools::per_element());
    BOOST_TEST(ticks({"", 0.001, 5, true}).size() == 4u);
    BOOST_TEST(ticks({"", 0.3, 3, true}) == (std::vector<double>{0.5, 1, 2}), boost::test_tools::tolerance(1e-12) << boost::test_tools::per_element());
    BOOST_TEST(ticks({"", 1e-30, 1e10, true}).size() <= 8u);
}

BOOST_AUTO_TEST_CASE(lines_are_clipped_to_the_frame) {
    Svg svg(100, 100);
    Plot plot(svg, {10, 10, 80, 80}, {"", 0, 1}, {"", 0, 1}, "");
    const double nan = std::nan("");
    const std::vector<Point> points{{-1, 0.5}, {0.5, 0.5}, {0.5, 1e300}, {0.2, 0.2}, {nan, nan}, {0.1, 0.1}, {0.3, HUGE_VAL}};
    plot.graph(points, style(1), 0);
    plot.close();
    check_svg(svg.str());
    BOOST_TEST(svg.str().find("points=\"10,50 50,50 50,10\"") != std::string::npos, svg.str());
    for (std::size_t i = 0; i < 8; ++i)
        for (std::size_t j = 0; j < i; ++j)
            BOOST_TEST((style(i).dashes != style(j).dashes && style(i).colour != style(j).colour));
}

BOOST_AUTO_TEST_CASE(text_is_escaped) {
    Svg svg(50, 50);
    svg.text({10, 10}, "a < b & \"c\"");
    check_svg(svg.str());
    BOOST_TEST(svg.str().find("a &lt; b &amp; &quot;c&quot;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(compare_optimizers_prints_tables_and_draws) {
    const Folder folder;
    const std::string paths = (folder / "p.svg").string(), losses = (folder / "l.svg").string();
    const Run run = shell("'" XGRAD_COMPARE_PROGRAM "' --rules gd,adam,lamb --ravine rosenbrock --steps 30 "
                          "--classifier-steps 10 --examples 200 --paths " + paths + " --losses " + losses + " 2>&1");
    BOOST_TEST(run.status == 0, run.output);
    for (const char* title : {"saddle: ", "Rosenbrock's ravine: ", "softmax classifier of digits\n"})
        BOOST_TEST(run.output.find(title) != std::string::npos);
    BOOST_TEST(std::regex_search(run.output, std::regex("\n  gd +[0-9.e-]+ +-0\\.2[0-9]+  [0-9]+\n")), run.output);
    for (const std::string& file : {paths, losses}) {
        const std::string svg = read(file);
        check_svg(svg);
        for (const char* rule : {">gd<", ">adam<", ">lamb<"})
            BOOST_TEST(count_of(svg, rule) == 1u);
    }
    BOOST_TEST(count_of(read(paths), ">start<") == 4u); // each with its halo
    BOOST_TEST(count_of(read(losses), ">steps<") == 3u);
}

BOOST_AUTO_TEST_CASE(learning_rates_prints_a_table_and_draws) {
    const Folder folder;
    const std::string picture = (folder / "r.svg").string();
    const Run run = shell("'" XGRAD_RATES_PROGRAM "' --steps 30 --examples 500 --hidden 8 --rates 0.01,0.5,2,1e6 --picture " + picture + " 2>&1");
    BOOST_TEST(run.status == 0, run.output);
    for (const char* row : {"\ntoo low ", "\ngood ", "\nhigh ", "\ntoo high .*diverged at step [0-9]+\n"})
        BOOST_TEST(run.has(row), run.output);
    check_svg(read(picture));
}

BOOST_AUTO_TEST_CASE(reject_bad_options_with_status_2) {
    rejects(XGRAD_COMPARE_PROGRAM, "--rules gd,adan", "--rules: expected gd\\|.*, found \"adan\"");
    rejects(XGRAD_COMPARE_PROGRAM, "--ravine deep", "--ravine: expected beale\\|rosenbrock, found \"deep\"");
    rejects(XGRAD_COMPARE_PROGRAM, "--steps 0", "--steps: expected a whole number from 1 ");
    rejects(XGRAD_COMPARE_PROGRAM, "something", "something");
    rejects(XGRAD_RATES_PROGRAM, "--optimizer adan", "--optimizer: expected gd\\|");
    rejects(XGRAD_RATES_PROGRAM, "--rates 1,2,-3,4", "--rates: expected a number above 0, found \"-3\"");
    rejects(XGRAD_RATES_PROGRAM, "--rates 1,2", "--rates");
    const Run nowhere = shell("'" XGRAD_RATES_PROGRAM "' --steps 2 --examples 50 --picture /nothing/a.svg 2>&1");
    BOOST_TEST(nowhere.status == 1);
    BOOST_TEST(nowhere.has("learning_rates: /nothing/a.svg: the picture cannot be written there\n"));
}

BOOST_AUTO_TEST_SUITE_END()
