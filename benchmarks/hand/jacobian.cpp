// V: the tangents of a network along all elements of its input, as one batch that the layers are given by hand.

#include "hand.hpp"
#include "loops.hpp"

namespace bench::hand {
namespace {

class Jacobian {
  public:
    explicit Jacobian(const Work& work) : n_(work.size), x_(uniform(n_, 1)), y_(n_), next_(n_), tangents_(n_ * n_) {
        for (std::size_t layer = 0; layer < jacobian::layers; ++layer)
            weights_.push_back(initial_weights(n_, n_, 2 + layer));
        out_ = jacobian_ = tangents_;
    }

    void step() {
        y_ = x_;
        std::fill(tangents_.begin(), tangents_.end(), 0.0f);
        for (std::size_t i = 0; i < n_; ++i)
            tangents_[i * n_ + i] = 1;
        for (const Floats& w : weights_) {
            cblas_sgemv(CblasRowMajor, turned, static_cast<int>(n_), static_cast<int>(n_), 1, w.data(),
                        static_cast<int>(n_), y_.data(), 1, 0, next_.data(), 1);
            multiply({tangents_.data(), n_}, {w.data(), n_}, out_.data(), n_, n_, n_, n_);
            for (std::size_t j = 0; j < n_; ++j) {
                y_[j] = std::tanh(next_[j]);
                next_[j] = 1 - y_[j] * y_[j];
            }
            for (std::size_t i = 0; i < n_; ++i)
                for (std::size_t j = 0; j < n_; ++j)
                    tangents_[i * n_ + j] = out_[i * n_ + j] * next_[j];
        }
        for (std::size_t i = 0; i < n_; ++i)
            for (std::size_t j = 0; j < n_; ++j)
                jacobian_[i * n_ + j] = tangents_[j * n_ + i];
        sum_ = 0;
        for (const float y : y_)
            sum_ += y;
    }
    Outcome outcome() {
        step();
        return {sum_, {jacobian_.begin(), jacobian_.end()}};
    }

  private:
    std::size_t n_;
    Floats x_, y_, next_, tangents_, out_, jacobian_;
    std::vector<Floats> weights_;
    float sum_ = 0;
};

} // namespace

std::unique_ptr<Contender> network_jacobian(const Work& work) { return make<Jacobian>(work); }

} // namespace bench::hand
