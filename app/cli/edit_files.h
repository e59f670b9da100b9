// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

namespace prism::cli {

/// prismctl edit files|attach|detach|same|apart: which run a stored file belongs to, and as what.
void addEditFiles(CLI::App& edit, int& exit);

} // namespace prism::cli
