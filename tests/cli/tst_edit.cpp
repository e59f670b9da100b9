// SPDX-License-Identifier: GPL-3.0-or-later
// prismctl edit: what the user says, from a script and back to it.
#include "prism_test_paths.h"
#include "tests/support/vllm_results.h"

#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

namespace {

struct Ran {
    int status = -1;
    QString out, err;
    QList<QJsonObject> lines() const
    {
        QList<QJsonObject> objects;
        for (const QString& line : out.split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
            objects << QJsonDocument::fromJson(line.toUtf8()).object();
        }
        return objects;
    }
};

QJsonObject attributeOf(const QJsonObject& point, const char* name)
{
    return point[QLatin1String("attributes")].toObject()[QLatin1String(name)].toObject();
}

} // namespace

class EditTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        const QString results = m_dir->filePath(QStringLiteral("in"));
        QVERIFY(QDir().mkpath(results));
        prism::test::writeVllmResults(results, QStringLiteral("org/One"), { 1, 2, 4 });
        prism::test::writeVllmResults(results, QStringLiteral("org/Two"), { 8 });
        QCOMPARE(run({ "import", results }).status, 0);
        QCOMPARE(points().size(), 4);
    }

    void anAttributeIsSetAndExported()
    {
        const QJsonObject before = pointOf("org/Two");
        const QString id = QString::number(before[QLatin1String("id")].toInt());
        QCOMPARE(run({ "edit", "set", "accelerator", "NVIDIA H100 80GB HBM3", "--point", id }).status, 0);
        QCOMPARE(
            run({ "edit", "set", "model", "Two", "--point", before[QLatin1String("uid")].toString() }).status,
            0);
        const QJsonObject after = pointOf("Two");
        QCOMPARE(attributeOf(after, "accelerator")[QLatin1String("value")].toString(),
            QStringLiteral("H100-SXM")); // as files' own
        QCOMPARE(
            attributeOf(after, "accelerator")[QLatin1String("origin")].toString(), QStringLiteral("user"));
        QCOMPARE(attributeOf(after, "model")[QLatin1String("given")].toString(), QStringLiteral("org/Two"));
        QCOMPARE(after[QLatin1String("words")].toArray().size(), 2);
        QCOMPARE(after[QLatin1String("measures")], before[QLatin1String("measures")]);
        QCOMPARE(run({ "points", "--json", "--where", "accelerator=H100-SXM" }).lines().size(), 1);
        const QString csv = run({ "export", "--where", "model=Two" }).out;
        QVERIFY2(csv.contains(QLatin1String(",model accelerator,")), qPrintable(csv));
        const QJsonObject report
            = run({ "export", "--where", "model=Two", "--format", "benchmark-report" }).lines().value(0);
        QCOMPARE(report[QLatin1String("run")].toObject()[QLatin1String("keywords")].toArray().size(), 2);
        QCOMPARE(run({ "edit", "set", "model", "", "--point", id }).status, 0);
        QVERIFY(!pointOf("org/Two").isEmpty());
        const Ran wrong = run({ "edit", "set", "tp", "two", "--point", id });
        QCOMPARE(wrong.status, 1);
        QVERIFY2(wrong.err.contains(QLatin1String("whole number")), qPrintable(wrong.err));
    }

    void whatIsUndoneIsSaidSo()
    {
        const QString tag = QStringLiteral("old");
        const Ran none = run({ "edit", "tag", "1", "--remove", tag });
        QCOMPARE(none.status, 1);
        QVERIFY2(none.err.contains(QLatin1String("do not have the tag \"old\"")), qPrintable(none.err));
        QCOMPARE(run({ "edit", "tag", "1", "--add", tag }).status, 0);
        const Ran twice = run({ "edit", "tag", "1", "--add", tag });
        QVERIFY2(twice.err.contains(QLatin1String("have the tag \"old\" already")), qPrintable(twice.err));
        const Ran undone = run({ "undo", "1" });
        QVERIFY2(undone.out.startsWith(QLatin1String("Undo: Tag ")), qPrintable(undone.out));
        const Ran never = run({ "edit", "undo", "99" });
        QCOMPARE(never.status, 1);
        QVERIFY2(never.err.contains(QLatin1String("there is no change 99")), qPrintable(never.err));
        const Ran purged = run({ "forget", "1", "--purge" });
        QCOMPARE(purged.status, 0);
        QVERIFY2(!purged.out.contains(QLatin1String("undo")), qPrintable(purged.out));
        QVERIFY(purged.out.startsWith(QLatin1String("Remove ")));
    }

    void aRunIsShownByItsName()
    {
        const QString number = runOf("org/Two");
        QCOMPARE(run({ "edit", "rename", number, "Baseline" }).status, 0);
        const Ran named = run({ "show", "Baseline", "--json" });
        QCOMPARE(named.status, 0);
        QCOMPARE(named.out, run({ "show", number, "--json" }).out);
        QCOMPARE(run({ "show", "Basline" }).status, 1);
    }

    void hiddenPointsAreInNoAnswer()
    {
        const QString id = QString::number(pointOf("org/Two")[QLatin1String("id")].toInt());
        QCOMPARE(run({ "edit", "hide", id, "--reason", " " }).status, 2);
        QCOMPARE(run({ "edit", "hide", "999", "--reason", "x" }).status, 1);
        const Ran hidden = run({ "edit", "hide", id, "--reason", "warm-up", "--json" });
        QCOMPARE(hidden.status, 0);
        const QString edit = QString::number(hidden.lines().value(0)[QLatin1String("edit")].toInt());
        QCOMPARE(points().size(), 3);
        QCOMPARE(run({ "points", "--json", "--find", "vllm" }).lines().size(), 3);
        QVERIFY(run({ "runs" }).err.contains(QLatin1String("1 point is hidden")));
        QVERIFY(!run({ "frontier" }).out.contains(QLatin1String("Two")));
        QVERIFY(!run({ "facets", "--json" }).out.contains(QLatin1String("org/Two")));
        QVERIFY(!run({ "export" }).out.contains(QLatin1String("org/Two")));
        const QList<QJsonObject> list = run({ "points", "--hidden", "--json" }).lines();
        QCOMPARE(list.size(), 1);
        QCOMPARE(list[0][QLatin1String("hidden")].toString(), QStringLiteral("warm-up"));
        QCOMPARE(run({ "edit", "undo", edit }).status, 0);
        QCOMPARE(points().size(), 4);
        QCOMPARE(run({ "edit", "hide", "--run", runOf("org/One"), "--reason", "old driver" }).status, 0);
        QCOMPARE(points().size(), 1);
        QCOMPARE(run({ "edit", "unhide", "--run", runOf("org/One", true) }).status, 0);
        QCOMPARE(points().size(), 4);
    }

    void runsAreNamedTaggedAndNoted()
    {
        const QString one = runOf("org/One");
        QCOMPARE(run({ "edit", "rename", one, "Baseline" }).status, 0);
        QCOMPARE(run({ "edit", "tag", one, "--add", "nightly", "--add", "h100" }).status, 0);
        QCOMPARE(run({ "edit", "tag", one, runOf("org/Two"), "--add", "seen" }).status, 0);
        QCOMPARE(run({ "edit", "note", "two words", "--run", one }).status, 0);
        QCOMPARE(run({ "edit", "tag", one }).status, 2);
        QCOMPARE(run({ "edit", "note", "x" }).status, 2);
        const Ran shown = run({ "show", one, "--json" });
        const QJsonObject record = shown.lines().value(0)[QLatin1String("run")].toObject();
        QCOMPARE(record[QLatin1String("name")].toString(), QStringLiteral("Baseline"));
        QCOMPARE(record[QLatin1String("note")].toString(), QStringLiteral("two words"));
        QCOMPARE(record[QLatin1String("tags")].toArray().size(), 3);
        QVERIFY(record[QLatin1String("words")].toArray().size() >= 3);
        QCOMPARE(run({ "points", "--json", "--where", "tags=nightly" }).lines().size(), 3);
        QCOMPARE(run({ "points", "--json", "--where", "tags=seen" }).lines().size(), 4);
        QVERIFY(run({ "show", one }).out.contains(QLatin1String("name: Baseline")));
        QVERIFY(run({ "edit", "words" }).out.contains(QLatin1String("nightly, h100, seen")));
    }

    void runsAreRegroupedAndMerged()
    {
        const QString one = runOf("org/One");
        const QString two = runOf("org/Two");
        const Ran refused = run({ "edit", "merge", one, two });
        QCOMPARE(refused.status, 1);
        QVERIFY2(refused.err.contains(QLatin1String("model (org/One, org/Two)")), qPrintable(refused.err));
        QCOMPARE(run({ "edit", "set", "model", "x", "--run", two, "--point", "1" }).status, 2);
        QCOMPARE(run({ "edit", "set", "model", "org/One", "--run", two }).status, 0);
        QCOMPARE(pointOf("org/Two").size(), 0);
        QVERIFY(points()
                    .last()[QLatin1String("words")]
                    .toArray()
                    .first()
                    .toObject()[QLatin1String("of_run")]
                    .toBool());
        const Ran merged = run({ "edit", "merge", one, two, "--json" });
        QVERIFY2(merged.status == 0, qPrintable(merged.err));
        QCOMPARE(run({ "runs", "--json" }).lines().size(), 1);
        QCOMPARE(run({ "runs", "--json" }).lines().value(0)[QLatin1String("points")].toInt(), 4);
        QCOMPARE(
            run({ "undo", QString::number(merged.lines().value(0)[QLatin1String("edit")].toInt()) }).status,
            0);
        QCOMPARE(run({ "runs", "--json" }).lines().size(), 2);
        const QString point = QString::number(points().value(0)[QLatin1String("id")].toInt());
        QCOMPARE(run({ "edit", "regroup", point }).status, 2);
        QCOMPARE(run({ "edit", "regroup", point, "--apart", "--as-filed" }).status, 2);
        QCOMPARE(run({ "edit", "regroup", point, "--apart" }).status, 0);
        QCOMPARE(run({ "runs", "--json" }).lines().size(), 3);
        QVERIFY(points().value(0).contains(QLatin1String("file_run")));
        QCOMPARE(run({ "edit", "regroup", point, "--into", two }).status, 0);
        QCOMPARE(run({ "edit", "regroup", point, "--as-filed" }).status, 0);
        QCOMPARE(run({ "runs", "--json" }).lines().size(), 2);
    }

    void changesAndWordsAreListed()
    {
        QCOMPARE(run({ "edit", "rename", runOf("org/Two"), "X" }).status, 0);
        QList<QJsonObject> edits = run({ "edit", "list", "--json" }).lines();
        QVERIFY(!edits.isEmpty());
        QCOMPARE(edits.last()[QLatin1String("text")].toString(), QStringLiteral("Name run \"X\""));
        QVERIFY(!edits.last()[QLatin1String("made_by")].toString().isEmpty());
        QCOMPARE(edits.last()[QLatin1String("changes")].toArray().size(), 1);
        const QList<QJsonObject> words = run({ "edit", "words", "--json" }).lines();
        QCOMPARE(words.size(), 1);
        QCOMPARE(words[0][QLatin1String("value")].toString(), QStringLiteral("X"));
        QVERIFY(run({ "edit", "list" }).out.contains(QLatin1String("Name run")));
        QVERIFY(run({ "edit", "words" }).out.contains(QLatin1String("name")));
        QCOMPARE(
            run({ "edit", "undo", QString::number(edits.last()[QLatin1String("edit")].toInt()) }).status, 0);
        QVERIFY(run({ "edit", "words", "--json" }).out.isEmpty());
    }

private:
    Ran run(QStringList arguments) const
    {
        arguments << QStringLiteral("--db") << m_dir->filePath(QStringLiteral("prism.db"));
        QProcess process;
        process.start(QStringLiteral(PRISM_BIN_DIR "/prismctl"), arguments);
        process.waitForFinished(60'000);
        return { process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError()) };
    }

    QList<QJsonObject> points() const { return run({ "points", "--json" }).lines(); }

    QJsonObject pointOf(const char* model) const
    {
        for (const QJsonObject& point : points()) {
            if (attributeOf(point, "model")[QLatin1String("value")].toString() == QLatin1String(model)) {
                return point;
            }
        }
        return {};
    }

    QString runOf(const char* model, bool hidden = false) const
    {
        const QStringList which
            = hidden ? QStringList { "points", "--hidden", "--json" } : QStringList { "points", "--json" };
        for (const QJsonObject& point : run(which).lines()) {
            if (attributeOf(point, "model")[QLatin1String("value")].toString() == QLatin1String(model)) {
                return QString::number(point[QLatin1String("run")].toInt());
            }
        }
        return {};
    }

    std::unique_ptr<QTemporaryDir> m_dir;
};

QTEST_GUILESS_MAIN(EditTest)
#include "tst_edit.moc"
