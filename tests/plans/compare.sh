#!/bin/sh
# compare.sh PROGRAM: whether PROGRAM prints the plans of plans.txt; see main.cpp.
XGRAD_CPU=baseline "$1" | diff -u "$(dirname "$0")/plans.txt" -
