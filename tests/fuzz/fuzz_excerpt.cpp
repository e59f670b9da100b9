// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/excerpt.h"

#include <cstdlib>

using namespace prism;

/// A place up to the first line end, the text behind it, and a window that the first byte says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    const std::string all(reinterpret_cast<const char*>(data + 1), size - 1);
    const std::size_t line = std::min(all.find('\n'), all.size());
    const std::string text = all.substr(std::min(line + 1, all.size()));
    const std::size_t window = 1 + data[0] * 16u;
    const auto found = read::excerpt(
        [&text]() -> Result<std::unique_ptr<read::ByteSource>> { return read::memorySource(text); },
        std::string_view(all).substr(0, line), window);
    const bool fine = found ? found->text.size() <= window && found->markBegin <= found->markEnd
            && found->markEnd <= found->text.size() && found->firstLine > 0
                            : !found.error().reason.empty();
    if (!fine) {
        std::abort();
    }
    return 0;
}
