// SPDX-License-Identifier: GPL-3.0-or-later
#include "prism_test_paths.h"
#include "probes/protocol/frame.h"
#include "probes/protocol/message.h"

#include <QFile>
#include <QtTest>

#include <algorithm>
#include <random>

using namespace prism::wire;

namespace {

std::span<const std::byte> asBytes(const std::string& text)
{
    return std::as_bytes(std::span(text));
}

/// One of each kind of frame and record: what the golden file pins.
std::vector<std::byte> everyFrame()
{
    std::vector<std::byte> stream;
    FieldWriter hello;
    hello.integer(HelloKey::Version, protocolVersion)
        .text(HelloKey::Program, "prism-probed 0.1.0")
        .integer(HelloKey::Features, FeatureT0 | FeatureT1);
    appendFrame(stream, FrameType::Hello, hello.bytes());

    std::vector<std::byte> records;
    RecordHeader header { 1'000'000'007, 250, 0, static_cast<std::uint8_t>(Source::Http), Truncated, 3, 4711,
        9, 0 };
    appendRecord(records, header, Text { 5, 3 }, "abc");
    appendRecord(records, header, ClockSync { 1, -2, 3, 4 });
    appendRecord(records, header, State { 5, 2, 1, -13, 5 });
    appendRecord(records, header, Loss { 5, 1, 1, 0, 0, 100, 90, 10, 5120, 7, 8 });
    appendRecord(records, header, Cost { 5, 0, 12, 3400 });
    appendRecord(records, header, Process { 10, 1, 2, 1000, 99, 1, 0, 0, "VLLM::EngineCore" });
    appendRecord(records, header, Sample { 1, 0, 0, 0.5 });
    appendRecord(
        records, header, Connection { 77, 0, 0, 1, 4, 8000, 40000, { 127, 0, 0, 1 }, { 127, 0, 0, 1 } });
    appendRecord(records, header, HttpRequest { 77, 1, 5, 812, 11, 12, 2, 1, 0, 0 });
    appendRecord(records, header, HttpResponse { 77, 1, 200, Streamed | Chunked, unknownBytes });
    appendRecord(records, header, HttpChunk { 77, 1, 0, 527, 2, 1, 0, 1, 0, 0, 0, 0, 0, 13 });
    appendRecord(records, header, HttpUsage { 77, 1, 7, 64, 32, 16, 0 });
    appendRecord(records, header, HttpEnd { 77, 1, 1, 0, 0, 812, 15022, 69, 67, 64, 0 });
    appendRecord(records, header, OpaqueBytes { 77, 400, 1, 1, 0 });
    appendRecord(records, header, HttpAnswerKey { 77, 1, 0, 42 });
    appendRecord(records, header, Sched { 14, 1, 1, 0, 0 });
    appendRecord(records, header, EngineStep { 0, 2, 0, 8, 8, 8, 8, 1, 250, 0, 640 });
    appendRecord(records, header, EngineRequest { 42, 0, 1, 0, 0, 0, 15, 16 });
    appendRecord(records, header, CudaSpan { 1, 2, 3, 4, 0, 0 });
    appendRecord(records, header, GpuExec { 1, 2, 3, 4, 5, 0, 1, 0, 0 });
    appendRecord(records, header, Xid { 79, 5, "0000:17:00" });
    appendFrame(stream, FrameType::Records, records);
    return stream;
}

struct Read {
    std::size_t frames = 0;
    std::size_t records = 0;
    bool wellFormed = true;
    FrameFault fault = FrameFault::None;
    bool insideFrame = false;
};

/// Reads a stream that arrives in pieces of at most `piece` bytes.
Read readAll(std::span<const std::byte> stream, std::size_t piece)
{
    Read read;
    FrameReader reader;
    while (!stream.empty()) {
        const auto space = reader.space();
        const std::size_t bytes = std::min({ piece, stream.size(), space.size() });
        std::copy_n(stream.begin(), bytes, space.begin());
        reader.arrived(bytes);
        stream = stream.subspan(bytes);
        while (const auto frame = reader.next()) {
            ++read.frames;
            if (frame->type == FrameType::Records) {
                RecordWalk walk(frame->payload);
                while (walk.next()) {
                    ++read.records;
                }
                read.wellFormed = read.wellFormed && walk.wellFormed();
            }
        }
        if (reader.fault() != FrameFault::None) {
            break;
        }
    }
    read.fault = reader.fault();
    read.insideFrame = reader.insideFrame();
    return read;
}

} // namespace

