#pragma once

#include <filesystem>
#include <string>

namespace test_files {

/// An SVG whose tags are closed in their order, and whose points are numbers and lie on the page.
void check_svg(const std::string& text);

std::string read(const std::filesystem::path& path);

} // namespace test_files
