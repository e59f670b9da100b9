// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/load_point.h"
#include "core/store/codec.h"
#include "core/store/compress.h"
#include "core/store/records.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::store {

/// Numbers of a point: one word and one double a measure, first all words, then all doubles. A column is read
/// without touching anything else.
struct MeasureWord {
    std::uint32_t key; ///< measure_key.id, 24 bits
    Status status;
    Origin origin;
};
inline constexpr std::uint32_t maxMeasureKeys = 1u << 24;
/// Ids of keys and names are given one after another; a file that skips more asks for memory that it does not
/// need.
inline constexpr std::int64_t maxKeyGap = 1000;
constexpr std::uint32_t packed(MeasureWord word)
{
    return word.key | static_cast<std::uint32_t>(word.status) << 24
        | static_cast<std::uint32_t>(word.origin) << 28;
}
constexpr MeasureWord unpackedWord(std::uint32_t word)
{
    return { word & 0xffffff, static_cast<Status>(word >> 24 & 15), static_cast<Origin>(word >> 28) };
}

/// The measures of a blob in place.
class MeasureBlob {
public:
    explicit MeasureBlob(std::span<const char> bytes)
        : m_bytes(bytes)
        , m_count(bytes.size() / 12)
    {
    }
    bool sound() const { return m_bytes.size() == m_count * 12; }
    std::size_t size() const { return m_count; }
    std::uint32_t word(std::size_t i) const { return at<std::uint32_t>(i * 4); }
    double value(std::size_t i) const { return at<double>(m_count * 4 + i * 8); }

private:
    template <class T>
    T at(std::size_t offset) const
    {
        T value;
        std::memcpy(&value, m_bytes.data() + offset, sizeof value);
        return value;
    }
    std::span<const char> m_bytes;
    std::size_t m_count;
};

/// What measure_key says of an id. `metric` is null where this program knows no such metric.
struct MeasureKey {
    const Metric* metric = nullptr;
    Stat stat = Stat::value();
    std::string semantics;
};

/// Attributes of a point: name id, length, then the body that attributeBody() writes. Bodies of equal bytes
/// are equal attributes, so that a column table decodes each only once.
void writeAttributeBody(BlobWriter& out, const Attribute& attribute);
struct AttributeBody {
    AttributeValue value;
    std::string given;
    Origin origin = Origin::Reported;
};
std::optional<AttributeBody> readAttributeBody(std::string_view bytes);

inline constexpr std::size_t maxDetailBytes = 512u << 20;
/// Everything of a point that only its inspector needs: paths, the producer's names, formulas, extras,
/// warnings.
void writeDetail(BlobWriter& out, const LoadPoint& point);
/// Puts it back; `attributes` and `measures` already have their entries. False when it does not fit them, or
/// its paths and names are more than maxDetailBytes together.
bool readDetail(std::span<const char> bytes, std::vector<Attribute>& attributes,
    std::vector<Measure>& measures, std::vector<Extra>& extras, std::vector<Warning>& warnings);

/// The places in the file from which a point was read, of attributes and measures. Empty of damaged bytes.
std::vector<std::string> readPlaces(std::span<const char> detail);

/// counts and warnings of a source.
void writeNotes(
    BlobWriter& out, const std::map<std::string, std::uint64_t>& counts, std::span<const Warning> warnings);
bool readNotes(std::span<const char> bytes, std::map<std::string, std::uint64_t>& counts,
    std::vector<Warning>& warnings);

/// Samples of a series: each double XORed with the one before, the bytes sorted by significance, compressed.
/// Lossless.
void writeSamples(BlobWriter& out, const TimeSeries& series, Compressor& compressor);
bool readSamples(std::span<const char> bytes, TimeSeries& series);

} // namespace prism::store
