// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/prometheus.h"

#include <QtTest>
#include <rapidcheck.h>

#include <cmath>
#include <fstream>
#include <sstream>

using namespace prism;
using namespace prism::read;

namespace {

struct Exposition : PrometheusHandler {
    std::string samples; ///< one a line: name{labels} value [@timestamp] [#exemplar] (family type)
    std::string places; ///< "line:column" of sample and of its number
    std::vector<std::string> helps;
    std::size_t ends = 0;
    PrometheusReport report;
    std::optional<Error> error;
    std::optional<Error> refusal; ///< what sample() answers
    bool lenient = false; ///< what passesOver() answers

    Result<void> sample(const PrometheusSample& s) override
    {
        if (refusal) {
            return *refusal;
        }
        samples += (samples.empty() ? "" : "\n") + std::string(s.name) + joined(s.labels) + ' ';
        samples += std::string(s.number.text);
        if (s.timestamp) {
            samples += " @" + std::string(s.timestamp->text);
        }
        if (s.exemplar) {
            samples += " #" + joined(s.exemplar->labels) + ' ' + std::string(s.exemplar->number.text);
            samples += s.exemplar->timestamp ? " @" + std::string(s.exemplar->timestamp->text) : "";
        }
        samples += " (" + s.family->name + ' ' + std::to_string(int(s.family->type)) + ')';
        places += (places.empty() ? "" : " ") + s.place.text() + '/' + s.number.place.text();
        helps.push_back(s.family->help);
        last = s.number.value;
        return {};
    }
    Result<void> end(Place) override
    {
        ++ends;
        return {};
    }
    bool passesOver(const Error&) override { return lenient; }
    double last = 0;

private:
    static std::string joined(std::span<const PrometheusLabel> labels)
    {
        std::string out;
        for (const PrometheusLabel& label : labels) {
            out += (out.empty() ? "[" : ",") + std::string(label.name) + '=' + std::string(label.value);
        }
        return out.empty() ? out : out + ']';
    }
};

void readFrom(Exposition& out, ByteSource& source, const Budgets& budgets = {})
{
    auto report = readPrometheus(source, budgets, out);
    if (report) {
        out.report = *report;
    } else {
        out.error = report.error();
    }
}

Exposition readIt(const std::string& text, const Budgets& budgets = {})
{
    Exposition out;
    readFrom(out, *memorySource(text), budgets);
    return out;
}

} // namespace

class TestPrometheus : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void samples_data();
    void samples();
    void numbers_data();
    void numbers();
    void placesOfSamplesAndNumbers();
    void metadataIsUndoneAndBelongsToItsSamples();
    void labelByName();
    void anOpenMetricsTextEnds();
    void severalExpositionsInOneText();
    void whatIsOddIsCounted();
    void faults_data();
    void faults();
    void whatStandsAroundIsPassedOver();
    void aCutOffEndIsSaid();
    void budgets();
    void handlerErrorStops();
    void anySplitGivesTheSameSamples();
    void writtenValuesReadBack();
};

