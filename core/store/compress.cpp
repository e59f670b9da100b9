// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/compress.h"

#include "core/store/codec.h"

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

const std::string& Compressor::pack(std::span<const char> raw, int level)
{
    BlobWriter head;
    head.byte(zstd);
    head.number(raw.size());
    const std::size_t headSize = head.bytes().size();
    if (raw.size() >= worthTrying && m_context) {
        m_out.resize(headSize + ZSTD_compressBound(raw.size()));
        const std::size_t size = ZSTD_compressCCtx(
            m_context.get(), m_out.data() + headSize, m_out.size() - headSize, raw.data(), raw.size(), level);
        if (!ZSTD_isError(size) && size < raw.size()) {
            m_out.replace(0, headSize, head.bytes());
            m_out.resize(headSize + size);
            return m_out;
        }
    }
    m_out = head.bytes();
    m_out[0] = static_cast<char>(plain);
    m_out.append(raw.data(), raw.size());
    return m_out;
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
