// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace prism::store {

/// What zstd does with bytes: `level` as zstd counts them. Below 1 it looks for fewer repetitions and leaves
/// what it does not find repeated as it is, unless `codesLiterals`.
struct Packing {
    int level;
    bool codesLiterals = false;
};

/// Bytes as one zstd frame, or as they are where that is no smaller: a byte that tells which, the raw size,
/// the bytes. Keeps its work memory (at most about 2 MiB for 1 MiB of input).
class Compressor {
public:
    Compressor();
    ~Compressor();
    /// Valid until the next call.
    std::string_view pack(std::span<const char> raw, Packing how);

private:
    struct Free {
        void operator()(ZSTD_CCtx_s* context) const;
    };
    std::unique_ptr<ZSTD_CCtx_s, Free> m_context;
    std::string m_out;
};

/// The raw bytes; empty when `packed` is damaged or claims more than `limit` bytes.
std::optional<std::string> unpack(std::span<const char> packed, std::size_t limit);

} // namespace prism::store
