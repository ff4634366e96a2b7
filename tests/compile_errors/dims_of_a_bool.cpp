// error: conversion from .bool. to non-scalar type .xgrad::Dims.|no viable conversion from .bool. to .xgrad::Dims.

#include <xgrad/xgrad.hpp>

xgrad::Dims d = true;
