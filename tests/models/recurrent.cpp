// Recurrent layers against their formulas, written out number by number.

#include <cmath>

#include "../support.hpp"

using namespace test;
using xg::Var;
using Array = xt::xarray<double>;
using xg::models::GRU;
using xg::models::LSTM;
using xg::models::RecurrentOptions;
using xg::models::RNN;

namespace {

double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }

/// The states after each step of one sequence, x (T, inputs), by the formulas; h and c are where it starts, and ends.
struct Reference {
    Array w, u, b, hidden_bias;
    std::size_t units() const { return u.shape()[0]; }

    /// Gate k of unit j from the input, and from the hidden state.
    double of_input(const Array& x, std::size_t t, std::size_t k, std::size_t j) const {
        double sum = b(k * units() + j);
        for (std::size_t i = 0; i < w.shape()[0]; ++i) sum += x(t, i) * w(i, k * units() + j);
        return sum;
    }
    double of_hidden(const Array& h, std::size_t k, std::size_t j) const {
        double sum = 0;
        for (std::size_t i = 0; i < units(); ++i) sum += h(i) * u(i, k * units() + j);
        return sum;
    }
    void rnn(const Array& x, std::size_t t, Array& h, Array&) const {
        const Array before = h;
        for (std::size_t j = 0; j < units(); ++j) h(j) = std::tanh(of_input(x, t, 0, j) + of_hidden(before, 0, j));
    }
    void gru(const Array& x, std::size_t t, Array& h, Array&) const {
        const Array before = h;
        for (std::size_t j = 0; j < units(); ++j) {
            const double r = sigmoid_of(of_input(x, t, 0, j) + of_hidden(before, 0, j)), z = sigmoid_of(of_input(x, t, 1, j) + of_hidden(before, 1, j));
            const double n = std::tanh(of_input(x, t, 2, j) + r * (of_hidden(before, 2, j) + hidden_bias(j)));
            h(j) = (1 - z) * n + z * before(j);
        }
    }
    void lstm(const Array& x, std::size_t t, Array& h, Array& c) const {
        const Array before = h;
        for (std::size_t j = 0; j < units(); ++j) {
            const auto gate = [&](std::size_t k) { return of_input(x, t, k, j) + of_hidden(before, k, j); };
            c(j) = sigmoid_of(gate(1)) * c(j) + sigmoid_of(gate(0)) * std::tanh(gate(2));
            h(j) = sigmoid_of(gate(3)) * std::tanh(c(j));
        }
    }
};

using Step = void (Reference::*)(const Array&, std::size_t, Array&, Array&) const;

template <class Layer>
void check(Step step, std::size_t gates) {
    for (const bool reverse : {false, true}) {
        xg::Tape tape;
        const Layer layer(tape, 3, 4, {.reverse = reverse, .seed = 5, .dtype = xg::DType::float64});
        BOOST_TEST((layer.weights().shape() == xg::Shape{3u, gates * 4u}));
        Reference reference{layer.weights().template value<double>(), layer.hidden_weights().template value<double>(), layer.bias().template value<double>(), {}};
        if constexpr (std::is_same_v<Layer, GRU>) reference.hidden_bias = layer.hidden_bias().template value<double>();

        Random random(7);
        const auto x = random_array<double>({5, 2, 3}, random), h = random_array<double>({2, 4}, random), c = random_array<double>({2, 4}, random);
        const bool has_cell = std::is_same_v<Layer, LSTM>;
        const auto result = layer.run(tape.constant(x), {tape.constant(h), has_cell ? tape.constant(c) : Var{}});
        const auto outputs = result.outputs.template value<double>(), last = result.last.hidden.template value<double>();
        BOOST_TEST((has_cell == result.last.cell.valid()));
        for (std::size_t n = 0; n < 2; ++n) {
            Array one = Array::from_shape({5, 3}), state = Array::from_shape({4}), cell = Array::from_shape({4});
            for (std::size_t t = 0; t < 5; ++t)
                for (std::size_t i = 0; i < 3; ++i) one(t, i) = x(t, n, i);
            for (std::size_t j = 0; j < 4; ++j) state(j) = h(n, j), cell(j) = c(n, j);
            for (std::size_t done = 0; done < 5; ++done) {
                const std::size_t t = reverse ? 4 - done : done;
                (reference.*step)(one, t, state, cell);
                for (std::size_t j = 0; j < 4; ++j) BOOST_TEST(outputs(t, n, j) == state(j), boost::test_tools::tolerance(1e-12));
            }
            for (std::size_t j = 0; j < 4; ++j) {
                BOOST_TEST(last(n, j) == state(j), boost::test_tools::tolerance(1e-12));
                if (has_cell) BOOST_TEST(result.last.cell.template value<double>()(n, j) == cell(j), boost::test_tools::tolerance(1e-12));
            }
        }
        // One sequence alone, from zeros, gives what it gives among others.
        const auto both = layer(tape.constant(x)).template value<double>();
        Array first = Array::from_shape({5, 3});
        for (std::size_t t = 0; t < 5; ++t)
            for (std::size_t i = 0; i < 3; ++i) first(t, i) = x(t, 0, i);
        const auto alone = layer(tape.constant(first)).template value<double>();
        BOOST_TEST((xg::Shape(alone.shape()) == xg::Shape{5, 4}));
        for (std::size_t t = 0; t < 5; ++t)
            for (std::size_t j = 0; j < 4; ++j) BOOST_TEST(alone(t, j) == both(t, 0, j), boost::test_tools::tolerance(1e-12));
    }
}

