// Profiles: what they count, and for whom.

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <regex>
#include <thread>

#include "../chrome_trace.hpp"
#include "../support.hpp"

using namespace test;
using xg::Operand;
using xg::Var;

namespace {

std::size_t count(const std::vector<Bar>& bars, const std::string& kind) {
    return static_cast<std::size_t>(std::ranges::count(bars, kind, &Bar::kind));
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// An op with code of the user's in the middle of a program.
struct Inside {
    static constexpr auto name = "inside";
    std::shared_ptr<std::function<void()>> work;
    static xg::Shape shape(xg::Types x) { return x[0].shape; }
    void eval(xg::ConstArrays in, xg::Array out) const {
        (*work)();
        auto y = out.as<double>();
        y = in[0].as<double>();
    }
};

/// x -> a product, an op of the user's and a loop, and an update.
struct Steps {
    xg::Tape tape;
    std::shared_ptr<std::function<void()>> work = std::make_shared<std::function<void()>>([] {});
    Var w = tape.parameter(filled<double>({64, 64}, 0.01), "w");
    std::uint64_t first_line;
    xg::Function program;
    Steps()
        : first_line(__LINE__ + 2), // of what is traced
          program(tape.function([this](Var x) {
              const Var product = matmul(x, w);
              const Var passed = record(Inside{work}, product);
              const Var loss = sum(exp(passed));
              return xg::Step{{loss}, {{w, w * 0.5}}};
          })) {}
    xt::xarray<double> x = filled<double>({64, 64}, 0.1);
    void call() { program(x); }
    std::string line(std::uint64_t after) const { return fmt::format("profile.cpp:{}", first_line + after); }
};

} // namespace

BOOST_AUTO_TEST_SUITE(profile)

BOOST_AUTO_TEST_CASE(steps_are_named_by_op_and_line) {
    Steps steps;
    const xg::Profile profile;
    steps.call();
    const std::string table = profile.str();
    BOOST_TEST(contains(table, fmt::format("product 64 x 64 x 64: matmul at {}\n", steps.line(0))), table);
    BOOST_TEST(contains(table, fmt::format("op (64, 64): inside at {}\n", steps.line(1))), table);
    BOOST_TEST(std::regex_search(table, std::regex("loop over [0-9]+ rows: exp, sum at " + steps.line(2))), table);
    BOOST_TEST(contains(table, "multiply at " + steps.line(3)), table);
    BOOST_TEST(contains(table, fmt::format("program of profile.cpp:{} (float64 (64, 64)): 1 call, ", steps.first_line - 1)), table);
    BOOST_TEST(contains(table, fmt::format("trace at profile.cpp:{}: 1 time, ", steps.first_line - 1)), table);
    BOOST_TEST(contains(table, fmt::format("compile at profile.cpp:{}: 1 time, ", steps.first_line - 1)), table);

    const std::vector<Bar> bars = bars_of(profile.chrome_trace());
    const auto product = std::ranges::find(bars, "product", &Bar::kind);
    BOOST_TEST_REQUIRE((product != bars.end()));
    BOOST_TEST(product->name == "matmul at " + steps.line(0));
    BOOST_TEST(product->step == "product 64 x 64 x 64");
    BOOST_TEST(product->ops == product->name);
    BOOST_TEST(count(bars, "op") == 1u);
    BOOST_TEST(count(bars, "trace") == 1u);
    BOOST_TEST(count(bars, "compile") == 1u);
    BOOST_TEST(count(bars, "program") == 1u);
}

BOOST_AUTO_TEST_CASE(all_calls_are_counted) {
    Steps steps;
    steps.call();
    const xg::Profile profile;
    for (int i = 0; i < 7; ++i) steps.call();
    xg::Program copy = steps.program.program({{xg::DType::float64, {64, 64}}}).copy();
    copy(steps.x);
    BOOST_TEST(contains(profile.str(), ": 8 calls, "), profile.str());
    BOOST_TEST(!contains(profile.str(), "trace at"));
    const std::vector<Bar> bars = bars_of(profile.chrome_trace());
    BOOST_TEST(count(bars, "program") == 8u);
    BOOST_TEST(count(bars, "product") == 8u);
}

BOOST_AUTO_TEST_CASE(steps_lie_one_after_the_other_within_their_call) {
    Steps steps;
    const xg::Profile profile;
    for (int i = 0; i < 3; ++i) steps.call();
    const Bar* call = nullptr;
    double end = 0;
    const double rounding = 0.002;
    std::size_t seen = 0;
    const std::vector<Bar> bars = bars_of(profile.chrome_trace());
    for (const Bar& bar : bars) {
        if (bar.kind == "trace" || bar.kind == "compile") continue;
        if (bar.kind == "program") {
            BOOST_TEST(bar.begin >= end - rounding); // after the call before
            call = &bar;
            end = bar.begin;
            continue;
        }
        BOOST_TEST_REQUIRE(call);
        BOOST_TEST(bar.begin >= end - rounding);
        end = bar.begin + bar.time;
        BOOST_TEST(end <= call->begin + call->time + rounding);
        ++seen;
    }
    BOOST_TEST(seen >= 3 * 3u);
}

/// The line of the table that has this, and the milliseconds in it.
double milliseconds(const std::string& table, const std::string& what) {
    std::smatch match;
    const std::regex line("([0-9.]+) ms +[0-9.]+ us  [^\n]*" + what);
    BOOST_TEST_REQUIRE(std::regex_search(table, match, line), what << " is not in\n" << table);
    return std::stod(match[1]);
}
double share(const std::string& table, const std::string& of) {
    std::smatch match;
    BOOST_TEST_REQUIRE(std::regex_search(table, match, std::regex("([0-9.]+) % " + of)), table);
    return std::stod(match[1]);
}

BOOST_AUTO_TEST_CASE(time_goes_to_the_step_that_takes_it) {
    Steps steps;
    steps.call();
    *steps.work = [] { std::this_thread::sleep_for(std::chrono::milliseconds(30)); };
    const xg::Profile profile;
    steps.call();
    steps.call();
    std::string table = profile.str();
    BOOST_TEST(milliseconds(table, "inside at") >= 60);
    BOOST_TEST(milliseconds(table, "matmul at") < 60);
    // The slowest step stands first.
    BOOST_TEST(std::regex_search(table, std::regex("calls?, [0-9.]+ s\n[^\n]*inside at")), table);
    BOOST_TEST(share(table, "in programs") > 50);
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    BOOST_TEST(share(profile.str(), "elsewhere") > 50);
}

BOOST_AUTO_TEST_CASE(what_runs_within_a_program_counts_once_in_the_sum) {
    Steps steps;
    steps.call();
    xg::Tape other;
    xg::Function slow = other.function([&](Var x) { return record(Inside{std::make_shared<std::function<void()>>([] {
                                                               std::this_thread::sleep_for(std::chrono::milliseconds(30));
                                                           })}, x); });
    *steps.work = [&] { slow(steps.x); };
    const xg::Profile profile;
    for (int i = 0; i < 5; ++i) steps.call();
    const std::string table = profile.str();
    BOOST_TEST(share(table, "in programs") <= 100);
    BOOST_TEST(share(table, "in programs") > 50);
    BOOST_TEST(share(table, "elsewhere") < 50);
    BOOST_TEST(count(bars_of(profile.chrome_trace()), "program") == 10u);
}

BOOST_AUTO_TEST_CASE(an_op_that_throws_leaves_its_call_counted) {
    Steps steps;
    steps.call();
    *steps.work = [] { throw std::runtime_error("no"); };
    const xg::Profile profile;
    BOOST_CHECK_THROW(steps.call(), xg::Error);
    *steps.work = [] { std::this_thread::sleep_for(std::chrono::milliseconds(30)); };
    steps.call();
    const std::vector<Bar> bars = bars_of(profile.chrome_trace());
    BOOST_TEST(count(bars, "program") == 2u);
    BOOST_TEST(count(bars, "product") == 2u);
    BOOST_TEST(count(bars, "op") == 1u);
    BOOST_TEST(share(profile.str(), "in programs") > 50); // the next call is no part of the one that threw
}

BOOST_AUTO_TEST_CASE(the_newest_profile_of_the_thread_counts) {
    Steps steps;
    steps.call();
    auto first = std::make_unique<xg::Profile>();
    steps.call();
    auto second = std::make_unique<xg::Profile>();
    steps.call();
    steps.call();
    BOOST_TEST(contains(first->str(), ": 1 call, "));
    BOOST_TEST(contains(second->str(), ": 2 calls, "));
    second.reset();
    steps.call();
    BOOST_TEST(contains(first->str(), ": 2 calls, "));

    second = std::make_unique<xg::Profile>();
    first.reset();
    steps.call();
    BOOST_TEST(contains(second->str(), ": 1 call, "));
    second.reset();
    steps.call();
}

BOOST_AUTO_TEST_CASE(of_another_thread_nothing_is_counted) {
    Steps steps;
    steps.call();
    auto profile = std::make_unique<xg::Profile>();
    std::string seen;
    std::thread([&] {
        steps.call();
        seen = profile->str();
        profile.reset(); // it ends here, and its thread finds that out
    }).join();
    BOOST_TEST(!contains(seen, "program of"));
    steps.call();
    const xg::Profile next;
    steps.call();
    BOOST_TEST(contains(next.str(), ": 1 call, "));
}

BOOST_AUTO_TEST_CASE(single_times_beyond_the_most_are_counted_and_told) {
    Steps steps;
    steps.call();
    const xg::Profile profile({.most_events = 5});
    for (int i = 0; i < 4; ++i) steps.call();
    const std::string trace = profile.chrome_trace();
    BOOST_TEST(bars_of(trace).size() == 5u);
    BOOST_TEST(contains(profile.str(), ": 4 calls, "));
    std::smatch told;
    const std::string table = profile.str();
    BOOST_TEST_REQUIRE(std::regex_search(table, told, std::regex("\n([0-9]+) single times were left out of the trace")), table);
    BOOST_TEST(contains(trace, fmt::format("\"left_out\":\"{}\"", told[1].str())));
    const xg::Profile all;
    for (int i = 0; i < 4; ++i) steps.call();
    BOOST_TEST(bars_of(all.chrome_trace()).size() == 5 + std::stoul(told[1]));
}

BOOST_AUTO_TEST_CASE(what_was_profiled_is_not_kept) {
    const auto work = std::make_shared<std::function<void()>>([] {});
    const xg::Profile profile;
    for (int i = 0; i < 3; ++i) { // the next plan may lie where the last one lay
        xg::Tape tape;
        const Var x = tape.input<double>({64, 64}, "x");
        xg::Program program = tape.compile({.outputs = {i == 1 ? exp(x) : record(Inside{work}, x)}}, {x});
        program(filled<double>({64, 64}, 0.1));
    }
    BOOST_TEST(work.use_count() == 1);
    const std::vector<Bar> bars = bars_of(profile.chrome_trace());
    BOOST_TEST(count(bars, "program") == 3u);
    BOOST_TEST(count(bars, "op") == 2u);
    BOOST_TEST(count(bars, "loop") == 1u);
}

BOOST_AUTO_TEST_CASE(copies_are_a_step) {
    xg::Tape tape;
    const Var a = tape.parameter(filled<double>({100}, 1.0), "a"), b = tape.parameter(filled<double>({100}, 2.0), "b");
    xg::Program swap = tape.compile({.outputs = {}, .updates = {{a, b}, {b, a}}}, {});
    const xg::Profile profile;
    swap(), swap();
    BOOST_TEST(std::regex_search(profile.str(), std::regex(" us  copies into [12] arrays?\n")), profile.str());
    const std::vector<Bar> bars = bars_of(profile.chrome_trace());
    BOOST_TEST(count(bars, "copy") == 2u);
    BOOST_TEST(a.value<double>()(0) == 1.0);
}

BOOST_AUTO_TEST_CASE(constants_are_a_program_of_their_own) {
    xg::Tape tape;
    const Var c = tape.constant(filled<double>({100}, 2.0));
    xg::Function f = tape.function([&](Var x) { return x * exp(c); });
    const xt::xarray<double> x = filled<double>({100}, 1.0);
    const xg::Profile profile;
    f(x), f(x), f(x);
    BOOST_TEST(std::regex_search(profile.str(), std::regex("\\(\\): 1 call, ")), profile.str());
    BOOST_TEST(contains(profile.str(), ": 3 calls, "));
}

BOOST_AUTO_TEST_SUITE_END()
