#pragma once
// The references: what a careful programmer writes with OpenBLAS and loops that the compiler vectorizes.

#include "../contender.hpp"

namespace bench::hand {

std::unique_ptr<Contender> softmax_classifier(const Work& work); // A, B
std::unique_ptr<Contender> svm(const Work& work);                // C
std::unique_ptr<Contender> mlp(const Work& work);                // D
std::unique_ptr<Contender> softmax_loss(const Work& work);       // E
std::unique_ptr<Contender> chain(const Work& work);              // F
std::unique_ptr<Contender> tiny_ops(const Work& work);           // G
std::unique_ptr<Contender> rosenbrock(const Work& work);         // H
std::unique_ptr<Contender> adam(const Work& work);               // I
std::unique_ptr<Contender> convnet(const Work& work);            // J
std::unique_ptr<Contender> deep_mlp(const Work& work);           // K
std::unique_ptr<Contender> recurrence(const Work& work);         // L
std::unique_ptr<Contender> network_jacobian(const Work& work);   // V

} // namespace bench::hand
