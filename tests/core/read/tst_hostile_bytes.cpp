// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of the threat model on hostile files that say how much a file may cost: what is held in memory and how
// much work is done is counted, never timed. The same rows through the whole import are in
// import/tst_hostile_files.
#include "core/read/archive.h"
#include "core/read/csv.h"
#include "core/read/documents.h"
#include "core/read/text.h"
#include "tests/support/packed.h"

#include <QTest>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include <malloc.h>

using namespace prism;
using namespace prism::read;
using prism::test::PackedMember;

namespace {

/// What the program holds on the C++ heap, and how often it asked.
std::atomic<std::size_t> held { 0 };
std::atomic<std::size_t> mostHeld { 0 };
std::atomic<std::size_t> asked { 0 };

void* counted(std::size_t size)
{
    void* block = std::malloc(size);
    if (!block) {
        throw std::bad_alloc();
    }
    const std::size_t now = held += malloc_usable_size(block);
    mostHeld = std::max(mostHeld.load(), now);
    ++asked;
    return block;
}

void release(void* block)
{
    held -= block ? malloc_usable_size(block) : 0;
    std::free(block);
}

} // namespace

void* operator new(std::size_t size)
{
    return counted(size);
}
void operator delete(void* block) noexcept
{
    release(block);
}
void operator delete(void* block, std::size_t) noexcept
{
    release(block);
}

namespace {

constexpr std::size_t megabyte = 1'000'000;

/// A sanitizer makes each byte much dearer: its build reads fewer, enough to show that none is kept.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool instrumented = true;
#else
constexpr bool instrumented = false;
#endif

/// Heap and requests for memory since it was made.
class Cost {
public:
    Cost()
        : m_held(held)
        , m_asked(asked)
    {
        mostHeld = m_held;
    }
    std::size_t bytes() const { return mostHeld - m_held; }
    std::size_t steps() const { return asked - m_asked; }

private:
    std::size_t m_held;
    std::size_t m_asked;
};

class Counting : public DocumentHandler {
public:
    Result<void> element(const Node& element) override
    {
        ++elements;
        total += element.find("n") ? element.find("n")->number().value_or(0) : 0;
        return {};
    }
    Result<void> document(const Node&, std::size_t) override
    {
        ++documents;
        return {};
    }
    std::size_t documents = 0;
    std::size_t elements = 0;
    double total = 0;
};

/// `count` times a piece of text that the number of the piece begins, between a head and an end: never more
/// than one piece is there.
class Generated : public ByteSource {
public:
    Generated(std::string head, std::size_t count, std::size_t padding, std::string end)
        : m_piece(std::move(head))
        , m_count(count)
        , m_padding(padding)
        , m_end(std::move(end))
    {
    }

