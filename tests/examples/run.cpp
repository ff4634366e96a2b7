#include "run.hpp"

#include <algorithm>
#include <cstdio>
#include <regex>

#include <boost/test/unit_test.hpp>
#include <sys/wait.h>

namespace test_files {

bool Run::has(const std::string& pattern) const { return std::regex_search(output, std::regex(pattern)); }

std::size_t Run::lines() const { return static_cast<std::size_t>(std::count(output.begin(), output.end(), '\n')); }

std::string Run::without_speed() const {
    return std::regex_replace(output, std::regex("[0-9]+ examples/s"), "examples/s");
}

double Run::test_accuracy() const {
    std::smatch found;
    BOOST_TEST_REQUIRE(std::regex_search(output, found, std::regex("(^|\n)test accuracy (0\\.[0-9]{4}|1\\.0000)\n$")),
                       output);
    return std::stod(found[2]);
}

Run shell(const std::string& command) {
    std::FILE* pipe = popen(command.c_str(), "r");
    BOOST_TEST_REQUIRE(pipe);
    Run run;
    char part[4096];
    while (const std::size_t size = std::fread(part, 1, sizeof part, pipe))
        run.output.append(part, size);
    const int status = pclose(pipe);
    run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return run;
}

void rejects(const std::string& program, const std::string& options, const std::string& message) {
    BOOST_TEST_CONTEXT(options) {
        const std::string name = program.substr(program.rfind('/') + 1);
        const Run run = shell("'" + program + "' " + options + " 2>&1");
        BOOST_TEST(run.status == 2);
        BOOST_TEST(run.lines() == 1u);
        BOOST_TEST(run.has("^" + name + ": .*" + message), run.output);
    }
}

} // namespace test_files
