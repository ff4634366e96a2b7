#pragma once
/// All of xgrad.

#include <xgrad/core/gradient.hpp>
#include <xgrad/core/op.hpp>
#include <xgrad/core/structural.hpp>
#include <xgrad/core/tape.hpp>
#include <xgrad/core/threads.hpp>
#include <xgrad/models/linear.hpp>
#include <xgrad/models/losses.hpp>
#include <xgrad/ops/arithmetic.hpp>
#include <xgrad/ops/elementary.hpp>
#include <xgrad/ops/index.hpp>
#include <xgrad/ops/linalg.hpp>
#include <xgrad/ops/reduce.hpp>
#include <xgrad/ops/shape.hpp>
#include <xgrad/ops/softmax.hpp>
