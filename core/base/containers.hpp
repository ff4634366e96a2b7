#pragma once
// With _GLIBCXX_DEBUG a std::vector is larger, so a program and a library that differ in it would misread each other's.
// The library has one of these names; a source that was compiled otherwise asks the linker for the other one.

namespace xgrad::detail {

#ifdef _GLIBCXX_DEBUG
[[gnu::visibility("default")]] extern const char define_GLIBCXX_DEBUG_for_the_library_too_or_for_neither;
[[gnu::used]] static const char* const same_containers = &define_GLIBCXX_DEBUG_for_the_library_too_or_for_neither;
#else
[[gnu::visibility("default")]] extern const char define_GLIBCXX_DEBUG_for_the_program_too_or_for_neither;
[[gnu::used]] static const char* const same_containers = &define_GLIBCXX_DEBUG_for_the_program_too_or_for_neither;
#endif

} // namespace xgrad::detail
