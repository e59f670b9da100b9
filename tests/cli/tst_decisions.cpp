// SPDX-License-Identifier: GPL-3.0-or-later
// What the user says of the files of a folder, with prismctl.
#include "prism_test_paths.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <memory>

namespace {

struct Ran {
    int status = -1;
    QString out;
    QString err;
};

} // namespace

class DecisionsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        folder(QStringLiteral("a"), {});
    }

    void anEmptyFolderSaysWhatToDo()
    {
        QVERIFY(QDir(m_dir->path()).mkpath(QStringLiteral("empty")));
        const Ran ran = prismctl({ "import", "empty", "--preview" });
        QCOMPARE(ran.status, 0);
        QCOMPARE(ran.out,
            QStringLiteral("There is nothing here that can be imported: name the folder into which the "
                           "benchmark tool wrote its results.\nNothing was stored.\n"));
    }

    void thePlanWithoutAWord()
    {
        QCOMPARE(plan({}), QStringLiteral("gpu.csv:telemetry r.csv:twin r.json:result"));
    }

    void eachWordOfTheWindow_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* name, const QStringList& words, const char* expected) {
            QTest::newRow(name) << words << QString::fromUtf8(expected);
        };
        row("apart", { "--apart", "r.csv" }, "gpu.csv:telemetry r.json:result | r.csv:result");
        row("telemetry apart", { "--apart", "gpu.csv" }, "r.csv:twin r.json:result // gpu.csv:alone");
        row("leave out", { "--leave-out", "gpu.csv" }, "r.csv:twin r.json:result // gpu.csv:left-out");
        row("belongs", { "--apart", "r.csv", "--belongs", "gpu.csv", "r.csv" },
            "r.json:result | gpu.csv:telemetry r.csv:result");
        row("same as", { "--same-as", "r.json", "r.csv" }, "gpu.csv:telemetry r.csv:result r.json:twin");
        row("by a path", { "--leave-out", "a/../a/gpu.csv" }, "r.csv:twin r.json:result // gpu.csv:left-out");
        row("several", { "--leave-out", "gpu.csv", "--leave-out", "r.csv" },
            "r.json:result // gpu.csv:left-out r.csv:left-out");
    }
    void eachWordOfTheWindow()
    {
        QFETCH(QStringList, words);
        QFETCH(QString, expected);
        QCOMPARE(plan(words), expected);
        const Ran ran = prismctl(QStringList { "import", "a" } + words);
        QVERIFY2(ran.status == 0, qPrintable(ran.err));
        QVERIFY2(ran.err.isEmpty(), qPrintable(ran.err)); // nothing is remembered unasked
        const auto points = prismctl({ "points", "--json" }).out.count(QLatin1Char('\n'));
        QCOMPARE(points, 2 * (expected.count(QLatin1Char('|')) + 1));
        QVERIFY2(ran.out.contains(QStringLiteral(", %1 points").arg(points)), qPrintable(ran.out));
        QCOMPARE(prismctl({ "runs", "--json" }).out.count(QLatin1Char('\n')),
            expected.count(QLatin1Char('|')) + 1);
    }

    void aPatternNamesAllAndOneFileIsStronger()
    {
        QVERIFY(QDir(m_dir->path()).mkpath(QStringLiteral("b")));
        for (int i = 1; i <= 3; ++i) {
            write(QStringLiteral("b/gpu%1.csv").arg(i), telemetry(7'000 + i));
        }
        const auto words = QStringList { "--leave-out", "gpu#.csv", "--apart", "gpu2.csv" };
        QCOMPARE(plan(words, "b"), QStringLiteral("// gpu1.csv:left-out gpu2.csv:alone gpu3.csv:left-out"));
    }

    void aWrongWordStoresNothing_data()
    {
        QTest::addColumn<QStringList>("words");
        QTest::addColumn<QString>("named");
        QTest::addColumn<QString>("why");
        const auto row = [](const char* name, const QStringList& words, const char* named, const char* why) {
            QTest::newRow(name) << words << QString::fromUtf8(named) << QString::fromUtf8(why);
        };
        row("no such file", { "--apart", "x.csv" }, "x.csv", "no file of this import has this name");
        row("no such target", { "--belongs", "gpu.csv", "x.json" }, "x.json", "no file of this import");
        row("no such proposal", { "--as-proposed", "x.json" }, "x.json", "no file of this import");
        row("two words", { "--apart", "r.csv", "--leave-out", "r.csv" }, "a/r.csv",
            "it cannot be set apart and left out");
        row("two runs", { "--belongs", "gpu.csv", "r.csv", "--belongs", "gpu.csv", "r.json" }, "a/gpu.csv",
            "it cannot be put into a run and as well into another");
        row("no result", { "--same-as", "gpu.csv", "r.json" }, "a/gpu.csv", "it holds no results");
        row("of no result", { "--belongs", "r.json", "gpu.csv" }, "a/gpu.csv", "no run of this import");
        row("itself", { "--same-as", "r.csv", "r.csv" }, "a/r.csv", "it is that file");
        row("a ring", { "--same-as", "r.csv", "r.json", "--same-as", "r.json", "r.csv" }, "a/r.",
            "it cannot belong to a file that belongs to it");
        row("left out", { "--belongs", "gpu.csv", "r.csv", "--leave-out", "r.csv" }, "a/r.csv",
            "it is left out, so that gpu.csv cannot be put into a run");
        row("refused", { "--apart", "broken.json" }, "a/broken.json", "it cannot be set apart: ");
        row("not for the next", { "--leave-out", "n1.csv", "--apart", "n2.csv", "--remember" }, "n1.csv",
            "it differs from n2.csv in numbers only");
    }
    void aWrongWordStoresNothing()
    {
        QFETCH(QStringList, words);
        QFETCH(QString, named);
        QFETCH(QString, why);
        write("a/broken.json", "{\"benchmarks\": [");
        write("a/n1.csv", telemetry(9'000));
        write("a/n2.csv", telemetry(9'100));
        const Ran ran = prismctl(QStringList { "import", "a" } + words);
        QCOMPARE(ran.status, 2);
        QVERIFY2(ran.err.startsWith(QStringLiteral("prismctl: ") + named), qPrintable(ran.err));
        QVERIFY2(ran.err.contains(why), qPrintable(ran.err));
        QVERIFY(ran.out.isEmpty());
        QVERIFY(!QFile::exists(m_dir->filePath(QStringLiteral("words.db"))));
    }

    void whatIsStoredIsSaidSo()
    {
        QCOMPARE(prismctl({ "import", "a" }).status, 0);
        const Ran ran = prismctl({ "import", "a", "--apart", "r.csv" });
        QCOMPARE(ran.status, 2);
        QVERIFY2(ran.err.contains(QLatin1String("in the database already")), qPrintable(ran.err));
        QVERIFY2(ran.err.contains(QLatin1String("prismctl edit attach")), qPrintable(ran.err));
    }

    /// A script meets them: which files are one result, where they differ, and what is to be decided.
    void twinsThatDifferAreToldToScripts()
    {
        twinsThatDiffer(QStringLiteral("d"));
        const Ran ran = prismctl({ "import", "d", "--json" });
        QCOMPARE(ran.status, 0);
        QStringList files;
        QStringList told;
        for (const QString& line : ran.out.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            const QJsonObject file = QJsonDocument::fromJson(line.toUtf8()).object();
            const QString name = file[QLatin1String("source")].toString().section(QLatin1Char('/'), -1);
            if (file.contains(QLatin1String("outcome"))) {
                QVERIFY2(told.isEmpty(), qPrintable(ran.out)); // first what is known of each file alone
                files << name;
                continue;
            }
            QStringList sources;
            for (const QJsonValue& source : file[QLatin1String("sources")].toArray()) {
                sources << source.toString().section(QLatin1Char('/'), -1);
            }
            const QJsonArray warnings = file[QLatin1String("warnings")].toArray();
            const bool differ = std::any_of(warnings.begin(), warnings.end(), [](const QJsonValue& warning) {
                return warning[QLatin1String("code")] == QLatin1String("twins-differ")
                    && warning[QLatin1String("text")].toString().contains(QLatin1String(" is shown, "));
            });
            told << name + QLatin1Char(':') + sources.join(QLatin1Char('+'))
                    + (differ ? QLatin1String(":differ") : QLatin1String());
        }
        files.sort();
        QCOMPARE(files, (QStringList { QStringLiteral("bench.log"), QStringLiteral("out.json") }));
        QCOMPARE(told, QStringList { QStringLiteral("out.json:out.json+bench.log:differ") });
        QVERIFY2(ran.err.contains(QLatin1String("to be decided: bench.log")), qPrintable(ran.err));
        QVERIFY2(ran.err.contains(QLatin1String("prismctl edit attach FILE RUN")), qPrintable(ran.err));
        // One of them is the run that no point is left in.
        const QString shown = prismctl({ "show", "1" }).out + prismctl({ "show", "2" }).out;
        QVERIFY2(shown.contains(QLatin1String(" is shown, this file says ")), qPrintable(shown));
        // And can be decided so.
        QCOMPARE(prismctl({ "edit", "apart", "bench.log" }).status, 0);
    }

    /// The poorer one comes first, and is not left behind in silence.
    void theTwinBeforeItsRicherIsNamed()
    {
        const Ran ran = prismctl({ "import", "a" });
        QCOMPARE(ran.status, 0);
        QCOMPARE(ran.out.count(QLatin1String("the same result as")), 1);
        static const QRegularExpression same(QStringLiteral("a/r\\.csv.* the same result as .*a/r\\.json"));
        QVERIFY2(same.match(ran.out).hasMatch(), qPrintable(ran.out));
    }

    void itIsRememberedAndTakenBack()
    {
        const Ran first = prismctl({ "import", "a", "--json", "--apart", "r.csv", "--remember" });
        QCOMPARE(first.status, 0);
        for (const QString& line : first.out.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            QVERIFY2(QJsonDocument::fromJson(line.toUtf8()).object().contains(QStringLiteral("outcome")),
                qPrintable(line));
        }
        static const QRegularExpression told(QStringLiteral("remembered .*prismctl undo (\\d+)"));
        const QString edit = told.match(first.err).captured(1);
        QVERIFY2(!edit.isEmpty(), qPrintable(first.err));
        const QString apart = QStringLiteral("gpu.csv:telemetry r.json:result | r.csv:result");
        const QString together = QStringLiteral("gpu.csv:telemetry r.csv:twin r.json:result");
        // The next folder of the shape, of other bytes.
        folder(QStringLiteral("b"), "\n");
        QCOMPARE(plan({}, "b"), apart);
        QCOMPARE(plan({ "--as-proposed", "r.csv" }, "b"), together);
        // That it is by memory is told of the file and of the whole, with how to take it back.
        const QString whence = QStringLiteral("as you decided for folders of this shape (edit %1)").arg(edit);
        const Ran shown = prismctl({ "import", "b", "--preview" });
        QVERIFY2(shown.out.contains(QStringLiteral("Set apart, ") + whence), qPrintable(shown.out));
        QVERIFY2(shown.err.contains(whence + QStringLiteral(": r.csv"))
                && shown.err.contains(QStringLiteral("prismctl undo ") + edit),
            qPrintable(shown.err));
        QVERIFY(!prismctl({ "import", "b", "--preview", "--as-proposed", "r.csv" }).err.contains(whence));
        QVERIFY(!prismctl({ "import", "b", "--preview", "--apart", "r.csv" }).err.contains(whence));
        QCOMPARE(plan({ "--leave-out", "r.csv" }, "b"), // the last word holds
            QStringLiteral("gpu.csv:telemetry r.json:result // r.csv:left-out"));
        QCOMPARE(plan({ "--forget-decisions" }, "b"), together);
        QCOMPARE(plan({}, "b"), apart); // a preview forgets nothing
        const Ran undone = prismctl({ "undo", edit });
        QVERIFY2(undone.out.startsWith(QLatin1String("Undo: Remember ")), qPrintable(undone.out));
        QCOMPARE(plan({}, "b"), together);
        QCOMPARE(prismctl({ "undo", QString::number(edit.toInt() + 1) }).status, 0);
        QCOMPARE(plan({}, "b"), apart);
        const Ran forgotten = prismctl({ "import", "b", "--forget-decisions" });
        QCOMPARE(forgotten.status, 0);
        QVERIFY2(forgotten.err.contains(QLatin1String("This is forgotten")), qPrintable(forgotten.err));
        folder(QStringLiteral("c"), "\n\n");
        QCOMPARE(plan({}, "c"), together);
        QCOMPARE(prismctl({ "import", "c", "--preview", "--remember" }).status, 2);
    }

    /// What is left out by memory is not read, and said to be.
    void whatMemoryLeavesOutIsSaid()
    {
        QCOMPARE(prismctl({ "import", "a", "--leave-out", "r.csv", "--remember" }).status, 0);
        folder(QStringLiteral("b"), "\n");
        const Ran ran = prismctl({ "import", "b" });
        QCOMPARE(ran.status, 0);
        static const QRegularExpression told(
            QStringLiteral("left out, as you decided for folders of this shape \\(edit (\\d+)\\)"));
        const QString edit = told.match(ran.out).captured(1);
        QVERIFY2(!edit.isEmpty(), qPrintable(ran.out));
        QVERIFY2(ran.err.contains(QStringLiteral(": r.csv. To take that back: prismctl undo ") + edit),
            qPrintable(ran.err));
        QCOMPARE(prismctl({ "undo", edit }).status, 0);
        folder(QStringLiteral("c"), "\n\n");
        QVERIFY(!prismctl({ "import", "c" }).out.contains(QLatin1String("left out")));
    }

    /// A run that is stored already takes a file of a later import; ambiguous names are no names.
    void aStoredRunTakesAFile()
    {
        QFile::remove(m_dir->filePath(QStringLiteral("a/gpu.csv")));
        QCOMPARE(prismctl({ "import", "a", "--apart", "r.csv" }).status, 0);
        QCOMPARE(prismctl({ "edit", "rename", "1", "Baseline" }).status, 0);
        QVERIFY(QDir(m_dir->path()).mkpath(QStringLiteral("late")));
        write("late/gpu.csv", telemetry(9'000));
        const Ran nobody = prismctl({ "import", "late", "--belongs", "gpu.csv", "Basline" });
        QCOMPARE(nobody.status, 2);
        QVERIFY2(nobody.err.contains(QLatin1String("no stored run has this name")), qPrintable(nobody.err));
        QCOMPARE(prismctl({ "import", "late", "--belongs", "gpu.csv", "Baseline", "--remember" }).status, 2);
        const Ran ran = prismctl({ "import", "late", "--belongs", "gpu.csv", "Baseline" });
        QVERIFY2(ran.status == 0, qPrintable(ran.err));
        QCOMPARE(files(), QStringLiteral("gpu.csv:1:telemetry:user"));
        static const QRegularExpression told(QStringLiteral("prismctl undo (\\d+)"));
        QCOMPARE(prismctl({ "undo", told.match(ran.err).captured(1) }).status, 0);
        QCOMPARE(files(), QStringLiteral("gpu.csv:0::"));
        // What is stored already is given as well; and a result takes its points along.
        QCOMPARE(prismctl({ "import", "late", "--belongs", "gpu.csv", "2" }).status, 0);
        QCOMPARE(files(), QStringLiteral("gpu.csv:2:telemetry:user"));
        folder(QStringLiteral("late"), "\n");
        const Ran moved = prismctl({ "import", "late/r.json", "--belongs", "r.json", "Baseline" });
        QVERIFY2(moved.status == 0, qPrintable(moved.err));
        QCOMPARE(prismctl({ "runs", "--json" }).out.count(QLatin1Char('\n')), 2);
        QCOMPARE(prismctl({ "edit", "rename", "2", "Baseline" }).status, 0);
        const Ran several = prismctl({ "import", "late/gpu.csv", "--belongs", "gpu.csv", "Baseline" });
        QCOMPARE(several.status, 2);
        QVERIFY2(several.err.contains(QLatin1String("run 1 (Baseline); run 2 (Baseline)")),
            qPrintable(several.err));
    }

    void aStoredFileIsGivenAndItsRoleDecidedAnew()
    {
        QVERIFY(QDir(m_dir->path()).mkpath(QStringLiteral("late")));
        write("late/gpu.csv", telemetry(9'000));
        QCOMPARE(prismctl({ "import", "late/gpu.csv" }).status, 0);
        QCOMPARE(prismctl({ "import", "a/r.json", "a/r.csv" }).status, 0);
        QCOMPARE(files(), QStringLiteral("gpu.csv:0:: r.csv:1:twin:"));
        QCOMPARE(prismctl({ "edit", "attach", "gpu.csv", "7" }).status, 1);
        QCOMPARE(prismctl({ "edit", "attach", "gpu.csv", "1", "--role", "timeline" }).status, 1);
        QCOMPARE(prismctl({ "edit", "attach", "gpu.csv", "1" }).status, 0);
        QCOMPARE(files(), QStringLiteral("gpu.csv:1:telemetry:user r.csv:1:twin:"));
        QCOMPARE(prismctl({ "edit", "attach", "gpu.csv", "1", "--role", "sidecar" }).status, 0);
        QCOMPARE(files(), QStringLiteral("gpu.csv:1:sidecar:user r.csv:1:twin:"));
        QCOMPARE(prismctl({ "edit", "apart", "r.csv" }).status, 0);
        QCOMPARE(prismctl({ "points", "--json" }).out.count(QLatin1Char('\n')), 4);
        QCOMPARE(prismctl({ "edit", "same", "r.csv", "r.json" }).status, 0);
        QCOMPARE(prismctl({ "points", "--json" }).out.count(QLatin1Char('\n')), 2);
        QCOMPARE(prismctl({ "edit", "detach", "gpu.csv", "1" }).status, 0);
        QCOMPARE(files(), QStringLiteral("gpu.csv:0::user r.csv:1:twin:user"));
    }

private:
    /// "gpu.csv:1:telemetry:user": which files belong to which run, 0 none, as what, by whose word.
    QString files()
    {
        QStringList all;
        for (const QString& line :
            prismctl({ "edit", "files", "--json" }).out.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            const QJsonObject file = QJsonDocument::fromJson(line.toUtf8()).object();
            all << QStringLiteral("%1:%2:%3:%4")
                       .arg(file[QLatin1String("path")].toString().section(QLatin1Char('/'), -1))
                       .arg(file[QLatin1String("run")].toInt())
                       .arg(file[QLatin1String("role")].toString(),
                           file[QLatin1String("by_user")].toBool() ? QStringLiteral("user") : QString());
        }
        all.sort();
        return all.join(QLatin1Char(' '));
    }

    void write(const QString& name, const QByteArray& bytes)
    {
        QFile out(m_dir->filePath(name));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(bytes);
    }
    void write(const char* name, const QByteArray& bytes) { write(QString::fromUtf8(name), bytes); }

    /// Samples of absolute time, while the fixture's run was measured or `after` it.
    static QByteArray telemetry(int after)
    {
        QByteArray text = "timestamp_unix,power_w\n";
        for (int i = 0; i < 300; ++i) {
            text += QByteArray::number(1795394058 + after + i * 0.1, 'f', 1) + ','
                + QByteArray::number(300 + i % 7) + '\n';
        }
        return text;
    }

    /// A result as JSON and CSV, and telemetry of its time; `ending` makes the bytes of another folder.
    void folder(const QString& name, const QByteArray& ending)
    {
        QVERIFY(QDir(m_dir->path()).mkpath(name));
        for (const QString& kind : { QStringLiteral("json"), QStringLiteral("csv") }) {
            QFile in(QStringLiteral(PRISM_TEST_DATA "/guidellm/concurrent-0.8.1.") + kind);
            QVERIFY(in.open(QIODevice::ReadOnly));
            write(name + QStringLiteral("/r.") + kind, in.readAll() + ending);
        }
        write(name + QStringLiteral("/gpu.csv"), telemetry(0) + ending);
    }

    /// One result as vLLM's JSON and, read before it, as its console text, in which p99 TTFT is another.
    void twinsThatDiffer(const QString& name)
    {
        struct Number {
            const char* key;
            const char* label;
            double value;
        };
        static constexpr Number numbers[] = { { "completed", "Successful requests:", 64 },
            { "duration", "Benchmark duration (s):", 3.24 },
            { "total_input_tokens", "Total input tokens:", 8318 },
            { "total_output_tokens", "Total generated tokens:", 4204 },
            { "request_throughput", "Request throughput (req/s):", 19.75 },
            { "output_throughput", "Output token throughput (tok/s):", 1297.53 },
            { "total_token_throughput", "Total Token throughput (tok/s):", 3864.81 },
            { "mean_ttft_ms", "Mean TTFT (ms):", 59.22 }, { "median_ttft_ms", "Median TTFT (ms):", 58.88 },
            { "p99_ttft_ms", "P99 TTFT (ms):", 69.41 }, { "mean_tpot_ms", "Mean TPOT (ms):", 11.02 },
            { "median_tpot_ms", "Median TPOT (ms):", 11.03 }, { "p99_tpot_ms", "P99 TPOT (ms):", 11.15 },
            { "mean_itl_ms", "Mean ITL (ms):", 11.01 }, { "median_itl_ms", "Median ITL (ms):", 11.04 },
            { "p99_itl_ms", "P99 ITL (ms):", 11.98 } };
        QVERIFY(QDir(m_dir->path()).mkpath(name));
        QJsonObject json { { QStringLiteral("date"), QStringLiteral("20260301-100000") },
            { QStringLiteral("endpoint_type"), QStringLiteral("openai") },
            { QStringLiteral("backend"), QStringLiteral("vllm") },
            { QStringLiteral("model_id"), QStringLiteral("org/m") },
            { QStringLiteral("tokenizer_id"), QStringLiteral("org/m") },
            { QStringLiteral("num_prompts"), 64 }, { QStringLiteral("max_concurrency"), 16 },
            { QStringLiteral("request_rate"), QStringLiteral("inf") } };
        QByteArray text = "============ Serving Benchmark Result ============\n";
        for (const Number& number : numbers) {
            json[QLatin1String(number.key)] = number.value;
            const double printed = QByteArray(number.key) == "p99_ttft_ms" ? 999.99 : number.value;
            const int decimals = number.value == std::floor(number.value) ? 0 : 2;
            text += QByteArray(number.label).leftJustified(41) + QByteArray::number(printed, 'f', decimals)
                + '\n';
        }
        write(name + QStringLiteral("/out.json"), QJsonDocument(json).toJson());
        write(name + QStringLiteral("/bench.log"), text + QByteArray(50, '=') + '\n');
    }

    Ran prismctl(QStringList arguments) const
    {
        arguments << QStringLiteral("--db") << m_dir->filePath(QStringLiteral("words.db"));
        QProcess process;
        process.setWorkingDirectory(m_dir->path());
        process.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"), arguments);
        process.waitForFinished(60'000);
        return { process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError()) };
    }

    static QString textOf(const QJsonArray& files)
    {
        QStringList names;
        for (const QJsonValue& file : files) {
            names << QFileInfo(file[QStringLiteral("source")].toString()).fileName() + QLatin1Char(':')
                    + file[QStringLiteral("role")].toString();
        }
        names.sort();
        return names.join(QLatin1Char(' '));
    }

    /// "a.json:result b.csv:twin | c.json:result // d.csv:alone", as the preview has it.
    QString plan(const QStringList& words, const char* folder = "a") const
    {
        const Ran ran
            = prismctl(QStringList { "import", QString::fromUtf8(folder), "--preview", "--json" } + words);
        if (ran.status != 0) {
            return ran.err;
        }
        QStringList runs;
        QJsonArray others;
        for (const QString& line : ran.out.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            const QJsonObject object = QJsonDocument::fromJson(line.toUtf8()).object();
            if (object.contains(QStringLiteral("run"))) {
                runs << textOf(object[QStringLiteral("files")].toArray());
            } else {
                others << object;
            }
        }
        QStringList all;
        if (!runs.isEmpty()) {
            all << runs.join(QStringLiteral(" | "));
        }
        if (!others.isEmpty()) {
            all << QStringLiteral("// ") + textOf(others);
        }
        return all.join(QLatin1Char(' '));
    }

    std::unique_ptr<QTemporaryDir> m_dir;
};

QTEST_GUILESS_MAIN(DecisionsTest)
#include "tst_decisions.moc"
