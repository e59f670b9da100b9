// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/compress.h"

#include "core/store/codec.h"

#include <algorithm>
#include <cstring>

#define ZSTD_STATIC_LINKING_ONLY // for ZSTD_c_literalCompressionMode, which the shared library knows too
#include <zstd.h>

namespace prism::store {

namespace {
constexpr unsigned char plain = 0;
constexpr unsigned char zstd = 1;
constexpr std::size_t worthTrying = 64; ///< a frame's own bytes eat the gain below this
} // namespace

void Compressor::Free::operator()(ZSTD_CCtx_s* context) const
{
    ZSTD_freeCCtx(context);
}

Compressor::Compressor()
    : m_context(ZSTD_createCCtx())
{
}

Compressor::~Compressor() = default;

std::string_view Compressor::pack(std::span<const char> raw, Packing how)
{
    BlobWriter head;
    head.byte(zstd);
    head.number(raw.size());
    const std::size_t headSize = head.bytes().size();
    // Grows only: shrinking and growing would clear the bytes each time.
    m_out.resize(std::max(m_out.size(), headSize + ZSTD_compressBound(raw.size())));
    std::memcpy(m_out.data(), head.bytes().data(), headSize);
    if (raw.size() >= worthTrying && m_context) {
        ZSTD_CCtx_setParameter(m_context.get(), ZSTD_c_compressionLevel, how.level);
        ZSTD_CCtx_setParameter(m_context.get(), ZSTD_c_literalCompressionMode,
            how.codesLiterals ? ZSTD_ps_enable : ZSTD_ps_auto);
        const std::size_t size = ZSTD_compress2(
            m_context.get(), m_out.data() + headSize, m_out.size() - headSize, raw.data(), raw.size());
        if (!ZSTD_isError(size) && size < raw.size()) {
            return { m_out.data(), headSize + size };
        }
    }
    m_out[0] = static_cast<char>(plain);
    std::copy(raw.begin(), raw.end(), m_out.begin() + static_cast<std::ptrdiff_t>(headSize));
    return { m_out.data(), headSize + raw.size() };
}

std::optional<std::string> unpack(std::span<const char> packed, std::size_t limit)
{
    BlobReader in(packed);
    const unsigned char kind = in.byte();
    const std::uint64_t size = in.number();
    if (!in.ok() || kind > zstd || size > limit) {
        return std::nullopt;
    }
    if (kind == plain) {
        return in.left() == size ? std::optional(std::string(in.raw(size))) : std::nullopt;
    }
    static thread_local const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(
        ZSTD_createDCtx(), &ZSTD_freeDCtx);
    std::string raw(static_cast<std::size_t>(size), '\0');
    const std::string_view frame = in.raw(in.left());
    const std::size_t got
        = ZSTD_decompressDCtx(context.get(), raw.data(), raw.size(), frame.data(), frame.size());
    return got == raw.size() ? std::optional(std::move(raw)) : std::nullopt;
}

} // namespace prism::store
