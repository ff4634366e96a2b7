// random_programs [--count N] [--seed S] [--seconds T] [--failures N] [--shrink-seconds T] [--derivatives | --batches] [--print]
//
// Grows N random programs from the seeds S, S + 1, ... (a fresh S if there is none), and compares each, compiled in
// several ways, with one op at a time; or its derivatives with differences, or vmap with one example at a time. What
// fails is shrunk and printed as C++.

#include <chrono>
#include <cstdio>
#include <random>
#include <string>

#include <fmt/format.h>

#include "check.hpp"
#include "grow.hpp"

namespace {

using namespace test;

struct Options {
    std::uint64_t seed = 0, count = 2000, failures = 3;
    double seconds = 1e9, shrink_seconds = 30;
    Check check = test::check;
    Program (*grow)(std::uint64_t seed) = test::grow;
    bool print = false;
};

Options read(int argc, char** argv) {
    Options options;
    options.seed = std::random_device()() % 1000000 * 1000000;
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--print") {
            options.print = true;
            continue;
        }
        if (name == "--derivatives") {
            options.check = check_derivatives;
            options.grow = grow_smooth;
            continue;
        }
        if (name == "--batches") {
            options.check = check_batches;
            options.grow = grow_smooth;
            continue;
        }
        if (++i == argc) throw std::runtime_error(fmt::format("{} needs a number", name));
        const std::string value = argv[i];
        if (name == "--seed")
            options.seed = std::stoull(value);
        else if (name == "--count")
            options.count = std::stoull(value);
        else if (name == "--failures")
            options.failures = std::stoull(value);
        else if (name == "--seconds")
            options.seconds = std::stod(value);
        else if (name == "--shrink-seconds")
            options.shrink_seconds = std::stod(value);
        else
            throw std::runtime_error(fmt::format("there is no option {}", name));
    }
    return options;
}

void report(std::uint64_t seed, const Failure& failure, const Options& options) {
    fmt::print("seed {} fails, {}; shrinking\n", seed, failure.text);
    std::fflush(stdout);
    const Program smallest = shrink(options.grow(seed), options.check, options.shrink_seconds);
    const Outcome outcome = isolated([&](std::uint64_t&) { return options.check(smallest); });
    fmt::print("{}\n",
               to_cpp(smallest, fmt::format("random_programs --count 1 --seed {}: {}", seed, outcome.failure.text),
                      outcome.failure.options, outcome.failure.threads));
    std::fflush(stdout);
}

int run(const Options& options) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    auto passed = [&] { return std::chrono::duration<double>(Clock::now() - start).count(); };
    fmt::print("random programs from seed {}\n", options.seed);
    std::fflush(stdout);
    constexpr std::uint64_t at_once = 200; // in one process
    std::uint64_t done = 0, failures = 0, invalid = 0;
    while (done < options.count && failures < options.failures && passed() < options.seconds) {
        const std::uint64_t first = options.seed + done, last = first + std::min(at_once, options.count - done);
        const Outcome outcome = isolated([&](std::uint64_t& progress) -> std::optional<Failure> {
            for (progress = first; progress < last; ++progress)
                if (auto failure = options.check(options.grow(progress))) return failure;
            return std::nullopt;
        });
        done = outcome.at - options.seed;
        if (outcome.kind == Outcome::Kind::fine) continue;
        ++done;
        if (outcome.kind == Outcome::Kind::invalid) {
            ++invalid;
            if (options.print) fmt::print("seed {} is no program: {}\n", outcome.at, outcome.failure.text);
            continue;
        }
        ++failures;
        report(outcome.at, outcome.failure, options);
    }
    fmt::print("{} programs, {} of them not to be compared, {} failures, {:.1f} s\n", done, invalid, failures,
               passed());
    return failures == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const Options options = read(argc, argv);
        if (options.print && options.count == 1) {
            fmt::print("{}", to_cpp(options.grow(options.seed), fmt::format("random_programs --seed {}", options.seed),
                                    {}, 1));
            return 0;
        }
        return run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "random_programs: {}\n", error.what());
        return 2;
    }
}
