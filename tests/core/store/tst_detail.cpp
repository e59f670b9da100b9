// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/compress.h"
#include "core/store/point_blobs.h"

#include <QtTest>

using namespace prism;
using namespace prism::store;

namespace {

LoadPoint somePoint()
{
    LoadPoint point;
    for (const char* path : { "/config/model", "/config/tp", "" }) {
        Attribute attribute;
        attribute.path = path;
        point.attributes.push_back(std::move(attribute));
    }
    for (const char* path :
        { "/latency/ttft/p50", "/latency/ttft/p99", "/latency/ttft/p99", "/latency", "/x" }) {
        Measure measure;
        measure.path = path;
        measure.given = std::string(path) == "/latency/ttft/p99" ? "p99"
            : std::string(path) == "/x"                          ? ""
                                                                 : "ms";
        measure.formula = std::string(path) == "/x" ? "a / b" : "";
        point.measures.push_back(std::move(measure));
    }
    point.extras.push_back({ "/latency/ttft/mode", "12" });
    point.warnings.push_back({ "code", "text", "/where", Severity::Warning });
    return point;
}

/// As up to format 6.
void writeWholePaths(BlobWriter& out, const LoadPoint& point)
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
    out.number(0);
}

std::string packed(const BlobWriter& out)
{
    Compressor compressor;
    return std::string(compressor.pack(out.bytes(), { 1 }));
}

/// What the row of a point has before its detail is read.
struct Bare {
    explicit Bare(const LoadPoint& point)
        : attributes(point.attributes.size())
        , measures(point.measures.size())
    {
    }
    bool read(const std::string& bytes) { return readDetail(bytes, attributes, measures, extras, warnings); }

    std::vector<Attribute> attributes;
    std::vector<Measure> measures;
    std::vector<Extra> extras;
    std::vector<Warning> warnings;
};

} // namespace

/// Where the numbers of a point stood in its file, as the database keeps it.
class Detail : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void comesBack_data()
    {
        QTest::addColumn<bool>("older");
        QTest::newRow("as it is written now") << false;
        QTest::newRow("as up to format 6") << true;
    }

    void comesBack()
    {
        QFETCH(bool, older);
        const LoadPoint point = somePoint();
        BlobWriter out;
        older ? writeWholePaths(out, point) : writeDetail(out, point);
        Bare bare(point);
        QVERIFY(bare.read(packed(out)));
        for (std::size_t i = 0; i < point.attributes.size(); ++i) {
            QCOMPARE(bare.attributes[i].path, point.attributes[i].path);
        }
        for (std::size_t i = 0; i < point.measures.size(); ++i) {
            QCOMPARE(bare.measures[i].path, point.measures[i].path);
            QCOMPARE(bare.measures[i].given, point.measures[i].given);
            QCOMPARE(bare.measures[i].formula, point.measures[i].formula);
        }
        QCOMPARE(bare.extras.size(), std::size_t { 1 });
        QCOMPARE(bare.extras[0].path, point.extras[0].path);
        QCOMPARE(bare.extras[0].text, point.extras[0].text);
        QCOMPARE(bare.warnings.size(), std::size_t { older ? 0u : 1u });
        const std::vector<std::string> places { "/config/model", "/config/tp", "/latency/ttft/p50",
            "/latency/ttft/p99", "/latency/ttft/p99", "/latency", "/x" };
        QCOMPARE(readPlaces(packed(out)), places);
    }

    void pathsThatShareCostLittle()
    {
        LoadPoint point;
        for (int i = 0; i < 100; ++i) {
            Measure measure;
            measure.given = "p" + std::to_string(i);
            measure.path = "/results/request_performance/aggregate/latency/" + measure.given;
            point.measures.push_back(std::move(measure));
        }
        BlobWriter out;
        writeDetail(out, point);
        QVERIFY2(out.bytes().size() < 700, std::to_string(out.bytes().size()).c_str());
    }

    /// Each path that is shared whole costs two bytes there, and its length here.
    void pathsAreBoundedTogether()
    {
        const std::string path(std::size_t { 4 } << 20, 'x');
        for (const bool much : { false, true }) {
            LoadPoint point;
            point.attributes.resize((much ? maxDetailBytes : maxDetailBytes / 16) / path.size());
            for (Attribute& attribute : point.attributes) {
                attribute.path = path;
            }
            BlobWriter out;
            writeDetail(out, point);
            const std::string bytes = packed(out);
            QVERIFY(bytes.size() < 10'000);
            Bare bare(point);
            point = {};
            QCOMPARE(bare.read(bytes), !much);
            bare = Bare(point);
            QCOMPARE(readPlaces(bytes).empty(), much);
        }
    }

    /// A path that shares more than there is: the first has nothing before it.
    void damageIsRefused()
    {
        LoadPoint point;
        Measure measure;
        measure.path = "/abc";
        point.measures.push_back(measure);
        BlobWriter out;
        writeDetail(out, point);
        std::string bytes = out.bytes();
        const std::size_t shared = bytes.find("/abc") - 2;
        QCOMPARE(bytes[shared], '\0');
        bytes[shared] = 9;
        BlobWriter damaged;
        damaged.raw(bytes.data(), bytes.size());
        Bare bare(point);
        QVERIFY(!bare.read(packed(damaged)));
        QVERIFY(readPlaces(packed(damaged)).empty());
        for (std::size_t length = 0; length < out.bytes().size(); ++length) {
            BlobWriter cut;
            cut.raw(out.bytes().data(), length);
            Bare rest(point);
            QVERIFY(!rest.read(packed(cut)));
        }
    }
};

QTEST_GUILESS_MAIN(Detail)
#include "tst_detail.moc"
