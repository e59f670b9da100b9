// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/trace/trace_text.h"

#include "core/read/byte_source.h"
#include "core/store/store.h"
#include "core/store/stored_source.h"

#include <algorithm>
#include <vector>

namespace prism::app {

namespace {
constexpr std::size_t mostText = 16u << 10;
}

std::string_view firstValue(std::string_view text)
{
    int depth = 0;
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (inString) {
            i += c == '\\' ? 1 : 0;
            inString = c != '"';
            continue;
        }
        inString = c == '"';
        depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        if (depth <= 0 && (c == '}' || c == ']')) {
            return text.substr(0, i + 1);
        }
    }
    return text;
}

std::string eventText(const std::string& database, const std::string& sha256, std::uint64_t place)
{
    auto reader = StoreReader::open(database);
    if (!reader) {
        return {};
    }
    auto raw = storedOriginal(**reader, sha256)();
    auto plain = raw ? read::decompressed(std::move(*raw), read::Budgets {}) : std::move(raw);
    if (!plain) {
        return {};
    }
    const auto text = read::decoded(std::move(*plain));
    std::vector<char> buffer(1u << 20);
    std::string found;
    std::uint64_t at = 0;
    while (found.size() < mostText) {
        const auto size = text->read(buffer);
        if (!size || *size == 0) {
            break;
        }
        if (at + *size > place) {
            const std::size_t from = place > at ? static_cast<std::size_t>(place - at) : 0;
            found.append(buffer.data() + from, std::min(*size - from, mostText - found.size()));
        }
        at += *size;
    }
    return found.starts_with('{') ? std::string(firstValue(found)) : std::string();
}

} // namespace prism::app
