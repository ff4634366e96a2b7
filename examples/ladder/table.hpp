#pragma once
// The table of the rungs, as it is printed and as it stands in the page.

#include <array>
#include <optional>
#include <string>

#include "ladder.hpp"

namespace ladder {

struct Climbed {
    const Rung& rung;
    std::optional<Outcome> outcome; // nothing if it was left out
};

using Row = std::array<std::string, 7>;

extern const Row table_head;
Row row_of(const Climbed& climbed);

/// In columns.
std::string line_of(const Row& row);

} // namespace ladder
