#pragma once

#include <string>
#include <vector>

namespace xgrad::datasets {

/// What the labels 0, 1, 2 ... stand for, as in the files batches.meta.txt, coarse_label_names.txt and
/// fine_label_names.txt that come with the data.
std::vector<std::string> cifar10_names();
std::vector<std::string> cifar100_coarse_names();
std::vector<std::string> cifar100_names();

} // namespace xgrad::datasets
