// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/point_blobs.h"

#include <algorithm>

namespace prism::store {

namespace {

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

/// Begins a detail whose paths are front-coded: no count of attributes is so large. What was written before
/// begins with that count, and its paths are whole.
constexpr std::uint64_t frontCoded = 0xffff'ffff;

/// A name is its size and one, and its bytes; as a rule it is the last step of its path, which needs none:
/// the tag of a name of no bytes, which is written 0.
constexpr std::uint64_t asItsPath = 1;

std::string_view lastStep(std::string_view path)
{
    return path.substr(path.rfind('/') + 1);
}

/// How many bytes at the beginning are the same; eight at a time, as paths are long and all but the same.
std::size_t sharedBegin(std::string_view a, std::string_view b)
{
    const std::size_t size = std::min(a.size(), b.size());
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        std::uint64_t left = 0;
        std::uint64_t right = 0;
        std::memcpy(&left, a.data() + i, 8);
        std::memcpy(&right, b.data() + i, 8);
        if (left != right) {
            return i + static_cast<std::size_t>(std::countr_zero(left ^ right)) / 8;
        }
    }
    while (i < size && a[i] == b[i]) {
        ++i;
    }
    return i;
}

/// Paths as what they share with the one before and the rest: a file's places differ in their last step, and
/// written whole they were most of a detail.
class PathWriter {
public:
    explicit PathWriter(BlobWriter& out)
        : m_out(out)
    {
    }
    /// `path` lives until the next one.
    void write(std::string_view path)
    {
        const std::size_t shared = sharedBegin(path, m_last);
        m_out.number(shared);
        m_out.text(path.substr(shared));
        m_last = path;
    }
    void given(std::string_view name)
    {
        if (name.empty()) {
            m_out.number(0);
        } else if (name == lastStep(m_last)) {
            m_out.number(asItsPath);
        } else {
            m_out.number(name.size() + 1);
            m_out.raw(name.data(), name.size());
        }
    }

private:
    BlobWriter& m_out;
    std::string_view m_last;
};

class PathReader {
public:
    /// At the beginning of a detail.
    explicit PathReader(BlobReader& in)
        : m_in(in)
    {
        BlobReader ahead = in;
        m_areCoded = ahead.number() == frontCoded;
        if (m_areCoded) {
            in = ahead;
        }
    }
    /// False once a path shared more than the one before it had, or all of them were more than a detail can
    /// hold: a few bytes repeat a path of any length.
    bool ok() const { return m_ok; }
    /// A producer's name for what stands at the path that was read last.
    std::string given()
    {
        if (!m_areCoded) {
            return m_in.string();
        }
        const std::uint64_t tag = m_in.number();
        return taken(tag == asItsPath ? lastStep(m_last) : tag == 0 ? std::string_view() : m_in.raw(tag - 1));
    }
    std::string read()
    {
        if (!m_areCoded) {
            return m_in.string();
        }
        const std::uint64_t shared = m_in.number();
        m_ok = m_ok && shared <= m_last.size();
        m_last.resize(m_ok ? static_cast<std::size_t>(shared) : 0);
        m_last += m_in.text();
        return taken(m_last);
    }

private:
    std::string taken(std::string_view text)
    {
        m_taken += sizeof(std::string) + text.size();
        m_ok = m_ok && m_taken <= maxDetailBytes;
        return std::string(m_ok ? text : std::string_view());
    }

    BlobReader& m_in;
    std::string m_last;
    std::size_t m_taken = 0; ///< by all that was read
    bool m_areCoded = false;
    bool m_ok = true;
};

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
    out.number(frontCoded);
    PathWriter paths(out);
    out.number(point.attributes.size());
    for (const Attribute& attribute : point.attributes) {
        paths.write(attribute.path);
    }
    out.number(point.measures.size());
    for (const Measure& measure : point.measures) {
        paths.write(measure.path);
        paths.given(measure.given);
        out.text(measure.formula);
    }
    out.number(point.extras.size());
    for (const Extra& extra : point.extras) {
        paths.write(extra.path);
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
    PathReader paths(in);
    if (in.count() != attributes.size()) {
        return false;
    }
    for (Attribute& attribute : attributes) {
        attribute.path = paths.read();
    }
    if (in.count() != measures.size()) {
        return false;
    }
    for (Measure& measure : measures) {
        measure.path = paths.read();
        measure.given = paths.given();
        measure.formula = in.string();
    }
    extras.clear();
    for (std::size_t left = in.count(); left > 0 && in.ok() && paths.ok(); --left) {
        Extra& extra = extras.emplace_back();
        extra.path = paths.read();
        extra.text = in.string();
    }
    readWarnings(in, warnings);
    return in.ok() && paths.ok() && in.atEnd();
}

std::vector<std::string> readPlaces(std::span<const char> bytes)
{
    const auto raw = unpack(bytes, maxDetailBytes);
    std::vector<std::string> places;
    BlobReader in(raw ? std::span<const char>(*raw) : std::span<const char>());
    PathReader paths(in);
    const auto sound = [&] { return in.ok() && paths.ok(); };
    for (std::size_t left = in.count(); left > 0 && sound(); --left) {
        places.push_back(paths.read());
    }
    for (std::size_t left = in.count(); left > 0 && sound(); --left) {
        places.push_back(paths.read());
        paths.given();
        in.text();
    }
    std::erase(places, std::string());
    return sound() ? places : std::vector<std::string>();
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
