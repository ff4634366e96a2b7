#pragma once
// The rungs of CS231n's second and third lectures, from the nearest neighbour to a small convolutional network.

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <xgrad/datasets/dataset.hpp>
#include <xgrad/xgrad.hpp>

#include "epoch_record.hpp"

namespace ladder {

namespace xg = xgrad;
using xg::data::ArraySet;

struct Settings {
    std::uint64_t seed = 1;
    std::optional<std::size_t> epochs; // of every rung that learns in epochs; if not given, each has its own
    std::string picture = "knn.svg";   // accuracy over k
    bool details = false;              // of each rung, for a page
};

/// A number that tells something of an image.
struct Feature {
    std::string name;
    std::optional<xt::xarray<float>> patch = {}; // (C, H, W): what it counts in the image, less its mean
};

/// Rows of numbers (N, ...) with their labels, to learn from and to test with, ready for data::Batches.
struct Sets {
    ArraySet train, test;
    std::vector<Feature> features = {}; // of a row; empty if the rows are images
};

/// What the rungs work with. Features are worked out when a rung first asks for them, and kept.
class Ground {
  public:
    Ground(const xg::datasets::Datasets& data, const Settings& settings) : data(data), settings(settings) {}

    const xg::datasets::Datasets& data;
    const Settings& settings;

    Sets images() const { return {.train = data.train.examples, .test = data.test.examples}; }
    std::size_t classes() const { return data.train.classes; }
    /// (channels, height, width)
    const xg::Shape& image() const { return data.train.examples.feature_type().shape; }
    bool coloured() const { return image()[0] == 3; }

    const Sets& hue() const;
    const Sets& hog() const;
    /// Both side by side; of grey images HOG alone.
    const Sets& hog_and_hue() const;
    const Sets& words() const;

  private:
    mutable std::optional<Sets> hue_, hog_, hog_and_hue_, words_;
};

/// The weights by which a first layer looks at images, or at features of them.
struct Templates {
    xt::xarray<float> weights;          // (inputs, outputs)
    xg::Shape image = {};               // (C, H, W): each column is one of these,
    std::vector<Feature> features = {}; // or has a weight for each feature
    std::string output = "class";       // what a column belongs to
};

/// What a page shows of a rung beside its row.
struct Details {
    std::vector<examples::EpochRecord> records = {}; // without the learning rate; empty if there are no epochs
    std::optional<Templates> templates = {};
    xt::xarray<float> outputs = {}; // for the images held out, the scores (N, classes)
    bool votes = false;             // the outputs are none, but the votes of a few neighbours
    std::string plan = {};          // the program of a training step
    std::string picture = {};       // an <svg>
};

/// How far a rung leads. What does not apply is missing.
struct Outcome {
    std::optional<double> train = {}, test = {}; // accuracy: the share of images whose class is found
    double seconds = 0;                          // of the whole rung
    double examples_per_second = 0;              // of what takes its time: images looked at, each as often as it was
    std::string remark = {};
    std::optional<Details> details = {}; // if the settings ask for them, of rungs that classify
};

struct Rung {
    const char* name;      // for --rungs
    const char* title;     // in the table
    const char* published; // test accuracy on the whole of CIFAR-10, as the lectures or the course's notes have it
    Outcome (*climb)(const Ground& ground);
    bool colours = false; // nothing for grey images
};

/// In the lectures' order.
std::span<const Rung> rungs();

/// Null if there is none of that name.
const Rung* find_rung(std::string_view name);

// The rungs, by file.
Outcome nearest_neighbour(const Ground& ground); // neighbours.cpp
Outcome k_nearest_neighbours(const Ground& ground);
Outcome random_search(const Ground& ground); // search.cpp
Outcome local_search(const Ground& ground);
Outcome numerical_gradient(const Ground& ground);
Outcome gradient_descent(const Ground& ground); // linear.cpp
Outcome minibatches(const Ground& ground);
Outcome svm_on_pixels(const Ground& ground);
Outcome softmax_on_pixels(const Ground& ground);
Outcome svm_on_hue(const Ground& ground);
Outcome softmax_on_hue(const Ground& ground);
Outcome svm_on_hog(const Ground& ground);
Outcome softmax_on_hog(const Ground& ground);
Outcome svm_on_both(const Ground& ground);
Outcome softmax_on_both(const Ground& ground);
Outcome svm_on_words(const Ground& ground);
Outcome softmax_on_words(const Ground& ground);
Outcome net_on_pixels(const Ground& ground); // nets.cpp
Outcome net_on_features(const Ground& ground);
Outcome convnet(const Ground& ground);
Outcome convnet_augmented(const Ground& ground);

} // namespace ladder
