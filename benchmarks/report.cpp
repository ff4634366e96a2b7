#include "report.hpp"

#include <cstdio>
#include <iterator>
#include <memory>
#include <stdexcept>

#include <fmt/format.h>

namespace bench {

namespace {

constexpr const char* columns = "{:<14} {:<46} {:>9} {:>9} {:>9} {:>9} {:>10} {:>13} {:>11}  {}";

const Entry* entry(const Measured& measured, const std::string& side) {
    for (const Entry& entry : measured.entries)
        if (entry.side == side) return &entry;
    return nullptr;
}

std::string time_of(const Measured& measured, const std::string& side) {
    const Entry* e = entry(measured, side);
    return e ? duration(median(e->seconds) / measured.row.units) : "";
}

std::string ratio_of(const Measured& measured, const std::string& above, const std::string& below) {
    const Entry *a = entry(measured, above), *b = entry(measured, below);
    return a && b ? fmt::format("{:.2f}", ratio(*a, *b)) : "";
}

/// How ours stands to its goal: below 1 it is reached. Without the contender the goal is about: nothing.
std::optional<double> against_goal(const Measured& measured) {
    const Goal& goal = measured.row.goal;
    const Entry& ours = measured.entries.front();
    if (goal.against == "ns") return median(ours.seconds) / measured.row.units / (goal.factor * 1e-9);
    const Entry* other = entry(measured, goal.against);
    if (!other) return {};
    return ratio(ours, *other) / goal.factor;
}

std::string goal_of(const Measured& measured) {
    const Goal& goal = measured.row.goal;
    std::string text = goal.against == "ns" ? fmt::format("{} ns", goal.factor)
                                            : fmt::format("{} x {}", goal.factor, goal.against);
    if (goal.against == "ceres" && entry(measured, "ceres")) // it has no column
        text += fmt::format(" ({})", time_of(measured, "ceres"));
    if (const auto reached = against_goal(measured))
        text += *reached <= 1 ? ", reached" : fmt::format(", missed: {:.2f} of that", *reached);
    return text;
}

} // namespace

std::string duration(double seconds) {
    double value = seconds * 1e9;
    for (const char* unit : {"ns", "us", "ms"}) {
        if (value < 999.5) return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, unit);
        value /= 1000;
    }
    return fmt::format("{:.2f} s", value);
}

std::string heading() {
    return fmt::format(columns, "case", "work", "ours", "hand", "bespoke", "torch", "ours/hand", "ours/bespoke",
                       "torch/ours", "goal");
}

std::string line(const Measured& m) {
    std::string text = fmt::format(columns, m.row.name(), m.row.title, time_of(m, "ours"), time_of(m, "hand"),
                                   time_of(m, "bespoke"), time_of(m, "torch"), ratio_of(m, "ours", "hand"),
                                   ratio_of(m, "ours", "bespoke"), ratio_of(m, "torch", "ours"), goal_of(m));
    if (m.memory.empty()) return text;
    text += fmt::format("\n{:<14} {:<46}", "", "memory at the peak of a process of its own");
    for (const char* side : {"ours", "hand", "bespoke", "torch"})
        text += m.memory.contains(side) ? fmt::format(" {:>6.0f} MB", m.memory.at(side) / 1e6)
                                        : fmt::format(" {:>9}", "");
    return text;
}

void write_json(const std::string& path, const std::vector<Measured>& all, std::size_t threads,
                std::size_t repetitions) {
    std::string text = fmt::format("{{\"threads\": {}, \"repetitions\": {}, \"rows\": [", threads, repetitions);
    const auto out = std::back_inserter(text);
    const char* separator = "\n";
    for (const Measured& m : all) {
        fmt::format_to(out,
                       "{}  {{\"case\": \"{}\", \"size\": {}, \"variant\": \"{}\", \"work\": \"{}\", \"units\": {}",
                       separator, m.row.work.id, m.row.work.size, m.row.work.variant, m.row.title, m.row.units);
        separator = ",\n";
        for (const Entry& e : m.entries) {
            fmt::format_to(out, ", \"{}\": {:.6g}", e.side, median(e.seconds));
            if (&e != &m.entries.front())
                fmt::format_to(out, ", \"ours/{}\": {:.4g}", e.side, ratio(m.entries.front(), e));
        }
        fmt::format_to(out, ", \"goal\": {{\"factor\": {}, \"against\": \"{}\"}}", m.row.goal.factor,
                       m.row.goal.against);
        if (const auto reached = against_goal(m)) fmt::format_to(out, ", \"of goal\": {:.4g}", *reached);
        for (const auto& [side, bytes] : m.memory)
            fmt::format_to(out, ", \"memory {}\": {:.0f}", side, bytes);
        text += '}';
    }
    text += "\n]}\n";

    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
    if (!file || std::fwrite(text.data(), 1, text.size(), file.get()) != text.size())
        throw std::runtime_error(fmt::format("{} cannot be written", path));
}

} // namespace bench
