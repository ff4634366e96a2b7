#pragma once

namespace examples {

/// From now on Ctrl-C and SIGTERM only raise a flag, so that a step is never left half done; a second one of a kind
/// ends the program as usual.
void catch_interrupt();

/// The signal that came, or 0.
int interrupted();

} // namespace examples
