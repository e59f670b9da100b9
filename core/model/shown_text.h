// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/model/result.h"

#include <string>

namespace prism {

/// Makes somebody else's UTF-8 text one line that shows what it holds: line ends and tabs become spaces,
/// other control characters go (a terminal would obey them), and characters that turn the direction of the
/// text behind them are written out, "\u202E". Costs a look at each byte where there are none.
void makeShown(std::string& text);

/// The same for all texts of a point that are shown as names or sentences. Paths stay as they are: they lead
/// back into the file.
void makeShown(LoadPoint& point);
void makeShown(Warning& warning);
void makeShown(Error& error);

} // namespace prism
