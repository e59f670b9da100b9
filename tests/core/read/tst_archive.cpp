// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/archive.h"

#include "tests/support/packed.h"

#include <QtTest>

using namespace prism;
using namespace prism::read;
using namespace prism::test;

namespace {

OpenSource opener(std::string bytes)
{
    return
        [bytes = std::move(bytes)]() -> Result<std::unique_ptr<ByteSource>> { return memorySource(bytes); };
}

/// "name=bytes" of each member, or the error.
std::string walked(const std::string& bytes, const Budgets& budgets = {})
{
    std::string out;
    const auto result = walkArchive(opener(bytes), budgets,
        [&out](const ArchiveMember& member, std::unique_ptr<ByteSource> source,
            const OpenSource&) -> Result<void> {
            const auto text = readAll(*source, 64u << 20);
            out += member.name + '=' + (text ? *text : "error: " + text.error().reason) + ';';
            return {};
        });
    return result ? out : "error: " + result.error().reason;
}

std::string unpacked(const std::string& bytes, const Budgets& budgets = {})
{
    auto source = decompressed(memorySource(bytes), budgets);
    if (!source) {
        return "error: " + source.error().reason;
    }
    const auto text = readAll(**source, 256u << 20);
    return text ? *text : "error: " + text.error().reason;
}

std::string text(std::size_t size)
{
    std::string out;
    std::uint64_t state = 1;
    while (out.size() < size) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        out += "{\"x\":" + std::to_string(state >> 33) + "}\n";
    }
    return out;
}

const std::vector<PackedMember> three { { "a.json", "{}", PackedMember::File },
    { "b/c.json", "[1]", PackedMember::File }, { "empty", "", PackedMember::File } };

} // namespace

class TestArchive : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void unpacks_data();
    void unpacks();
    void passesPlainBytesThrough();
    void concatenatedGzip();
    void truncatedGzipIsAnError();
    void bombIsAnError();
    void totalIsBounded();
    void recognises();
    void walks_data();
    void walks();
    void passesOverLinksAndDevices();
    void namesAreLabels();
    void reopensAMember();
    void memberThatWasPassedIsAnError();
    void archiveBudgets();
    void nestedOnceOnly();
    void truncatedArchiveIsAnError_data();
    void truncatedArchiveIsAnError();
    void callbackErrorStops();
};

void TestArchive::unpacks_data()
{
    QTest::addColumn<int>("packing");
    QTest::newRow("gzip") << int(Packing::Gzip);
    QTest::newRow("zstd") << int(Packing::Zstd);
    QTest::newRow("xz") << int(Packing::Xz);
    QTest::newRow("bzip2") << int(Packing::Bzip2);
}

