#pragma once
// The names of a tape's leaves.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace xgrad {

/// Finds names that no leaf has, however many leaves there are and however many of them were to be called the same.
class LeafNames {
  public:
    /// `wanted`, or where a leaf has that name, the first of wanted_1, wanted_2, ... that none has.
    std::string unique(const std::string& wanted);
    void add(const std::string& name);
    void remove(const std::string& name); // allocates nothing

  private:
    struct Entry {
        std::size_t leaves = 0;       // of this name
        std::size_t first_to_try = 1; // name_1, name_2 ... before this number are all taken
    };
    struct Hash { // also of parts of names, which need not be copied to be found
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
    };
    std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries_;
};

} // namespace xgrad
