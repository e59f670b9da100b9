// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prism_test_paths.h"

#include <string>

namespace prism::test {

/// A script in a parser's place: the first that is started tells the lie, those behind it are the real one.
/// `mark` is a folder that the first one makes.
inline std::string lyingOnce(const std::string& lie, const std::string& mark)
{
    return "#!/bin/sh\nif mkdir '" + mark
        + "' 2>/dev/null; then\nexec '" PRISM_BIN_DIR "/../tests/lying_parser' '" + lie
        + "'\nfi\nexec '" PRISM_BIN_DIR "/prism-import'\n";
}

} // namespace prism::test
