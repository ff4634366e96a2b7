#include <xgrad/core/gradcheck.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/graph.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/ops/arithmetic.hpp>

namespace xgrad {
namespace {
