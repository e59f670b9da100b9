// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/paths.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace prism;

namespace {

void write(const QString& path)
{
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("x");
}

QStringList names(const std::vector<FoundFile>& files, const QString& root)
{
    QStringList out;
    for (const FoundFile& file : files) {
        out << QDir(root).relativeFilePath(QString::fromStdString(file.path));
    }
    return out;
}

const auto never = [] { return false; };

} // namespace

class PathsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        m_root = m_dir->path();
    }

    void naturalOrder()
    {
        QVERIFY(naturalLess("c2", "c10"));
        QVERIFY(!naturalLess("c10", "c2"));
        QVERIFY(!naturalLess("c2", "c2"));
        QVERIFY(naturalLess("c2", "c2a"));
        QVERIFY(naturalLess("a9/x", "a10/x"));
        QVERIFY(naturalLess("1", "99999999999999999999999999"));
    }

    void foldersAreWalkedInOrder()
    {
        for (const char* name : { "c10/a.json", "c2/a.json", "x.json", ".hidden/a.json", "plot.png" }) {
            write(m_root + QLatin1Char('/') + QLatin1String(name));
        }
        const auto files = findFiles({ m_root.toStdString() }, never);
        QCOMPARE(names(files, m_root),
            QStringList({ QStringLiteral("plot.png"), QStringLiteral("x.json"), QStringLiteral("c2/a.json"),
                QStringLiteral("c10/a.json") }));
        QVERIFY(files[0].foreign);
        QVERIFY(!files[1].foreign);
        QCOMPARE(files[1].bytes, std::uint64_t(1));
    }

    void aLoopOfLinksEnds()
    {
        write(m_root + QStringLiteral("/a/x.json"));
        QVERIFY(QFile::link(m_root, m_root + QStringLiteral("/a/again")));
        QVERIFY(QFile::link(m_root + QStringLiteral("/a/self"), m_root + QStringLiteral("/a/self")));
        const auto files = findFiles({ m_root.toStdString() }, never);
        QCOMPARE(std::count_if(files.begin(), files.end(), [](const FoundFile& f) { return !f.foreign; }), 1);
    }

    void globsAndMissingFiles()
    {
        write(m_root + QStringLiteral("/c10.json"));
        write(m_root + QStringLiteral("/c2.json"));
        write(m_root + QStringLiteral("/c.csv"));
        const std::string root = m_root.toStdString();
        QCOMPARE(names(findFiles({ root + "/*.json" }, never), m_root),
            QStringList({ QStringLiteral("c2.json"), QStringLiteral("c10.json") }));
        for (const char* gone : { "/gone.json", "/*.gone" }) {
            const auto files = findFiles({ root + gone }, never);
            QCOMPARE(files.size(), std::size_t(1));
            QVERIFY(!files[0].problem.empty() && files[0].given);
        }
        QCOMPARE(findFiles({ "-" }, never).at(0).path, std::string("-"));
    }

    void aNamedFileIsNeverForeign()
    {
        write(m_root + QStringLiteral("/odd.png"));
        QVERIFY(!findFiles({ m_root.toStdString() + "/odd.png" }, never).at(0).foreign);
    }

    void membersOfArchivesAreForeignAsFilesAre()
    {
        for (const char* foreign :
            { "plot.png", "r/README.md", ".git/config.json", "r/.x/c4.json", "r/._c4.json" }) {
            QVERIFY2(isForeignMember(foreign), foreign);
        }
        for (const char* fit : { "c4.json", "../../c4.json", "./r/c4.json", "r.x/c4.json", "" }) {
            QVERIFY2(!isForeignMember(fit), fit);
        }
    }

    void databasesAreForeignButForABenchmarks()
    {
        write(m_root + QStringLiteral("/a/benchmark_data.db"));
        write(m_root + QStringLiteral("/a/chat.db"));
        const auto files = findFiles({ m_root.toStdString() }, never);
        QCOMPARE(files.size(), std::size_t(2));
        QVERIFY(!files[0].foreign && files[1].foreign);
    }

    void stopEndsTheWalk()
    {
        write(m_root + QStringLiteral("/x.json"));
        QVERIFY(findFiles({ m_root.toStdString() }, [] { return true; }).empty());
    }

    /// A fiftieth of a million: whether it is to stop is asked every few entries and every part of the
    /// sorting, so that a folder of any size can be cancelled, and the order is that of the names.
    void aFolderWithAMillionFiles()
    {
        constexpr int files = 20'000;
        for (int i = 0; i < files; ++i) {
            write(m_root + QStringLiteral("/%1.json").arg(files - i));
        }
        int asked = 0;
        const auto all = findFiles({ m_root.toStdString() }, [&asked] { return ++asked < 0; });
        QCOMPARE(all.size(), std::size_t(files));
        for (std::size_t i = 0; i < all.size(); ++i) {
            QVERIFY(all[i].path.ends_with("/" + std::to_string(i + 1) + ".json"));
        }
        QVERIFY2(asked > 2 * files / 256, qPrintable(QString::number(asked)));
        for (int most = 1; most < asked; most += asked / 50) {
            int again = 0;
            QVERIFY(findFiles({ m_root.toStdString() }, [&] { return ++again > most; }).size() < files);
            QVERIFY(again <= most + 8); // once more on each way out
        }
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
    QString m_root;
};

QTEST_GUILESS_MAIN(PathsTest)
#include "tst_paths.moc"
