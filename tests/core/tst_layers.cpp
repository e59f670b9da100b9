// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/importer.h"
#include "prism_test_paths.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QtTest>

using namespace prism;

/// The arrows of the architecture point down: app → core → probes/protocol. Read off the includes of the tree
/// and off what the programs link.
class TestLayers : public QObject {
    Q_OBJECT

private:
    static QStringList includesOf(const QString& folder, const QRegularExpression& forbidden)
    {
        QStringList found;
        QDirIterator it(QStringLiteral(PRISM_SOURCE_DIR "/") + folder,
            { QStringLiteral("*.h"), QStringLiteral("*.cpp"), QStringLiteral("*.c") }, QDir::Files,
            QDirIterator::Subdirectories);
        int files = 0;
        while (it.hasNext()) {
            QFile file(it.next());
            if (!file.open(QIODevice::ReadOnly)) {
                continue;
            }
            ++files;
            const QStringList lines = QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'));
            for (const QString& line : lines) {
                if (line.startsWith(QLatin1String("#include")) && forbidden.match(line).hasMatch()) {
                    found << file.fileName() + QStringLiteral(": ") + line;
                }
            }
        }
        if (files == 0) {
            qInfo("no sources below %s", qPrintable(folder));
        }
        return found;
    }

private Q_SLOTS:
    void includesPointDown_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::addColumn<QString>("forbidden");
        QTest::newRow("core knows no Qt and no app") << "core"
                                                     << "[<\\x22](Q[A-Z]|Qt|app/)";
        QTest::newRow("probes know neither core nor Qt") << "probes"
                                                         << "[<\\x22](Q[A-Z]|Qt|app/|core/)";
        QTest::newRow("protocol includes the standard library only") << "probes/protocol"
                                                                     << "include \\x22(?!probes/protocol/)";
        QTest::newRow("the command line knows no Qt") << "app/cli"
                                                      << "[<\\x22](Q[A-Z]|Qt|app/(?!cli/))";
        QTest::newRow("units know nothing of ours above") << "core/units"
                                                          << "\\x22core/(?!units/)";
        QTest::newRow("the model knows units only") << "core/model"
                                                    << "\\x22core/(?!(units|model)/)";
        QTest::newRow("readers know the model only") << "core/read"
                                                     << "\\x22core/(?!(units|model|read)/)";
        QTest::newRow("formats know no store") << "core/import/formats"
                                               << "\\x22core/(store|analysis|export)/";
        QTest::newRow("analysis knows no import") << "core/analysis"
                                                  << "\\x22core/(import|export)/";
        QTest::newRow("the store knows no import") << "core/store"
                                                   << "\\x22core/(import|export|analysis)/";
    }
    void includesPointDown()
    {
        QFETCH(QString, folder);
        QFETCH(QString, forbidden);
        const QStringList found = includesOf(folder, QRegularExpression(forbidden));
        QVERIFY2(found.isEmpty(), qPrintable(found.join(QLatin1Char('\n'))));
    }

    /// Adding a format touches no third file: what is particular of a producer stands in its importer.
    void sharedCodeNamesNoProducer()
    {
        QVERIFY(importers().size() > 40);
        QStringList found;
        for (const char* folder : { "core/import", "core/import/bundle", "core/import/child", "core/mapping",
                 "core/analysis", "core/export" }) {
            const QDir dir(QStringLiteral(PRISM_SOURCE_DIR "/") + QString::fromLatin1(folder));
            for (const QFileInfo& info :
                dir.entryInfoList({ QStringLiteral("*.cpp"), QStringLiteral("*.h") })) {
                QFile file(info.filePath());
                QVERIFY(file.open(QIODevice::ReadOnly));
                const QStringList lines = QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'));
                for (const QString& line : lines) {
                    const QString code = line.section(QStringLiteral("//"), 0, 0);
                    for (const Importer* importer : importers()) {
                        const std::string_view id = importer->info().id;
                        if (id == "sidecar") {
                            continue; // also the word for what any such file is to its run
                        }
                        const QString quoted = QLatin1Char('"') + QString::fromUtf8(id.data(), int(id.size()))
                            + QLatin1Char('"');
                        if (code.contains(quoted)) {
                            found << info.fileName() + QStringLiteral(": ") + line;
                        }
                    }
                }
            }
        }
        QVERIFY2(found.isEmpty(), qPrintable(found.join(QLatin1Char('\n'))));
    }

    void aForbiddenIncludeIsSeen()
    {
        QVERIFY(!includesOf(QStringLiteral("tests/core"), QRegularExpression(QStringLiteral("QtTest")))
                     .isEmpty());
    }

    void programsWithoutAWindowLinkNoQt_data()
    {
        QTest::addColumn<QString>("program");
        for (const char* name : { "prismctl", "prism-import", "prism-probed" }) {
            QTest::newRow(name) << QString::fromLatin1(name);
        }
    }
    void programsWithoutAWindowLinkNoQt()
    {
        QFETCH(QString, program);
        const QString file = QStringLiteral(PRISM_BIN_DIR "/") + program;
        if (!QFile::exists(file)) {
            QSKIP("this configuration does not build the program");
        }
        QProcess readelf;
        readelf.start(QStringLiteral("readelf"), { QStringLiteral("-d"), file });
        QVERIFY(readelf.waitForFinished());
        const QString needed = QString::fromUtf8(readelf.readAllStandardOutput());
        QVERIFY(needed.contains(QLatin1String("NEEDED")));
        QVERIFY2(!needed.contains(QLatin1String("libQt")), qPrintable(needed));
    }

    void everyFileStatesItsLicence()
    {
        QProcess git;
        git.setWorkingDirectory(QStringLiteral(PRISM_SOURCE_DIR));
        git.start(QStringLiteral("git"),
            { QStringLiteral("grep"), QStringLiteral("-L"), QStringLiteral("SPDX-License-Identifier"),
                QStringLiteral("--"), QStringLiteral("*.cpp"), QStringLiteral("*.h"), QStringLiteral("*.c"),
                QStringLiteral("*CMakeLists.txt"), QStringLiteral("*.cmake"), QStringLiteral("packaging/*"),
                QStringLiteral(".ci/*") });
        QVERIFY(git.waitForFinished());
        const QString missing = QString::fromUtf8(git.readAllStandardOutput());
        QVERIFY2(missing.isEmpty(), qPrintable(missing));
    }
};

QTEST_GUILESS_MAIN(TestLayers)
#include "tst_layers.moc"
