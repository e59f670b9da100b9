// SPDX-License-Identifier: GPL-3.0-or-later
// What llama.cpp's programs log alike while they load a model.
#include "core/import/formats/llama_log.h"

namespace prism::formats {

std::string_view loadedModel(std::string_view line)
{
    constexpr std::string_view from = " tensors from ";
    const std::size_t begin = line.find(from);
    const std::size_t end = line.find(" (version GGUF");
    return begin == std::string_view::npos || end == std::string_view::npos || end <= begin + from.size()
        ? std::string_view()
        : line.substr(begin + from.size(), end - begin - from.size());
}

} // namespace prism::formats
