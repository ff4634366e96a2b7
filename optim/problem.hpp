#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <xgrad/core/tape.hpp>
#include <xgrad/optim/transform.hpp>

#pragma GCC visibility push(default)
namespace xgrad::optim {

/// A loss as a function of one vector, all its parameters one after the other in float64: what the methods see that
/// steer the training themselves, L-BFGS, Newton-CG and the random searches. The parameters on the tape stand where it
/// was moved last.
class Problem {
  public:
    /// How a program of the loss's inputs is called: [&](Program& p) { return p(images, labels); }
    using Call = std::function<Results(Program&)>;

    /// A loss that depends on no input: the data are constants of the tape.
    explicit Problem(Var loss, Parameters parameters = {}, Location where = Location::current());
    Problem(Var loss, std::vector<Var> inputs, Call call, Parameters parameters = {},
            Location where = Location::current());

    std::size_t size() const { return size_; }
    /// Where it was made.
    Location where() const { return where_; }
    /// An error if the loss draws random numbers: it is another function at each call then, and a search compares its
    /// values.
    void require_no_draws(const char* method) const;
    std::vector<double> point() const;
    void move(const std::vector<double>& point);

    /// The loss where the parameters stand.
    double loss();
    /// The loss, and its gradient, from one program.
    double loss(std::vector<double>& gradient);
    /// The Hessian times a vector, without the Hessian.
    std::vector<double> hessian_times(const std::vector<double>& vector);

  private:
    Program compile(std::vector<Var> outputs);
    void assign(const std::vector<Var>& leaves, const std::vector<double>& values);

    Var loss_;
    std::vector<Var> inputs_, parameters_, directions_;
    Call call_;
    Location where_;
    std::size_t size_ = 0;
    std::optional<Program> value_, gradient_, hessian_;
};

/// While it lives: a search that is left by an error leaves the parameters where it began.
template <class P>
class Undo {
  public:
    explicit Undo(P& problem) : problem_(problem), start_(problem.point()), exceptions_(std::uncaught_exceptions()) {}
    ~Undo() {
        if (std::uncaught_exceptions() > exceptions_) problem_.move(start_);
    }
    Undo(const Undo&) = delete;
    Undo& operator=(const Undo&) = delete;
    const std::vector<double>& start() const { return start_; }

  private:
    P& problem_;
    std::vector<double> start_;
    int exceptions_;
};

/// Called after every iteration of a search with the loss there, the Euclidean norm of its gradient, and how far the
/// iteration moved the parameters, which stand where it ended.
using EachIteration = std::function<void(double loss, double gradient_norm, double step)>;

/// How a search went.
struct SearchReport {
    double loss = 0; // where it ended
    std::size_t iterations = 0;
    std::size_t evaluations = 0; // of the loss
    const char* reason = "";     // why it ended
    std::vector<double> losses;  // the best so far, after each iteration; the first is that of the start

    static constexpr bool prints_as_str = true;
    std::string str() const; // loss 0.125 after 12 iterations and 15 evaluations: tolerance_gradient
};

} // namespace xgrad::optim
#pragma GCC visibility pop
