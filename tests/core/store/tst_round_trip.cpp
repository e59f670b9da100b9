// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/trace_blobs.h"
#include "tests/support/made_points.h"

#include <QtTest>

#include <algorithm>
#include <bit>
#include <random>

using namespace prism;
using namespace prism::test;

class RoundTrip : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pointComesBackAsItWas();
    void numbersKeepEveryBit();
    void sourceComesBackAsItWas();
    void runsAreFoundByKey();
    void requestsPageByIndex();
    void rowsMayComeBeforeTheirPoint();
    void seriesComeBackAsTheyWere();
    void timelinesComeBackAsTheyWere();
    void timelinesOfNonsenseAreNone();
    void originalIsReadInPieces_data();
    void originalIsReadInPieces();
    void largeBatchesStayWhole();
};

void RoundTrip::pointComesBackAsItWas()
{
    const TemporaryStore store;
    const LoadPoint given = madePoint(4);
    const SourceId source = store.add("a.json", { madePoint(0), given });
    auto reader = store.reader();
    std::vector<PointDetail> points;
    QVERIFY(reader->points([&](const SourceRecord& of, PointDetail&& point) {
        if (of.id != source) {
            return false;
        }
        points.push_back(std::move(point));
        return true;
    }));
    QCOMPARE(points.size(), 2u);
    const PointDetail& got = points[1];
    QCOMPARE(got.record.index, 4u);
    QCOMPARE(got.record.label, given.label);
    QCOMPARE(got.record.group, given.group);
    QCOMPARE(got.record.source, source);
    QVERIFY(got.record.attributes == given.attributes);
    QVERIFY(got.measures == given.measures);
    QVERIFY(got.extras == given.extras);
    QVERIFY(got.warnings == given.warnings);
    QCOMPARE(got.record.uid.size(), 16u);
    QVERIFY(got.record.uid != points[0].record.uid);
    auto single = reader->point(got.record.id);
    QVERIFY(single && *single);
    QVERIFY((*single)->measures == given.measures);
    QCOMPARE((*single)->record.uid, got.record.uid);
    auto none = reader->point(4711);
    QVERIFY(none && !*none);
}

void RoundTrip::numbersKeepEveryBit()
{
    const TemporaryStore store;
    LoadPoint point = madePoint(0);
    point.measures.clear();
    const double values[] = { 0.1, 1e300, 5e-324, -0.0, 1.0 / 3, 123456789.123456789 };
    double p = 1;
    for (const double value : values) {
        Measure measure;
        measure.metric = findMetric("ttft");
        measure.stat = Stat::percentile(p++);
        measure.value = value;
        point.measures.push_back(measure);
    }
    store.add("a.json", { point });
    auto table = store.reader()->table();
    QVERIFY(table);
    p = 1;
    for (const double value : values) {
        const auto column = (*table)->measures(*findMetric("ttft"), Stat::percentile(p++));
        QCOMPARE(std::bit_cast<std::uint64_t>(column->values[0]), std::bit_cast<std::uint64_t>(value));
    }
}

void RoundTrip::sourceComesBackAsItWas()
{
    const TemporaryStore store;
    auto writer = store.writer();
    auto id = writer->begin({ "a.tar.gz!/x.json", "", 0, "sglang", 7 });
    QVERIFY(id);
    StoreWriter::Finished finished;
    finished.warnings = { { "truncated", "Cut off.", "12:3", Severity::Note } };
    finished.counts = { { "events", 12 }, { "spans", 1ull << 40 } };
    finished.attached = true;
    finished.twinOf = "abc";
    finished.sha256 = "def";
    finished.bytes = 77;
    QVERIFY(writer->finish(*id, finished));
    QVERIFY(writer->commit());
    auto got = store.reader()->source(*id);
    QVERIFY(got && *got);
    QCOMPARE((*got)->path, std::string("a.tar.gz!/x.json"));
    QCOMPARE((*got)->sha256, std::string("def"));
    QCOMPARE((*got)->bytes, 77u);
    QCOMPARE((*got)->producer, std::string("sglang"));
    QCOMPARE((*got)->importerVersion, 7);
    QCOMPARE((*got)->importedAt.size(), std::string("2026-01-02T03:04:05Z").size());
    QVERIFY((*got)->attached);
    QVERIFY((*got)->counts == finished.counts);
    QVERIFY((*got)->warnings == finished.warnings);
    QCOMPARE((*got)->twinOf, std::string("abc"));
}

