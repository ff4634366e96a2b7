// What a user's op throws reaches the caller, after all threads have left the work, and leaves every parameter and state.

#include <atomic>
#include <chrono>
#include <thread>

#include <pthread.h>

#include <xgrad/core/threads.hpp>

#include "../support.hpp"

using namespace test;
using xg::Operand;
using xg::Step;
using xg::Var;

namespace {

using Doubles = xt::xarray<double>;

struct TooLarge : std::runtime_error {
    explicit TooLarge(double x) : std::runtime_error(fmt::format("{} is too large", x)) {}
};

/// Throws at the first lane that is above the limit.
template <class X>
void refuse(const X& x, double limit) {
    if constexpr (std::is_arithmetic_v<X>) {
        if (x > limit) throw TooLarge(static_cast<double>(x));
    } else
        for (std::size_t i = 0; i < X::size; ++i)
            if (x[i] > limit) throw TooLarge(static_cast<double>(x[i]));
}

/// y = 2 x, elementwise
struct Twice {
    static constexpr auto name = "twice";
    double limit;
    auto forward(auto x) const {
        refuse(x, limit);
        return x + x;
    }
    static Var vjp(Var g, Var, Var) { return 2 * g; }
    bool operator==(const Twice&) const = default;
};
Var twice(Operand x) { return record(Twice{100}, x); }

/// The largest, which may not be above 100.
struct Largest {
    static constexpr auto name = "largest";
    static constexpr double identity = -1e300;
    static auto combine(auto a, auto b) {
        refuse(b, 100);
        using xg::simd::select;
        using std::max;
        if constexpr (std::is_arithmetic_v<decltype(a)>)
            return max(a, b);
        else
            return select(a > b, a, b);
    }
};
Var largest(Operand x) { return reduce(Largest{}, x); }

/// y = 2 x on whole arrays
struct TwiceAtOnce {
    static constexpr auto name = "twice_at_once";
    static xg::Shape shape(xg::Types x) { return x[0].shape; }
    static void eval(xg::ConstArrays in, xg::Array out) {
        const auto x = in[0].as<double>();
        auto y = out.as<double>();
        for (std::size_t i = 0; i < x.size(); ++i) {
            refuse(x.data()[i], 100);
            y.data()[i] = 2 * x.data()[i];
        }
    }
};

struct Never {
    static auto forward(auto x) noexcept { return x + x; }
};
struct SaysNever {
    static constexpr bool throws = false;
    static auto forward(auto x) { return x + x; }
};

struct LeastOfAll {
    static constexpr double identity = 1e300;
    static auto combine(auto a, auto b) noexcept {
        using xg::simd::select;
        return select(a < b, a, b);
    }
};

/// Three updates about a value y of x: before it, of what it reads, and with it.
struct Parameters {
    Parameters(std::size_t n, const std::function<Var(Var)>& f, xg::CompileOptions options)
        : p(tape.parameter(filled<double>({n}, 1.0))), q(tape.parameter(filled<double>({n}, 2.0))), count(tape.state(0.0)),
          x(tape.input<double>({n})) {
        const Var y = f(x + 0 * q);
        program.emplace(tape.compile({.outputs = {sum(y)}, .updates = {{count, count + 1}, {p, p * 3}, {q, q + y}}}, {x}, options));
    }
    xg::Tape tape;
    Var p, q, count, x;
    std::optional<xg::Program> program;
    bool are(double of_p, double of_q, double n) const {
        return xt::all(xt::equal(p.value<double>(), of_p)) && xt::all(xt::equal(q.value<double>(), of_q)) && count.scalar<double>() == n;
    }
};

struct Row {
    std::string name;
    std::function<Var(Var)> f;
    double factor; // of x
};
const std::vector<Row> rows = {
    {"elementwise", [](Var x) { return twice(x); }, 2},
    {"elementwise_among_others", [](Var x) { return exp(twice(x) * 0) * twice(x + 1) - 2; }, 2},
    {"elementwise_after_a_reduction", [](Var x) { return twice(x + 0 * mean(x)); }, 2},
    {"elementwise_of_a_view", [](Var x) { return twice(slice(x, {{.step = -1}})); }, 2},
    {"reduction", [](Var x) { return x + 0 * largest(x); }, 1},
    {"opaque", [](Var x) { return record(TwiceAtOnce{}, x); }, 2},
};

void check_options(const Row& row, std::size_t n, xg::CompileOptions options) {
    for (const std::size_t threads : {1, 4}) {
        xg::set_num_threads(threads);
        Parameters all(n, row.f, options);
        const Doubles good = filled<double>({n}, 5.0);
        for (const std::size_t at : {n / 3, n - 1, std::size_t{0}}) {
            const auto context = fmt::format("{} elements, {} threads, fuse {}, at {}", n, threads, options.fuse, at);
            Doubles bad = good;
            for (std::size_t i = at; i < n; ++i) bad.data()[i] = 1000.0;
            BOOST_CHECK_EXCEPTION((*all.program)(bad), std::runtime_error, [](const std::exception& e) { return std::string(e.what()).find("is too large") != std::string::npos; });
            BOOST_TEST(all.are(1, 2, 0), context);
        }
        for (double n_good = 1, of_q = 2, of_p = 1; n_good <= 2; ++n_good) {
            (*all.program)(good);
            BOOST_TEST(all.are(of_p *= 3, of_q += 5 * row.factor, n_good));
        }
    }
    xg::set_num_threads(2);
}

void check(const Row& row) {
    for (const bool fuse : {true, false}) {
        check_options(row, 300000, {.fuse = fuse});
        check_options(row, 9, {.fuse = fuse});
    }
    check_options(row, 9, {.small_elements = 0});
}

} // namespace

