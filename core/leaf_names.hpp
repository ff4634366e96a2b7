#pragma once
// The names of a tape's leaves.

#include <cstddef>
#include <string>
#include <unordered_map>

namespace xgrad {

/// Finds names that no leaf has, however many leaves there are and however many of them were to be called the same.
class LeafNames {
  public:
    /// `wanted`, or where a leaf has that name, the first of wanted_1, wanted_2, ... that none has.
    std::string unique(const std::string& wanted);
    void add(const std::string& name);
    void remove(const std::string& name);

  private:
    struct Entry {
        std::size_t leaves = 0;       // of this name
        std::size_t first_to_try = 1; // name_1, name_2 ... before this number are all taken
    };
    std::unordered_map<std::string, Entry> entries_;
};

} // namespace xgrad