/// By x, by the state and by all parameters.
template <class Layer>
void check_gradient(xg::Keep keep) {
    xg::Tape tape;
    const Layer layer(tape, 2, 3, {.keep = keep, .seed = 1, .dtype = xg::DType::float64});
    Random random(3);
    const Var x = tape.parameter(random_array<double>({6, 2, 2}, random), "x"), h = tape.parameter(random_array<double>({2, 3}, random), "h");
    const auto result = layer.run(x, {h, std::is_same_v<Layer, LSTM> ? 2 * h : Var{}});
    const Var loss = sum(square(result.outputs - 0.1)) + sum(result.last.cell.valid() ? result.last.cell : result.last.hidden);
    const std::vector<Var> by = tape.parameters();
    const std::vector<Var> g = gradient(loss, by);
    for (std::size_t i = 0; i < by.size(); ++i) { // along a random direction
        const Array start = by[i].value<double>(), direction = random_array<double>(extents(by[i].shape()), random, -1, 1);
        const auto moved = [&](double far) {
            tape.assign(by[i], Array(start + far * direction));
            return loss.scalar<double>();
        };
        const double far = 1e-5, difference = (moved(far) - moved(-far)) / (2 * far);
        tape.assign(by[i], start);
        BOOST_TEST(difference == xt::sum(g[i].value<double>() * direction)(), boost::test_tools::tolerance(1e-7));
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(recurrent)

BOOST_AUTO_TEST_CASE(formulas_of_rnn) { check<RNN>(&Reference::rnn, 1); }
BOOST_AUTO_TEST_CASE(formulas_of_gru) { check<GRU>(&Reference::gru, 3); }
BOOST_AUTO_TEST_CASE(formulas_of_lstm) { check<LSTM>(&Reference::lstm, 4); }

BOOST_AUTO_TEST_CASE(gradients) {
    for (const xg::Keep keep : {xg::keep_all, xg::keep_square_root()}) {
        check_gradient<RNN>(keep);
        check_gradient<GRU>(keep);
        check_gradient<LSTM>(keep);
    }
}

BOOST_AUTO_TEST_CASE(in_pieces) { // the last state of one piece is the first of the next
    xg::Tape tape;
    const LSTM layer(tape, 2, 3, {.dtype = xg::DType::float64});
    Random random(2);
    const Var x = tape.constant(random_array<double>({7, 4, 2}, random));
    const auto whole = layer.run(x), first = layer.run(slice(x, 0, 0, 3)), second = layer.run(slice(x, 0, 3, 7), first.last);
    BOOST_TEST(same(whole.last.cell.value<double>(), second.last.cell.value<double>(), 1e-14));
    BOOST_TEST(same(slice(whole.outputs, 0, 3, 7).value<double>(), second.outputs.value<double>(), 1e-14));
}

BOOST_AUTO_TEST_CASE(names_and_layers_without_bias) {
    xg::Tape tape;
    const RNN rnn(tape, 2, 3, {.bias = xg::models::none()});
    const GRU gru(tape, 2, 3, {.name = "second"}), plain(tape, 2, 3, {.bias = xg::models::none(), .name = "plain"});
    std::vector<std::string> names;
    for (const Var& p : tape.parameters()) names.push_back(tape.name(p) + " " + p.shape().str());
    const std::vector<std::string> expected{"rnn.weights (2, 3)", "rnn.hidden_weights (3, 3)", "second.weights (2, 9)", "second.hidden_weights (3, 9)",
                                            "second.bias (9,)", "second.hidden_bias (3,)", "plain.weights (2, 9)", "plain.hidden_weights (3, 9)"};
    BOOST_TEST(names == expected, boost::test_tools::per_element());
    const Var x = tape.constant(filled<float>({4, 2}, 1.0f));
    BOOST_TEST((rnn(x).shape() == xg::Shape{4, 3}));
    BOOST_TEST((plain(x).shape() == xg::Shape{4, 3}));
    // As a layer among others.
    const xg::models::Linear head(tape, 3, 5);
    const xg::models::Sequential model(gru, head);
    BOOST_TEST((model(x).shape() == xg::Shape{4, 5}));
}

BOOST_AUTO_TEST_CASE(errors) {
    xg::Tape tape;
    const GRU gru(tape, 2, 3);
    const Var x = tape.constant(filled<float>({4, 5, 2}, 1.0f)), wide = tape.constant(filled<float>({4, 5, 3}, 1.0f)),
              doubles = tape.constant(filled<double>({4, 5, 2}, 1.0)), state = tape.constant(filled<float>({4, 3}, 1.0f));
    BOOST_TEST(error_of([&] { (void)gru(wide); }).starts_with("GRU: x is (4, 5, 3); it must be (T, N, 2), T steps of N sequences, or (T, 2)"));
    BOOST_TEST(error_of([&] { (void)gru(wide); }).ends_with(at(__LINE__)));
    BOOST_TEST(error_of([&] { (void)gru(doubles); }).starts_with("GRU: dtypes differ"));
    BOOST_TEST(error_of([&] { (void)gru.run(x, {state}); }).starts_with("GRU: the hidden state is float32 (4, 3); it must be float32 (5, 3)"));
    BOOST_TEST(error_of([&] { (void)LSTM(tape, 0, 3); }).starts_with("LSTM: 0 inputs and 3 units; both must be at least 1"));
}

BOOST_AUTO_TEST_SUITE_END()
