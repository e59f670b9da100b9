// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/protocol.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace prism::protocol {

namespace {

static_assert(
    std::endian::native == std::endian::little, "doubles travel as they are; both ends are one machine");

template <class T>
void encodeOptional(Encoder& e, const std::optional<T>& value)
{
    e.integer(value ? 1 : 0);
    if (value) {
        e.number(value->value);
    }
}

template <class T>
std::optional<T> decodeOptional(Decoder& d)
{
    return d.flag() ? std::optional(T { d.number() }) : std::nullopt;
}

void encodeCount(Encoder& e, const std::optional<std::int64_t>& value)
{
    e.integer(value ? 1 : 0);
    if (value) {
        e.integer(static_cast<std::uint64_t>(*value));
    }
}

std::optional<std::int64_t> decodeCount(Decoder& d)
{
    return d.flag() ? std::optional(static_cast<std::int64_t>(d.integer())) : std::nullopt;
}

void encode(Encoder& e, Stat stat)
{
    e.integer(static_cast<std::uint64_t>(stat.kind()));
    e.number(stat.percentile());
}

std::optional<Stat> decodeStat(Decoder& d)
{
    const auto kind = d.choice<Stat::Kind>(7);
    const double p = d.number();
    switch (kind) {
    case Stat::Kind::Value:
        return Stat::value();
    case Stat::Kind::Count:
        return Stat::count();
    case Stat::Kind::Mean:
        return Stat::mean();
    case Stat::Kind::Std:
        return Stat::std();
    case Stat::Kind::Min:
        return Stat::min();
    case Stat::Kind::Max:
        return Stat::max();
    case Stat::Kind::Percentile:
        break;
    }
    return p >= 0 && p <= 100 ? std::optional(Stat::percentile(p)) : std::nullopt;
}

void encode(Encoder& e, const Attribute& a)
{
    e.text(a.name);
    e.integer(a.value.index());
    switch (a.value.index()) {
    case 0:
        e.text(std::get<std::string>(a.value));
        break;
    case 1:
        e.integer(static_cast<std::uint64_t>(std::get<std::int64_t>(a.value)));
        break;
    case 2:
        e.number(std::get<double>(a.value));
        break;
    default:
        e.integer(std::get<bool>(a.value) ? 1 : 0);
    }
    e.text(a.given);
    e.integer(static_cast<std::uint64_t>(a.origin));
    e.text(a.path);
}

void decodeAttribute(Decoder& d, Attribute& a)
{
    d.text(a.name);
    switch (d.choice<int>(4)) {
    case 0:
        if (!std::holds_alternative<std::string>(a.value)) {
            a.value = std::string();
        }
        d.text(std::get<std::string>(a.value));
        break;
    case 1:
        a.value = static_cast<std::int64_t>(d.integer());
        break;
    case 2:
        a.value = d.number();
        break;
    default:
        a.value = d.flag();
    }
    d.text(a.given);
    a.origin = d.choice<Origin>(4);
    d.text(a.path);
}

void encode(Encoder& e, const Measure& m)
{
    e.text(m.metric->id);
    encode(e, m.stat);
    e.number(m.value);
    e.integer(static_cast<std::uint64_t>(m.status));
    e.integer(static_cast<std::uint64_t>(m.origin));
    e.text(m.path);
    e.text(m.given);
    e.text(m.semantics);
    e.text(m.formula);
}

/// A metric or statistic that does not exist is a lie.
void decodeMeasure(Decoder& d, Measure& m)
{
    m.metric = findMetric(d.view());
    const auto stat = decodeStat(d);
    m.stat = stat.value_or(Stat::value());
    m.value = d.number();
    m.status = d.choice<Status>(5);
    m.origin = d.choice<Origin>(4);
    d.text(m.path);
    d.text(m.given);
    d.text(m.semantics);
    d.text(m.formula);
    if (!m.metric || !stat) {
        d.fail();
    }
}

} // namespace

void Encoder::integer(std::uint64_t value)
{
    char raw[10];
    std::size_t size = 0;
    while (value >= 0x80) {
        raw[size++] = static_cast<char>(value | 0x80);
        value >>= 7;
    }
    raw[size++] = static_cast<char>(value);
    bytes.append(raw, size);
}

void Encoder::number(double value)
{
    char raw[sizeof value];
    std::memcpy(raw, &value, sizeof value);
    bytes.append(raw, sizeof value);
}

void Encoder::numbers(std::span<const double> values)
{
    integer(values.size());
    bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
}

void Encoder::text(std::string_view value)
{
    integer(value.size());
    bytes += value;
}

