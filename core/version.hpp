#pragma once
// The version, which CMake reads here.

#define XGRAD_VERSION_MAJOR 0
#define XGRAD_VERSION_MINOR 1
#define XGRAD_VERSION_PATCH 0

/// As one number, for `#if XGRAD_VERSION >= 200`: 0.2.0 or later.
#define XGRAD_VERSION (XGRAD_VERSION_MAJOR * 10000 + XGRAD_VERSION_MINOR * 100 + XGRAD_VERSION_PATCH)
