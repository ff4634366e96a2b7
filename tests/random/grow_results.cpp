// What a program returns, and what it leaves in its parameters and states.

#include <algorithm>

#include "grower.hpp"

namespace test {

void Grower::take_results() {
    program_.outputs.push_back(pool_.back());
    for (std::int64_t more = integer(0, 3); more > 0; --more) {
        const std::size_t any = random_.coin() ? one_of(pool_)
                                               : static_cast<std::size_t>(
                                                     integer(0, static_cast<std::int64_t>(values_.size()) - 1));
        if (values_[any].var.valid()) program_.outputs.push_back(any);
    }
    if (chance(50)) take_updates();
}

void Grower::take_updates() {
    std::vector<std::size_t> leaves;
    for (std::size_t i = 0; i < program_.nodes.size(); ++i)
        if ((program_.nodes[i].is("parameter") || program_.nodes[i].is("state")) &&
            (values_[i].dtype() == dtype_ || values_[i].dtype() == xg::DType::uint8))
            leaves.push_back(i);
    for (std::int64_t more = integer(1, 3); more > 0 && !leaves.empty(); --more) {
        const std::size_t leaf = one_of(leaves);
        std::erase(leaves, leaf);
        const auto planned = std::find_if(planned_.begin(), planned_.end(),
                                          [&](const auto& u) { return u.leaf == leaf; });
        if (planned != planned_.end() && random_.coin()) {
            program_.updates.push_back(*planned);
            continue;
        }
        try {
            program_.updates.push_back({leaf, next_of(leaf)});
        } catch (const Unwanted&) {
        } catch (const xg::Error&) {}
    }
    if (chance(20)) program_.outputs.clear();
    if (program_.updates.empty() && program_.outputs.empty()) program_.outputs.push_back(pool_.back());
}

std::size_t Grower::next_of(std::size_t leaf) {
    const Extents shape = extents(leaf);
    std::size_t next = leaf;
    if (values_[leaf].dtype() == xg::DType::uint8) {
        const std::size_t half = add("*", {cast(leaf), number(0.5)});
        return add({.kind = &kind("cast"), .in = {half}, .dtype = xg::DType::uint8});
    }
    switch (weighted({20, 12, 20, 12, 12, 8, 8, 8, 12})) {
    case 0: next = adam(leaf); break;
    case 1:
        next = add("+", {add("*", {leaf, number(0.875)}), add("*", {number(0.125), add("square", {operand(shape)})})});
        break;
    case 2: next = add("-", {leaf, add("*", {number(0.125), add("gradient", {loss(known().value()), leaf})})}); break;
    case 3: next = known(&shape).value_or(leaf); break;
    case 4: next = arithmetic(leaf); break;
    case 5: next = add("flip", {leaf}, {}); break;
    case 6: // of as many columns as it has
        if (shape.size() != 2) throw Unwanted();
        next = add("matmul", {leaf, source({shape[1], shape[1]})}, {0, integer(0, 1)});
        break;
    case 7: next = move(leaf); break;
    default: next = either(one_of(std::vector<char>{'+', '-', '*'}), {leaf, view_of_itself(leaf)});
    }
    if (extents(next) != shape || values_[next].dtype() != values_[leaf].dtype()) throw Unwanted();
    return next;
}

} // namespace test
