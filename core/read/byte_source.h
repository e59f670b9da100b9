// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"
#include "core/read/budgets.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace prism::read {

/// A stream of bytes, read once from front to back.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Fills a part of `buffer` and returns its size; 0 is the end.
    virtual Result<std::size_t> read(std::span<char> buffer) = 0;
    /// A descriptor of a regular file that holds exactly these bytes from its offset 0, for readers that
    /// jump; -1 where there is none. Belongs to whoever opened it.
    virtual int descriptor() const { return -1; }
};

/// Opens the same bytes from their start again; readers that need a second look ask for one.
using OpenSource = std::function<Result<std::unique_ptr<ByteSource>>()>;

/// Reads a descriptor with pread from its start; does not own it. `consumed`, when given, counts bytes read.
std::unique_ptr<ByteSource> descriptorSource(int descriptor, std::uint64_t* consumed = nullptr);
std::unique_ptr<ByteSource> memorySource(std::string bytes);

/// Undoes gzip, zstd, xz or bzip2 when the bytes begin with their magic, else hands `inner` through.
/// A compression bomb ends in an error by Budgets::compressionRatio and totalBytes.
Result<std::unique_ptr<ByteSource>> decompressed(std::unique_ptr<ByteSource> inner, const Budgets& budgets);

/// What the encoding filter changed, counted.
struct EncodingReport {
    std::string encoding = "UTF-8";
    std::uint64_t replacedCharacters = 0; ///< invalid sequences that became U+FFFD
};

/// Makes UTF-8 of UTF-8 with BOM, UTF-16 and UTF-32 (by BOM or by the pattern of NULs), replacing what is
/// invalid. `report` must outlive the source.
std::unique_ptr<ByteSource> decoded(std::unique_ptr<ByteSource> inner, EncodingReport* report = nullptr);

/// All bytes up to `limit`; an error beyond it.
Result<std::string> readAll(ByteSource& source, std::size_t limit);

} // namespace prism::read
