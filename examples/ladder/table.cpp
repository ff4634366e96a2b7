#include "table.hpp"

#include <fmt/format.h>

namespace ladder {

namespace {

std::string percent(const std::optional<double>& share) { return share ? fmt::format("{:.1f} %", 100 * *share) : ""; }

} // namespace

const Row table_head{"rung", "training", "test", "seconds", "examples/s", "on CIFAR-10", ""};

Row row_of(const Climbed& climbed) {
    const Rung& rung = climbed.rung;
    if (!climbed.outcome) return {rung.title, "", "", "", "", rung.published, "left out: these images have no colours"};
    const Outcome& o = *climbed.outcome;
    return {rung.title,
            percent(o.train),
            percent(o.test),
            fmt::format("{:.1f}", o.seconds),
            fmt::format("{:.0f}", o.examples_per_second),
            rung.published,
            o.remark};
}

std::string line_of(const Row& row) {
    std::string line = fmt::format("{:<32}{:>10}{:>10}{:>9}{:>13}{:>14}   {}", row[0], row[1], row[2], row[3], row[4],
                                   row[5], row[6]);
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

} // namespace ladder
