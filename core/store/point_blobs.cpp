// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/point_blobs.h"

namespace prism::store {

namespace {

constexpr std::size_t maxDetailBytes = 512u << 20;
constexpr std::size_t maxSampleBytes = 1u << 30;

enum class Kind : unsigned char { Text = 0, Integer = 1, Real = 2, Flag = 3 };

void writeWarnings(BlobWriter& out, std::span<const Warning> warnings)
{
    out.number(warnings.size());
    for (const Warning& warning : warnings) {
        out.text(warning.code);
        out.text(warning.text);
        out.text(warning.path);
        out.byte(static_cast<unsigned char>(warning.severity));
    }
}

void readWarnings(BlobReader& in, std::vector<Warning>& warnings)
{
    warnings.resize(in.count());
    for (Warning& warning : warnings) {
        warning.code = in.string();
        warning.text = in.string();
        warning.path = in.string();
        warning.severity = in.byte() == 0 ? Severity::Note : Severity::Warning;
    }
}

/// Slow-moving doubles share their high bytes; side by side these compress to almost nothing.
void appendShuffled(std::string& out, std::span<const double> values)
{
    const std::size_t start = out.size();
    out.resize(start + values.size() * 8);
    std::uint64_t before = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto bits = std::bit_cast<std::uint64_t>(values[i]);
        const std::uint64_t changed = bits ^ before;
        before = bits;
        for (std::size_t b = 0; b < 8; ++b) {
            out[start + b * values.size() + i] = static_cast<char>(changed >> (8 * b));
        }
    }
}

std::vector<double> unshuffled(std::string_view bytes)
{
    const std::size_t count = bytes.size() / 8;
    std::vector<double> values(count);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t b = 0; b < 8; ++b) {
            bits ^= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[b * count + i])) << (8 * b);
        }
        values[i] = std::bit_cast<double>(bits);
    }
    return values;
}

} // namespace

void writeAttributeBody(BlobWriter& out, const Attribute& attribute)
{
    const auto kind = static_cast<Kind>(attribute.value.index());
    out.byte(static_cast<unsigned char>(
        static_cast<unsigned>(kind) | static_cast<unsigned>(attribute.origin) << 4));
    switch (kind) {
    case Kind::Text:
        out.text(std::get<std::string>(attribute.value));
        break;
    case Kind::Integer:
        out.integer(std::get<std::int64_t>(attribute.value));
        break;
    case Kind::Real:
        out.real(std::get<double>(attribute.value));
        break;
    case Kind::Flag:
        out.byte(std::get<bool>(attribute.value) ? 1 : 0);
        break;
    }
    out.raw(attribute.given.data(), attribute.given.size());
}

std::optional<AttributeBody> readAttributeBody(std::string_view bytes)
{
    BlobReader in(bytes);
    AttributeBody body;
    const unsigned char tag = in.byte();
    switch (static_cast<Kind>(tag & 15)) {
    case Kind::Text:
        body.value = in.string();
        break;
    case Kind::Integer:
        body.value = in.integer();
        break;
    case Kind::Real:
        body.value = in.real();
        break;
    case Kind::Flag:
        body.value = in.byte() != 0;
        break;
    default:
        return std::nullopt;
    }
    body.origin = static_cast<Origin>(tag >> 4);
    body.given = std::string(in.raw(in.left()));
    return in.ok() && body.origin <= Origin::User ? std::optional(std::move(body)) : std::nullopt;
}

void writeDetail(BlobWriter& out, const LoadPoint& point)
{
    out.number(point.attributes.size());
    for (const Attribute& attribute : point.attributes) {
        out.text(attribute.path);
    }
    out.number(point.measures.size());
    for (const Measure& measure : point.measures) {
        out.text(measure.path);
        out.text(measure.given);
        out.text(measure.formula);
    }
    out.number(point.extras.size());
    for (const Extra& extra : point.extras) {
        out.text(extra.path);
        out.text(extra.text);
    }
    writeWarnings(out, point.warnings);
}

bool readDetail(std::span<const char> bytes, std::vector<Attribute>& attributes,
    std::vector<Measure>& measures, std::vector<Extra>& extras, std::vector<Warning>& warnings)
{
    const auto raw = unpack(bytes, maxDetailBytes);
    if (!raw) {
        return false;
    }
    BlobReader in(*raw);
    if (in.count() != attributes.size()) {
        return false;
    }
    for (Attribute& attribute : attributes) {
        attribute.path = in.string();
    }
    if (in.count() != measures.size()) {
        return false;
    }
    for (Measure& measure : measures) {
        measure.path = in.string();
        measure.given = in.string();
        measure.formula = in.string();
    }
    extras.resize(in.count());
    for (Extra& extra : extras) {
        extra.path = in.string();
        extra.text = in.string();
    }
    readWarnings(in, warnings);
    return in.ok() && in.atEnd();
}

std::vector<std::string> readPlaces(std::span<const char> bytes)
{
    const auto raw = unpack(bytes, maxDetailBytes);
    std::vector<std::string> places;
    BlobReader in(raw ? std::span<const char>(*raw) : std::span<const char>());
    for (std::size_t left = in.count(); left > 0; --left) {
        places.push_back(in.string());
    }
    for (std::size_t left = in.count(); left > 0; --left) {
        places.push_back(in.string());
        in.text();
        in.text();
    }
    std::erase(places, std::string());
    return in.ok() ? places : std::vector<std::string>();
}

void writeNotes(
    BlobWriter& out, const std::map<std::string, std::uint64_t>& counts, std::span<const Warning> warnings)
{
    out.number(counts.size());
    for (const auto& [name, count] : counts) {
        out.text(name);
        out.number(count);
    }
    writeWarnings(out, warnings);
}

bool readNotes(
    std::span<const char> bytes, std::map<std::string, std::uint64_t>& counts, std::vector<Warning>& warnings)
{
    BlobReader in(bytes);
    for (std::size_t left = in.count(); left > 0 && in.ok(); --left) {
        std::string name = in.string();
        counts[std::move(name)] = in.number();
    }
    readWarnings(in, warnings);
    return in.ok() && in.atEnd();
}

void writeSamples(BlobWriter& out, const TimeSeries& series, Compressor& compressor)
{
    std::string raw;
    raw.reserve((series.seconds.size() + series.values.size()) * 8);
    appendShuffled(raw, series.seconds);
    appendShuffled(raw, series.values);
    out.number(series.seconds.size());
    const std::string_view packedBytes = compressor.pack(raw, { 1 });
    out.raw(packedBytes.data(), packedBytes.size());
}

bool readSamples(std::span<const char> bytes, TimeSeries& series)
{
    BlobReader in(bytes);
    const std::uint64_t count = in.number();
    const std::string_view frame = in.raw(in.left());
    const auto raw = unpack(frame, maxSampleBytes);
    if (!in.ok() || !raw || raw->size() % 16 != 0 || raw->size() / 16 != count) {
        return false;
    }
    const std::string_view all(*raw);
    series.seconds = unshuffled(all.substr(0, all.size() / 2));
    series.values = unshuffled(all.substr(all.size() / 2));
    return true;
}

} // namespace prism::store
