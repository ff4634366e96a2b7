#pragma once
// A table of the layers of a model.

#include <functional>
#include <string>
#include <vector>

#include <xgrad/core/print.hpp>
#include <xgrad/models/sequential.hpp>

#pragma GCC visibility push(default)
namespace xgrad::models {

/// What one layer gives and holds. Layers are told by the names of their arrays: "net.conv.weights" and "net.conv.bias"
/// are those of "net.conv".
struct LayerSummary {
    std::string name;
    Type output;                // of the last op that reads its arrays
    std::size_t parameters = 0; // numbers that are trained
    std::size_t states = 0;     // numbers that are kept and not trained, as running averages
    std::size_t bytes = 0;      // of both
};

/// The layers that the output is computed from, in the order of their calls; str() is the table, with the totals.
struct Summary {
    static constexpr bool prints_as_str = true;
    Type input, output;
    std::vector<LayerSummary> layers;
    [[nodiscard]] LayerSummary total() const;
    std::string str() const;
};

namespace detail {
[[nodiscard]] Summary summary(Tape& tape, const std::function<Var(Var)>& model, const Type& input, Location where);
}

/// Calls a layer, a model or any function of a Var, not training, with an input of this shape, and tells of what was
/// recorded: fmt::print("{}\n", summary(tape, model, {1, 3, 32, 32})). Nothing is computed, and nothing stays on the
/// tape. Layers without parameters have no row. A function that needs other inputs makes them itself, as in
/// [&](Var x) { return decode(x, tape.input<float>({8, 16})); }. Errors of the model are told at its lines.
template <class F>
[[nodiscard]] Summary summary(Tape& tape, F&& model, const Shape& shape, DType dtype = DType::float32,
                              Location where = Location::current()) {
    return detail::summary(
        tape, [&](Var x) { return detail::call(model, Operand(x, where), false); }, {dtype, shape}, where);
}

} // namespace xgrad::models
#pragma GCC visibility pop