BOOST_AUTO_TEST_SUITE(throwing)

const Cases cases(rows, check);

BOOST_AUTO_TEST_CASE(the_first_element_counts_however_many_threads_there_are) {
    xg::Tape tape;
    auto f = tape.function([](Var x) { return sum(twice(x)); });
    auto x = filled<double>({500000}, 1.0);
    for (std::size_t i = 123456; i < x.size(); ++i) x.data()[i] = static_cast<double>(i);
    for (const std::size_t threads : {1, 2, 4})
        for (int again = 0; again < 20; ++again) {
            xg::set_num_threads(threads);
            std::string text;
            try {
                f(x);
            } catch (const TooLarge& error) { text = error.what(); }
            BOOST_TEST(text == "123456 is too large");
        }
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(and_an_index_out_of_range_does_not_come_up_later) {
    xg::Tape tape;
    const Var table = tape.parameter(Doubles{1, 2, 3});
    auto f = tape.function([&](Var x, Var indices) { return sum(twice(take(table, indices) + x)); });
    const xt::xarray<std::int64_t> good = {0, 2}, bad = {7, 0};
    BOOST_CHECK_THROW(f(Doubles{1, 1000}, bad), std::exception);
    BOOST_TEST(f(Doubles{1, 1}, good).scalar<double>() == 12);
}

BOOST_AUTO_TEST_CASE(while_the_tape_records) {
    xg::Tape tape;
    const std::size_t size = ((void)tape.constant(1000.0), tape.size());
    BOOST_CHECK_THROW(twice(tape.constant(1000.0)), TooLarge); // a number is folded at once
    BOOST_TEST(tape.size() == size);
    BOOST_TEST(twice(tape.constant(4.0)).scalar<double>() == 8);
}

BOOST_AUTO_TEST_CASE(in_a_trace) {
    xg::Tape tape;
    const Var p = tape.parameter(Doubles{1, 2});
    bool fail = true;
    auto f = tape.function([&](Var x) {
        const Var y = sum(p * x) + sum(tape.slot("s", xg::DType::float64, {2}, 1.0));
        if (fail) throw std::domain_error("not yet");
        return Step{.outputs = {y}, .updates = {{p, p + x}}};
    });
    for (int again = 0; again < 3; ++again) BOOST_CHECK_THROW(f(Doubles{1, 1}), std::domain_error);
    BOOST_TEST(f.programs() == 0u);
    fail = false;
    BOOST_TEST(f(Doubles{1, 1}).scalar<double>() == 5);
    BOOST_TEST(same(p.value<double>(), Doubles{2, 3}));
    BOOST_TEST(tape.states().size() == 1u);
}

BOOST_AUTO_TEST_CASE(is_asked_of_the_op_and_updates_are_in_place_where_nothing_throws) {
    // Whether p := 2 p + f(p) is made by a copy at the end; with an output that another loop may not compute.
    const auto copies = [&](const std::function<Var(Var)>& f, const std::function<Var(Var)>& output) {
        xg::Tape tape;
        const Var p = tape.parameter(filled<double>({1000}, 1.0));
        const Step step{.outputs = {output(p)}, .updates = {{p, 2 * p + f(p)}}};
        return tape.compile(step, {}).str().find("copy 8000 bytes into leaf") != std::string::npos;
    };
    const auto of_update = [&](const std::function<Var(Var)>& f) { return copies(f, [](Var p) { return sum(p); }); };
    BOOST_TEST(of_update([](Var x) { return twice(x); }));
    BOOST_TEST(!of_update([](Var x) { return record(Never{}, x); }));
    BOOST_TEST(!of_update([](Var x) { return record(SaysNever{}, x); }));
    BOOST_TEST(!of_update([](Var x) { return tanh(x) * where(x > 1, sqrt(x), 0.5); }));
    const auto of_output = [&](const std::function<Var(Var)>& f) { return copies([](Var p) { return p + 1; }, f); };
    BOOST_TEST(of_output([](Var x) { return reduce(Largest{}, x); }));
    BOOST_TEST(!of_output([](Var x) { return reduce(LeastOfAll{}, x); }));
    BOOST_TEST(!of_output([](Var x) { return max(x); }));
}

BOOST_AUTO_TEST_CASE(in_the_pool_all_tasks_have_ended_before_it_is_told) {
    for (const std::size_t threads : {1, 2, 4}) {
        xg::set_num_threads(threads);
        for (int run = 0; run < 300; ++run) {
            std::atomic<int> inside = 0, begun = 0;
            const std::size_t first = static_cast<std::size_t>(run) % 40;
            std::string text;
            try {
                xg::detail::for_each_task(40, [&](std::size_t i, std::size_t) {
                    ++begun, ++inside;
                    volatile double work = 1;
                    for (int k = 0; k < 200; ++k) work = work * 0.5 + 1;
                    --inside;
                    if (i >= first) throw std::runtime_error(fmt::format("task {}", i));
                });
            } catch (const std::exception& error) { text = error.what(); }
            BOOST_TEST(inside == 0);
            BOOST_TEST(begun > static_cast<int>(first));
            BOOST_TEST(text == fmt::format("task {}", first));
            std::atomic<int> done = 0;
            xg::detail::for_each_task(40, [&](std::size_t, std::size_t) { ++done; });
            BOOST_TEST(done == 40);
        }
    }
    xg::set_num_threads(2);
}

BOOST_AUTO_TEST_CASE(in_the_pool_the_first_task_counts_though_another_throws_later) {
    xg::set_num_threads(4);
    for (int run = 0; run < 30; ++run) {
        std::atomic<int> begun = 0;
        std::string text;
        try {
            xg::detail::for_each_task(2, [&](std::size_t i, std::size_t) {
                ++begun;
                for (int look = 0; look < 1000 && begun < 2; ++look) // for the other thread, if there is one
                    std::this_thread::sleep_for(std::chrono::microseconds(10));
                if (i == 1) std::this_thread::sleep_for(std::chrono::microseconds(300));
                throw std::runtime_error(fmt::format("task {}", i));
            });
        } catch (const std::exception& error) { text = error.what(); }
        BOOST_TEST(text == "task 0");
    }
    xg::set_num_threads(2);
}

#ifdef __GLIBC__
BOOST_AUTO_TEST_CASE(not_if_the_system_gives_no_threads) {
    pthread_attr_t usual, impossible;
    pthread_getattr_default_np(&usual);
    pthread_attr_init(&impossible);
    pthread_attr_setstacksize(&impossible, std::size_t{1} << 62);
    xg::Tape tape;
    const Var x = tape.parameter(filled<double>({300000}, 1.0));
    auto program = tape.compile({.outputs = {sum(exp(x) * x)}, .updates = {}}, {});
    const double expected = program().scalar<double>();
    xg::set_num_threads(4);
    BOOST_REQUIRE(pthread_setattr_default_np(&impossible) == 0);
    const double alone = program().scalar<double>();
    pthread_setattr_default_np(&usual);
    BOOST_TEST(alone == expected);
    xg::set_num_threads(2);
    BOOST_TEST(program().scalar<double>() == expected);
    pthread_attr_destroy(&usual);
    pthread_attr_destroy(&impossible);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