std::uint64_t Decoder::integer()
{
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (m_bytes.empty()) {
            break;
        }
        const auto byte = static_cast<unsigned char>(m_bytes.front());
        m_bytes.remove_prefix(1);
        value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) {
            return m_ok ? value : 0;
        }
    }
    fail();
    return 0;
}

double Decoder::number()
{
    double value = 0;
    if (m_bytes.size() < sizeof value) {
        fail();
        return 0;
    }
    std::memcpy(&value, m_bytes.data(), sizeof value);
    m_bytes.remove_prefix(sizeof value);
    return value;
}

std::size_t Decoder::count(std::size_t leastBytes, std::size_t most)
{
    const std::uint64_t wanted = integer();
    if (wanted > most || wanted > m_bytes.size() / leastBytes) {
        fail();
        return 0;
    }
    return static_cast<std::size_t>(wanted);
}

std::vector<double> Decoder::numbers()
{
    std::vector<double> values(count(sizeof(double)));
    if (!values.empty()) {
        std::memcpy(values.data(), m_bytes.data(), values.size() * sizeof(double));
        m_bytes.remove_prefix(values.size() * sizeof(double));
    }
    return values;
}

std::string_view Decoder::view(std::size_t most)
{
    const std::size_t size = count(1, most);
    const std::string_view value = m_bytes.substr(0, size);
    m_bytes.remove_prefix(size);
    return value;
}

std::string Decoder::text(std::size_t most)
{
    return std::string(view(most));
}

void Decoder::text(std::string& into)
{
    into.assign(view());
}

void encode(Encoder& e, const Warning& w)
{
    e.text(w.code);
    e.text(w.text);
    e.text(w.path);
    e.integer(static_cast<std::uint64_t>(w.severity));
}

Warning decodeWarning(Decoder& d)
{
    Warning w;
    w.code = d.text();
    w.text = d.text();
    w.path = d.text();
    w.severity = d.choice<Severity>(2);
    return w;
}

void encode(Encoder& e, const LoadPoint& point)
{
    e.integer(point.index);
    e.text(point.label);
    e.text(point.group);
    e.integer(point.attributes.size());
    for (const Attribute& a : point.attributes) {
        encode(e, a);
    }
    e.integer(point.measures.size());
    for (const Measure& m : point.measures) {
        encode(e, m);
    }
    e.integer(point.extras.size());
    for (const Extra& extra : point.extras) {
        e.text(extra.path);
        e.text(extra.text);
    }
    e.integer(point.warnings.size());
    for (const Warning& w : point.warnings) {
        encode(e, w);
    }
}

namespace {

/// Decodes into the elements that are there, then into new ones: the count is the sender's word, so that they
/// are made as they come.
template <class T, class DecodeOne>
void decodeList(Decoder& d, std::vector<T>& rows, const DecodeOne& decodeOne)
{
    constexpr std::size_t sane = 512;
    const std::size_t count = d.count(1, mostOfPoint);
    rows.reserve(std::min(count, sane));
    for (std::size_t i = 0; i < count && d.ok(); ++i) {
        if (i == rows.size()) {
            rows.emplace_back();
        }
        decodeOne(rows[i]);
    }
    if (rows.size() > count) {
        rows.resize(count);
    }
}

} // namespace

void decodePoint(Decoder& d, LoadPoint& into)
{
    into.index = static_cast<std::uint32_t>(d.integer());
    d.text(into.label);
    d.text(into.group);
    decodeList(d, into.attributes, [&d](Attribute& a) { decodeAttribute(d, a); });
    decodeList(d, into.measures, [&d](Measure& m) { decodeMeasure(d, m); });
    decodeList(d, into.extras, [&d](Extra& extra) {
        d.text(extra.path);
        d.text(extra.text);
    });
    decodeList(d, into.warnings, [&d](Warning& w) { w = decodeWarning(d); });
}

LoadPoint decodePoint(Decoder& d)
{
    LoadPoint point;
    decodePoint(d, point);
    return point;
}

void encode(Encoder& e, const RequestRow& row)
{
    e.integer(row.index);
    encodeOptional(e, row.start);
    encodeOptional(e, row.ttft);
    encodeOptional(e, row.e2e);
    encodeCount(e, row.isl);
    encodeCount(e, row.osl);
    e.integer(row.ok ? 1 : 0);
    e.text(row.error);
    e.numbers(row.gapsMs);
    e.text(row.id);
}

RequestRow decodeRequest(Decoder& d)
{
    RequestRow row;
    row.index = static_cast<std::uint32_t>(d.integer());
    row.start = decodeOptional<Seconds>(d);
    row.ttft = decodeOptional<Milliseconds>(d);
    row.e2e = decodeOptional<Milliseconds>(d);
    row.isl = decodeCount(d);
    row.osl = decodeCount(d);
    row.ok = d.flag();
    row.error = d.text();
    row.gapsMs = d.numbers();
    row.id = d.text(mostRequestId);
    return row;
}