    Result<std::size_t> read(std::span<char> buffer) override
    {
        if (m_at == m_piece.size() && m_next <= m_count) {
            m_piece = m_next == m_count ? m_end
                                        : (m_next == 0 ? "" : ",") + std::string("{\"n\": ")
                    + std::to_string(m_next % 10) + '}' + std::string(m_padding, ' ') + '\n';
            m_at = 0;
            ++m_next;
        }
        const std::size_t size = std::min(buffer.size(), m_piece.size() - m_at);
        std::copy_n(m_piece.begin() + static_cast<std::ptrdiff_t>(m_at), size, buffer.begin());
        m_at += size;
        m_bytes += size;
        return size;
    }
    std::uint64_t bytes() const { return m_bytes; }

private:
    std::string m_piece;
    std::size_t m_at = 0;
    std::size_t m_next = 0;
    std::size_t m_count, m_padding;
    std::string m_end;
    std::uint64_t m_bytes = 0;
};

/// A head, and then one letter without end: more than 2 GB of it.
class EndlessLine : public ByteSource {
public:
    explicit EndlessLine(std::string head)
        : m_head(std::move(head))
    {
    }
    Result<std::size_t> read(std::span<char> buffer) override
    {
        const std::size_t left = m_bytes < size ? size - m_bytes : 0;
        const std::size_t now = std::min(buffer.size(), left);
        for (std::size_t i = 0; i < now; ++i) {
            buffer[i] = m_bytes + i < m_head.size() ? m_head[m_bytes + i] : 'x';
        }
        m_bytes += now;
        return now;
    }
    std::size_t bytes() const { return m_bytes; }

private:
    static constexpr std::size_t size = 2'300'000'000;
    std::string m_head;
    std::size_t m_bytes = 0;
};

Result<void> readBy(const QString& reader, ByteSource& source, DocumentHandler& handler)
{
    const auto only
        = [](const auto& report) { return report ? Result<void>() : Result<void>(report.error()); };
    if (reader == QLatin1String("text")) {
        return only(readLines(source, {}, [](const TextLine&) { return Result<void>(); }));
    }
    if (reader == QLatin1String("CSV")) {
        return only(readCsv(source, {}, [](const CsvRow&) { return Result<void>(); }));
    }
    return reader == QLatin1String("JSON") ? only(readJson(source, {}, handler))
                                           : only(readYaml(source, {}, handler));
}

/// Nine aliases on each of nine levels: 359 bytes that name a billion values.
std::string aliasBomb()
{
    std::string text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n";
    for (int level = 1; level < 9; ++level) {
        const std::string below = "*a" + std::to_string(level - 1);
        text += 'a' + std::to_string(level) + ": &a" + std::to_string(level) + " [" + below;
        for (int i = 1; i < 9; ++i) {
            text += ',' + below;
        }
        text += "]\n";
    }
    return text;
}

/// Mappings that take in each other's members.
std::string mergeBomb()
{
    std::string text = "m0: &m0 {a: 1}\n";
    for (int i = 1; i < 40; ++i) {
        const std::string below = "*m" + std::to_string(i - 1);
        text += 'm' + std::to_string(i) + ": &m" + std::to_string(i) + " {<<: [" + below + ", " + below
            + "], k" + std::to_string(i) + ": {<<: " + below + "}}\n";
    }
    return text;
}

/// 1 KiB of digits between 31 KiB of spaces: it packs well, and not as well as a bomb that the ratio ends.
std::string paddedDigits(std::size_t size)
{
    std::string out;
    out.reserve(size + 32'768);
    std::uint64_t state = 1;
    while (out.size() < size) {
        for (int i = 0; i < 1024; ++i) {
            state = state * 6364136223846793005ull + 1442695040888963407ull;
            out += static_cast<char>('0' + (state >> 33) % 10);
        }
        out.append(31 * 1024, ' ');
    }
    return out;
}

} // namespace

class HostileBytesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aliasBomb_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("alias bomb") << QByteArray::fromStdString(::aliasBomb());
        QTest::newRow("alias bomb, self alias") << QByteArray("a: &a [*a]\n");
        QTest::newRow("alias bomb, merge bomb") << QByteArray::fromStdString(mergeBomb());
    }
    /// "Error < 50 ms, < 64 MB": the work is bounded by the number of values that aliases may stand for, of
    /// which each asks for memory at most once.
    void aliasBomb()
    {
        QFETCH(QByteArray, text);
        QVERIFY(text.size() < 5000);
        Counting handler;
        const Plan plan;
        const Cost cost;
        const auto report = readYaml(*memorySource(text.toStdString()), plan, handler);
        QVERIFY(!report);
        QVERIFY2(report.error().reason.find("alias") != std::string::npos, report.error().text().c_str());
        QVERIFY2(cost.bytes() < 64 * megabyte, std::to_string(cost.bytes()).c_str());
        QVERIFY2(cost.steps() < plan.budgets.aliasNodes + 100'000, std::to_string(cost.steps()).c_str());
        QCOMPARE(handler.documents, std::size_t(0));
    }

    /// "2 GB+ file: streaming": all of it is read, and next to nothing of it is held.
    void fileOfMoreThan2GB()
    {
        constexpr std::size_t count = instrumented ? 100 : 2'300;
        Generated source("{\"runs\": [", count, megabyte, "], \"end\": 1}\n");
        Plan plan;
        plan.stream = { "/runs" };
        Counting handler;
        const Cost cost;
        const auto report = readJson(source, plan, handler);
        QVERIFY2(report, report ? "" : report.error().text().c_str());
        QVERIFY(source.bytes() > count * megabyte);
        QCOMPARE(handler.documents, std::size_t(1));
        QCOMPARE(handler.elements, count);
        QCOMPARE(handler.total, 4.5 * count);
        QVERIFY2(cost.bytes() < 16 * megabyte, std::to_string(cost.bytes()).c_str());
    }

    void lineOfMoreThan2GB_data()
    {
        QTest::addColumn<QString>("reader");
        QTest::addColumn<QByteArray>("head");
        QTest::newRow("text") << "text" << QByteArray("Throughput: ");
        QTest::newRow("CSV") << "CSV" << QByteArray("a,b\n1,");
        QTest::newRow("CSV, quoted") << "CSV" << QByteArray("a,b\n1,\"");
        QTest::newRow("JSON") << "JSON" << QByteArray("{\"a\": \"");
        QTest::newRow("JSON, a key") << "JSON" << QByteArray("{\"");
        QTest::newRow("YAML") << "YAML" << QByteArray("a: \"");
    }
    /// It is refused by the budget of a line or a text, before most of it is read, let alone held.
    void lineOfMoreThan2GB()
    {
        QFETCH(QString, reader);
        QFETCH(QByteArray, head);
        EndlessLine source(head.toStdString());
        Counting handler;
        const Cost cost;
        const Result<void> report = readBy(reader, source, handler);
        QVERIFY(!report);
        QVERIFY(!report.error().reason.empty() && !report.error().remedy.empty());
        QVERIFY2(source.bytes() < 200 * megabyte, std::to_string(source.bytes()).c_str());
        QVERIFY2(cost.bytes() < 256 * megabyte, std::to_string(cost.bytes()).c_str());
        QCOMPARE(handler.documents, std::size_t(0));
    }

    /// "zip bomb: total 1 GiB" by the budget that is shipped: members that each are let through.
    void zipBombOfOneGiB()
    {
        const Budgets budgets;
        QCOMPARE(budgets.archiveBytes, std::uint64_t(1) << 30);
        constexpr std::size_t member = 64u << 20;
        const std::string one = test::zipOf({ { "x.json", paddedDigits(member) } });
        QVERIFY2(static_cast<double>(one.size()) * budgets.compressionRatio > static_cast<double>(member),
            std::to_string(one.size()).c_str());
        const std::size_t central = one.find("PK\x01\x02");
        QVERIFY(central != std::string::npos);
        std::string bomb;
        for (int i = 0; i < 17; ++i) {
            bomb += one.substr(0, central);
        }
        bomb += one.substr(central);
        std::uint64_t unpacked = 0;
        int members = 0;
        std::vector<char> buffer(1u << 20);
        const OpenSource open = [&]() -> Result<std::unique_ptr<ByteSource>> { return memorySource(bomb); };
        const auto walked = walkArchive(open, budgets,
            [&](const ArchiveMember&, std::unique_ptr<ByteSource> source, const OpenSource&) -> Result<void> {
                ++members;
                for (auto size = source->read(buffer);; size = source->read(buffer)) {
                    if (!size) {
                        return size.error();
                    }
                    if (*size == 0) {
                        return {};
                    }
                    unpacked += *size;
                }
            });
        QVERIFY(!walked);
        QVERIFY2(walked.error().reason.find("1 GiB") != std::string::npos, walked.error().text().c_str());
        QVERIFY(members > 15);
        QVERIFY2(unpacked <= budgets.archiveBytes, std::to_string(unpacked).c_str());
        QVERIFY2(unpacked > budgets.archiveBytes - 2 * member, std::to_string(unpacked).c_str());
    }
};

QTEST_GUILESS_MAIN(HostileBytesTest)
#include "tst_hostile_bytes.moc"
