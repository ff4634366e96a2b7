#pragma once

namespace examples {

/// From now on Ctrl-C only raises a flag, so that a step is never left half done; a second Ctrl-C ends the program as
/// usual.
void catch_interrupt();

/// Whether Ctrl-C was pressed.
bool interrupted();

} // namespace examples
