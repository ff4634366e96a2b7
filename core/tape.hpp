#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <xgrad/core/array.hpp>
#include <xgrad/core/function.hpp>
#include <xgrad/core/graph/array_operands.hpp>
#include <xgrad/core/options.hpp>
#include <xgrad/core/program.hpp>
#include <xgrad/core/step.hpp>
#include <xgrad/core/var.hpp>

#pragma GCC visibility push(default)
namespace xgrad {

struct Leaf;

enum class LeafKind : std::uint8_t;

/// A Wengert list: records expressions over arrays, computes nothing until a program or a value is asked for.
/// A tape belongs to one thread at a time, which is checked: that two use it at once is an error (see Program for
/// serving by threads).
class Tape {
  public:
    explicit Tape(TapeOptions options = {});
    ~Tape();
    Tape(const Tape&) = delete;
    Tape& operator=(const Tape&) = delete;

    /// An array that every call of a program is given.
    template <class T>
    [[nodiscard]] Var input(const Shape& shape, std::string name = "", Location where = Location::current()) {
        return input(dtype_of<T>(), shape, std::move(name), where);
    }
    [[nodiscard]] Var input(DType dtype, const Shape& shape, std::string name = "",
                            Location where = Location::current());

    /// A fixed array, or a number.
    [[nodiscard]] Var constant(const Value& elements, Location where = Location::current());
    /// An array that is trained. It is made before functions are traced, not by a trace.
    Var parameter(const Value& elements, std::string name = "", Location where = Location::current());
    /// An array that is kept between calls and not trained, and belongs to the model as parameters do: running
    /// averages. Made like a parameter.
    Var state(const Value& elements, std::string name = "", Location where = Location::current());
    /// A state that belongs to the training and not to the model: counters, keys of random numbers, rates. Slots do,
    /// too.
    Var training_state(const Value& elements, std::string name = "", Location where = Location::current());
    /// A state found again by its name: recorded at the first call, the same array at every later one, even after
    /// a rewind. Its elements start as `initial`; optimizers keep their slots so.
    [[nodiscard]] Var slot(const std::string& name, DType dtype, const Shape& shape, double initial = 0,
                           Location where = Location::current());

    /// From now on every program that computes `used` makes the update as well, unless its step updates the leaf
    /// itself: for layers that keep running averages. (Var::value updates nothing.)
    void update_with(Var used, Update update, Location where = Location::current());

    /// Overwrites a parameter, a state or a constant by an array of its shape, or by a number everywhere. The elements
    /// are converted to its dtype; real numbers to an integer dtype are an error.
    void assign(Var leaf, const Value& elements, Location where = Location::current());

    /// In the order of recording.
    [[nodiscard]] std::vector<Var> parameters(Location where = Location::current()) const;
    [[nodiscard]] std::vector<Var> states(Location where = Location::current()) const;
    const std::string& name(Var leaf, Location where = Location::current()) const;

    Mark mark(Location where = Location::current()) const;
    /// Forgets what was recorded since the mark.
    void rewind(Mark mark, Location where = Location::current());

    [[nodiscard]] Program compile(const Step& step, const std::vector<Var>& inputs, CompileOptions options = {},
                                  Location where = Location::current());
    /// `trace` takes Vars and returns a Step, a Var or several, or updates; it is traced and compiled once for each signature.
    template <class F>
    [[nodiscard]] Function function(F trace, Location where = Location::current());

    /// Programs compiled from now on, and values, run one op at a time and throw where the first NaN or infinity
    /// arises: the error names the op, the element, the values of its inputs there and the line that recorded it.
    /// Inputs, parameters and states are looked at, too; constants are not. Slow: for finding a mistake.
    void check_numerics(bool on = true, Location where = Location::current());

    /// The recorded nodes as a program: `%3 = tanh %2 : float32 (3, 4)`.
    std::string str(Location where = Location::current()) const;
    std::size_t size(Location where = Location::current()) const;
    /// How many of the programs of Var::value are kept for the next call; at most so many, and none after a rewind.
    std::size_t kept_values() const { return values_.size(); }
    static constexpr std::size_t most_kept_values = 64;

    Graph& graph() { return *graph_; }
    const Graph& graph() const { return *graph_; }

  private:
    Var leaf(LeafKind kind, const Value& elements, std::string name, Location where);
    std::shared_ptr<Leaf> new_leaf(LeafKind kind, DType dtype, const Shape& shape, std::string name, Location where);
    std::shared_ptr<Leaf> make_leaf(LeafKind kind, DType dtype, const Shape& shape, std::string name, Location where);
    Var record_leaf(std::shared_ptr<Leaf> leaf, Location where);
    Var of_training(Var state, Location where);
    Results evaluate(Var var, Location where) const;
    Function make_function(std::size_t arity, std::function<Step(const std::vector<Var>&)> trace, Location where);

    friend class Var;
    std::unique_ptr<Graph> graph_;

    mutable std::vector<std::pair<std::uint64_t, Program>> values_; // of single nodes, by their identities
};

template <class F>
Function Tape::function(F trace, Location where) {
    constexpr std::size_t n = detail::vars_taken<F, 0>();
    static_assert(n <= detail::most_vars,
                  "a traced function takes up to 16 arguments of type xgrad::Var and returns a Step, Vars or updates");
    if constexpr (n > detail::most_vars) // of one whose body does not compile, nothing more is said
        return make_function(n, {}, where);
    else
        return make_function(
            n,
            [trace = std::move(trace)](const std::vector<Var>& inputs) mutable {
                return [&]<std::size_t... I>(std::index_sequence<I...>) { return detail::to_step(trace(inputs[I]...)); }
                (std::make_index_sequence<n>{});
            },
            where);
}

template <class T>
auto Var::value(Location where) const {
    const Call call("value", where);
    return tape(where).evaluate(*this, where).template array<T>(0, where);
}

template <class T>
T Var::scalar(Location where) const {
    const Call call("scalar", where);
    return tape(where).evaluate(*this, where).template scalar<T>(0, where);
}

} // namespace xgrad
#pragma GCC visibility pop
