// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/read/byte_source.h"

#include "tests/support/tree_text.h"

#include <QTemporaryFile>
#include <QtTest>
#include <rapidcheck.h>

#include <unistd.h>

using namespace prism;
using namespace prism::read;
using namespace prism::test;

namespace {

std::string decodedText(std::unique_ptr<ByteSource> inner, EncodingReport* report = nullptr)
{
    const auto source = decoded(std::move(inner), report);
    std::string out;
    std::array<char, 100> buffer {};
    for (;;) {
        const auto n = source->read(buffer);
        if (!n || *n == 0) {
            return n ? out : "error: " + n.error().reason;
        }
        out.append(buffer.data(), *n);
    }
}

} // namespace

class TestByteSource : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void descriptorIsReadFromItsStart();
    void closedDescriptorIsAnError();
    void readAllIsBounded();
    void decodes_data();
    void decodes();
    void decodingDoesNotDependOnPieces();
};

void TestByteSource::descriptorIsReadFromItsStart()
{
    QTemporaryFile file;
    QVERIFY(file.open());
    const QByteArray bytes = QByteArray("0123456789").repeated(50'000);
    file.write(bytes);
    file.flush();
    std::uint64_t consumed = 0;
    // The descriptor's own offset is at the end and stays there: two readers do not disturb each other.
    for (int round = 0; round < 2; ++round) {
        const auto source = descriptorSource(file.handle(), &consumed);
        const auto text = readAll(*source, 1u << 20);
        QVERIFY(text);
        QVERIFY(*text == bytes.toStdString());
    }
    QCOMPARE(consumed, std::uint64_t(2 * bytes.size()));
}

void TestByteSource::closedDescriptorIsAnError()
{
    std::array<char, 8> buffer {};
    const auto n = descriptorSource(-1)->read(buffer);
    QVERIFY(!n);
    QVERIFY(!n.error().reason.empty());
    QVERIFY(!n.error().remedy.empty());
}

void TestByteSource::readAllIsBounded()
{
    QVERIFY(readAll(*memorySource("12345"), 5));
    QVERIFY(!readAll(*memorySource("123456"), 5));
    QCOMPARE(*readAll(*memorySource(""), 0), "");
}

void TestByteSource::decodes_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("encoding");
    QTest::addColumn<quint64>("replaced");
    const auto row = [](const char* name, QByteArray bytes, const char* text, const char* encoding = "UTF-8",
                         quint64 replaced = 0) {
        QTest::newRow(name) << bytes << QByteArray(text) << QByteArray(encoding) << replaced;
    };
    row("empty", "", "");
    row("one byte", "a", "a");
    row("BOM only", "\xEF\xBB\xBF", "");
    row("BOM", "\xEF\xBB\xBFx", "x");
    row("UTF-16LE",
        QByteArray("\xFF\xFE"
                   "a\0\xAC\x20",
            6),
        "a\xE2\x82\xAC", "UTF-16LE");
    row("UTF-16BE", QByteArray("\xFE\xFF\0a\x20\xAC", 6), "a\xE2\x82\xAC", "UTF-16BE");
    row("UTF-16LE without BOM", QByteArray("a\0b\0", 4), "ab", "UTF-16LE");
    row("UTF-16BE without BOM", QByteArray("\0a\0b", 4), "ab", "UTF-16BE");
    row("UTF-32LE", QByteArray("\xFF\xFE\0\0a\0\0\0", 8), "a", "UTF-32LE");
    row("UTF-32BE without BOM", QByteArray("\0\0\0a", 4), "a", "UTF-32BE");
    row("surrogate pair", QByteArray("\xFF\xFE\x3D\xD8\x00\xDE", 6), "\xF0\x9F\x98\x80", "UTF-16LE");
    row("lone surrogate",
        QByteArray("\xFF\xFE\x3D\xD8"
                   "a\0",
            6),
        "\xEF\xBF\xBD"
        "a",
        "UTF-16LE", 1);
    row("half a unit",
        QByteArray("\xFF\xFE"
                   "a\0b",
            5),
        "a\xEF\xBF\xBD", "UTF-16LE", 1);
    row("stray byte",
        "a\xFF"
        "b",
        "a\xEF\xBF\xBD"
        "b",
        "UTF-8", 1);
    row("overlong", "\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD", "UTF-8", 2);
    row("surrogate in UTF-8", "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", "UTF-8", 3);
    row("cut sequence", "a\xE2\x82", "a\xEF\xBF\xBD", "UTF-8", 1);
    row("NUL in the middle", QByteArray("ab\0cd", 5), "", "UTF-8");
}

void TestByteSource::decodes()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, text);
    EncodingReport report;
    const std::string got = decodedText(memorySource(bytes.toStdString()), &report);
    if (text.isEmpty() && bytes.contains('\0')) {
        text = bytes; // what is valid goes through as it is
    }
    QCOMPARE(QByteArray::fromStdString(got), text);
    QTEST(QByteArray::fromStdString(report.encoding), "encoding");
    QTEST(quint64(report.replacedCharacters), "replaced");
}

void TestByteSource::decodingDoesNotDependOnPieces()
{
    QVERIFY(rc::check([](const std::string& bytes, std::vector<std::uint8_t> sizes) {
        sizes.push_back(1);
        const std::string whole = decodedText(memorySource(bytes));
        const std::string pieces = decodedText(
            std::make_unique<PiecewiseSource>(bytes, std::vector<std::size_t>(sizes.begin(), sizes.end())));
        RC_ASSERT(pieces == whole);
        EncodingReport again;
        RC_ASSERT(decodedText(memorySource("x" + whole), &again) == "x" + whole);
        RC_ASSERT(again.replacedCharacters == 0u);
    }));
}

QTEST_GUILESS_MAIN(TestByteSource)
#include "tst_byte_source.moc"
