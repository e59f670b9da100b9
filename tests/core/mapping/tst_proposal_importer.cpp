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
    std::vector<std::string> arrays;
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> numbers; ///< "number/2 of 1: 1234"
    std::optional<Error> error;
};

Proposal propose(const std::string& text, Family family, std::optional<Mapping> as = std::nullopt)
{
    Proposal out;
    RecordingSink sink;
    Input input("dir/mine.csv", family,
        [&text] { return Result<std::unique_ptr<read::ByteSource>>(read::memorySource(text)); }, {}, {});
    if (auto done = ProposalImporter(std::move(as)).read(input, sink); !done) {
        out.error = done.error();
        return out;
    }
    for (const Extra& extra : sink.points.at(0).extras) {
        if (extra.path == "mapping") {
            out.mapping = *parseMapping(extra.text, "proposal");
        } else if (extra.path == "column") {
            out.columns.push_back(extra.text);
        } else if (extra.path == "array") {
            out.arrays.push_back(extra.text);
        }
    }
    for (std::size_t i = 1; i < sink.points.size(); ++i) {
        auto& row = out.rows.emplace_back();
        for (const Extra& extra : sink.points[i].extras) {
            if (extra.path == "cell") {
                row.push_back(extra.text);
            } else {
                out.numbers.push_back(extra.path + " of " + std::to_string(i) + ": " + extra.text);
            }
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

    /// By the whole file, as an import does.
    void numbersOfTheFirstRowsAreThoseOfAnImport()
    {
        std::string text = "model;tokens;ms\nm;120,512;7\n";
        QCOMPARE(propose(text, Family::Csv).numbers, std::vector<std::string> { "number/1 of 1: ?120,512" });
        for (int i = 0; i < 300; ++i) {
            text += "m;7;7\n";
        }
        text += "m;1,020,000;7\n";
        const Proposal p = propose(text, Family::Csv);
        QCOMPARE(p.numbers, std::vector<std::string> { "number/1 of 1: 120512" });
        QCOMPARE(p.rows[0], (std::vector<std::string> { "m", "120,512", "7" }));
        QVERIFY(propose("model;tokens;ms\nm;12;7.5\n", Family::Csv).numbers.empty());
        QCOMPARE(propose(R"([{"a":1.234,"b":"1.234"}])", Family::Json).numbers,
            std::vector<std::string> { "number/0 of 1: 1.234" });
    }

    void decimalCommasAreProposedByTheNumbers()
    {
        const std::string head = "model;users;mean_ttft_ms;output_tok_s\n";
        const Proposal p = propose(head + "m;8;120,512;512,125\nm;16;220,5;900,5\n", Family::Csv);
        QVERIFY(p.mapping.decimalComma);
        QCOMPARE(p.mapping.values.size(), std::size_t(4));
        QVERIFY(p.mapping.values[2].proposed.ends_with("taken for decimal ones"));
        QVERIFY(!p.mapping.values[1].proposed.ends_with("taken for decimal ones"));
        QCOMPARE(p.rows[0][2], std::string("120,512"));
        const Proposal open = propose(head + "m;8;120,512;512,125\n", Family::Csv);
        QVERIFY(!open.mapping.decimalComma);
        QVERIFY(open.mapping.values[2].proposed.ends_with("set decimal_comma"));
        const Proposal points = propose(head + "m;8;120.512;512.125\n", Family::Csv);
        QVERIFY(!points.mapping.decimalComma);
    }

    void aListOfDevicesProposesNothing()
    {
        const Proposal p = propose(
            "cuda_visible_devices\tusers\toutput_tok_s\n0,1\t8\t1,234\n2,3\t16\t2,468\n", Family::Csv);
        QVERIFY(!p.mapping.decimalComma);
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

    /// A list of something else is no list of rows, however long.
    void rowsAreWhereTheNumbersAre()
    {
        const Proposal lines = propose(R"({"model":"m","tok_s":1.5,"refs":[{"path":"a"},{"path":"b"}]})"
                                       "\n"
                                       R"({"model":"m","tok_s":2.5,"refs":[{"path":"c"}]})"
                                       "\n",
            Family::Json);
        QCOMPARE(lines.mapping.rows, std::string());
        QCOMPARE(lines.rows.size(), std::size_t(2));
        QCOMPARE(lines.arrays, std::vector<std::string> { "/refs" });
        const Proposal cases = propose(
            R"({"hosts":[{"name":"a"},{"name":"b"},{"name":"c"}],"cases":[{"ttft_p50_ms":5},{"ttft_p50_ms":6}]})",
            Family::Json);
        QCOMPARE(cases.mapping.rows, std::string("/cases"));
        const Proposal unknown = propose(R"({"a":[{"x":1}],"b":[{"x":1},{"x":2}]})", Family::Json);
        QCOMPARE(unknown.mapping.rows, std::string("/b"));
    }

    void linesOfJson()
    {
        const Proposal p
            = propose("{\"tok_s\":1.5,\"itls\":[1,2]}\n{\"tok_s\":2.5,\"itls\":[]}\n", Family::Json);
        QCOMPARE(p.mapping.rows, std::string());
        QCOMPARE(p.rows.size(), std::size_t(2));
        QCOMPARE(p.rows[0], (std::vector<std::string> { "1.5", "[2 values]" }));
    }

    void asAMappingSays()
    {
        Mapping as;
        as.headerRow = 2;
        as.delimiter = ';';
        const Proposal p = propose("1,2;3\na,b;c\n4,5;6\n", Family::Csv, as);
        QCOMPARE(p.columns, (std::vector<std::string> { "a,b", "c" }));
        QCOMPARE(p.mapping.headerRow, 2u);
        QCOMPARE(p.mapping.delimiter, ';');
        QCOMPARE(p.rows, (std::vector<std::vector<std::string>> { { "4,5", "6" } }));

        const std::string text = R"({"few":[{"a":1}],"many":[{"b":1},{"b":2}]})";
        as.format = Mapping::Format::Json;
        as.rows = "/few";
        const Proposal few = propose(text, Family::Json, as);
        QCOMPARE(few.mapping.rows, std::string("/few"));
        QCOMPARE(few.columns, (std::vector<std::string> { "/a" }));
        QCOMPARE(few.arrays, (std::vector<std::string> { "/few", "/many" }));
        as.rows = "/none";
        const Proposal none = propose(text, Family::Json, as);
        QVERIFY(none.error && none.error->reason.find("/none") != std::string::npos);
    }

    void rowsOfJsonNeedNotBeAlike()
    {
        const Proposal p = propose("{\"a\":1}\n{\"b\":2}\n{\"a\":3,\"c\":null}\n", Family::Json);
        QCOMPARE(p.columns, (std::vector<std::string> { "/a", "/b", "/c" }));
        QCOMPARE(p.rows.at(0), (std::vector<std::string> { "1", "", "" }));
        QCOMPARE(p.rows.at(2), (std::vector<std::string> { "3", "", "" }));
        // A file is recognised by its first row.
        QCOMPARE(p.mapping.columns, (std::vector<std::string> { "/a" }));
    }

    void arraysOfSeveralDocumentsHaveNoNumber()
    {
        const std::string line = R"({"run":{"cases":[{"x":1}]},"model":"m"})";
        const Proposal p = propose(line + '\n' + line + '\n', Family::Json);
        QCOMPARE(p.mapping.rows, std::string("/run/cases"));
        QCOMPARE(p.columns, (std::vector<std::string> { "/x", "^/model" }));
    }

    void tenThousandColumns()
    {
        std::string names;
        std::string cells;
        for (int i = 0; i < 10'000; ++i) {
            names += "column_" + std::to_string(i) + ',';
            cells += std::to_string(i) + ',';
        }
        std::string text = names + "ttft_p50_ms\n";
        for (int row = 0; row < 300; ++row) {
            text += cells + "7\n";
        }
        const Proposal p = propose(text, Family::Csv);
        QVERIFY2(!p.error, p.error ? p.error->text().c_str() : "");
        QCOMPARE(p.columns.size(), std::size_t(10'001));
        QCOMPARE(p.mapping.values.size(), std::size_t(1));
        QCOMPARE(p.mapping.values[0].column, std::string("ttft_p50_ms"));
        QVERIFY(p.rows.size() >= 10);

        std::string wider;
        for (std::size_t i = 0; i <= ProposalImporter::mostColumns; ++i) {
            wider += "c,";
        }
        const Proposal refused = propose(wider + "\n" + wider + "\n", Family::Csv);
        QVERIFY(refused.error && refused.error->reason.find("columns") != std::string::npos);
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
