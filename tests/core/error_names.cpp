// The name and the line of errors that need no op of the library: derivatives, values, tapes, programs, a user's own ops.

#include <array>
#include <thread>

#include "../support.hpp"

using namespace test;
using xg::Var;

/// The error begins with the name of the function and ends with this line.
#define NAMED(NAME, ...)                                                                                               \
    check(error_of([&] { (void)(__VA_ARGS__); }), NAME, at(__LINE__))

namespace {

using Floats = xt::xarray<float>;

void check(const std::string& text, const std::string& name, const std::string& end) {
    BOOST_TEST((text.starts_with(name + ": ") && text.ends_with(end)), name << " says: " << text);
}

/// A user's op, which has a name of its own and a shape that not all may have.
struct Halves {
    static constexpr auto name = "halves";
    static xg::Shape shape(xg::Types in) {
        if (in[0].shape.rank() != 1) throw xg::Error("takes one axis, was given " + in[0].shape.str());
        return in[0].shape;
    }
    void eval(xg::ConstArrays in, xg::Array out) const {
        for (std::size_t i = 0; i < out.shape().numel(); ++i)
            out.pointer<float>()[i] = in[0].pointer<float>()[i] / 2;
    }
};

struct Fixture {
    xg::Tape tape, other;
    Var m = tape.parameter(filled<float>({3, 4}, 1), "m"), v = tape.parameter(Floats{1, 2, 3}, "v"), n = tape.constant(xt::xarray<std::int64_t>{1, 2});
    Var foreign = other.parameter(filled<float>({3, 4}, 1)), loss = sum(m), none;
    /// A Var whose node a rewind has taken away.
    Var forgotten = [this] {
        const xg::Mark mark = tape.mark();
        const Var result = m * 7;
        tape.rewind(mark);
        return result;
    }();
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(error_names, Fixture)

BOOST_AUTO_TEST_CASE(pictures) {
    for (const Var& bad : {none, foreign, forgotten}) {
        NAMED("draw", draw(xg::Step{.outputs = {loss, bad}, .updates = {}}));
        NAMED("draw", draw(xg::Step{.outputs = {loss}, .updates = {{bad, m}}}));
        NAMED("draw", draw(xg::Step{.outputs = {loss}, .updates = {{m, bad}}}));
        if (bad.valid()) NAMED("draw", draw(xg::Step{.outputs = {loss}, .updates = {}}, {.loss = bad}));
    }
    NAMED("draw", draw(xg::Step{}));
}

BOOST_AUTO_TEST_CASE(derivatives) {
    for (const Var& bad : {none, foreign, forgotten, n}) {
        NAMED("gradient", gradient(loss, bad));
        NAMED("gradient", gradient(bad, m));
        NAMED("gradient", gradient(loss, {m, bad}));
        NAMED("vjp", xg::vjp({loss}, {bad}, {loss}));
        NAMED("vjp", xg::vjp({loss}, {m}, {bad}));
        NAMED("jvp", xg::jvp({loss}, {bad}, {m}));
        NAMED("jvp", xg::jvp({loss}, {m}, {bad}));
        NAMED("hessian_vector_product", hessian_vector_product(loss, bad, m));
        NAMED("hessian_vector_product", hessian_vector_product(loss, m, bad));
        NAMED("hessian_vector_product", hessian_vector_product(bad, m, m));
        NAMED("hessian_vector_product", hessian_vector_product(loss, {m, bad}, {m, m}));
        NAMED("hessian_vector_product", hessian_vector_product(loss, {m, v}, {m, bad}));
        NAMED("jacobian", jacobian(m, bad));
        NAMED("jacobian", jacobian(bad, m));
        NAMED("jacobian", jacobian(m, {v, bad}));
        NAMED("hessian", hessian(loss, bad));
        NAMED("hessian", hessian(bad, m));
        NAMED("jacobian_sparsity", jacobian_sparsity(m, bad));
        NAMED("hessian_sparsity", hessian_sparsity(bad, m));
        NAMED("sparse_jacobian", sparse_jacobian(bad, m));
        NAMED("sparse_hessian", sparse_hessian(loss, bad));
        NAMED("vmap", xg::vmap([](Var a, Var b) { return a + b; }, v, bad));
        NAMED("vmap", xg::vmap([](const std::vector<Var>& x) { return x[0]; }, {m, bad}, {.in_axes = {0, 2}}));
    }
    for (const Var& bad : {none, forgotten, n})
        NAMED("linearize", xg::linearize([](Var x) { return x; }, bad));
    NAMED("gradient", gradient(m, m));
    NAMED("vjp", xg::vjp(std::vector<Var>{}, {m}, {}));
    NAMED("vjp", xg::vjp({loss}, {m}, {m, m}));
    NAMED("jvp", xg::jvp({loss}, {m, v}, {m}));
    NAMED("gradient", gradient(sum(xg::record(Halves{}, v)), v));
}

BOOST_AUTO_TEST_CASE(values) {
    for (const Var& bad : {none, forgotten}) {
        NAMED("shape", bad.shape());
        NAMED("dtype", bad.dtype());
        NAMED("tape", bad.tape());
        NAMED("value", bad.value<float>());
        NAMED("scalar", bad.scalar<float>());
        NAMED("[]", bad[0]);
    }
    NAMED("scalar", m.scalar<float>());
    NAMED("value", m.value<int>());
    NAMED("[]", m[3]);
    NAMED("[]", (m[{0, 0, 0}]));
    NAMED("value", tape.input<float>({2}).value<float>());
}

BOOST_AUTO_TEST_CASE(tapes) {
    for (const Var& bad : {none, foreign, forgotten}) {
        NAMED("assign", tape.assign(bad, 1.f));
        NAMED("name", tape.name(bad));
        NAMED("update_with", tape.update_with(bad, {m, m}));
        NAMED("update_with", tape.update_with(m, {bad, m}));
        NAMED("compile", tape.compile({.outputs = {bad}, .updates = {}}, {}));
        NAMED("compile", tape.compile({.outputs = {}, .updates = {{bad, m}}}, {}));
        NAMED("compile", tape.compile({.outputs = {}, .updates = {{m, bad}}}, {}));
        NAMED("compile", tape.compile({.outputs = {m}, .updates = {}}, {bad}));
    }
    NAMED("assign", tape.assign(m, Floats{1, 2}));
    NAMED("assign", tape.assign(loss, 1.f));
    NAMED("slot", tape.slot("s", xg::DType::float32, {2}).is(tape.slot("s", xg::DType::float32, {3})));
    NAMED("constant", tape.constant(xt::xarray<std::uint64_t>{~0ull}));
    NAMED("parameter", tape.parameter(xt::xarray<std::uint64_t>{~0ull}));
    NAMED("state", tape.state(xt::xarray<std::uint64_t>{~0ull}));
    const xg::Mark mark = tape.mark();
    tape.rewind({.nodes = 1, .generation = mark.generation});
    NAMED("rewind", tape.rewind(mark));
}

BOOST_AUTO_TEST_CASE(while_another_thread_uses_the_tape) {
    const auto used = [this](const std::function<void()>& calls) {
        tape.function([&](Var x) {
            std::thread(calls).join();
            return x;
        })(1.f);
    };
    used([&] {
        const xg::Mark mark{};
        const xg::Step step{.outputs = {m}, .updates = {}};
        NAMED("input", tape.input<float>({2}));
        NAMED("constant", tape.constant(2.5));
        NAMED("constant", tape.constant(Floats{1, 2}));
        NAMED("parameter", tape.parameter(1.f));
        NAMED("state", tape.state(1.f));
        NAMED("slot", tape.slot("s", xg::DType::float32, {2}));
        NAMED("update_with", tape.update_with(m, {m, m}));
        NAMED("assign", tape.assign(m, 1.f));
        NAMED("parameters", tape.parameters());
        NAMED("states", tape.states());
        NAMED("name", tape.name(m));
        NAMED("mark", tape.mark());
        NAMED("rewind", tape.rewind(mark));
        NAMED("compile", tape.compile(step, {}));
        NAMED("function", tape.function([](Var x) { return x; }));
        NAMED("check_numerics", tape.check_numerics());
        NAMED("str", tape.str());
        NAMED("size", tape.size());
        NAMED("str", m.str());
        NAMED("shape", m.shape());
        NAMED("dtype", m.dtype());
        NAMED("tape", m.tape());
        NAMED("value", m.value<float>());
        NAMED("scalar", loss.scalar<float>());
        NAMED("gradient", gradient(loss, m));
        NAMED("vjp", xg::vjp({loss}, {m}, {loss}));
        NAMED("jvp", xg::jvp({loss}, {m}, {m}));
        NAMED("hessian_vector_product", hessian_vector_product(loss, m, m));
        NAMED("hessian_vector_product", hessian_vector_product(loss, {m}, {m}));
        NAMED("jacobian", jacobian(m, m));
        NAMED("hessian", hessian(loss, m));
        NAMED("jacobian_sparsity", jacobian_sparsity(m, m));
        NAMED("hessian_sparsity", hessian_sparsity(loss, m));
        NAMED("sparse_jacobian", sparse_jacobian(m, m));
        NAMED("sparse_hessian", sparse_hessian(loss, m));
        NAMED("linearize", xg::linearize([](Var x) { return x; }, m));
        NAMED("vmap", xg::vmap([](Var x) { return x; }, m));
        NAMED("custom_vjp", xg::custom_vjp([](Var x) { return x * 1; }, [](Var g, Var, Var) { return g; })(m));
        NAMED("checkpoint", xg::checkpoint([](Var x) { return tanh(x); })(m));
        NAMED("draw", xg::draw(tape));
        NAMED("draw", xg::draw(step));
        // What prints has no place to name.
        BOOST_TEST(error_of([&] { (void)fmt::format("{}", m); }).starts_with("str: a tape is in use by another thread"));
        BOOST_TEST(error_of([&] { (void)fmt::format("{}", m); }).find(", at ") == std::string::npos);
    });
}

BOOST_AUTO_TEST_CASE(lists_made_at_run_time) {
    const std::vector<std::int64_t> many(9, 1), negative{2, -3};
    NAMED("Shape", xg::Shape(many));
    NAMED("Shape", xg::Shape(negative));
    NAMED("Shape", xg::Shape{2, 2, 2, 2, 2, 2, 2, 2, 2});
    NAMED("Dims", xg::Dims(many));
    NAMED("Dims", reshape(m, many));
    NAMED("Shape", broadcast_to(m, negative));
    NAMED("reshape", reshape(m, negative));
    NAMED("expand_dims", expand_dims(m, {0, 1, 2, 3, 4, 5, 6}));
}

BOOST_AUTO_TEST_CASE(ops_of_the_user) {
    for (const Var& bad : {none, forgotten, m})
        NAMED("halves", xg::record(Halves{}, bad));
    NAMED("halves", xg::record(Halves{}, 2.5));
    const auto same = xg::custom_vjp([](Var x) { return x * 1; }, [](Var g, Var, Var) { return g; });
    const auto again = xg::checkpoint([](Var x) { return tanh(x); });
    for (const Var& bad : {none, forgotten}) {
        NAMED("custom_vjp", same(bad));
        NAMED("checkpoint", again(bad));
    }
    NAMED("custom_vjp", same(2.5));
    NAMED("checkpoint", again(2.5));
    const auto gives_none = xg::custom_vjp([](Var) { return Var{}; }, [](Var g, Var, Var) { return g; });
    NAMED("custom_vjp", gives_none(m));
    NAMED("checkpoint", xg::checkpoint([](Var) { return Var{}; })(m));
    NAMED("custom_vjp", xg::custom_vjp([this](Var x) { return x * m; }, [](Var g, Var, Var) { return g; })(m * 2));
    NAMED("add", xg::checkpoint([this](Var x) { return x + v; })(m)); // what the user's own function calls is at its own line
}

BOOST_AUTO_TEST_CASE(results) {
    auto f = tape.function([](Var x) { return x * 2; });
    const auto r = f(Floats{1, 2});
    NAMED("array", r.array<float>(1));
    NAMED("array", r.array<int>());
    NAMED("scalar", r.scalar<float>());
    NAMED("scalar", r.scalar<float>(7));
    NAMED("gradcheck", xg::gradcheck([](Var a, Var b) { return a * b; }, {filled<double>({2}, 1)}));
    NAMED("gradcheck", xg::gradcheck([](Var a) { return a > 0; }, {filled<double>({2}, 1)}));
}

BOOST_AUTO_TEST_SUITE_END()
