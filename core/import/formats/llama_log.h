// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace prism::formats {

/// The model file of a line of llama.cpp's loading log, "… tensors from FILE (version GGUF V3": part of the
/// line. Empty without one.
std::string_view loadedModel(std::string_view line);

} // namespace prism::formats
