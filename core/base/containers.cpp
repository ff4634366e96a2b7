#include <xgrad/core/base/containers.hpp>

namespace xgrad::detail {

#ifdef _GLIBCXX_DEBUG
const char define_GLIBCXX_DEBUG_for_the_library_too_or_for_neither = 0;
#else
const char define_GLIBCXX_DEBUG_for_the_program_too_or_for_neither = 0;
#endif

} // namespace xgrad::detail
