#include <xgrad/core/graph/leaf_names.hpp>

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace xgrad {

std::string LeafNames::unique(const std::string& wanted) {
    const auto taken = entries_.find(wanted);
    if (taken == entries_.end()) return wanted;
    for (std::size_t& n = taken->second.first_to_try;; ++n)
        if (std::string name = fmt::format("{}_{}", wanted, n); !entries_.contains(name)) return name;
}

void LeafNames::add(const std::string& name) { ++entries_[name].leaves; }

void LeafNames::remove(const std::string& name) {
    const auto it = entries_.find(name);
    if (--it->second.leaves != 0) return;
    entries_.erase(it);
    // Of name_7 the 7 is free again.
    const std::size_t end = name.rfind('_');
    if (end == name.npos) return;
    const auto stem = entries_.find(std::string_view(name).substr(0, end));
    std::size_t number = 0;
    std::from_chars(name.data() + end + 1, name.data() + name.size(), number);
    if (stem != entries_.end() && number != 0) stem->second.first_to_try = std::min(stem->second.first_to_try, number);
}

} // namespace xgrad
