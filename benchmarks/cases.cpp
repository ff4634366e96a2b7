#include "cases.hpp"

#include <fmt/format.h>

#include "bespoke/bespoke.hpp"
#include "hand/hand.hpp"
#include "ours/ours.hpp"
#include "tiny.hpp"

namespace bench {

std::string Row::name() const {
    return work.variant.empty() ? fmt::format("{} {}", work.id, work.size)
                                : fmt::format("{} {} {}", work.id, work.size, work.variant);
}

std::vector<Row> rows(bool quick) {
    const std::string softmax = "softmax classifier 3072-10, L2, SGD, batch",
                      svm = "linear SVM 3072-10, L2, SGD, batch";
    const Goal classifier{1.25, "bespoke"}, dense{1.2, "hand"};
    const auto chain = [](std::size_t n) {
        return Row{{"F", n}, "sum(tanh(ax+b) exp(-x^2) + log(1+x^2)), elements", {1.5, "bespoke"}};
    };
    const auto tiny = [](std::size_t n, std::string variant, double nanoseconds) {
        const double ops = static_cast<double>(n);
        return Row{{"G", n, variant}, "tiny ops on 4 elements, per op", {nanoseconds, "ns"}, ops};
    };
    const auto rosenbrock = [](std::string variant) {
        const double ops = tiny::rosenbrock_ops(14);
        return Row{{"H", 14, variant}, "Rosenbrock, dimensions, per scalar op", {7, "ns"}, ops, 1e-9};
    };
    const auto adam = [](std::size_t n) {
        return Row{{"I", n}, "Adam, per parameter", {1.1, "hand"}, static_cast<double>(n)};
    };
    if (quick)
        return {{{"A", 64}, softmax, classifier},
                {{"C", 64}, svm, classifier},
                {{"D", 16}, "MLP 3072-128-10, ReLU, Adam, batch", {1.1, "hand"}},
                {{"E", 64}, "softmax loss, 1000 classes, rows", dense},
                chain(10000),
                tiny(100, "compiled", 20),
                tiny(100, "anew", 200),
                rosenbrock("scalars"),
                rosenbrock("array"),
                adam(10000),
                {{"K", 32}, "MLP, 16 layers of 64, SGD, batch", dense}};
    return {{{"A", 64}, softmax, classifier},
            {{"A", 256}, softmax, classifier},
            {{"A", 1024}, softmax, classifier},
            {{"B", 50000}, softmax, classifier, 1, 1e-3, 4e9},
            {{"C", 64}, svm, classifier},
            {{"C", 256}, svm, classifier},
            {{"C", 1024}, svm, classifier},
            {{"D", 128}, "MLP 3072-128-10, ReLU, Adam, batch", {1.1, "hand"}},
            {{"E", 4096}, "softmax loss, 1000 classes, rows", dense},
            {{"E", 4096, "fused"}, "the same, and torch's own loss", dense},
            chain(10000000),
            chain(10000),
            tiny(1000, "compiled", 20),
            tiny(1000, "anew", 200),
            rosenbrock("scalars"),
            rosenbrock("array"),
            adam(10000000),
            {{"K", 32}, "MLP, 16 layers of 64, SGD, batch", dense}};
}

const std::vector<Side>& sides() {
    static const std::vector<Side> sides{{"ours",
                                          {{"A", ours::softmax_classifier},
                                           {"B", ours::softmax_classifier},
                                           {"C", ours::svm},
                                           {"D", ours::mlp},
                                           {"E", ours::softmax_loss},
                                           {"F", ours::chain},
                                           {"G", ours::tiny_ops},
                                           {"H", ours::rosenbrock},
                                           {"I", ours::adam},
                                           {"K", ours::deep_mlp}}},
                                         {"hand",
                                          {{"A", hand::softmax_classifier},
                                           {"B", hand::softmax_classifier},
                                           {"C", hand::svm},
                                           {"D", hand::mlp},
                                           {"E", hand::softmax_loss},
                                           {"F", hand::chain},
                                           {"G", hand::tiny_ops},
                                           {"H", hand::rosenbrock},
                                           {"I", hand::adam},
                                           {"K", hand::deep_mlp}}},
                                         {"bespoke", bespoke::makers()}};
    return sides;
}

} // namespace bench
