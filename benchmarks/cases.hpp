#pragma once
// The rows of the table.

#include <optional>

#include "contender.hpp"

namespace bench {

/// What ours is to reach: so many times what another needs, or so many nanoseconds for each unit.
struct Goal {
    double factor;
    std::string against; // "hand", "bespoke", "ceres" or "ns"
};

struct Row {
    Work work;
    std::string title;
    Goal goal;
    double units = 1; // into which the time of a step is divided, if not 1: ops, parameters
    double tolerance = 1e-3;
    double memory = 0; // bytes that must be free
    std::string name() const;
};

/// All of them; or, quickly done, each case at a small size.
std::vector<Row> rows(bool quick);

struct Side {
    std::string name;
    Makers makers;
};
/// Those of this program: ours, hand, bespoke, and ceres where it was found.
const std::vector<Side>& sides();

} // namespace bench
