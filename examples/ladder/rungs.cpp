#include <algorithm>

#include "ladder.hpp"

namespace ladder {

namespace {

// clang-format off
constexpr Rung table[] = {
    {"nearest",            "nearest neighbour",               "35.4 %",    nearest_neighbour},
    {"knn",                "k nearest neighbours",            "28 %",      k_nearest_neighbours},
    {"random-search",      "random search",                   "15.5 %",    random_search},
    {"local-search",       "random local search",             "21.4 %",    local_search},
    {"numerical-gradient", "numerical gradient",              "",          numerical_gradient},
    {"gd",                 "gradient descent",                "",          gradient_descent},
    {"sgd",                "the same steps, batches of 100",  "",          minibatches},
    {"svm",                "linear SVM, pixels",              "37 - 40 %", svm_on_pixels},
    {"softmax",            "linear softmax, pixels",          "37 - 40 %", softmax_on_pixels},
    {"svm-hue",            "linear SVM, hue histogram",       "",          svm_on_hue,     true},
    {"softmax-hue",        "linear softmax, hue histogram",   "",          softmax_on_hue, true},
    {"svm-hog",            "linear SVM, HOG",                 "",          svm_on_hog},
    {"softmax-hog",        "linear softmax, HOG",             "",          softmax_on_hog},
    {"svm-features",       "linear SVM, HOG and hue",         "42 - 44 %", svm_on_both,     true},
    {"softmax-features",   "linear softmax, HOG and hue",     "",          softmax_on_both, true},
    {"svm-words",          "linear SVM, bag of words",        "",          svm_on_words},
    {"softmax-words",      "linear softmax, bag of words",    "",          softmax_on_words},
    {"net",                "two layers, pixels",              "48 - 52 %", net_on_pixels},
    {"net-features",       "two layers, HOG and hue",         "55 - 60 %", net_on_features},
    {"convnet",            "small convnet",                   "over 65 %", convnet},
    {"convnet-augmented",  "the same, augmented images",      "",          convnet_augmented},
};
// clang-format on

} // namespace

std::span<const Rung> rungs() { return table; }

const Rung* find_rung(std::string_view name) {
    const auto found = std::ranges::find(table, name, &Rung::name);
    return found == std::end(table) ? nullptr : found;
}

} // namespace ladder
