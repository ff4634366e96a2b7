#pragma once

#include <functional>
#include <optional>
#include <string>

#include "program.hpp"

namespace test {

/// What is wrong with a program, and how it was compiled and run then.
struct Failure {
    std::string text;
    xg::CompileOptions options = {};
    std::size_t threads = 1;
};

/// Runs the program compiled in all ways, and compares with one op at a time. Throws xgrad::Error if it is no program.
std::optional<Failure> check(const Program& program);

/// Compares the derivatives of the results with differences. Throws xgrad::Error if that cannot be done.
std::optional<Failure> check_derivatives(const Program& program);

/// Compares the results of vmap with those of the examples one by one. Throws xgrad::Error if that cannot be done.
std::optional<Failure> check_batches(const Program& program);

/// The parameters' arrays; throws xgrad::Error if the program has none, or numbers too large to differentiate.
std::vector<xt::xarray<double>> variables_of(const Program& program);
/// The mean of all results, none larger than one, as a function of those.
xg::Var value_at(const Program& program, const std::vector<xg::Var>& variables);

using Check = std::optional<Failure> (*)(const Program&);

/// What became of something done in a process of its own.
struct Outcome {
    enum class Kind { fine, invalid, failed } kind = Kind::fine;
    Failure failure;      // a crash, too
    std::uint64_t at = 0; // what `progress` was set to
};

/// Does f in a process of its own, which may crash, or go on for ever. f is given a place to tell how far it has come.
Outcome isolated(const std::function<std::optional<Failure>(std::uint64_t& progress)>& f);

/// The smallest program that can be found by leaving things out of one that fails a check, and that fails it as well.
Program shrink(const Program& program, Check check, double seconds);

} // namespace test
