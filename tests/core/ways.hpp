#pragma once
// One op at a time is right: what is compiled in every other way must give the same.

#include <string>
#include <vector>

#include "../support.hpp"

namespace test {

/// Compiles steps as usual, in blocks of rows however small arrays are, and with no array too large to be worked on whole, and
/// compares outputs and updated leaves of two calls with one op at a time: bit for bit, or to a tolerance relative to an array's largest element.
class Ways {
  public:
    explicit Ways(xg::Tape& tape, double tolerance = 0) : tape_(tape), tolerance_(tolerance) {}

    void check(const xg::Step& step, const std::string& what) const {
        const std::vector<Values> start = {leaves(step)};
        const Values right = run(step, {.fuse = false}, start[0]);
        for (const std::size_t small : {xg::CompileOptions{}.small_elements, std::size_t{0}, ~std::size_t{0}}) {
            const Values ours = run(step, {.small_elements = small}, start[0]);
            for (std::size_t i = 0; i < right.size(); ++i)
                BOOST_TEST(same(ours[i], right[i], 0, allowed(right[i])),
                           fmt::format("{}, small_elements {}, value {}", what, small, i));
        }
        assign(step, start[0]);
    }

  private:
    using Values = std::vector<xt::xarray<double>>;

    static Values leaves(const xg::Step& step) {
        Values values;
        for (const xg::Update& u : step.updates)
            values.push_back(u.leaf.value<double>());
        return values;
    }
    void assign(const xg::Step& step, const Values& values) const {
        for (std::size_t i = 0; i < values.size(); ++i) {
            const xg::Var leaf = step.updates[i].leaf;
            if (xg::is_floating(leaf.dtype()))
                tape_.assign(leaf, values[i]);
            else
                tape_.assign(leaf, xt::xarray<std::int64_t>(values[i]));
        }
    }

    Values run(const xg::Step& step, xg::CompileOptions options, const Values& start) const {
        assign(step, start);
        xg::Program program = tape_.compile(step, {}, options);
        Values values;
        for (int call = 0; call < (step.updates.empty() ? 1 : 2); ++call) {
            const xg::Results results = program();
            for (std::size_t i = 0; i < results.size(); ++i)
                values.push_back(results.array<double>(i));
        }
        for (auto& left : leaves(step))
            values.push_back(std::move(left));
        return values;
    }

    double allowed(const xt::xarray<double>& right) const {
        double scale = 1;
        if (tolerance_ != 0)
            for (const double x : right)
                scale = std::max(scale, std::abs(x));
        return tolerance_ * scale;
    }

    xg::Tape& tape_;
    double tolerance_;
};

/// One way in which an operand can stand beside an array of rows x columns.
struct Standing {
    std::string name;
    xg::Var var;
};

/// All ways: dense, spread, strided, gathered, numbers, bytes; leaves, and results of the same loop or of another one.
/// All elements are between 0.5 and 2 or small integers, so that one can divide by them and draw roots.
template <class T>
class Standings {
  public:
    Standings(xg::Tape& tape, std::size_t rows, std::size_t columns, std::uint64_t seed)
        : tape_(tape), random_(seed), rows_(rows), columns_(columns) {}

    std::vector<Standing> all() {
        const auto n = static_cast<std::int64_t>(columns_), m = static_cast<std::int64_t>(rows_),
                   open = xg::Range::open;
        const xg::Var dense = leaf({rows_, columns_}), made = dense * leaf({rows_, columns_}), other = dense + 1;
        std::vector<Standing> list = {
            {"dense", dense},
            {"a result", made},
            {"one for each row", leaf({rows_, 1})},
            {"one for each column", leaf({columns_})},
            {"one for each row, a result", leaf({rows_, 1}) * 2},
            {"one for each column, a result", leaf({columns_}) * 2},
            {"one number", leaf({1, 1})},
            {"a literal", tape_.constant(T(1.5))},
            {"one number in all places", broadcast_to(leaf({}), {rows_, columns_})},
            {"columns of a wider array", slice(leaf({rows_, columns_ + 3}), 1, 2, n + 2)},
            {"columns of a wider result", slice(leaf({rows_, columns_ + 3}) * 2, 1, 2, n + 2)},
            {"every other column", slice(leaf({rows_, 2 * columns_}), 1, 1, open, 2)},
            {"every other column of a result", slice(leaf({rows_, 2 * columns_}) + 1, 1, 0, open, 2)},
            {"rows of a longer result", slice(leaf({rows_ + 2, columns_}) * 2, 0, 1, m + 1)},
            {"rows the other way round", flip(leaf({rows_, columns_}), {0})},
            {"columns of a result the other way round", flip(leaf({rows_, columns_}) * 2, {1})},
            {"turned", transpose(leaf({columns_, rows_}))},
            {"a turned result", transpose(leaf({columns_, rows_}) * 2)},
            {"bytes", cast(bytes({rows_, columns_}), type)},
            {"bytes for each row", cast(bytes({rows_, 1}), type)},
            {"bytes for each column", cast(bytes({columns_}), type)},
            {"turned bytes", cast(transpose(bytes({columns_, rows_})), type)},
            {"bytes that are turned then", transpose(cast(bytes({columns_, rows_}), type))},
            {"scaled bytes", cast(bytes({rows_, columns_}), type) * 0.25},
            {"a diagonal of a result of three axes", diagonal(leaf({columns_, rows_, columns_}) * 2, 0, 0, 2)},
        };
        if (rows_ == 0 || columns_ == 0) return list;
        const std::vector<Standing> of_some = {
            {"the largest of each row of a result", max(other, {1}, xg::keepdims)},
            {"the largest of each column of a result", max(other, {0}, xg::keepdims)},
            {"a column of a result", slice(made, 1, n / 2, n / 2 + 1)},
            {"a row of a result", slice(made, 0, m / 2, m / 2 + 1)},
            {"taken rows", take(leaf({rows_, columns_}), integers({rows_}, rows_), 0)},
            {"one picked of each row of a result", expand_dims(pick(other, integers({rows_}, columns_)), 1)},
            {"taken rows of a result", take(made, integers({rows_}, rows_), 0)},
            {"taken columns", take(leaf({rows_, columns_}), integers({columns_}, columns_), 1)},
        };
        list.insert(list.end(), of_some.begin(), of_some.end());
        return list;
    }

    xg::Var leaf(const Extents& shape) { return tape_.parameter(random_array<T>(shape, random_, 0.5, 2)); }

  private:
    static constexpr xg::DType type = xg::dtype_of<T>();

    xg::Var bytes(const Extents& shape) { return tape_.constant(random_array<std::uint8_t>(shape, random_, 1, 9)); }
    xg::Var integers(const Extents& shape, std::size_t below) {
        return tape_.constant(random_array<std::int64_t>(shape, random_, 0, static_cast<double>(below) - 1));
    }

    xg::Tape& tape_;
    Random random_;
    std::size_t rows_, columns_;
};

} // namespace test
