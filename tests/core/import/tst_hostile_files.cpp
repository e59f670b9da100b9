// SPDX-License-Identifier: GPL-3.0-or-later
// Files made to harm, by the rows of the threat model, through the whole import: each is refused, or read
// with a warning, in a sentence that names file, reason and what to do; the files beside it are imported.
//
// Rows that stand elsewhere:
//   what "alias bomb", "2 GB+ file" and "zip bomb" may cost: read/tst_hostile_bytes
//   "HTML in labels": scenarios/tst_hostile_labels
//   "CSV injection on export": export/tst_csv_injection, of the window's tables scenarios/tst_hostile_labels
//   "parser memory bugs": what a parser that was taken over can do, tst_fences and tst_lying_parser
//   a hostile database: store/tst_damage and its neighbours
#include "tests/support/imported_folder.h"
#include "tests/support/packed.h"
#include "tests/support/vllm_results.h"

#include <QTest>

#include <algorithm>
#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>

using namespace prism;
using test::PackedMember;
using test::Packing;

namespace {

std::string result(int concurrency)
{
    return test::vllmResult(QStringLiteral("org/model"), concurrency).toStdString();
}

/// A result in which the text `what` stands as `with` instead.
std::string resultWith(const std::string& what, const std::string& with)
{
    std::string text = result(4);
    const std::size_t at = text.find(what);
    return at == std::string::npos ? std::string() : text.replace(at, what.size(), with);
}

std::string repeated(const std::string& text, std::size_t times)
{
    std::string out;
    out.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) {
        out += text;
    }
    return out;
}

/// Each line ten times the one before: 10^`lines` values.
std::string aliasBomb(int lines)
{
    std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < lines; ++i) {
        const std::string before = ",*a" + std::to_string(i - 1);
        text += 'a' + std::to_string(i) + ": &a" + std::to_string(i) + " [" + repeated(before, 10).substr(1)
            + "]\n";
    }
    return text;
}

/// Mappings that take in each other's members, twice as many each time.
std::string mergeBomb()
{
    std::string text = "m0: &m0 {a: 1}\n";
    for (int i = 1; i < 40; ++i) {
        const std::string before = "*m" + std::to_string(i - 1);
        text += 'm' + std::to_string(i) + ": &m" + std::to_string(i) + " {<<: [" + before + ", " + before
            + "], k" + std::to_string(i) + ": {<<: " + before + "}}\n";
    }
    return text;
}

std::string inUtf16(const std::string& text)
{
    std::string out = "\xFF\xFE";
    for (const char c : text) {
        out += c;
        out += '\0';
    }
    return out;
}

std::string manyMembers(int count)
{
    std::vector<PackedMember> members;
    for (int i = 0; i < count; ++i) {
        members.push_back({ std::to_string(i), "x" });
    }
    return test::zipOf(members);
}

} // namespace

class HostileFilesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<test::ImportedFolder>(); }

    /// All in one import: what one does to the parser must not reach the next.
    void isRefused_data()
    {
        QTest::addColumn<QString>("source");
        QTest::addColumn<QString>("told");
        m_refused = std::make_unique<test::ImportedFolder>();
        int number = 10;
        const auto row
            = [&](const char* threat, const std::string& name, const std::string& bytes, const char* told) {
                  const std::string at = std::to_string(number++) + '/';
                  const std::string file = at + (bytes.starts_with("PK") ? "b.zip" : name);
                  m_refused->write(file, bytes);
                  const bool member = file != at + name && name != "b.zip";
                  QTest::newRow(threat) << QString::fromStdString(member ? file + "!/" + name : file) << told;
              };
        row("alias bomb", "b.yaml", aliasBomb(9), "aliases");
        row("alias bomb, self alias", "b.yaml", "a: &a [*a]\n", "alias");
        row("alias bomb, merge bomb", "b.yaml", mergeBomb(), "aliases");
        row("deep nesting, JSON, 100 k", "b.json", std::string(100'000, '['), "nested deeper than 64");
        row("deep nesting, JSON, 5 M", "b.json", std::string(5'000'000, '['), "nested deeper than 64");
        row("deep nesting, JSON objects", "b.json", repeated("{\"a\":", 200'000), "nested deeper than 64");
        row("deep nesting, YAML, 100 k", "b.yaml", "a: " + std::string(100'000, '['),
            "nested deeper than 64");
        row("deep nesting, YAML, 5 M", "b.yaml", "a: " + std::string(5'000'000, '['),
            "nested deeper than 64");
        row("deep nesting, YAML blocks", "b.yaml", "a:\n  " + repeated("- ", 100'000) + "1\n",
            "nested deeper than 64");
        row("zip bomb", "x.json", test::zipOf({ { "x.json", std::string(40'000'000, ' ') } }),
            "compression bombs");
        row("zip bomb, bzip2", "b.json.bz2", test::packed(std::string(40'000'000, ' '), Packing::Bzip2),
            "compression bombs");
        row("zip bomb, members", "b.zip", manyMembers(10'001), "10000");
        row("zip bomb, archive in archive in archive", "x.zip",
            test::zipOf(
                { { "x.zip", test::zipOf({ { "y.zip", test::zipOf({ { "z.json", result(4) } }) } }) } }),
            "an archive within an archive");
        row("hex", "b.json", resultWith("\"mean_ttft_ms\": 80", "\"mean_ttft_ms\": 0x10"), "");
        row("a decimal comma", "b.json", resultWith("\"mean_ttft_ms\": 80", "\"mean_ttft_ms\": 1,5"), "");
        row("no number at all", "b.json", resultWith("\"mean_ttft_ms\": 80", "\"mean_ttft_ms\": "), "");
        row("cut short", "b.json", result(4).substr(0, 700), "the file ends inside");
        row("cut short, gzip", "b.json.gz", test::packed(result(4), Packing::Gzip).substr(0, 60), "");
        row("cut short, tar", "b.tar", test::tarOf({ { "x.json", result(4) } }).substr(0, 900), "");
        row("nothing", "b.json", "", "");
        row("zeros", "b.json", std::string(5000, '\0'), "");
        row("a program", "b.json",
            std::string("\x7f"
                        "ELF\x02\x01\x01\0\0\1\2\3\4\5\6\7",
                16),
            "");
        m_refused->write("00/a.json", result(1));
        m_refused->write("99/c.json", result(2));
        m_refused->import();
    }
    void isRefused()
    {
        QFETCH(QString, source);
        QFETCH(QString, told);
        const FileResult bad = m_refused->result(source.toStdString());
        QVERIFY2(
            bad.outcome == Outcome::Refused || bad.outcome == Outcome::Skipped, ::name(bad.outcome).data());
        QVERIFY(bad.reason);
        QVERIFY(!bad.reason->reason.empty() && !bad.reason->remedy.empty());
        QVERIFY2(QString::fromStdString(bad.reason->text()).contains(told), bad.reason->text().c_str());
        QCOMPARE(m_refused->sources(), std::string("a.json c.json"));
    }

    /// It is hashed and looked at in parts; nothing of its size is in memory, for the parser may not have as
    /// much.
    void fileOfMoreThan2GB()
    {
        constexpr off_t size = 2'300'000'000;
        m_folder->write("b.json", "{\"a\": [1,\n2,");
        QCOMPARE(truncate(m_folder->path("b.json").c_str(), size), 0);
        importWithNeighbours();
        const FileResult bad = m_folder->result("b.json");
        QVERIFY(bad.reason);
        QVERIFY2(bad.reason->place == "2:3", bad.reason->text().c_str());
        QVERIFY(!bad.reason->remedy.empty());
        QCOMPARE(m_folder->sources(), std::string("a.json c.json"));
    }

    void numbersThatAreNone_data()
    {
        QTest::addColumn<QByteArray>("given");
        QTest::addColumn<int>("status");
        QTest::addColumn<QString>("warned");
        const auto row = [](const char* threat, const char* given, Status status, const char* warned) {
            QTest::newRow(threat) << QByteArray(given) << int(status) << warned;
        };
        row("NaN", "NaN", Status::NotANumber, "non-finite");
        row("Inf", "Infinity", Status::Infinite, "non-finite");
        row("-Inf", "-Infinity", Status::Infinite, "non-finite");
        row("NaN as text", "\"nan\"", Status::NotANumber, "");
        row("1e400", "1e400", Status::Infinite, "");
        row("-1e400", "-1e400", Status::Infinite, "");
        row("1e-400", "1e-400", Status::Ok, "");
        row("2^64", "18446744073709551616", Status::Ok, "");
        row("negative latency", "-80.5", Status::Ok, "negative-value");
        row("null", "null", Status::Missing, "");
        row("1e999", "1e999", Status::Infinite, "");
        row("hex as text", "\"0x10\"", Status::Missing, "");
        row("a comma as text", "\"1,5\"", Status::Missing, "");
        row("an empty text", "\"\"", Status::Missing, "");
        row("words", "\"12 apples\"", Status::Missing, "");
    }
    /// The file is read, the one number is what it is, and no other number changes.
    void numbersThatAreNone()
    {
        QFETCH(QByteArray, given);
        QFETCH(int, status);
        QFETCH(QString, warned);
        m_folder->write(
            "b.json", resultWith("\"mean_ttft_ms\": 80", "\"mean_ttft_ms\": " + given.toStdString()));
        importWithNeighbours();
        QCOMPARE(m_folder->result("b.json").outcome, Outcome::Imported);
        const auto points = m_folder->points("b.json");
        QCOMPARE(points.size(), std::size_t(1));
        int means = 0;
        for (const Measure& m : points[0].measures) {
            const bool mean = m.metric->id == "ttft" && m.stat == Stat::mean();
            means += mean ? 1 : 0;
            QCOMPARE(int(m.status), mean ? status : int(Status::Ok));
        }
        QCOMPARE(means, 1);
        const auto& told = m_folder->result("b.json").warnings;
        QCOMPARE(std::any_of(told.begin(), told.end(),
                     [&](const Warning& w) { return w.code == warned.toStdString(); }),
            !warned.isEmpty());
    }

    /// Which unit "ttft" of a table has nobody can know: it is asked for, not guessed.
    void units()
    {
        m_folder->write("b.csv", "concurrency,ttft\n1,80\n2,90\n");
        importWithNeighbours();
        const FileResult bad = m_folder->result("b.csv");
        QVERIFY(bad.outcome == Outcome::Refused || bad.outcome == Outcome::Skipped);
        QVERIFY2(bad.reason && bad.reason->remedy.find("mapping") != std::string::npos,
            bad.reason ? bad.reason->text().c_str() : "");
    }

    void textsOfOtherEncodings_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QByteArray>("model");
        QTest::addColumn<bool>("warned");
        const auto named = [](const std::string& model) { return resultWith("org/model", model); };
        const auto row = [](const char* threat, const std::string& bytes, const char* model, bool warned) {
            QTest::newRow(threat) << QByteArray::fromStdString(bytes) << QByteArray(model) << warned;
        };
        row("UTF-16", inUtf16(result(4)), "org/model", false);
        row("BOM", "\xEF\xBB\xBF" + result(4), "org/model", false);
        row("invalid UTF-8", named("m\xFF"), "m\xEF\xBF\xBD", true);
        row("bidi controls", named("exe.\xE2\x80\xAEgnp"), "exe.\\u202Egnp", false);
        row("bidi controls, escaped", named("exe.\\u202Egnp"), "exe.\\u202Egnp", false);
        row("controls of a terminal", named("m\\u001b[31m\\u0007"), "m[31m", false);
    }
    void textsOfOtherEncodings()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QByteArray, model);
        QFETCH(bool, warned);
        m_folder->write("b.json", bytes.toStdString());
        importWithNeighbours();
        const FileResult read = m_folder->result("b.json");
        QCOMPARE(read.outcome, Outcome::Imported);
        QCOMPARE(read.requests, 4u);
        const auto points = m_folder->points("b.json");
        QCOMPARE(points.size(), std::size_t(1));
        QCOMPARE(attribute(points[0], "model"), model.toStdString());
        QCOMPARE(std::any_of(read.warnings.begin(), read.warnings.end(),
                     [](const Warning& w) { return w.code == "invalid-characters"; }),
            warned);
    }

    void archivesReachNothing_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("member");
        const auto row = [](const char* threat, const std::string& bytes, const char* member) {
            QTest::newRow(threat) << QByteArray::fromStdString(bytes) << member;
        };
        const std::vector<PackedMember> slip { { "../../slipped.json", result(4) } };
        const std::vector<PackedMember> rooted { { "/tmp/slipped.json", result(4) } };
        row("zip slip", test::zipOf(slip), "../../slipped.json");
        row("zip slip, tar", test::tarOf(slip), "../../slipped.json");
        row("zip slip, absolute", test::zipOf(rooted), "slipped.json");
        const auto link = [](PackedMember::Kind kind) {
            return std::vector<PackedMember> { { "link", "/etc/passwd", kind }, { "x.json", result(4) } };
        };
        row("links", test::zipOf(link(PackedMember::Symlink)), "x.json");
        row("links, tar", test::tarOf(link(PackedMember::Symlink)), "x.json");
        row("links, hard", test::tarOf(link(PackedMember::Hardlink)), "x.json");
        row("links, device", test::tarOf(link(PackedMember::Device)), "x.json");
    }
    /// Names of members are labels: nothing is written, and nothing is read but the archive.
    void archivesReachNothing()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, member);
        m_folder->write("deep/er/b.zip", bytes.toStdString());
        importWithNeighbours();
        QCOMPARE(m_folder->result(member.toStdString()).outcome, Outcome::Imported);
        for (const FileResult& result : m_folder->results()) {
            // Of a zip a link is a text, the name of a file, in which there is no result.
            QCOMPARE(result.outcome,
                result.source.ends_with("b.zip!/link") ? Outcome::Refused : Outcome::Imported);
        }
        QCOMPARE(filesBelow(m_folder->path()), 3);
        QVERIFY(!std::filesystem::exists("/tmp/slipped.json"));
    }

    /// A bundle of such names is linked by its words, and its names lead nowhere.
    void bundleNamesReachNothing()
    {
        m_folder->write("deep/er/b.zip",
            test::zipOf({ { "../../r/x.json", result(4) }, { "../../r/config.yaml", "model: org/model\n" },
                { "/etc/r/server_args.json", "{\"tp\": 4}" } }));
        importWithNeighbours();
        QCOMPARE(m_folder->result("r/x.json").outcome, Outcome::Imported);
        QCOMPARE(m_folder->result("r/config.yaml").outcome, Outcome::Attached);
        QCOMPARE(m_folder->result("server_args.json").outcome, Outcome::Attached);
        QCOMPARE(filesBelow(m_folder->path()), 3);
        QVERIFY(!std::filesystem::exists("/etc/r"));
    }

    /// What a report says of itself never becomes a path.
    void pathTraversal_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name : { "../../../../tmp/escaped", "/tmp/escaped", "..", "a/../../escaped",
                 "~/escaped", "C:\\\\escaped", "escaped\\u0000.json" }) {
            QTest::newRow((std::string("path traversal by names in reports: ") + name).c_str()) << name;
        }
    }
    void pathTraversal()
    {
        QFETCH(QString, name);
        m_folder->write("b.json", resultWith("org/model", name.toStdString()));
        importWithNeighbours();
        QCOMPARE(m_folder->result("b.json").outcome, Outcome::Imported);
        QCOMPARE(filesBelow(m_folder->path()), 3);
        QVERIFY(!std::filesystem::exists("/tmp/escaped"));
    }

private:
    /// The bad file stands between two good ones.
    void importWithNeighbours()
    {
        m_folder->write("a.json", result(1));
        m_folder->write("c.json", result(2));
        const ImportSummary summary = m_folder->import();
        QVERIFY(!summary.cancelled);
        for (const char* neighbour : { "a.json", "c.json" }) {
            QCOMPARE(m_folder->result(neighbour).outcome, Outcome::Imported);
            QCOMPARE(m_folder->points(neighbour).size(), std::size_t(1));
        }
    }

    static std::string attribute(const PointDetail& point, std::string_view name)
    {
        for (const Attribute& a : point.record.attributes) {
            if (a.name == name) {
                return toText(a.value);
            }
        }
        return {};
    }

    static int filesBelow(const std::string& folder)
    {
        int files = 0;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
            files += entry.is_directory() ? 0 : 1;
        }
        return files;
    }

    std::unique_ptr<test::ImportedFolder> m_folder;
    std::unique_ptr<test::ImportedFolder> m_refused; ///< of isRefused()
};

QTEST_GUILESS_MAIN(HostileFilesTest)
#include "tst_hostile_files.moc"