void RoundTrip::runsAreFoundByKey()
{
    const TemporaryStore store;
    store.add("a.json", { madePoint(0), madePoint(1) }, "one");
    store.add("b.json", { madePoint(0) }, "one");
    store.add("c.json", { madePoint(0) }, "two");
    auto runs = store.reader()->runs();
    QVERIFY(runs);
    QCOMPARE(runs->size(), 2u);
    QCOMPARE((*runs)[0].points, 3u);
    QCOMPARE((*runs)[0].label, std::string("label of one"));
    QCOMPARE((*runs)[0].producer, std::string("vllm-serve"));
    QCOMPARE((*runs)[0].colourSlot, -1);
    const TemporaryStore other;
    other.add("z.json", { madePoint(9) }, "two");
    auto elsewhere = other.reader()->runs();
    QVERIFY(elsewhere);
    QCOMPARE((*elsewhere)[0].uid, (*runs)[1].uid); // from content, not from this database
}

void RoundTrip::requestsPageByIndex()
{
    const TemporaryStore store;
    auto writer = store.writer();
    auto source = writer->begin(madeSource("a.json"));
    QVERIFY(source);
    QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
    std::vector<RequestRow> rows;
    for (std::uint32_t i = 0; i < 50; ++i) {
        rows.push_back(madeRequest(i, i == 7 ? 3000 : i % 5));
    }
    QVERIFY(writer->addRequests(*source, 0, rows));
    QVERIFY(writer->finish(*source, {}));
    QVERIFY(writer->commit());
    auto reader = store.reader();
    PointId id = 0;
    QVERIFY(reader->points([&](const SourceRecord&, PointDetail&& point) {
        id = point.record.id;
        if (point.record.requests != 50u) {
            return false;
        }
        return true;
    }));
    auto all = reader->requests(id, 0, 1000);
    QVERIFY(all && *all == rows);
    auto page = reader->requests(id, 20, 10, false);
    QVERIFY(page);
    QCOMPARE(page->size(), 10u);
    QCOMPARE(page->front().index, 20u);
    QVERIFY(page->front().gapsMs.empty());
    QVERIFY(page->front().ttft == rows[20].ttft);
}

void RoundTrip::rowsMayComeBeforeTheirPoint()
{
    const TemporaryStore store;
    auto writer = store.writer();
    auto source = writer->begin(madeSource("a.json"));
    const RequestRow row = madeRequest(0, 0);
    const std::vector<double> gaps { 1.5, 2.5 };
    QVERIFY(writer->addGaps(*source, 3, 0, gaps));
    QVERIFY(writer->addRequests(*source, 3, { &row, 1 }));
    auto orphaned = writer->finish(*source, {});
    QVERIFY(!orphaned);
    QVERIFY2(orphaned.error().reason.find("point 3") != std::string::npos, orphaned.error().reason.c_str());
    QVERIFY(writer->addPoint(*source, madePoint(3), madeRun()));
    QVERIFY(!writer->addPoint(*source, madePoint(3), madeRun()));
    QVERIFY(writer->finish(*source, {}));
    QVERIFY(writer->commit());
    auto reader = store.reader();
    QVERIFY(reader->points([&](const SourceRecord&, PointDetail&& point) {
        if (!(point.measures == madePoint(3).measures)) {
            return false;
        }
        auto rows = reader->requests(point.record.id, 0, 10);
        if (!(rows && rows->size() == 1)) {
            return false;
        }
        if (!((*rows)[0].gapsMs == gaps)) {
            return false;
        }
        return true;
    }));
}

