// What belongs to one thread at a time and is used by two: found out; copies of programs, which are independent.

#include <atomic>
#include <latch>
#include <thread>

#include <xgrad/core/base/one_user.hpp>

#include "../support.hpp"

using namespace test;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;

/// What the second of two threads is told that are inside at once: the first stays inside, in `inside`, until the second is back.
std::string told_to_the_second(const std::function<void(const std::function<void()>&)>& first, const std::function<void()>& second) {
    std::string told;
    first([&] { std::thread([&] { told = error_of(second); }).join(); });
    return told;
}

/// A user's opaque op that calls back while it runs.
struct CallsBack {
    static constexpr auto name = "calls_back";
    const std::function<void()>* back;
    xg::Shape shape(xg::Types in) const { return in[0].shape; }
    void eval(xg::ConstArrays in, xg::Array out) const {
        (*back)();
        std::copy_n(static_cast<const double*>(in[0].data), in[0].type.shape.numel(), static_cast<double*>(out.data));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(several_threads)

BOOST_AUTO_TEST_CASE(a_tape_that_two_record_on_says_so) {
    xg::Tape tape;
    const Var x = tape.parameter(Doubles{1, 2});
    auto f = tape.function([&](Var y) { return x * y; });
    std::string told;
    auto g = tape.function([&](Var y) {
        std::thread([&] { told = error_of([&] { (void)(x + 1); }); }).join();
        return x * y;
    });
    g(Doubles{1, 1});
    BOOST_TEST(told.starts_with("add: a tape is in use by another thread at this moment; it belongs to one thread at a time."));
    BOOST_TEST(told.ends_with(at(__LINE__ - 5)));
    std::thread([&] { BOOST_TEST(f(Doubles{1, 1}).array<double>()(1) == 2); }).join(); // one after the other is right
    BOOST_TEST(same((x + 1).value<double>(), Doubles{2, 3}));
}

BOOST_AUTO_TEST_CASE(two_that_record_without_a_lock_never_go_on_unnoticed) {
    // Both record as fast as they can: as they are bound to meet, one of them at least is told; nothing crashes.
    for (int round = 0; round < 20; ++round) {
        xg::Tape tape;
        const Var x = tape.parameter(1.0);
        std::latch start(2);
        std::atomic<int> told = 0, done = 0;
        const auto record = [&](double seed) {
            start.arrive_and_wait();
            try {
                Var y = x;
                for (int i = 0; i < 20000; ++i) y = y * (seed + i);
            } catch (const xg::Error&) { ++told; }
            ++done;
        };
        std::thread a(record, 1.5), b(record, 1e6);
        a.join(), b.join();
        BOOST_TEST(done == 2);
        const std::size_t size = tape.size();
        BOOST_TEST((told > 0 || size == 80001u), fmt::format("{} nodes, and nobody was told", size));
    }
}

BOOST_AUTO_TEST_CASE(what_has_one_user_lets_one_in_at_a_time) {
    // What is guarded is counted without a lock, slowly; inside once, one comes in again.
    xg::OneUser user;
    constexpr long times = 1000, threads = 3;
    long inside = 0;
    std::atomic<long> told = 0;
    std::latch start(threads);
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&] {
            start.arrive_and_wait();
            for (long i = 0; i < times; ++i) try {
                    const xg::OneUser::Inside once(user, "it"), again(user, "it");
                    const long before = inside;
                    std::this_thread::yield();
                    inside = before + 1;
                } catch (const xg::Error&) { ++told; }
        });
    for (std::thread& thread : all)
        thread.join();
    BOOST_TEST(inside + told == threads * times);
    BOOST_TEST(inside > 0);
}

BOOST_AUTO_TEST_CASE(a_program_or_a_function_that_two_call_says_so) {
    xg::Tape tape;
    const std::function<void()>* current = nullptr;
    const std::function<void()> back = [&] { (*current)(); };
    const Var x = tape.input<double>({2});
    auto program = tape.compile({.outputs = {record(CallsBack{&back}, x)}, .updates = {}}, {x});
    auto function = tape.function([&](Var y) { return record(CallsBack{&back}, y); });
    const std::function<void()> nothing = [] {};
    current = &nothing;
    const Doubles ones = {1, 1};
    function(ones);
    const int line = __LINE__ + 1;
    const std::string of_program = told_to_the_second([&](const auto& inside) { current = &inside; program(ones); }, [&] { program(ones); });
    const std::string of_function = told_to_the_second([&](const auto& inside) { current = &inside; function(ones); }, [&] { function(ones); });
    const std::string rest = " is in use by another thread at this moment; it belongs to one thread at a time. Give each thread its own "
                             "(Program::copy() for programs), or lock a mutex around its use";
    BOOST_TEST(of_program == "a program" + rest + at(line));
    BOOST_TEST(of_function == "a function" + rest + at(line + 1));
    current = &nothing;
    BOOST_TEST(program(ones).array<double>()(0) == 1); // both go on as before
    BOOST_TEST(function(ones).array<double>()(0) == 1);
}

BOOST_AUTO_TEST_CASE(copies_of_a_program_predict_at_the_same_time) {
    xg::Tape tape;
    const Var w = tape.parameter(Doubles{{1, 2}, {3, 4}}), x = tape.input<double>({2, 2}), labels = tape.input<std::int64_t>({2});
    auto program = tape.compile({.outputs = {matmul(tanh(x), w) * sum(exp(x)), pick(x, labels)}, .updates = {}}, {x, labels});
    constexpr int threads = 4, calls = 2000;
    std::vector<Doubles> inputs, expected;
    Random random(3);
    for (int i = 0; i < threads; ++i) {
        inputs.push_back(random_array<double>({2, 2}, random));
        expected.push_back(program(inputs.back(), {0, 1}).array<double>());
    }
    std::atomic<int> wrong = 0, faults = 0;
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&, t, mine = program.copy()]() mutable {
            const auto i = static_cast<std::size_t>(t);
            for (int k = 0; k < calls; ++k) {
                if (mine(inputs[i], {0, 1}).array<double>() != expected[i]) ++wrong;
                if (k % 100 == 0) try { mine(inputs[i], {0, 2}); } catch (const xg::Error&) { ++faults; }
            }
        });
    for (std::thread& t : all) t.join();
    BOOST_TEST(wrong == 0);
    BOOST_TEST(faults == threads * calls / 100); // each told its own thread of the label out of range
    tape.assign(w, 0.0);                         // the same leaves
    xg::Program copy = program;
    BOOST_TEST(xt::sum(copy(inputs[0], {0, 1}).array<double>())() == 0);
}

BOOST_AUTO_TEST_CASE(copies_work_out_what_follows_from_constants_by_themselves) {
    xg::Tape tape;
    const Var k = tape.constant(filled<double>({100}, 2)), x = tape.input<double>({});
    auto program = tape.compile({.outputs = {x * sum(exp(k))}, .updates = {}}, {x});
    auto copy = program.copy();
    const double value = copy(1.0).scalar<double>();
    BOOST_TEST(value == program(1.0).scalar<double>());
    tape.assign(k, 0.0);
    BOOST_TEST(copy(1.0).scalar<double>() == 100);
    BOOST_TEST(program(1.0).scalar<double>() == 100);
}

BOOST_AUTO_TEST_SUITE_END()