void encode(Encoder& e, const TimeSeries& s)
{
    e.text(s.name);
    e.text(s.unit);
    e.text(s.path);
    e.numbers(s.seconds);
    e.numbers(s.values);
    e.integer(s.absolute ? 1 : 0);
    encodeOptional(e, s.localBegin ? std::optional(Seconds { *s.localBegin }) : std::nullopt);
}

TimeSeries decodeSeries(Decoder& d)
{
    TimeSeries s;
    s.name = d.text();
    s.unit = d.text();
    s.path = d.text();
    s.seconds = d.numbers();
    s.values = d.numbers();
    s.absolute = d.flag();
    if (const auto begin = decodeOptional<Seconds>(d)) {
        s.localBegin = begin->value;
    }
    if (s.seconds.size() != s.values.size() || !std::isfinite(s.localBegin.value_or(0))) {
        d.fail();
    }
    return s;
}

void encode(Encoder& e, const Ready& r)
{
    e.integer(static_cast<std::uint64_t>(r.version));
    e.integer(static_cast<std::uint64_t>(r.landlock));
    e.text(r.problem);
}

Ready decodeReady(Decoder& d)
{
    Ready r;
    r.version = d.choice<int>(1000);
    r.landlock = d.choice<int>(1000);
    r.problem = d.text(mostReason);
    return r;
}

void encode(Encoder& e, const Recognised& r)
{
    e.text(r.producer);
    e.integer(static_cast<std::uint64_t>(r.version));
    e.text(r.why);
}

Recognised decodeRecognised(Decoder& d)
{
    Recognised r;
    r.producer = d.text();
    r.version = static_cast<int>(d.integer());
    r.why = d.text();
    return r;
}

void encode(Encoder& e, const End& end)
{
    e.integer(static_cast<std::uint64_t>(end.outcome));
    e.integer(end.ofMember ? 1 : 0);
    for (const std::string* part :
        { &end.reason.file, &end.reason.place, &end.reason.reason, &end.reason.remedy }) {
        e.text(std::string_view(*part).substr(0, mostReason));
    }
}

End decodeEnd(Decoder& d)
{
    End end;
    end.outcome = d.choice<Outcome>(5);
    end.ofMember = d.flag();
    for (std::string* part :
        { &end.reason.file, &end.reason.place, &end.reason.reason, &end.reason.remedy }) {
        *part = d.text(mostReason);
    }
    return end;
}

std::string header(Type type, std::uint32_t file, std::size_t payloadBytes)
{
    std::string out(headerBytes, '\0');
    const auto length = static_cast<std::uint32_t>(payloadBytes);
    std::memcpy(out.data(), &length, sizeof length);
    out[4] = static_cast<char>(type);
    std::memcpy(out.data() + 5, &file, sizeof file);
    return out;
}

std::span<char> FrameReader::space()
{
    if (m_begin > 0) {
        std::memmove(m_buffer.data(), m_buffer.data() + m_begin, m_end - m_begin);
        m_end -= m_begin;
        m_begin = 0;
    }
    if (m_end == m_buffer.size()) {
        m_buffer.resize(m_buffer.size() * 2); // bounded: arrived() refuses a frame beyond the limit
    }
    return { m_buffer.data() + m_end, m_buffer.size() - m_end };
}

Result<void> FrameReader::arrived(std::size_t bytes, const std::function<Result<void>(const Frame&)>& each)
{
    m_end += bytes;
    while (m_end - m_begin >= headerBytes) {
        std::uint32_t length = 0;
        std::uint32_t file = 0;
        std::memcpy(&length, m_buffer.data() + m_begin, sizeof length);
        const auto type = static_cast<std::uint8_t>(m_buffer[m_begin + 4]);
        std::memcpy(&file, m_buffer.data() + m_begin + 5, sizeof file);
        if (length > mostFrameBytes || type < 1 || type > static_cast<std::uint8_t>(Type::End)) {
            return Error { {}, {}, "the parser sent a frame that does not exist",
                "Report the file that it was reading" };
        }
        if (m_end - m_begin < headerBytes + length) {
            break;
        }
        const std::string_view payload(m_buffer.data() + m_begin + headerBytes, length);
        m_begin += headerBytes + length;
        if (auto done = each({ static_cast<Type>(type), file, payload }); !done) {
            return done;
        }
    }
    return {};
}

} // namespace prism::protocol
