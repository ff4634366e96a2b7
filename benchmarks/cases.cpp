#include "cases.hpp"

#include <fmt/format.h>

#include "bespoke/bespoke.hpp"
#ifdef XGRAD_BENCH_CERES
#include "ceres/ceres.hpp"
#endif
#include "hand/hand.hpp"
#include "ours/ours.hpp"
#include "recurrence.hpp"
#include "tiny.hpp"

namespace bench {

std::string Row::name() const {
    return work.variant.empty() ? fmt::format("{} {}", work.id, work.size)
                                : fmt::format("{} {} {}", work.id, work.size, work.variant);
}

std::vector<Row> rows(bool quick) {
    const auto sizes = [quick](std::vector<std::size_t> full, std::size_t small) {
        return quick ? std::vector{small} : full;
    };
    const Goal classifier{1.25, "bespoke"}, dense{1.2, "hand"};
    const std::string softmax = "softmax classifier 3072-10, L2, SGD; batch";
    std::vector<Row> rows;

    for (const std::size_t n : sizes({64, 256, 1024}, 64))
        rows.push_back({{"A", n}, softmax, classifier});
    if (!quick) rows.push_back({{"B", 50000}, softmax, classifier, 1, 1e-3, 4e9});
    for (const std::size_t n : sizes({50000}, 64))
        rows.push_back({{"B", n, "8-bit"}, "the same; ours is given bytes", classifier, 1, 1e-3, quick ? 0 : 4e9});
    for (const std::size_t n : sizes({64, 256, 1024}, 64))
        rows.push_back({{"C", n}, "linear SVM 3072-10, L2, SGD; batch", classifier});
    for (const std::size_t n : sizes({128}, 16))
        rows.push_back({{"D", n}, "MLP 3072-128-10, ReLU, Adam; batch", {1.1, "hand"}});
    for (const std::size_t n : sizes({4096}, 64)) {
        rows.push_back({{"E", n}, "softmax loss, 1000 classes; rows", dense});
        rows.push_back({{"E", n, "fused"}, "the same, and torch's own loss", dense});
    }
    for (const std::size_t n : sizes({10000000, 10000}, 10000))
        rows.push_back({{"F", n}, "sum(tanh(ax+b)exp(-x^2)+log(1+x^2)); elements", {1.5, "bespoke"}});
    for (const std::size_t n : sizes({1000}, 100)) {
        const auto ops = static_cast<double>(n);
        rows.push_back({{"G", n, "compiled"}, "tiny ops on 4 elements, for each", {20, "ns"}, ops});
        rows.push_back({{"G", n, "anew"}, "the same recorded at each step, for each", {200, "ns"}, ops});
        rows.push_back({{"G", n, "another"}, "another graph at each step, for each op", {200, "ns"}, ops});
    }
    for (const char* variant : {"scalars", "array"})
        rows.push_back({{"H", 14, variant},
                        "Rosenbrock, for each scalar op; dimensions",
                        {7, "ns"},
                        tiny::rosenbrock_ops(14),
                        1e-9});
    for (const std::size_t n : sizes({10000000}, 10000))
        rows.push_back({{"I", n}, "Adam, for each parameter", {1.1, "hand"}, static_cast<double>(n)});
    for (const std::size_t n : sizes({64}, 4))
        rows.push_back({{"J", n}, "convnet 28x28, 6 and 16 channels, SGD; batch", dense});
    rows.push_back({{"K", 32}, "MLP, 16 layers of 64, SGD; batch", dense});
    for (const std::size_t n : sizes({614}, 20))
        rows.push_back({{"L", n, "array"},
                        "gradient through a scan over 60 numbers, for each step; steps",
                        {815, "ns"},
                        static_cast<double>(n),
                        1e-9});
    for (const std::size_t n : sizes({100}, 10))
        for (const char* variant : {"scalars", "unrolled"})
            rows.push_back({{"L", n, variant},
                            "the same, as 60 scalars, for each op; steps",
                            {10, "ns"},
                            recurrence::ops_of_a_step * recurrence::states * static_cast<double>(n),
                            1e-9});
    rows.push_back({{"V", 50}, "Jacobian of two tanh layers, all tangents; width", {1.3, "hand"}});
    rows.push_back(
        {{"W", 1000, "curve"}, "least squares, from its set-up on: a curve; residuals", {1, "ceres"}, 1, 1e-6});
    for (const std::size_t n : sizes({10000}, 100))
        rows.push_back({{"W", n, "fits"}, "many curves of 50 residuals each; curves", {1, "ceres"}, 1, 1e-4});
    for (const std::size_t n : sizes({2000}, 50))
        rows.push_back({{"W", n, "bundle"}, "20 cameras, of which each sees a half; points", {1, "ceres"}, 1, 1e-6});
    return rows;
}

const std::vector<Side>& sides() {
    static const std::vector<Side> sides{
        {"ours",
         {{"A", ours::softmax_classifier},
          {"B", ours::softmax_classifier},
          {"C", ours::svm},
          {"D", ours::mlp},
          {"E", ours::softmax_loss},
          {"F", ours::chain},
          {"G", ours::tiny_ops},
          {"H", ours::rosenbrock},
          {"I", ours::adam},
          {"J", ours::convnet},
          {"K", ours::deep_mlp},
          {"L", ours::recurrence},
          {"V", ours::network_jacobian},
          {"W", ours::least_squares_problem}}},
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
          {"J", hand::convnet},
          {"K", hand::deep_mlp},
          {"L", hand::recurrence},
          {"V", hand::network_jacobian}}},
        {"bespoke", bespoke::makers()},
#ifdef XGRAD_BENCH_CERES
        {"ceres", {{"W", ceres_solver::least_squares_problem}}},
#endif
    };
    return sides;
}

} // namespace bench
