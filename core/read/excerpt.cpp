// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/excerpt.h"

#include "core/read/documents.h"
#include "core/read/window.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace prism::read {

namespace {

constexpr std::size_t chunk = windowOf(64u << 10);

Result<std::unique_ptr<ByteSource>> openText(const OpenSource& open)
{
    auto raw = open();
    if (!raw) {
        return raw.error();
    }
    auto plain = decompressed(std::move(*raw), Budgets {});
    if (!plain) {
        return plain.error();
    }
    return decoded(std::move(*plain));
}

struct Marked {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

struct LineColumn {
    std::uint32_t line;
    std::uint32_t column;
};

std::optional<LineColumn> parseLineColumn(std::string_view place)
{
    LineColumn at {};
    const auto colon = place.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto line = std::from_chars(place.data(), place.data() + colon, at.line);
    const auto column = std::from_chars(place.data() + colon + 1, place.data() + place.size(), at.column);
    const bool whole = line.ptr == place.data() + colon && column.ptr == place.data() + place.size();
    return whole && at.line > 0 && at.column > 0 ? std::optional(at) : std::nullopt;
}

/// Byte offset of a line's column; empty when the text is shorter.
Result<std::optional<std::uint64_t>> offsetOf(ByteSource& source, LineColumn at)
{
    std::vector<char> buffer(chunk);
    std::uint64_t offset = 0;
    std::uint32_t line = 1;
    while (true) {
        const auto size = source.read(buffer);
        if (!size) {
            return size.error();
        }
        if (*size == 0) {
            return std::optional<std::uint64_t>();
        }
        const char* from = buffer.data();
        const char* end = from + *size;
        while (line < at.line && from < end) {
            const char* found = std::find(from, end, '\n');
            line += found < end ? 1 : 0;
            from = found < end ? found + 1 : end;
        }
        if (line == at.line && (from < end || *size == 0)) {
            return std::optional(offset + static_cast<std::uint64_t>(from - buffer.data()) + at.column - 1);
        }
        offset += *size;
    }
}

Result<std::optional<Marked>> find(const OpenSource& open, std::string_view place)
{
    auto source = openText(open);
    if (!source) {
        return source.error();
    }
    if (const auto at = parseLineColumn(place)) {
        const auto offset = offsetOf(**source, *at);
        if (!offset) {
            return offset.error();
        }
        return *offset ? std::optional(Marked { **offset, **offset }) : std::nullopt;
    }
    auto located = locateInJson(**source, place);
    if (!located) {
        auto again = openText(open);
        if (!again) {
            return again.error();
        }
        located = locateInYaml(**again, place);
    }
    return located ? std::optional(Marked { located->begin.byte, located->endByte }) : std::nullopt;
}

/// The cell or word that begins at `at`, for places that name only a beginning.
std::size_t wordEnd(std::string_view text, std::size_t at)
{
    const bool quoted = at < text.size() && text[at] == '"';
    const std::string_view stops = quoted ? std::string_view("\"\r\n") : std::string_view(" \t,;|\"\r\n");
    std::size_t end = text.find_first_of(stops, quoted ? at + 1 : at);
    end = std::min(end, text.size());
    return quoted && end < text.size() && text[end] == '"' ? end + 1 : end;
}

} // namespace

Result<Excerpt> excerpt(const OpenSource& open, std::string_view place, std::size_t window)
{
    Marked mark;
    bool found = false;
    if (!place.empty()) {
        const auto at = find(open, place);
        if (!at) {
            return at.error();
        }
        found = at->has_value();
        mark = at->value_or(Marked {});
    }
    const std::uint64_t wanted = mark.begin > window / 2 ? mark.begin - window / 2 : 0;
    auto source = openText(open);
    if (!source) {
        return source.error();
    }
    Excerpt out;
    std::vector<char> buffer(chunk);
    std::uint64_t offset = 0;
    while (out.text.size() <= window) {
        const auto size = (*source)->read(buffer);
        if (!size) {
            return size.error();
        }
        if (*size == 0) {
            break;
        }
        const std::size_t skip = static_cast<std::size_t>(
            std::clamp<std::int64_t>(static_cast<std::int64_t>(wanted) - static_cast<std::int64_t>(offset), 0,
                static_cast<std::int64_t>(*size)));
        out.firstLine += static_cast<std::uint32_t>(std::count(buffer.data(), buffer.data() + skip, '\n'));
        out.text.append(buffer.data() + skip, *size - skip);
        offset += *size;
    }
    out.cutBefore = wanted > 0;
    out.cutBehind = out.text.size() > window;
    out.text.resize(std::min(out.text.size(), window));
    std::uint64_t begin = wanted;
    // Start at a line's beginning when one is near; a file of one long line starts in its middle.
    const std::size_t nearest = out.text.find('\n');
    if (out.cutBefore && nearest != std::string::npos && wanted + nearest < mark.begin) {
        out.text.erase(0, nearest + 1);
        begin += nearest + 1;
        ++out.firstLine;
    }
    if (found) {
        out.markBegin = std::min<std::size_t>(mark.begin - begin, out.text.size());
        out.markEnd = mark.end > mark.begin ? std::min<std::size_t>(mark.end - begin, out.text.size())
                                            : wordEnd(out.text, out.markBegin);
    }
    return out;
}

} // namespace prism::read
