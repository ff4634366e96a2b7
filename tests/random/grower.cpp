#include "grower.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

namespace test {
namespace {

std::int64_t elements(const Extents& shape) {
    return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

} // namespace

Grower::Grower(std::uint64_t seed, bool smooth) : random_(seed), smooth_(smooth) {
    dtype_ = smooth || random_.coin() ? xg::DType::float64 : xg::DType::float32;
    switch (smooth ? 0 : weighted({50, 38, 10, 2})) {
    case 0: // arrays that are worked on whole
        sizes_ = {1, 1, 2, 2, 3, 4, 5, 7, 8, 9, 16};
        most_elements_ = smooth ? 120 : 1100;
        moves_ = smooth ? integer(2, 6) : chance(20) ? integer(12, 40) : integer(2, 9);
        break;
    case 1: // vectors and their ends, narrow rows and wide ones, narrow products
        sizes_ = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 40, 47, 48, 49, 63, 64, 65, 100, 130};
        most_elements_ = 6000;
        moves_ = integer(2, 9);
        break;
    case 2: // several blocks of rows, several chunks for threads
        sizes_ = {1, 3, 10, 32, 48, 70, 128, 257, 300, 511, 512, 513, 1000, 1023, 1025, 2049, 5000};
        most_elements_ = 150000;
        moves_ = integer(1, 6);
        break;
    default: // nothing at all
        sizes_ = {0, 0, 1, 2, 3, 48};
        most_elements_ = 4000;
        moves_ = integer(1, 5);
    }
    base_ = random_shape();
}

std::size_t Grower::weighted(const std::vector<int>& weights) {
    std::int64_t at = integer(0, std::accumulate(weights.begin(), weights.end(), 0) - 1);
    std::size_t i = 0;
    while (at >= weights[i])
        at -= weights[i++];
    return i;
}

Extents Grower::random_shape() {
    for (;;) {
        Extents shape(weighted({1, 20, 60, 16, 3}));
        for (std::int64_t& extent : shape)
            extent = one_of(sizes_);
        if (elements(shape) <= most_elements_) return shape;
    }
}

Extents Grower::extents(std::size_t node) const {
    if (!values_[node].var.valid()) throw Unwanted();
    const xg::Shape& shape = values_[node].shape();
    return {shape.begin(), shape.end()};
}

std::int64_t Grower::random_axis(const Extents& shape) {
    if (shape.empty()) throw Unwanted();
    return integer(0, static_cast<std::int64_t>(shape.size()) - 1);
}

std::size_t Grower::add(Node node) {
    if (node.is_leaf() && elements(node.at) > most_elements_) throw Unwanted();
    const xg::Operand value = record_node(tape_, node, values_);
    if (value.var.valid()) {
        const auto count = static_cast<std::int64_t>(value.shape().numel());
        if (count > most_elements_) throw Unwanted();
    }
    bool exact = node.kind->exact;
    for (const std::size_t x : node.in)
        exact = exact && exact_[x];
    program_.nodes.push_back(std::move(node));
    values_.push_back(value);
    exact_.push_back(exact);
    return values_.size() - 1;
}

std::size_t Grower::add(std::string_view name, std::vector<std::size_t> in, std::vector<std::int64_t> at,
                        double number) {
    return add({.kind = &kind(name), .in = std::move(in), .at = std::move(at), .number = number, .dtype = dtype_});
}

std::size_t Grower::leaf(const Extents& shape, bool positive) {
    static const std::vector<std::string_view> kinds = {"parameter", "state", "constant", "input"};
    const std::size_t which = smooth_ ? 0 : weighted({70, 10, 10, 10});
    const bool away_from_zero = positive || chance(40);
    const std::size_t node = add({.kind = &kind(kinds[which]),
                                  .at = shape,
                                  .dtype = dtype_,
                                  .low = away_from_zero ? 0.5 : -2,
                                  .high = 2,
                                  .seed = 1 + random_.bits() % 100000});
    pool_.push_back(node);
    return node;
}

std::size_t Grower::integers(const Extents& shape, std::int64_t below, xg::DType dtype) {
    if (below <= 0) throw Unwanted();
    if (dtype == xg::DType::int64 && !shape.empty() && chance(15)) { // every other one, or the other way round
        Extents larger = shape;
        const bool turned = random_.coin();
        if (!turned) larger[0] = 2 * shape[0];
        const std::size_t all = integers(larger, below, dtype);
        return add("slice", {all}, {0, xg::Range::open, xg::Range::open, turned ? -1 : 2});
    }
    return add(
        {.kind = &kind(smooth_ ? "constant" : one_of(std::vector<std::string_view>{"constant", "input", "state"})),
         .at = shape,
         .dtype = dtype,
         .low = 0,
         .high = static_cast<double>(below - 1),
         .seed = 1 + random_.bits() % 100000});
}

std::size_t Grower::cast(std::size_t x) {
    return values_[x].var.valid() && values_[x].dtype() != dtype_ ? add("cast", {x}) : x;
}

bool Grower::floating(std::size_t x) const { return values_[x].var.valid() && is_floating(values_[x].dtype()); }

std::optional<std::size_t> Grower::known(const Extents* shape) {
    std::vector<std::size_t> all;
    for (const std::size_t i : pool_)
        if (floating(i) && values_[i].dtype() == dtype_ && (!shape || extents(i) == *shape)) all.push_back(i);
    if (all.empty()) return std::nullopt;
    const std::size_t late = std::min<std::size_t>(all.size(), 4);
    if (random_.coin()) all.erase(all.begin(), all.end() - static_cast<std::ptrdiff_t>(late));
    return one_of(all);
}

std::vector<std::size_t> Grower::ancestors(std::size_t node) const {
    std::vector<bool> reached(node + 1);
    reached[node] = true;
    std::vector<std::size_t> all;
    for (std::size_t i = node + 1; i-- > 0;) {
        if (!reached[i]) continue;
        for (const std::size_t x : program_.nodes[i].in)
            reached[x] = true;
        if (floating(i)) all.push_back(i);
    }
    return all;
}

} // namespace test
