// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/mapping/mapping.h"
#include "core/mapping/proposal_importer.h"
#include "tests/support/recording_sink.h"

#include <QtTest>

using namespace prism;
using prism::test::RecordingSink;

namespace {

struct Proposal {
    Mapping mapping;
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
    std::optional<Error> error;
};

Proposal propose(const std::string& text, Family family)
{
    Proposal out;
    RecordingSink sink;
    Input input("dir/mine.csv", family,
        [&text] { return Result<std::unique_ptr<read::ByteSource>>(read::memorySource(text)); }, {}, {});
    if (auto done = ProposalImporter().read(input, sink); !done) {
        out.error = done.error();
        return out;
    }
    for (const Extra& extra : sink.points.at(0).extras) {
        if (extra.path == "mapping") {
            out.mapping = *parseMapping(extra.text, "proposal");
        } else if (extra.path == "column") {
            out.columns.push_back(extra.text);
        } else {
            out.rows.resize(std::stoul(extra.path.substr(4)) + 1);
            out.rows.back().push_back(extra.text);
        }
    }
    return out;
}

} // namespace

class TestProposalImporter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tables()
    {
        const Proposal p
            = propose("# frob 1.2\n\nmodel;ttft_p50_ms;seed\nllama;20;1\nllama;30;2\n", Family::Csv);
        QVERIFY2(!p.error, p.error ? p.error->text().c_str() : "");
        QCOMPARE(p.mapping.name, std::string("mine"));
        QCOMPARE(p.mapping.headerRow, 3u);
        QCOMPARE(p.mapping.columns, (std::vector<std::string> { "model", "ttft_p50_ms", "seed" }));
        QCOMPARE(p.mapping.values.size(), std::size_t(2));
        QCOMPARE(p.rows.size(), std::size_t(2));
        QCOMPARE(p.rows[1], (std::vector<std::string> { "llama", "30", "2" }));
    }

    void tablesWithoutNames()
    {
        const Proposal p = propose("32, 12288, 0.5\n64, 12288, 0.6\n", Family::Csv);
        QCOMPARE(p.mapping.headerRow, 0u);
        QCOMPARE(p.columns, (std::vector<std::string> { "1", "2", "3" }));
        QCOMPARE(p.rows.size(), std::size_t(2));
    }

    void rowsOfADocumentAndWhatStandsBesideThem()
    {
        const Proposal p
            = propose(R"({"model":"llama","few":[{"a":1}],"cases":[{"concurrency":1,"m":{"ttft_s":0.5}},)"
                      R"({"concurrency":2,"m":{"ttft_s":0.7}}]})",
                Family::Json);
        QCOMPARE(p.mapping.rows, std::string("/cases"));
        QCOMPARE(p.mapping.columns, (std::vector<std::string> { "/concurrency", "/m/ttft_s" }));
        QCOMPARE(p.columns.back(), std::string("^/model"));
        QCOMPARE(p.rows.at(1), (std::vector<std::string> { "2", "0.7", "llama" }));
        QCOMPARE(p.mapping.values.size(), std::size_t(3));
        QCOMPARE(p.mapping.values[1].unit, std::string("s"));
    }

    void linesOfJson()
    {
        const Proposal p
            = propose("{\"tok_s\":1.5,\"itls\":[1,2]}\n{\"tok_s\":2.5,\"itls\":[]}\n", Family::Json);
        QCOMPARE(p.mapping.rows, std::string());
        QCOMPARE(p.rows.size(), std::size_t(2));
        QCOMPARE(p.rows[0], (std::vector<std::string> { "1.5", "[2 values]" }));
    }

    void filesWithoutRows()
    {
        QVERIFY(propose("", Family::Csv).error);
        QVERIFY(propose("[1,2,3]", Family::Json).error);
        QVERIFY(propose("a,b,c\n", Family::Csv).error);
    }
};

QTEST_GUILESS_MAIN(TestProposalImporter)
#include "tst_proposal_importer.moc"