void TestArchive::unpacks()
{
    QFETCH(int, packing);
    const std::string bytes = text(500'000);
    const std::string small = packed(bytes, static_cast<Packing>(packing));
    QVERIFY(small.size() < bytes.size());
    QVERIFY(unpacked(small) == bytes);
    QVERIFY(unpacked(small.substr(0, small.size() / 2)).find("error: ") == 0);
}

void TestArchive::passesPlainBytesThrough()
{
    for (const std::string& bytes : { std::string(), std::string("{"), std::string("BZ"),
             std::string("BZhello, this is text"), text(100'000) }) {
        QVERIFY(unpacked(bytes) == bytes);
    }
}

void TestArchive::concatenatedGzip()
{
    QCOMPARE(unpacked(packed("one\n", Packing::Gzip) + packed("two\n", Packing::Gzip)), "one\ntwo\n");
}

void TestArchive::truncatedGzipIsAnError()
{
    const std::string whole = packed("{\"a\": 1}\n", Packing::Gzip);
    for (std::size_t size = 2; size < whole.size(); ++size) {
        QVERIFY2(unpacked(whole.substr(0, size)).find("error: ") == 0, std::to_string(size).c_str());
    }
}

void TestArchive::bombIsAnError()
{
    const std::string bomb = packed(std::string(40u << 20, ' '), Packing::Gzip);
    QVERIFY(unpacked(bomb).find("compression bombs") != std::string::npos);
    Budgets generous;
    generous.compressionRatio = 1e6;
    QCOMPARE(unpacked(bomb, generous).size(), std::size_t(40u << 20));
}

void TestArchive::totalIsBounded()
{
    Budgets budgets;
    budgets.totalBytes = 100'000;
    QVERIFY(unpacked(packed(text(200'000), Packing::Zstd), budgets).find("error: ") == 0);
}

void TestArchive::recognises()
{
    QVERIFY(looksLikeArchive(zipOf(three)));
    QVERIFY(looksLikeArchive(tarOf(three)));
    QVERIFY(!looksLikeArchive("{\"a\":1}"));
    QVERIFY(!looksLikeArchive(packed("x", Packing::Gzip)));
    QVERIFY(!looksLikeArchive(""));
}

void TestArchive::walks_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("zip") << QByteArray::fromStdString(zipOf(three));
    QTest::newRow("tar") << QByteArray::fromStdString(tarOf(three));
    QTest::newRow("tar.gz") << QByteArray::fromStdString(tarOf(three, Packing::Gzip));
    QTest::newRow("tar.zst") << QByteArray::fromStdString(tarOf(three, Packing::Zstd));
    QTest::newRow("tar.xz") << QByteArray::fromStdString(tarOf(three, Packing::Xz));
    QTest::newRow("tar.bz2") << QByteArray::fromStdString(tarOf(three, Packing::Bzip2));
}

void TestArchive::walks()
{
    QFETCH(QByteArray, bytes);
    QCOMPARE(walked(bytes.toStdString()), "a.json={};b/c.json=[1];empty=;");
}

void TestArchive::passesOverLinksAndDevices()
{
    const std::string tar = tarOf({ { "dir/", "", PackedMember::Folder }, { "a", "x", PackedMember::File },
        { "sym", "/etc/passwd", PackedMember::Symlink }, { "hard", "a", PackedMember::Hardlink },
        { "dev", "", PackedMember::Device }, { "b", "y", PackedMember::File } });
    QCOMPARE(walked(tar), "a=x;b=y;");
    // A zip that is read forward does not tell a link from a file: it holds the name, and no file is
    // followed.
    QCOMPARE(walked(zipOf({ { "sym", "/etc/passwd", PackedMember::Symlink } })), "sym=/etc/passwd;");
}

void TestArchive::namesAreLabels()
{
    QCOMPARE(walked(tarOf({ { "../../etc/x", "1", PackedMember::File },
                 { "r\xC3\xA9sultat", "2", PackedMember::File } })),
        "../../etc/x=1;r\xC3\xA9sultat=2;");
}

void TestArchive::reopensAMember()
{
    for (const std::string& bytes : { zipOf(three), tarOf(three, Packing::Gzip) }) {
        std::vector<OpenSource> later;
        QVERIFY(walkArchive(opener(bytes), {},
            [&later](
                const ArchiveMember&, std::unique_ptr<ByteSource>, const OpenSource& reopen) -> Result<void> {
                later.push_back(reopen);
                return {};
            }));
        QCOMPARE(later.size(), std::size_t(3));
        for (int round = 0; round < 2; ++round) {
            auto source = later[1]();
            QVERIFY(source);
            QCOMPARE(*readAll(**source, 100), "[1]");
        }
    }
}

void TestArchive::memberThatWasPassedIsAnError()
{
    std::unique_ptr<ByteSource> first;
    QVERIFY(walkArchive(opener(zipOf(three)), {},
        [&first](
            const ArchiveMember&, std::unique_ptr<ByteSource> source, const OpenSource&) -> Result<void> {
            first = first ? std::move(first) : std::move(source);
            return {};
        }));
    QVERIFY(!readAll(*first, 100));
}

void TestArchive::archiveBudgets()
{
    Budgets few;
    few.archiveMembers = 2;
    QVERIFY(walked(zipOf(three), few).find("more than 2 members") != std::string::npos);

    Budgets small;
    small.archiveBytes = 100'000;
    const std::string halves
        = zipOf({ { "a", text(60'000), PackedMember::File }, { "b", text(60'000), PackedMember::File } });
    QVERIFY(walked(halves, small).find("error: ") == 0);

    const std::string bomb = zipOf({ { "bomb", std::string(40u << 20, ' '), PackedMember::File } });
    QVERIFY(walked(bomb).find("compression bombs") != std::string::npos);
    // Even when nobody reads the member, a compressed tar has to be unpacked to pass it.
    const auto unread = walkArchive(
        opener(tarOf({ { "bomb", std::string(40u << 20, ' '), PackedMember::File } }, Packing::Gzip)), {},
        [](const ArchiveMember&, std::unique_ptr<ByteSource>, const OpenSource&) -> Result<void> {
            return {};
        });
    QVERIFY(!unread);
}

void TestArchive::nestedOnceOnly()
{
    const std::string innermost = zipOf({ { "x", "1", PackedMember::File } });
    const std::string inner = zipOf({ { "in.zip", innermost, PackedMember::File } });
    const std::string outer = zipOf({ { "out.zip", inner, PackedMember::File } });
    int deepest = 0;
    std::function<Result<void>(const OpenSource&, int)> walk = [&](const OpenSource& open, int depth) {
        return walkArchive(open, {},
            [&, depth](const ArchiveMember& member, std::unique_ptr<ByteSource>,
                const OpenSource& reopen) -> Result<void> {
                deepest = std::max(deepest, depth);
                return member.name == "x" ? Result<void>() : walk(reopen, depth + 1);
            });
    };
    QVERIFY(walk(opener(inner), 1));
    QCOMPARE(deepest, 2);
    QVERIFY(!walk(opener(outer), 1));
}

void TestArchive::truncatedArchiveIsAnError_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("zip") << QByteArray::fromStdString(zipOf({ { "a", text(20'000), PackedMember::File } }));
    QTest::newRow("tar") << QByteArray::fromStdString(tarOf({ { "a", text(20'000), PackedMember::File } }));
}

void TestArchive::truncatedArchiveIsAnError()
{
    QFETCH(QByteArray, bytes);
    const std::string got = walked(bytes.first(bytes.size() / 3).toStdString());
    QVERIFY2(got.find("error: ") != std::string::npos, got.substr(0, 100).c_str());
}

void TestArchive::callbackErrorStops()
{
    int members = 0;
    const auto result = walkArchive(opener(zipOf(three)), {},
        [&members](const ArchiveMember&, std::unique_ptr<ByteSource>, const OpenSource&) -> Result<void> {
            ++members;
            return Error { {}, {}, "enough", {} };
        });
    QVERIFY(!result);
    QCOMPARE(result.error().reason, "enough");
    QCOMPARE(members, 1);
}

QTEST_GUILESS_MAIN(TestArchive)
#include "tst_archive.moc"