namespace {

TraceBatch someBatch(std::size_t spans)
{
    TraceBatch batch;
    for (std::size_t i = 0; i < spans; ++i) {
        batch.spans.startNs.push_back(1'740'461'679'479'712'125 - std::int64_t(i % 7) * 1000);
        batch.spans.durationNs.push_back(i % 5 == 0 ? SpanColumns::open : std::int64_t(i) * 1'000'000'007);
        batch.spans.lane.push_back(std::uint32_t(i % 2));
        batch.spans.name.push_back(std::uint32_t(i % 3));
        batch.spans.place.push_back(i * 300);
    }
    batch.flows = { { 5, -5 }, { 0, 1 }, { 0xffff'ffff'ffff'fffe, 1 } };
    return batch;
}

const TraceSheet someSheet { { { "python3", "main", -1, 5'000'000 }, { "GPU 0", "stream 7", 2, 0 } },
    { { "gemm", 1 }, { "mm", 0 }, { "", 1 } }, { "cpu_op", "kernel" }, 1'700'000'000'000'000'000, -3 };

} // namespace

void RoundTrip::timelinesComeBackAsTheyWere()
{
    const TemporaryStore store;
    auto writer = store.writer();
    auto source = writer->begin(madeSource("t.json"));
    const TraceBatch first = someBatch(1000);
    QVERIFY(writer->addTrace(*source, first));
    QVERIFY(writer->addTrace(*source, someBatch(3)));
    QVERIFY(writer->addTraceSheet(*source, someSheet));
    auto reader = store.reader();
    QVERIFY(!*reader->trace(*source)); // not visible yet
    StoreWriter::Finished attached;
    attached.attached = true;
    QVERIFY(writer->finish(*source, attached));
    QVERIFY(writer->commit());
    auto got = reader->trace(*source);
    QVERIFY(got && *got);
    QVERIFY((*got)->sheet == someSheet);
    SpanColumns spans = (*got)->events.spans;
    QCOMPARE(spans.size(), 1003u);
    for (auto* column : { &spans.startNs, &spans.durationNs }) {
        column->resize(1000);
    }
    spans.lane.resize(1000);
    spans.name.resize(1000);
    spans.place.resize(1000);
    QVERIFY(spans == first.spans);
    QCOMPARE((*got)->events.flows.size(), 4u);
    QCOMPARE((*got)->events.flows.id[0], 0xffff'ffff'ffff'fffe);

    QVERIFY(writer->remove({ *source }));
    QVERIFY(!*reader->trace(*source));
    QVERIFY(writer->purge());
    QCOMPARE(rawCount(store.file(), "trace_batch"), 0);
    QCOMPARE(rawCount(store.file(), "trace_sheet"), 0);
}

void RoundTrip::timelinesOfNonsenseAreNone()
{
    store::BlobWriter out;
    store::writeBatch(out, someBatch(50));
    const std::string bytes = out.bytes();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        TraceBatch batch;
        QVERIFY(!store::readBatch(std::span(bytes).first(size), batch));
    }
    store::BlobWriter sheetOut;
    store::writeSheet(sheetOut, someSheet);
    const std::string sheetBytes = sheetOut.bytes();
    for (std::size_t size = 0; size < sheetBytes.size(); ++size) {
        TraceSheet sheet;
        QVERIFY(!store::readSheet(std::span(sheetBytes).first(size), sheet));
    }
    std::mt19937 random(1);
    for (int i = 0; i < 20'000; ++i) {
        std::string noise = bytes;
        noise[random() % noise.size()] = static_cast<char>(random());
        TraceBatch batch;
        if (store::readBatch(noise, batch)) {
            QVERIFY(batch.spans.startNs.size() == batch.spans.place.size());
            QVERIFY(batch.flows.timeNs.size() == batch.flows.id.size());
        }
    }
    TraceBatch batch = someBatch(5);
    QVERIFY(store::fits(batch, someSheet));
    batch.spans.name[2] = 3;
    QVERIFY(!store::fits(batch, someSheet));
}

void RoundTrip::seriesComeBackAsTheyWere()
{
    const TemporaryStore store;
    auto writer = store.writer();
    auto source = writer->begin(madeSource("a.json"));
    TimeSeries series { "kv_cache_usage", "ratio", "/timeline", {}, {}, true };
    for (int i = 0; i < 5000; ++i) {
        series.seconds.push_back(1.7e9 + 0.1 * i);
        series.values.push_back(i / 7.0);
    }
    TimeSeries empty { "x", "", "", {}, {}, false };
    QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
    QVERIFY(writer->addSeries(*source, 0, series));
    QVERIFY(writer->addSeries(*source, 0, empty));
    TimeSeries uneven = series;
    uneven.values.pop_back();
    QVERIFY(!writer->addSeries(*source, 0, uneven));
    QVERIFY(writer->finish(*source, {}));
    QVERIFY(writer->commit());
    auto reader = store.reader();
    auto got = reader->series(1);
    QVERIFY(got);
    QCOMPARE(got->size(), 2u);
    QVERIFY((*got)[0] == series);
    QVERIFY((*got)[1] == empty);

    auto telemetry = writer->begin(madeSource("telemetry.csv"));
    QVERIFY(writer->addSeries(*telemetry, 0, series));
    StoreWriter::Finished attached;
    attached.attached = true;
    QVERIFY(writer->finish(*telemetry, attached));
    QVERIFY(writer->commit());
    auto all = reader->sourceSeries(*telemetry);
    QVERIFY(all);
    QCOMPARE(all->size(), 1u);
    QVERIFY((*all)[0] == series);
    QCOMPARE((*reader->table())->rows(), 1u); // no point of its own
    QCOMPARE(reader->sourceSeries(*source)->size(), 2u);
}

void RoundTrip::originalIsReadInPieces_data()
{
    QTest::addColumn<std::size_t>("size");
    QTest::addColumn<QString>("kind");
    QTest::addColumn<std::size_t>("piece");
    QTest::newRow("nothing") << std::size_t(0) << "text" << std::size_t(700'001);
    QTest::newRow("small") << std::size_t(10) << "text" << std::size_t(700'001);
    QTest::newRow("compressible") << std::size_t(3'500'000) << "text" << std::size_t(700'001);
    QTest::newRow("not compressible") << std::size_t(2'100'000) << "noise" << std::size_t(700'001);
    QTest::newRow("exactly two chunks") << std::size_t(2 << 20) << "text" << std::size_t(700'001);
    QTest::newRow("numbers") << std::size_t(3'500'000) << "digits" << std::size_t(700'001);
    QTest::newRow("numbers, a chunk at a time") << std::size_t(3'500'000) << "digits" << std::size_t(1 << 20);
    QTest::newRow("several chunks at a time") << std::size_t(5'500'000) << "text" << std::size_t(2'500'000);
}

void RoundTrip::originalIsReadInPieces()
{
    QFETCH(std::size_t, size);
    QFETCH(QString, kind);
    QFETCH(std::size_t, piece);
    std::string bytes(size, '\0');
    std::uint64_t state = 88172645463325252ull;
    for (std::size_t i = 0; i < size; ++i) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes[i] = static_cast<char>(kind == "noise" ? state
                : kind == "digits"                   ? "0123456789"[state % 10]
                                                     : "{\"ttft\": 12}"[i % 12]);
    }
    const TemporaryStore store;
    auto writer = store.writer();
    auto source = writer->begin(madeSource("a.json"));
    for (std::size_t at = 0; at < size; at += piece) {
        QVERIFY(writer->addOriginal(*source, std::span(bytes).subspan(at, std::min(piece, size - at))));
    }
    QVERIFY(writer->finish(*source, {}));
    QVERIFY(writer->commit());
    auto reader = store.reader();
    const std::string sha = madeSource("a.json").sha256;
    auto all = reader->original(sha, 0, size + 10);
    QVERIFY(all);
    QVERIFY(*all == bytes);
    for (const std::size_t offset :
        { std::size_t(0), std::size_t(1 << 20) - 3, std::size_t(2'000'000), size, size + 99 }) {
        auto part = reader->original(sha, offset, 1000);
        QVERIFY(part);
        QVERIFY(*part == (offset < size ? bytes.substr(offset, 1000) : std::string()));
    }
    QVERIFY(!reader->original("unknown", 0, 10));
}

void RoundTrip::largeBatchesStayWhole()
{
    const TemporaryStore store;
    auto writer = store.writer();
    auto source = writer->begin(madeSource("a.json"));
    QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
    std::vector<RequestRow> rows;
    for (std::uint32_t i = 0; i < 25'000; ++i) {
        rows.push_back(madeRequest(i, 2));
    }
    QVERIFY(writer->addRequests(*source, 0, rows));
    QVERIFY(rawCount(store.file(), "request") >= 10'000); // batches are in the file,
    auto reader = store.reader();
    QVERIFY(reader->requests(1, 0, 10)->empty()); // but no reader sees them
    QVERIFY(reader->sources()->empty());
    QVERIFY(writer->finish(*source, {}));
    QVERIFY(writer->commit());
    QVERIFY(*reader->requests(1, 0, 30'000) == rows);
}

QTEST_GUILESS_MAIN(RoundTrip)
#include "tst_round_trip.moc"
