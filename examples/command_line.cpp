#include "command_line.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "rules.hpp"

namespace examples {

namespace {

template <class T>
bool read(const std::string& text, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

int fail(const char* name, const std::exception& error, int status) {
    fmt::print(stderr, "{}: {}\n", name, error.what());
    return status;
}

} // namespace

std::string unless(bool good, const std::string& allowed, const std::string& text) {
    return good ? std::string() : fmt::format("expected {}, found \"{}\"", allowed, text);
}

std::string rate(const std::string& text) {
    double x = 0;
    return unless(read(text, x) && std::isfinite(x) && x > 0, "a number above 0", text);
}

std::string factor(const std::string& text) {
    double x = 0;
    return unless(read(text, x) && std::isfinite(x) && x >= 0, "a number of 0 or more", text);
}

std::string whole(const std::string& text) {
    std::uint64_t x = 0;
    return unless(read(text, x), "a whole number of 0 or more", text);
}

std::string count(const std::string& text) {
    std::uint64_t x = 0;
    return unless(read(text, x) && x > 0 && x <= 1'000'000'000, "a whole number from 1 to 1000000000", text);
}

std::string threads(const std::string& text) {
    std::uint64_t x = 0;
    return unless(read(text, x) && x > 0 && x <= 1024, "a whole number from 1 to 1024", text);
}

std::string rule(const std::string& text) { return unless(find_rule(text) != nullptr, rule_names(), text); }

std::string checkpoint_file(const std::string& text) {
    return unless(text.ends_with(".npz") || text.ends_with(".safetensors"),
                  "a file whose name ends in .npz or .safetensors", text);
}

CLI::Option* with_check(CLI::Option* option, Check* check) {
    const auto checked = [check](std::string& text) {
        std::string wrong = check(text);
        const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
        if (wrong.empty() && is_number) text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
        return wrong;
    };
    return option->transform(CLI::Validator(checked, ""));
}

bool parse(CLI::App& app, int argc, const char* const* argv) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        app.exit(help);
        return false;
    } catch (const CLI::ParseError& error) {
        throw OptionError(fmt::format("{} (--help lists the options)", error.what()));
    }
    return true;
}

int run_program(const char* name, const std::function<int()>& body) {
    try {
        return body();
    } catch (const OptionError& error) { return fail(name, error, 2); } catch (const std::exception& error) {
        return fail(name, error, 1);
    }
}

} // namespace examples
