// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/gap_blobs.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace prism::store {

static_assert(std::endian::native == std::endian::little, "blobs of the store are little-endian");

namespace {

constexpr std::size_t headBytes = 2 + sizeof(std::uint64_t);
constexpr unsigned filledFlag = 0x80;

std::uint64_t bitsOf(double value)
{
    return std::bit_cast<std::uint64_t>(value);
}

} // namespace

void writeGaps(std::string& out, std::span<const double> gapsMs)
{
    std::uint64_t least = ~0ull;
    for (const double gap : gapsMs) {
        least = std::min(least, bitsOf(gap));
    }
    std::uint64_t used = 0;
    for (const double gap : gapsMs) {
        used |= bitsOf(gap) - least;
    }
    const int shift = used == 0 ? 0 : std::countr_zero(used);
    const auto bits = static_cast<std::size_t>(std::bit_width(used >> shift));
    const std::size_t width = std::max<std::size_t>(1, (bits + 7) / 8);
    const std::size_t plainSize = headBytes + width * gapsMs.size();
    const bool filled = plainSize % sizeof(double) == 0;
    const std::size_t size = plainSize + (filled ? 1 : 0);
    if (size >= gapsMs.size_bytes()) {
        out.assign(reinterpret_cast<const char*>(gapsMs.data()), gapsMs.size_bytes());
        return;
    }
    // Eight bytes are written for each gap, of which the next one overwrites the rest.
    out.assign(size + sizeof(double), '\0');
    out[0] = static_cast<char>(shift);
    out[1] = static_cast<char>(filled ? width | filledFlag : width);
    std::memcpy(out.data() + 2, &least, sizeof least);
    char* at = out.data() + headBytes;
    for (const double gap : gapsMs) {
        const std::uint64_t rest = (bitsOf(gap) - least) >> shift;
        std::memcpy(at, &rest, sizeof rest);
        at += width;
    }
    std::fill(at, out.data() + out.size(), '\0');
    out.resize(size);
}

bool readGaps(std::span<const char> bytes, std::vector<double>& gapsMs)
{
    if (bytes.size() % sizeof(double) == 0) {
        gapsMs.resize(bytes.size() / sizeof(double));
        if (!gapsMs.empty()) {
            std::memcpy(gapsMs.data(), bytes.data(), bytes.size());
        }
        return true;
    }
    gapsMs.clear();
    if (bytes.size() < headBytes) {
        return false;
    }
    const auto shift = static_cast<unsigned char>(bytes[0]);
    const bool filled = (static_cast<unsigned char>(bytes[1]) & filledFlag) != 0;
    const std::size_t width = static_cast<unsigned char>(bytes[1]) & ~filledFlag;
    if (shift > 63 || width < 1 || width > sizeof(double)) {
        return false;
    }
    std::uint64_t least = 0;
    std::memcpy(&least, bytes.data() + 2, sizeof least);
    std::span<const char> left = bytes.subspan(headBytes);
    if (filled && (left.empty() || left.back() != 0)) {
        return false;
    }
    left = left.first(left.size() - (filled ? 1 : 0));
    gapsMs.reserve(left.size() / width);
    for (; left.size() >= width; left = left.subspan(width)) {
        std::uint64_t rest = 0;
        std::memcpy(&rest, left.data(), width);
        gapsMs.push_back(std::bit_cast<double>(least + (rest << shift)));
    }
    return left.empty();
}

} // namespace prism::store
