#pragma once
// What is the same for all pages that programs write.

#include <cstddef>
#include <string>
#include <vector>

namespace test_files {

std::size_t occurrences(const std::string& text, const std::string& pattern);

/// What stands from one text to another, at each place, with both.
std::vector<std::string> between(const std::string& text, const std::string& begin, const std::string& end);

/// What a pattern finds in its brackets.
std::vector<double> numbers(const std::string& text, const std::string& pattern);

/// Its tags are closed in their order, and nothing is asked of elsewhere.
void check_page(const std::string& page);

/// The bytes of a bitmap's address.
std::string decoded(const std::string& address);

} // namespace test_files
