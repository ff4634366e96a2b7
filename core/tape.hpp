#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <xgrad/core/array.hpp>
#include <xgrad/core/graph/array_operands.hpp>
#include <xgrad/core/program.hpp>
#include <xgrad/core/var.hpp>

namespace xgrad {

struct Leaf;

/// A place on the tape to return to.
struct Mark {
    std::uint32_t nodes = 0;
    std::uint32_t generation = 0; // how often the tape had been rewound
};

struct TapeOptions {
    bool stabilize = true;       // rewrite log(sum(exp x)), log(1 + x) and their like into stable forms when recorded
    bool check_numerics = false; // see Tape::check_numerics
};

/// leaf := next, once everything that reads the old value has been read.
struct Update {
    Var leaf;
    Var next;
};

/// What a program computes: the outputs it returns, and the leaves it overwrites.
struct Step {
    std::vector<Var> outputs;
    std::vector<Update> updates;
};

struct CompileOptions {
    bool fuse = true;    // false: one op at a time, every value in memory; what the tests compare fused programs with
    bool advance = true; // false: random numbers are the same at every call
    bool check_numerics = false; // see Tape::check_numerics; it is on if either is
    /// Graphs of small arrays with so many nodes or more are compiled in one pass: quicker, and no slower to run.
    std::size_t one_pass = 64;
    /// What follows from constants alone is worked out at the first call, and again after one of them is assigned. Up to so many
    /// bytes of such results are kept in all; none is larger than the largest constant, product or reduction it follows from. What
    /// would be is computed at each call, as all is if this is 0 or nothing is fused.
    std::size_t constant_bytes = 64 << 20;
    bool operator==(const CompileOptions&) const = default;
};

/// A Wengert list: records expressions over arrays, computes nothing until a program or a value is asked for.
/// A tape belongs to one thread at a time, which is checked: that two use it at once is an error (see Program for serving by threads).
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
    /// An array that is kept between calls and not trained, and belongs to the model as parameters do: running averages. Made like
    /// a parameter.
    Var state(const Value& elements, std::string name = "", Location where = Location::current());
    /// A state that belongs to the training and not to the model: counters, keys of random numbers, rates. Slots do, too.
    Var training_state(const Value& elements, std::string name = "", Location where = Location::current());
    /// A state found again by its name: recorded at the first call, the same array at every later one, even after
    /// a rewind. Its elements start as `initial`; optimizers keep their slots so.
    [[nodiscard]] Var slot(const std::string& name, DType dtype, const Shape& shape, double initial = 0,
                           Location where = Location::current());

    /// From now on every program that computes `used` makes the update as well, unless its step updates the leaf itself: for
    /// layers that keep running averages. (Var::value updates nothing.)
    void update_with(Var used, Update update, Location where = Location::current());

    /// Overwrites a parameter, a state or a constant by an array of its shape, or by a number everywhere. The elements are
    /// converted to its dtype; real numbers to an integer dtype are an error.
    void assign(Var leaf, const Value& elements, Location where = Location::current());

    /// In the order of recording.
    [[nodiscard]] std::vector<Var> parameters() const;
    [[nodiscard]] std::vector<Var> states() const;
    const std::string& name(Var leaf, Location where = Location::current()) const;

    Mark mark() const;
    /// Forgets what was recorded since the mark.
    void rewind(Mark mark, Location where = Location::current());

    /// A small graph that was recorded before, just as it is now, gets its program again if nobody holds that any more.
    [[nodiscard]] Program compile(const Step& step, const std::vector<Var>& inputs, CompileOptions options = {},
                                  Location where = Location::current());
    /// `trace` takes Vars and returns a Step, a Var or several; it is traced and compiled once for each signature.
    template <class F>
    [[nodiscard]] Function function(F trace, Location where = Location::current());

    /// Programs compiled from now on, and values, run one op at a time and throw where the first NaN or infinity arises: the
    /// error names the op, the element, the values of its inputs there and the line that recorded it. Inputs, parameters and
    /// states are looked at, too; constants are not. Slow: for finding a mistake.
    void check_numerics(bool on = true);

    /// The recorded nodes as a program: `%3 = tanh %2 : float32 (3, 4)`.
    std::string str() const;
    std::size_t size() const;

    Graph& graph() { return *graph_; }
    const Graph& graph() const { return *graph_; }

    enum class LeafKind : std::uint8_t { input, constant, parameter, state };
    static const char* name_of(LeafKind kind);

  private:
    Var leaf(LeafKind kind, const Value& elements, std::string name, Location where);
    std::shared_ptr<Leaf> new_leaf(LeafKind kind, DType dtype, const Shape& shape, std::string name, Location where);
    std::shared_ptr<Leaf> make_leaf(LeafKind kind, DType dtype, const Shape& shape, std::string name, Location where);
    Var record_leaf(std::shared_ptr<Leaf> leaf, Location where);
    Var of_training(Var state);
    Results evaluate(Var var, Location where) const;
    Function make_function(std::size_t arity, std::function<Step(const std::vector<Var>&)> trace, Location where);

    friend class Var;
    std::unique_ptr<Graph> graph_;
};

} // namespace xgrad

#include <xgrad/core/tape_templates.hpp>
