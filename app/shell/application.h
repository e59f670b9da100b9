// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace prism::app {

/// Runs the program: options, one window a database, files handed to the window that runs already, or a
/// picture drawn offscreen. Returns the exit status.
int runApplication(int argc, char** argv);

} // namespace prism::app
