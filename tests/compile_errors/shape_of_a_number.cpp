// error: conversion from .int. to non-scalar type .xgrad::Shape.|no viable conversion from .int. to .xgrad::Shape.

#include <xgrad/xgrad.hpp>

xgrad::Shape s = 5;
