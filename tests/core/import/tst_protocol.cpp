// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/protocol.h"

#include <QTest>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <rapidcheck.h>

using namespace prism;
using protocol::Decoder;
using protocol::Encoder;

namespace {

LoadPoint somePoint()
{
    LoadPoint p;
    p.index = 7;
    p.label = "label";
    p.group = "group";
    p.attributes = { { "model", std::string("m"), "given", Origin::User, "/model" },
        { "concurrency", std::int64_t(-5), {}, Origin::Derived, "/c" },
        { "request_rate", 2.5, {}, Origin::Estimated, {} }, { "stream", true, {}, Origin::Reported, {} } };
    p.measures = { { findMetric("ttft"), Stat::percentile(99.9), 12.5, Status::Ok, Origin::Derived, "/a",
                       "p999_ttft_ms", "per-chunk", "a / b" },
        { findMetric("duration"), Stat::value(), 0, Status::Missing, Origin::Reported, {}, {}, {}, {} } };
    p.extras = { { "/x", "y" } };
    p.warnings = { { "rate-disagrees", "text", "/w", Severity::Note } };
    return p;
}

/// Gives a reader `stream` in pieces of `piece` bytes; false when it refused.
bool feed(const std::string& stream, std::size_t piece, std::vector<std::string>& payloads, bool& inside)
{
    protocol::FrameReader reader;
    for (std::size_t at = 0; at < stream.size();) {
        const auto space = reader.space();
        const std::size_t size = std::min({ piece, space.size(), stream.size() - at });
        std::memcpy(space.data(), stream.data() + at, size);
        at += size;
        const auto done = reader.arrived(size, [&](const protocol::Frame& frame) -> Result<void> {
            payloads.emplace_back(frame.payload);
            return {};
        });
        if (!done) {
            return false;
        }
    }
    inside = reader.insideFrame();
    return true;
}

/// Decodes as every type; the test is that nothing but ok() == false comes of nonsense.
void decodeAsEverything(const std::string& bytes)
{
    const auto with = [&](auto decode) {
        Decoder d(bytes);
        (void)decode(d);
        if (!d.ok() && !d.atEnd()) {
            QFAIL("a decoder that failed has bytes left");
        }
    };
    with(static_cast<LoadPoint (*)(Decoder&)>(&protocol::decodePoint));
    with(&protocol::decodeRequest);
    with(&protocol::decodeSeries);
    with(&protocol::decodeWarning);
    with(&protocol::decodeReady);
    with(&protocol::decodeRecognised);
    with(&protocol::decodeEnd);
}

} // namespace

class ProtocolTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pointComesBack()
    {
        const LoadPoint p = somePoint();
        Encoder e;
        protocol::encode(e, p);
        Decoder d(e.bytes);
        const LoadPoint back = protocol::decodePoint(d);
        QVERIFY(d.ok() && d.atEnd());
        QCOMPARE(back.index, p.index);
        QCOMPARE(back.label, p.label);
        QCOMPARE(back.group, p.group);
        QVERIFY(back.attributes == p.attributes);
        QVERIFY(back.measures == p.measures);
        QVERIFY(back.extras == p.extras);
        QVERIFY(back.warnings == p.warnings);
    }

    void requestsSeriesAndEndsComeBack()
    {
        QVERIFY(rc::check("request",
            [](std::uint32_t index, std::string error, std::vector<double> gaps, bool ok, bool has, double ms,
                std::int64_t tokens) {
                RequestRow row;
                row.index = index;
                row.ok = ok;
                row.error = error;
                row.gapsMs = gaps;
                row.id = error.substr(0, mostRequestId);
                if (has) {
                    row.start = Seconds { ms };
                    row.e2e = Milliseconds { ms };
                    row.osl = tokens;
                }
                Encoder e;
                protocol::encode(e, row);
                Decoder d(e.bytes);
                RC_ASSERT(protocol::decodeRequest(d) == row);
                RC_ASSERT(d.ok() && d.atEnd());
            }));
        QVERIFY(rc::check("series", [](std::string name, std::vector<double> values, bool absolute) {
            const TimeSeries s { name, "ms", "/p", values, values, absolute };
            Encoder e;
            protocol::encode(e, s);
            Decoder d(e.bytes);
            RC_ASSERT(protocol::decodeSeries(d) == s);
            RC_ASSERT(d.ok() && d.atEnd());
        }));
        QVERIFY(rc::check("end", [](std::string file, std::string reason, bool member) {
            Encoder e;
            protocol::encode(e, protocol::End { Outcome::Skipped, member, { file, "1:2", reason, "r" } });
            Decoder d(e.bytes);
            const protocol::End end = protocol::decodeEnd(d);
            RC_ASSERT(d.ok() && d.atEnd());
            RC_ASSERT(end.outcome == Outcome::Skipped && end.ofMember == member);
            RC_ASSERT(end.reason.file == file && end.reason.reason == reason && end.reason.remedy == "r");
        }));
    }

    void anIdHasItsBound()
    {
        for (const std::size_t size : { mostRequestId, mostRequestId + 1 }) {
            RequestRow row;
            row.id.assign(size, 'x');
            Encoder e;
            protocol::encode(e, row);
            Decoder d(e.bytes);
            (void)protocol::decodeRequest(d);
            QCOMPARE(d.ok(), size <= mostRequestId);
        }
    }

    void integersComeBack()
    {
        for (const std::uint64_t value : { std::uint64_t(0), std::uint64_t(127), std::uint64_t(128),
                 std::numeric_limits<std::uint64_t>::max() }) {
            Encoder e;
            e.integer(value);
            Decoder d(e.bytes);
            QCOMPARE(d.integer(), value);
            QVERIFY(d.ok() && d.atEnd());
        }
    }

    void unknownMetricIsALie()
    {
        LoadPoint p;
        p.measures
            = { { findMetric("ttft"), Stat::mean(), 1, Status::Ok, Origin::Reported, {}, {}, {}, {} } };
        Encoder e;
        protocol::encode(e, p);
        const std::size_t at = e.bytes.find("ttft");
        QVERIFY(at != std::string::npos);
        e.bytes.replace(at, 4, "tttt");
        Decoder d(e.bytes);
        (void)protocol::decodePoint(d);
        QVERIFY(!d.ok());
    }

    void unequalSeriesAreALie()
    {
        Encoder e;
        protocol::encode(e, TimeSeries { "n", "u", "p", { 1, 2 }, { 1 }, false });
        Decoder d(e.bytes);
        (void)protocol::decodeSeries(d);
        QVERIFY(!d.ok());
    }

    void aSeriesThatBeginsAtNoTimeIsALie()
    {
        for (const double begin : { std::numeric_limits<double>::infinity(), std::nan("") }) {
            Encoder e;
            protocol::encode(e, TimeSeries { "n", "u", "p", { 1 }, { 1 }, false, begin });
            Decoder d(e.bytes);
            (void)protocol::decodeSeries(d);
            QVERIFY(!d.ok());
        }
    }

    /// An element is a hundred times larger in memory than in a frame: 64 MB of empty ones would be
    /// gigabytes.
    void aFrameCannotExpand()
    {
        Encoder point;
        point.integer(0);
        point.text("");
        point.text("");
        point.integer(protocol::mostOfPoint + 1);
        point.bytes.append((protocol::mostOfPoint + 1) * 16, '\0');
        Decoder attributes(point.bytes);
        QVERIFY(protocol::decodePoint(attributes).attributes.empty() && !attributes.ok());
        Encoder rows;
        rows.integer(protocol::mostRows + 1);
        rows.bytes.append(100'000, '\0');
        Decoder d(rows.bytes);
        QCOMPARE(d.count(1, protocol::mostRows), 0u);
        QVERIFY(!d.ok());
    }

    void absurdCountsTakeNoMemory()
    {
        Encoder e;
        e.integer(std::numeric_limits<std::uint64_t>::max());
        Decoder numbers(e.bytes);
        QVERIFY(numbers.numbers().empty() && !numbers.ok());
        Decoder text(e.bytes);
        QVERIFY(text.text().empty() && !text.ok());
    }

    void everyTruncationIsSeen()
    {
        Encoder e;
        protocol::encode(e, somePoint());
        for (std::size_t size = 0; size < e.bytes.size(); ++size) {
            Decoder d(std::string_view(e.bytes).substr(0, size));
            (void)protocol::decodePoint(d);
            QVERIFY2(!d.ok(), std::to_string(size).c_str());
        }
    }

    void anyBytesAreSurvived()
    {
        std::mt19937 random(1);
        Encoder e;
        protocol::encode(e, somePoint());
        for (int round = 0; round < 3000; ++round) {
            std::string bytes = round % 2 ? e.bytes : std::string(random() % 300, '\0');
            for (char& c : bytes) {
                c = round % 2 && random() % 20 ? c : static_cast<char>(random());
            }
            decodeAsEverything(bytes);
            std::vector<std::string> payloads;
            bool inside = false;
            (void)feed(bytes, 1 + random() % 64, payloads, inside);
        }
    }

    void framesAreCutWhereverTheyBreak()
    {
        std::string stream;
        for (const std::size_t size : { std::size_t(0), std::size_t(1), std::size_t(600'000) }) {
            stream += protocol::header(protocol::Type::Bytes, 3, size) + std::string(size, 'x');
        }
        for (const std::size_t piece : { std::size_t(7), std::size_t(4096), std::size_t(1) << 20 }) {
            std::vector<std::string> payloads;
            bool inside = true;
            QVERIFY(feed(stream, piece, payloads, inside));
            QCOMPARE(payloads.size(), std::size_t(3));
            QCOMPARE(payloads[2].size(), std::size_t(600'000));
            QVERIFY(!inside);
            payloads.clear();
            QVERIFY(feed(stream.substr(0, stream.size() - 1), piece, payloads, inside));
            QCOMPARE(payloads.size(), std::size_t(2));
            QVERIFY(inside);
        }
    }

    void framesThatDoNotExistEndTheStream()
    {
        std::vector<std::string> payloads;
        bool inside = false;
        QVERIFY(!feed(
            protocol::header(protocol::Type::Point, 1, protocol::mostFrameBytes + 1), 64, payloads, inside));
        QVERIFY(!feed(protocol::header(static_cast<protocol::Type>(0), 1, 0), 64, payloads, inside));
        QVERIFY(!feed(
            protocol::header(static_cast<protocol::Type>(static_cast<int>(protocol::Type::End) + 1), 1, 0),
            64, payloads, inside));
        QVERIFY(payloads.empty());
    }
};

QTEST_GUILESS_MAIN(ProtocolTest)
#include "tst_protocol.moc"
