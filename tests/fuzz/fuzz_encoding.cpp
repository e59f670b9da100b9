// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/byte_source.h"
#include "tests/support/tree_text.h"

#include <cstdlib>

using namespace prism;

namespace {

/// Whether every byte belongs to a character, none of them a surrogate or longer than it need be.
bool isUtf8(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const auto first = static_cast<unsigned char>(text[at]);
        const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if ((first >= 0x80 && first < 0xC2) || first > 0xF4 || at + length > text.size()) {
            return false;
        }
        unsigned value = length == 1 ? first : first & (0x3Fu >> (length - 1));
        for (std::size_t i = 1; i < length; ++i) {
            const auto next = static_cast<unsigned char>(text[at + i]);
            if (next < 0x80 || next > 0xBF) {
                return false;
            }
            value = value << 6 | (next & 0x3Fu);
        }
        if ((value >= 0xD800 && value < 0xE000) || value > 0x10FFFF || (length == 3 && value < 0x800)
            || (length == 4 && value < 0x10000)) {
            return false;
        }
        at += length;
    }
    return true;
}

} // namespace

/// Bytes of any encoding become UTF-8, the same whole as in the pieces that the first byte says.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
    read::EncodingReport whole;
    read::EncodingReport cut;
    const auto first = read::readAll(*read::decoded(read::memorySource(bytes), &whole), 1u << 20);
    const auto second
        = read::readAll(*read::decoded(std::make_unique<test::PiecewiseSource>(bytes,
                                           std::vector<std::size_t> { 1 + data[0] % 16u, 1 + data[0] / 16u }),
                            &cut),
            1u << 20);
    if (!first || !second || *first != *second || !isUtf8(*first) || whole.encoding != cut.encoding
        || whole.replacedCharacters != cut.replacedCharacters) {
        std::abort();
    }
    return 0;
}
