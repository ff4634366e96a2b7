// Cost against batch, width, depth and the number of nodes.

#include "network.hpp"

namespace bench::ours {
namespace {

class Batch : public Network {
  public:
    explicit Batch(const Work& work) : Network(work.size, {784, 10}, xg::optim::SGD{}) {}
};

class Width : public Network {
  public:
    explicit Width(const Work& work) : Network(64, {work.size, work.size, work.size}, xg::optim::SGD{}) {}
};

class Depth : public Network {
  public:
    explicit Depth(const Work& work) : Network(32, std::vector<std::size_t>(work.size + 1, 64), xg::optim::SGD{}) {}
};

/// So many elementwise ops on 4 elements, differentiated.
class Nodes {
  public:
    explicit Nodes(const Work& work)
        : size_(work.size), x_(tape_.parameter(xt::xarray<float>{0.1f, 0.2f, 0.3f, 0.4f})) {}

  protected:
    xg::Program record() {
        xg::Var y = x_;
        ++turned_; // another graph each time: a bit for each of the first sums, whose operands change places
        for (std::size_t i = 0; i < size_ / 2; ++i)
            y = turned_ >> std::min<std::size_t>(i, 63) & 1 ? x_ + y * 0.9 : y * 0.9 + x_;
        const xg::Var loss = sum(y);
        return tape_.compile({.outputs = {loss, gradient(loss, x_)}}, {});
    }

    std::size_t size_, turned_ = 0;
    xg::Tape tape_;
    xg::Var x_;
};

class Recording : public Nodes {
  public:
    explicit Recording(const Work& work) : Nodes(work), leaves_(tape_.mark()) {}
    void step() {
        record();
        tape_.rewind(leaves_);
    }

  private:
    xg::Mark leaves_;
};

class Running : public Nodes {
  public:
    explicit Running(const Work& work) : Nodes(work), program_(record()) {}
    void step() { program_(); }

  private:
    xg::Program program_;
};

/// Only timed.
template <class W>
class Timed : public W {
  public:
    using W::W;
    Outcome outcome() {
        W::step();
        return {};
    }
};
template <class W>
std::unique_ptr<Contender> timed(const Work& work) {
    return make<Timed<W>>(work);
}

} // namespace

std::vector<Scaling> scalings(bool quick) {
    if (quick)
        return {{"batch, classifier 784 -> 10", {16, 64}, timed<Batch>},
                {"nodes, recorded and compiled", {100, 1000}, timed<Recording>}};
    return {{"batch, classifier 784 -> 10", {64, 256, 1024, 4096, 16384}, timed<Batch>},
            {"width, MLP of 2 layers, batch 64", {64, 128, 256, 512, 1024}, timed<Width>},
            {"depth, layers of 64, batch 32", {4, 8, 16, 32, 64}, timed<Depth>},
            {"nodes, recorded and compiled", {1000, 10000, 100000, 1000000}, timed<Recording>},
            {"nodes, run", {1000, 10000, 100000}, timed<Running>}};
}

} // namespace bench::ours