class TestFrame : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void checksumIsCastagnoli()
    {
        QCOMPARE(crc32c(asBytes("123456789")), 0xe3069283U);
        QCOMPARE(crc32c({}), 0U);
    }

    void goldenFilePinsTheFormat()
    {
        QFile file(QStringLiteral(PRISM_TEST_DATA "/protocol/stream-v1.hex"));
        QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
        const QByteArray golden = QByteArray::fromHex(file.readAll());
        const auto stream = everyFrame();
        const QByteArray ours(
            reinterpret_cast<const char*>(stream.data()), static_cast<qsizetype>(stream.size()));
        QFile now(QDir::tempPath() + QStringLiteral("/prism-stream.hex"));
        if (ours != golden && now.open(QIODevice::WriteOnly)) {
            now.write(ours.toHex());
        }
        QVERIFY2(ours == golden,
            qPrintable(QStringLiteral(
                "the wire format changed: raise protocolVersion and pin the new one in a new golden "
                "file; it is written to %1")
                           .arg(now.fileName())));
    }

    void anyCutOfTheStreamReadsAlike_data()
    {
        QTest::addColumn<int>("piece");
        for (const int piece : { 1, 7, 16, 17, 4096, 1 << 20 }) {
            QTest::addRow("%d bytes", piece) << piece;
        }
    }
    void anyCutOfTheStreamReadsAlike()
    {
        QFETCH(int, piece);
        const Read read = readAll(everyFrame(), static_cast<std::size_t>(piece));
        QCOMPARE(read.frames, 2U);
        QCOMPARE(read.records, 21U);
        QVERIFY(read.wellFormed);
        QCOMPARE(read.fault, FrameFault::None);
        QVERIFY(!read.insideFrame);
    }

    void recordsKeepTheirValues()
    {
        std::vector<std::byte> records;
        appendRecord(records, RecordHeader { 1, 2, 0, 1, 0, 3, 4, 5, 0 },
            HttpEnd { 77, 1, 1, 0, 0, 812, 15022, 69, 67, 64, 0 });
        appendRecord(records, {}, Text { 9, 5 }, "/v1/x");
        RecordWalk walk(records);
        const auto first = walk.next();
        QVERIFY(first);
        QCOMPARE(first->header.thread, 4U);
        const auto end = first->as<HttpEnd>();
        QVERIFY(end);
        QCOMPARE(end->bytesOut, 15022U);
        QVERIFY(!first->as<HttpChunk>());
        QCOMPARE(walk.next()->text(), std::string_view("/v1/x"));
        QVERIFY(!walk.next());
        QVERIFY(walk.wellFormed());
    }

    void aLyingTextIsEmpty()
    {
        std::vector<std::byte> records;
        appendRecord(records, {}, Text { 9, 4000 }, "abc");
        QCOMPARE(RecordWalk(records).next()->text(), std::string_view());
    }

    void faultsAreNamed_data()
    {
        QTest::addColumn<int>("at");
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<FrameFault>("fault");
        const auto u16 = [](int value) { return QByteArray(1, static_cast<char>(value)) + QByteArray(1, 0); };
        QTest::newRow("magic") << 0 << QByteArray("GET ") << FrameFault::NotOurs;
        QTest::newRow("version") << 4 << u16(2) << FrameFault::OtherVersion;
        QTest::newRow("type") << 6 << u16(99) << FrameFault::UnknownType;
        QTest::newRow("length") << 8 << QByteArray("\xff\xff\xff\x7f", 4) << FrameFault::TooLong;
        QTest::newRow("payload") << 16 << QByteArray("\x55") << FrameFault::Damaged;
    }
    void faultsAreNamed()
    {
        QFETCH(int, at);
        QFETCH(QByteArray, bytes);
        QFETCH(FrameFault, fault);
        std::vector<std::byte> stream;
        const std::vector<std::byte> payload(40, std::byte { 1 });
        appendFrame(stream, FrameType::Records, payload);
        std::memcpy(stream.data() + at, bytes.constData(), static_cast<std::size_t>(bytes.size()));
        const Read read = readAll(stream, 4096);
        QCOMPARE(read.frames, 0U);
        QCOMPARE(read.fault, fault);
        QVERIFY(!describe(fault, 2).empty());
    }

    void helloOfAnotherVersionIsRead()
    {
        std::vector<std::byte> stream;
        FieldWriter hello;
        hello.integer(HelloKey::Version, 7);
        appendFrame(stream, FrameType::Hello, hello.bytes());
        stream[4] = std::byte { 7 };
        FrameReader reader;
        std::copy(stream.begin(), stream.end(), reader.space().begin());
        reader.arrived(stream.size());
        const auto frame = reader.next();
        QVERIFY(frame);
        QCOMPARE(reader.theirVersion(), std::uint16_t(7));
        const auto field = FieldWalk(frame->payload).next();
        QVERIFY(field && field->is(HelloKey::Version));
        QCOMPARE(field->integer, 7U);
    }

    void aCutStreamEndsInsideAFrame()
    {
        auto stream = everyFrame();
        stream.resize(stream.size() - 1);
        const Read read = readAll(stream, 4096);
        QCOMPARE(read.frames, 1U);
        QVERIFY(read.insideFrame);
    }

    void recordsThatCannotBeEndTheWalk_data()
    {
        QTest::addColumn<unsigned>("bytes");
        for (const unsigned bytes : { 0U, 8U, 31U, 33U, 0xfffffff8U }) {
            QTest::addRow("%u", bytes) << bytes;
        }
    }
    void recordsThatCannotBeEndTheWalk()
    {
        QFETCH(unsigned, bytes);
        std::vector<std::byte> records;
        appendRecord(records, {}, Cost {});
        std::memcpy(records.data() + offsetof(RecordHeader, bytes), &bytes, sizeof bytes);
        RecordWalk walk(records);
        QVERIFY(!walk.next());
        QVERIFY(!walk.wellFormed());
    }

    void fieldsKeepTheirValues()
    {
        FieldWriter writer;
        writer.text(ServerKey::Engine, "vllm")
            .number(ServerKey::Port, 0.5)
            .integer(ServerKey::Pid, 1ULL << 40);
        FieldWalk walk(writer.bytes());
        QCOMPARE(walk.next()->text, std::string_view("vllm"));
        QCOMPARE(walk.next()->number, 0.5);
        QCOMPARE(walk.next()->integer, 1ULL << 40);
        QVERIFY(!walk.next());
        QVERIFY(walk.wellFormed());
    }

    void anyBytesAreSurvived()
    {
        std::mt19937_64 random(20261128);
        const auto good = everyFrame();
        for (int round = 0; round < 2000; ++round) {
            auto bytes = good;
            const int changes = 1 + static_cast<int>(random() % 4);
            for (int i = 0; i < changes; ++i) {
                bytes[random() % bytes.size()] = static_cast<std::byte>(random());
            }
            const auto from = static_cast<std::ptrdiff_t>(random() % 3 == 0 ? random() % bytes.size() : 0);
            readAll(std::span(bytes).subspan(static_cast<std::size_t>(from)), 1 + random() % 300);
            // Behind the checksum nothing protects the walks: give them the altered bytes as they are.
            RecordWalk records(std::span<const std::byte>(bytes).subspan(static_cast<std::size_t>(from)));
            while (const auto record = records.next()) {
                record->text();
            }
            FieldWalk fields(std::span<const std::byte>(bytes).subspan(static_cast<std::size_t>(from)));
            while (fields.next()) { }
        }
    }
};

QTEST_GUILESS_MAIN(TestFrame)
#include "tst_frame.moc"
