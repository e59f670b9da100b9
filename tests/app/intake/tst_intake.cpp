// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/intake/intake.h"

#include "tests/support/no_qt_warnings.h"

#include <QMimeData>
#include <QTemporaryDir>
#include <QUrl>
#include <QtTest>

using namespace prism::app;

class TestIntake : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void filesAndFolders()
    {
        QTemporaryDir dir;
        QMimeData data;
        data.setUrls({ QUrl::fromLocalFile(dir.path()), QUrl::fromLocalFile(QStringLiteral("/x/a.json")),
            QUrl::fromLocalFile(QStringLiteral("/x/b.json")) });
        const Intake intake = intakeOf(data);
        QCOMPARE(intake.paths.size(), 3);
        QVERIFY(intake.text.isEmpty());
        QCOMPARE(intake.describe(), QStringLiteral("2 files and 1 folder"));
    }

    void textIsAResultUnlessItNamesAFile()
    {
        QMimeData data;
        data.setText(QStringLiteral("{\"model_id\": 1}"));
        QCOMPARE(intakeOf(data).text, QStringLiteral("{\"model_id\": 1}"));
        QTemporaryDir dir;
        data.setText(dir.path() + QLatin1Char('\n'));
        QCOMPARE(intakeOf(data).paths, QStringList { dir.path() });
        QVERIFY(intakeOf(data).text.isEmpty());
    }

    void whatIsElsewhereIsRejected()
    {
        QMimeData link;
        link.setUrls({ QUrl(QStringLiteral("https://example.org/a.json")) });
        link.setText(QStringLiteral("https://example.org/a.json"));
        QVERIFY(intakeOf(link).isEmpty());
        QMimeData picture;
        picture.setData(QStringLiteral("image/png"), "x");
        QVERIFY(intakeOf(picture).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestIntake)
#include "tst_intake.moc"
