#pragma once
// The bodies of loops and choices: parts of a tape as functions, and programs that run them.

#include <memory>
#include <mutex>
#include <vector>

#include <xgrad/core/options.hpp>
#include <xgrad/core/program/executable.hpp>

namespace xgrad {

class Graph;

/// A part of a tape as a function: stand-ins of what it takes, and what it gives. It reads nothing else that varies.
struct Body {
    std::vector<Var> takes, gives;
};

/// A traced part, closed: for what it read of the tape beside its arguments it takes stand-ins as well, after them.
struct ClosedBody {
    Body body;
    std::vector<Var> captured; // what those stand in for
};

/// New stand-ins of these types. Of those that a user's function sees, errors tell the name and the place.
std::vector<Var> stand_ins(Graph& graph, const std::vector<Type>& types, const char* name = "placeholder",
                           Location where = {});

std::vector<Type> types_of(const std::vector<Var>& vars);

Var zeros_like(Graph& graph, const Var& x);

/// Those that a flag is set for.
std::vector<Var> chosen(const std::vector<Var>& vars, const std::vector<char>& flags);
/// Flags of those that are float32 or float64.
std::vector<char> floating(const std::vector<Var>& vars);
std::vector<Var> joined(std::vector<Var> a, const std::vector<Var>& b);

/// vjp and jvp, which may be of nothing by nothing.
std::vector<Var> adjoints(Graph& graph, const std::vector<Var>& ys, const std::vector<Var>& xs,
                          const std::vector<Var>& cotangents);
std::vector<Var> tangents_of(Graph& graph, const std::vector<Var>& ys, const std::vector<Var>& xs,
                             const std::vector<Var>& tangents);

/// What `ends` are once others stand in the places of some nodes that they follow from.
std::vector<Var> replaced(Graph& graph, const std::vector<Var>& ends, const std::vector<Var>& from,
                          const std::vector<Var>& to);

/// Marks what is recorded while a body is traced.
class Trace {
  public:
    Trace(Graph& graph, const char* function, Location where);
    /// Throws if what was recorded draws random numbers or comes with an update of a state: each would happen once, and
    /// not at each step.
    void check() const;
    /// Closes what was recorded. What depends on no argument is not part of a loop's body, it is computed before; of a
    /// choice's (`all`) everything is that was recorded since.
    ClosedBody close(const std::vector<Var>& arguments, const std::vector<Var>& results, bool all = false) const;

  private:
    Graph& graph_;
    const char* function_;
    Location where_;
    std::uint32_t first_;
    std::size_t updates_with_;
};

/// Throws unless each of what a function returned is a Var of the tape: `what` is what errors call it.
void require_of_tape(const Graph& graph, const char* function, const char* what, const std::vector<Var>& vars,
                     Location where);

/// Throws unless the carries after a step have the dtypes and shapes of those before it.
void require_carries(const char* function, const std::vector<Var>& before, const std::vector<Var>& after,
                     Location where);

/// A compiled body, and memory to run it in: each run of a loop borrows its own.
class BodyProgram {
  public:
    BodyProgram(const Graph& graph, const Body& body, const CompileOptions& options, Location where);

    /// A body's program at work. What it takes lies in its own memory, or where it is bound to; what it gives lies in
    /// its own.
    class Run {
      public:
        explicit Run(std::shared_ptr<Executable> executable);
        std::byte* taken(std::size_t i) const { return taken_.data() + offsets_[i]; }
        const std::byte* given(std::size_t i) const { return given_.data() + executable_->plan->outputs[i].offset; }
        void bind(std::size_t i, const void* elements) { executable_->bind_input(i, elements); }
        void bind_own(std::size_t i) { bind(i, taken(i)); }
        void operator()() { executable_->run_bound(given_.data()); }
        /// So much memory beside; what was in it is lost when it grows.
        std::byte* scratch(std::size_t bytes) {
            if (!scratch_ || scratch_->bytes() < bytes) scratch_ = std::make_unique<Buffer>(bytes);
            return scratch_->data();
        }

      private:
        std::shared_ptr<Executable> executable_;
        std::vector<std::size_t> offsets_;
        Buffer taken_, given_;
        std::unique_ptr<Buffer> scratch_;
    };

    /// A Run that comes back when it is no longer needed.
    class Lent {
      public:
        explicit Lent(const BodyProgram& from) : from_(from), run_(from.take()) {}
        ~Lent() { from_.give_back(std::move(run_)); }
        Lent(const Lent&) = delete;
        Lent& operator=(const Lent&) = delete;
        Run* operator->() const { return run_.get(); }
        Run& operator*() const { return *run_; }

      private:
        const BodyProgram& from_;
        std::unique_ptr<Run> run_;
    };

  private:
    std::unique_ptr<Run> take() const;
    void give_back(std::unique_ptr<Run> run) const;
    std::shared_ptr<Executable> first_;
    mutable std::mutex mutex_;
    mutable std::vector<std::unique_ptr<Run>> free_; // has room for all
    mutable std::size_t runs_ = 0;                   // there are, lent or not
};
using BodyProgramPtr = std::shared_ptr<const BodyProgram>;

/// A body's program, compiled when one is that runs it; again, if that has other options than the one before.
class BodyCompiler {
  public:
    BodyProgramPtr operator()(const Graph& graph, const Body& body, const CompileOptions& options,
                              Location where) const {
        if (!program_ || options != options_) {
            program_ = std::make_shared<const BodyProgram>(graph, body, options, where);
            options_ = options;
        }
        return program_;
    }

  private:
    mutable BodyProgramPtr program_;
    mutable CompileOptions options_;
};

} // namespace xgrad