void TestPrometheus::samples_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("samples");
    const auto row = [](const char* name, const char* text, const char* samples) {
        QTest::newRow(name) << QByteArray(text) << QByteArray(samples);
    };
    row("empty", "", "");
    row("comments and blank lines", "# a comment\n\n   \n#\n# HELP\n# TYPE \n", "");
    row("plain", "up 1\n", "up 1 (up 0)");
    row("colons in the name", "vllm:num_requests_running{engine=\"0\"} 3.0\n",
        "vllm:num_requests_running[engine=0] 3.0 (vllm:num_requests_running 0)");
    row("gauge", "# TYPE up gauge\nup 1\n", "up 1 (up 2)");
    row("no last line end", "up 1", "up 1 (up 0)");
    row("CRLF", "# TYPE up gauge\r\nup{a=\"b\"} 1\r\n", "up[a=b] 1 (up 2)");
    row("BOM", "\xEF\xBB\xBFup 1\n", "up 1 (up 0)");
    row("blanks everywhere", " up\t{ a = \"b\" , c=\"d\" , }  1\t 5 \n", "up[a=b,c=d] 1 @5 (up 0)");
    row("no blank before the number", "up{a=\"b\"}1\n", "up[a=b] 1 (up 0)");
    row("empty braces", "up{} 1\n", "up 1 (up 0)");
    row("empty value of a label", "up{a=\"\"} 1\n", "up[a=] 1 (up 0)");
    row("braces and commas in a value", "up{a=\"},{=\",b=\"#\"} 1\n", "up[a=},{=,b=#] 1 (up 0)");
    row("no escape", "up{a=\"C:\\\\x\\d\"} 1\n", "up[a=C:\\x\\d] 1 (up 0)");
    row("UTF-8 in a value", "up{a=\"\xC3\xA9\"} 1\n", "up[a=\xC3\xA9] 1 (up 0)");
    row("timestamp", "up 1 1395066363000\n", "up 1 @1395066363000 (up 0)");
    row("timestamp before 1970", "up 1 -3982045\n", "up 1 @-3982045 (up 0)");
    row("histogram",
        "# TYPE t histogram\nt_bucket{le=\"0.1\"} 2\nt_bucket{le=\"+Inf\"} 3\nt_sum 0.5\nt_count 3\n",
        "t_bucket[le=0.1] 2 (t 3)\nt_bucket[le=+Inf] 3 (t 3)\nt_sum 0.5 (t 3)\nt_count 3 (t 3)");
    row("summary", "# TYPE t summary\nt{quantile=\"0.5\"} 2\nt_sum 1\nt_count 4\n",
        "t[quantile=0.5] 2 (t 4)\nt_sum 1 (t 4)\nt_count 4 (t 4)");
    row("counter named by its sample", "# TYPE n_total counter\nn_total 5\n", "n_total 5 (n_total 1)");
    row("counter named by its family", "# TYPE n counter\nn_total 5\nn_created 1.5\n",
        "n_total 5 (n 1)\nn_created 1.5 (n 1)");
    row("a suffix of another type", "# TYPE n gauge\nn_total 5\n", "n_total 5 (n_total 0)");
    row("the exact name wins", "# TYPE n counter\n# TYPE n_total gauge\nn_total 5\n",
        "n_total 5 (n_total 2)");
    row("metadata of all families ahead", "# TYPE a counter\n# TYPE b gauge\na 1\nb 2\na 3\n",
        "a 1 (a 1)\nb 2 (b 2)\na 3 (a 1)");
    row("info", "# TYPE build info\nbuild_info{version=\"1\"} 1\n# EOF\n",
        "build_info[version=1] 1 (build 6)");
    row("exemplar", "# TYPE t histogram\nt_bucket{le=\"1\"} 5 # {trace_id=\"a}b\"} 0.67 1520879607.7\n",
        "t_bucket[le=1] 5 #[trace_id=a}b] 0.67 @1520879607.7 (t 3)");
    row("exemplar behind a timestamp", "n_total 5 2 # {} 0.67\n", "n_total 5 @2 # 0.67 (n_total 0)");
    row("quoted name", "# TYPE \"a.b\" gauge\n{\"a.b\",c=\"d\"} 1\n{\"a.b\"} 2\n",
        "a.b[c=d] 1 (a.b 2)\na.b 2 (a.b 2)");
    row("quoted label", "a{\"l.m\"=\"d\"} 1\n", "a[l.m=d] 1 (a 0)");
}

void TestPrometheus::samples()
{
    QFETCH(QByteArray, text);
    const Exposition read = readIt(text.toStdString());
    QVERIFY2(!read.error, read.error ? read.error->text().c_str() : "");
    QTEST(QByteArray::fromStdString(read.samples), "samples");
}

void TestPrometheus::numbers_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<double>("value");
    const double infinite = std::numeric_limits<double>::infinity();
    QTest::newRow("integer") << QByteArray("41309") << 41309.0;
    QTest::newRow("exponent") << QByteArray("1e+06") << 1e6;
    QTest::newRow("last bit") << QByteArray("1.7668265380000001e+09") << 1.7668265380000001e+09;
    QTest::newRow("sign") << QByteArray("+5") << 5.0;
    QTest::newRow("infinite") << QByteArray("+Inf") << infinite;
    QTest::newRow("infinite, no sign") << QByteArray("Inf") << infinite;
    QTest::newRow("below all") << QByteArray("-Inf") << -infinite;
    QTest::newRow("not a number") << QByteArray("NaN") << std::nan("");
    QTest::newRow("not a number, C") << QByteArray("-nan") << std::nan("");
}

void TestPrometheus::numbers()
{
    QFETCH(QByteArray, text);
    QFETCH(double, value);
    const Exposition read = readIt("a " + text.toStdString() + "\n");
    QVERIFY(!read.error);
    QVERIFY(std::isnan(value) ? std::isnan(read.last) : read.last == value);
}

void TestPrometheus::placesOfSamplesAndNumbers()
{
    const Exposition read = readIt("# HELP a \\n twice\na 1\n\n  b{c=\"\\\"\\n\"}  2 7\r\nd 3");
    QCOMPARE(read.places, "2:1/2:3 4:3/4:16 5:1/5:3");
    QCOMPARE(read.report.text.unendedAt, "5:1");
    QCOMPARE(readIt("a 1\n").report.text.unendedAt, "");
}

