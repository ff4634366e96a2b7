// A recurrent network learns to spell. It reads numbers and their names, character by character, "347 three hundred and
// forty-seven", and says at each what comes next. Only the digits cannot be foreseen: the rest has to be learned, so
// the least perplexity that there is is known, exp(ln 1000 / characters of a line).
//
// Perplexity is e to the mean loss: of so many characters, as it were, the network has to choose one each time. Prints it
// for numbers that were not learned from, and at the end writes a few lines itself. Exit status: 0 done, 2 something is
// wrong with the options.

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <xgrad/xgrad.hpp>

#include "command_line.hpp"

namespace {

namespace xg = xgrad;
using xg::Var;
using xg::models::RecurrentState;

struct Settings {
    std::string layer = "lstm";
    std::size_t units = 96, batch = 16, length = 48, steps = 3000;
    double learning_rate = 1e-2;
    std::uint64_t seed = 1;
};

constexpr std::size_t numbers = 1000;
constexpr std::string_view alphabet = "\n -0123456789abcdefghijklmnopqrstuvwxyz";

std::string below_hundred(std::size_t n) {
    static const std::vector<std::string> few = {"zero",    "one",     "two",       "three",    "four",
                                                 "five",    "six",     "seven",     "eight",    "nine",
                                                 "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                                 "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"},
                                          tens = {"twenty", "thirty",  "forty",  "fifty",
                                                  "sixty",  "seventy", "eighty", "ninety"};
    if (n < few.size()) return few[n];
    return tens[n / 10 - 2] + (n % 10 == 0 ? "" : "-" + few[n % 10]);
}

std::string in_words(std::size_t n) {
    if (n < 100) return below_hundred(n);
    return below_hundred(n / 100) + " hundred" + (n % 100 == 0 ? "" : " and " + below_hundred(n % 100));
}

std::string line_of(std::size_t n) { return fmt::format("{} {}\n", n, in_words(n)); }

/// A fifth of the numbers, here and there, are for the test.
bool is_for_test(std::size_t n) { return xg::models::Draw(0, n).uniform(0, 5) < 1; }

/// Lines of numbers drawn at random, so many characters.
std::vector<std::int64_t> text(std::size_t characters, bool test, std::uint64_t seed) {
    std::vector<std::int64_t> codes;
    for (std::uint64_t i = 0; codes.size() < characters; ++i) {
        const auto n = static_cast<std::size_t>(xg::models::Draw(seed, i).uniform(0, numbers));
        if (is_for_test(n) != test) continue;
        for (const char c : line_of(n))
            codes.push_back(static_cast<std::int64_t>(alphabet.find(c)));
    }
    codes.resize(characters);
    return codes;
}

double least_perplexity() {
    double characters = 0;
    for (std::size_t n = 0; n < numbers; ++n)
        characters += static_cast<double>(line_of(n).size()) / numbers;
    return std::exp(std::log(numbers) / characters);
}

/// Reads characters (T, N), and gives the scores of those that come next, (T, N, characters of the alphabet).
template <class Layer>
class Reader {
  public:
    Reader(xg::Tape& tape, const Settings& s)
        : layer_(tape, alphabet.size(), s.units, {.seed = s.seed}),
          head_(tape, s.units, alphabet.size(), {.seed = s.seed + 1}) {}

    struct Read {
        Var scores;
        RecurrentState last;
    };
    Read operator()(Var characters, RecurrentState state) const {
        const auto read = layer_.run(one_hot(characters, alphabet.size(), xg::DType::float32), state);
        return {head_(read.outputs), read.last};
    }

  private:
    Layer layer_;
    xg::models::Linear head_;
};

template <class Layer>
constexpr bool has_cell = std::is_same_v<Layer, xg::models::LSTM>;

/// Of all characters of a text but the first, read in one go.
template <class Layer>
double perplexity(xg::Tape& tape, const Reader<Layer>& reader, const std::vector<std::int64_t>& codes) {
    auto loss_of = tape.function([&](Var characters, Var next) {
        const Var scores = reader(characters, {}).scores;
        return std::vector<Var>{xg::models::softmax_loss(
            reshape(scores, {-1, static_cast<std::int64_t>(alphabet.size())}), reshape(next, {-1}))};
    });
    auto characters = xt::xarray<std::int64_t>::from_shape({codes.size() - 1, 1}), next = characters;
    for (std::size_t t = 0; t + 1 < codes.size(); ++t)
        characters(t, 0) = codes[t], next(t, 0) = codes[t + 1];
    return std::exp(loss_of(characters, next).template scalar<double>());
}

/// Lets the network write, each time a character by its probability.
template <class Layer>
std::string written(xg::Tape& tape, const Reader<Layer>& reader, const Settings& s, std::size_t lines) {
    auto read_one = tape.function([&](Var character, Var hidden, Var cell) {
        const auto read = reader(character, {hidden, has_cell<Layer> ? cell : Var{}});
        return std::vector<Var>{softmax(reshape(read.scores, {-1})), read.last.hidden,
                                has_cell<Layer> ? read.last.cell : cell};
    });
    auto hidden = xt::xarray<float>::from_shape({1, s.units});
    hidden.fill(0);
    auto cell = hidden;
    auto character = xt::xarray<std::int64_t>::from_shape({1, 1});
    character(0, 0) = 0; // the end of a line
    std::string result;
    for (std::uint64_t i = 0; lines != 0 && i < 1000; ++i) {
        const xg::Results read = read_one(character, hidden, cell);
        const auto probabilities = read.array<double>(0);
        hidden = read.array<float>(1);
        cell = read.array<float>(2);
        double left = xg::models::Draw(s.seed + 7, i).uniform(0, 1);
        std::size_t chosen = 0;
        while (chosen + 1 < alphabet.size() && (left -= probabilities(chosen)) > 0)
            ++chosen;
        character(0, 0) = static_cast<std::int64_t>(chosen);
        result += alphabet[chosen];
        if (alphabet[chosen] == '\n') --lines;
    }
    return result;
}

/// Stretches of the text side by side; each goes on where it ended, with the state that it had there.
template <class Layer>
void train(const Settings& s) {
    xg::Tape tape;
    const Reader<Layer> reader(tape, s);
    const xg::Shape state_shape(s.batch, s.units);
    const auto zeros = [&](const char* name) {
        auto array = xt::xarray<float>::from_shape({s.batch, s.units});
        array.fill(0);
        return tape.state(array, name);
    };
    const Var hidden = zeros("hidden"), cell = zeros("cell");
    const xg::optim::Chain rule = xg::optim::chain(
        xg::optim::ClipByGlobalNorm{1},
        xg::optim::Adam{
            .learning_rate = xg::optim::Cosine{.initial = s.learning_rate, .steps = static_cast<double>(s.steps)}});
    auto learn = tape.function([&](Var characters, Var next) {
        const auto read = reader(characters, {stop_gradient(hidden), has_cell<Layer> ? stop_gradient(cell) : Var{}});
        const Var loss = xg::models::softmax_loss(
            reshape(read.scores, {-1, static_cast<std::int64_t>(alphabet.size())}), reshape(next, {-1}));
        xg::Step step{.outputs = {loss}, .updates = rule.minimize(loss)};
        step.updates.push_back({hidden, read.last.hidden});
        if (has_cell<Layer>) step.updates.push_back({cell, read.last.cell});
        return step;
    });

    const std::size_t stretch = s.length * s.steps + 1;
    const std::vector<std::int64_t> codes = text(stretch * s.batch, false, s.seed), test = text(4000, true, s.seed + 1);
    auto characters = xt::xarray<std::int64_t>::from_shape({s.length, s.batch}), next = characters;
    for (std::size_t step = 0; step < s.steps; ++step) {
        for (std::size_t t = 0; t < s.length; ++t)
            for (std::size_t n = 0; n < s.batch; ++n) {
                const std::size_t at = n * stretch + step * s.length + t;
                characters(t, n) = codes[at], next(t, n) = codes[at + 1];
            }
        const double loss = learn(characters, next).template scalar<double>();
        if ((step + 1) % (s.steps / 10 == 0 ? 1 : s.steps / 10) == 0)
            fmt::print("step {:5}  perplexity {:.3f} in training, {:.3f} of numbers that were not seen\n", step + 1,
                       std::exp(loss), perplexity(tape, reader, test));
    }
    fmt::print("\nthe least perplexity there is: {:.3f}; reached: {:.3f}\n\n{}", least_perplexity(),
               perplexity(tape, reader, test), written(tape, reader, s, 6));
}

} // namespace

int main(int argc, char** argv) {
    Settings s;
    CLI::App app("A recurrent network learns to spell numbers, character by character");
    app.add_option("--layer", s.layer, "rnn, gru or lstm")
        ->capture_default_str()
        ->check(CLI::IsMember({"rnn", "gru", "lstm"}));
    const auto number = [&](const char* name, auto& value, const char* what, examples::Check* check) {
        examples::with_check(app.add_option(name, value, what)->capture_default_str(), check);
    };
    number("--units", s.units, "of the layer", examples::count);
    number("--batch", s.batch, "stretches of text side by side", examples::count);
    number("--length", s.length, "characters of each for a step", examples::count);
    number("--steps", s.steps, "of training", examples::count);
    number("--rate", s.learning_rate, "the learning rate, at first", examples::rate);
    number("--seed", s.seed, "of the weights and of the text", examples::whole);
    try {
        if (!examples::parse(app, argc, argv)) return 0;
        if (s.layer == "rnn") train<xg::models::RNN>(s);
        if (s.layer == "gru") train<xg::models::GRU>(s);
        if (s.layer == "lstm") train<xg::models::LSTM>(s);
    } catch (const std::exception& error) {
        fmt::print(stderr, "characters: {}\n", error.what());
        return 2;
    }
}
