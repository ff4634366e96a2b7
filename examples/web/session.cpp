// The engine without a page: takes requests from standard input, one a line, and prints the replies. The tests compare
// what it says with what the same engine says as WebAssembly.

#include <iostream>
#include <string>

#include "engine.hpp"

int main() {
    for (std::string request; std::getline(std::cin, request);)
        std::cout << web::answer(request) << '\n';
}