void TestPrometheus::metadataIsUndoneAndBelongsToItsSamples()
{
    const Exposition read
        = readIt("# HELP a Says \\\"it\\\",\\nthen C:\\\\ and \\x.\n# TYPE a counter\n# UNIT "
                 "a_seconds seconds\na 1\nb 2\n");
    QCOMPARE(read.helps.at(0), "Says \"it\",\nthen C:\\ and \\x.");
    QCOMPARE(read.helps.at(1), "");
    QCOMPARE(read.report.families, 2u);
    QCOMPARE(read.report.samples, 2u);
}

void TestPrometheus::labelByName()
{
    struct Handler : PrometheusHandler {
        std::string found;
        Result<void> sample(const PrometheusSample& s) override
        {
            found = std::string(s.label("le").value_or("none")) + std::string(s.label("x").value_or("none"));
            return {};
        }
    } handler;
    QVERIFY(readPrometheus(*memorySource("a{b=\"1\",le=\"0.5\"} 1\n"), {}, handler));
    QCOMPARE(handler.found, "0.5none");
}

void TestPrometheus::anOpenMetricsTextEnds()
{
    const Exposition read = readIt("# TYPE n counter\nn_total 5 1.5\n# EOF\n");
    QVERIFY(read.report.openMetrics);
    QCOMPARE(read.ends, 1u);
    QVERIFY(!readIt("n_total 5\n").report.openMetrics);
    QVERIFY(!readIt("# EOF of the metrics\n").report.openMetrics);
}

void TestPrometheus::severalExpositionsInOneText()
{
    const Exposition read = readIt("# TYPE n counter\nn_total 5\n# EOF\nn_total 6\n# EOF\n");
    QCOMPARE(read.samples, "n_total 5 (n 1)\nn_total 6 (n_total 0)");
    QCOMPARE(read.ends, 2u);
}

void TestPrometheus::whatIsOddIsCounted()
{
    const Exposition read = readIt("# TYPE a speed\na 1\n# TYPE b gauge\n# TYPE b counter\nb 2\n");
    QCOMPARE(read.samples, "a 1 (a 0)\nb 2 (b 1)");
    QCOMPARE(read.report.unknownTypes, 1u);
    QCOMPARE(read.report.repeatedMetadata, 1u);
}

void TestPrometheus::faults_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("place");
    const auto row = [](const char* name, const char* text, const char* place) {
        QTest::newRow(name) << QByteArray(text) << QByteArray(place);
    };
    row("no number", "a 1\nb\n", "2:2");
    row("no number behind labels", "b{c=\"d\"}\n", "1:9");
    row("a word for a number", "b abc\n", "1:3");
    row("two signs", "b --1\n", "1:3");
    row("hexadecimal", "b 0x10\n", "1:3");
    row("a second timestamp", "b 1 2 3\n", "1:7");
    row("text behind the number", "b 1 x\n", "1:5");
    row("JSON", "{\"error\": \"not found\"}\n", "1:9");
    row("HTML", "<!DOCTYPE html>\n", "1:1");
    row("a digit first", "1b 1\n", "1:1");
    row("braces without a name", "{a=\"b\"} 1\n", "1:8");
    row("value never closed", "b{c=\"d} 1\n", "1:10");
    row("escaped quote closes nothing", "b{c=\"d\\\"} 1\n", "1:12");
    row("value without quotes", "b{c=d} 1\n", "1:5");
    row("label without a value", "b{c} 1\n", "1:4");
    row("label without a name", "b{=\"d\"} 1\n", "1:3");
    row("no comma between labels", "b{c=\"d\" e=\"f\"} 1\n", "1:9");
    row("braces never closed", "b{c=\"d\"\n", "1:8");
    row("exemplar without labels", "b 1 # x\n", "1:7");
    row("exemplar without a number", "b 1 # {}\n", "1:9");
    row("name in quotes never closed", "# TYPE \"b gauge\n", "1:16");
}

void TestPrometheus::faults()
{
    QFETCH(QByteArray, text);
    const Exposition read = readIt(text.toStdString());
    QVERIFY(read.error);
    QTEST(QByteArray::fromStdString(read.error->place), "place");
    QVERIFY(!read.error->reason.empty());
    QVERIFY(!read.error->remedy.empty());
}

void TestPrometheus::whatStandsAroundIsPassedOver()
{
    Exposition read;
    read.lenient = true;
    const std::string around = "HTTP/1.1 200 OK\ncontent-length: 9\n$ curl -s host/metrics\n```\n";
    readFrom(read, *memorySource(around + "a{b=\"c\"} 1\nd 2\n```\n"));
    QVERIFY(!read.error);
    QCOMPARE(read.samples, "a[b=c] 1 (a 0)\nd 2 (d 0)");
    QCOMPARE(read.report.samples, 2u);
    QCOMPARE(read.report.text.ignoredBytes, around.size() - 4 + 3); // without the line ends
    // With braces it can only be a sample that is damaged.
    Exposition damaged;
    damaged.lenient = true;
    readFrom(damaged, *memorySource("a 1\nb{c=\"d\"} x\na 2\n"));
    QVERIFY(damaged.error);
    QCOMPARE(damaged.error->place, "2:10");
}

void TestPrometheus::aCutOffEndIsSaid()
{
    Exposition read;
    read.lenient = true;
    readFrom(read, *memorySource("a 1\nb{c=\"d\"} 2\nb{c=\"e"));
    QVERIFY(!read.error);
    QCOMPARE(read.report.samples, 2u);
    QVERIFY(read.report.text.truncated);
    QCOMPARE(read.report.text.truncatedAt, "3:1");
    QCOMPARE(read.report.text.unendedAt, "");
    QCOMPARE(read.report.text.ignoredBytes, 0u);
}

void TestPrometheus::budgets()
{
    Budgets small;
    small.lineBytes = 100;
    QVERIFY(readIt("a{b=\"" + std::string(50, 'x') + "\"} 1\n", small).error == std::nullopt);
    QCOMPARE(readIt("a 1\nb{c=\"" + std::string(100, 'x') + "\"} 1\n", small).error->place, "2:1");
    // Also of a line that never ends.
    QCOMPARE(readIt("a 1\n" + std::string(1 << 20, 'x'), small).error->place, "2:1");

    Budgets few;
    few.treeBytes = 4096;
    std::string families;
    for (int i = 0; i < 100; ++i) {
        families += "# TYPE family_" + std::to_string(i) + " gauge\n";
    }
    QVERIFY(readIt(families, few).error);
    // The same family again takes nothing.
    std::string again;
    for (int i = 0; i < 1000; ++i) {
        again += "# HELP a How many there are.\n# TYPE a gauge\na 1\n";
    }
    QVERIFY(!readIt(again, few).error);

    std::string labels = "a{";
    for (int i = 0; i < 5000; ++i) {
        labels += "b=\"c\",";
    }
    const Exposition many = readIt(labels + "} 1\n");
    QVERIFY(many.error);
    QVERIFY(many.error->reason.find("4096 labels") != std::string::npos);
}

void TestPrometheus::handlerErrorStops()
{
    Exposition out;
    out.refusal = Error { {}, "1:1", "enough", {} };
    readFrom(out, *memorySource("a 1\nb\n"));
    QCOMPARE(out.error->reason, "enough");
}

void TestPrometheus::anySplitGivesTheSameSamples()
{
    const std::string text
        = "# HELP t \\\\ help\n# TYPE t histogram\nt_bucket{le=\"1\",x=\"\\\"\\\\\\n\"} 5 # "
          "{a=\"b\"} 1 2\r\nt_sum NaN\n# EOF\nlast 1";
    const Exposition whole = readIt(text);
    QVERIFY(!whole.error);
    struct OneByOne : ByteSource {
        std::string text;
        std::size_t at = 0, step = 1;
        Result<std::size_t> read(std::span<char> buffer) override
        {
            const std::size_t size = std::min({ step, text.size() - at, buffer.size() });
            std::copy_n(text.data() + at, size, buffer.data());
            at += size;
            return size;
        }
    };
    for (std::size_t step = 1; step < 20; ++step) {
        OneByOne source;
        source.text = text;
        source.step = step;
        Exposition split;
        readFrom(split, source);
        QCOMPARE(split.samples, whole.samples);
        QCOMPARE(split.places, whole.places);
        QCOMPARE(split.helps, whole.helps);
    }
}

void TestPrometheus::writtenValuesReadBack()
{
    QVERIFY(rc::check("any label value written by the rules reads back", [] {
        const auto value = *rc::gen::container<std::string>(
            rc::gen::oneOf(rc::gen::element('"', '\\', '\n', 'n', ' ', '}', ',', '#', '=', '\t'),
                rc::gen::inRange('a', 'z')));
        std::string written;
        for (const char c : value) {
            written
                += c == '\n' ? std::string("\\n") : (c == '"' || c == '\\' ? "\\" : "") + std::string(1, c);
        }
        const Exposition read = readIt("a{b=\"" + written + "\",c=\"d\"} 1\n");
        RC_ASSERT(!read.error);
        RC_ASSERT(read.samples == "a[b=" + value + ",c=d] 1 (a 0)");
    }));
}

QTEST_APPLESS_MAIN(TestPrometheus)
#include "tst_prometheus.moc"
