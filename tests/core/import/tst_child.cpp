// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/import/child_process.h"
#include "prism_test_paths.h"
#include "tests/support/vllm_results.h"

#include <QElapsedTimer>
#include <QProcess>
#include <QTemporaryFile>
#include <QTest>

using namespace prism;

namespace {

const std::string program = PRISM_BIN_DIR "/prism-import";

struct Answer {
    std::vector<protocol::Type> types;
    std::vector<protocol::End> ends;
};

/// Reads until `ends` files are answered or the child is gone.
Answer answersOf(ChildProcess& child, std::size_t ends)
{
    Answer answer;
    QElapsedTimer since;
    since.start();
    while (answer.ends.size() < ends && since.elapsed() < 20'000) {
        const auto got = child.read(std::chrono::milliseconds(50), [&](const protocol::Frame& frame) {
            answer.types.push_back(frame.type);
            if (frame.type == protocol::Type::End) {
                protocol::Decoder d(frame.payload);
                answer.ends.push_back(protocol::decodeEnd(d));
            }
            return Result<void>();
        });
        if (!got || *got == ChildProcess::Read::Ended) {
            break;
        }
    }
    return answer;
}

} // namespace

class ChildTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void startedByHandItExplainsItself()
    {
        QProcess process;
        process.start(QString::fromStdString(program), QStringList());
        QVERIFY(process.waitForFinished());
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("prismctl import"));
    }

    void answersFileAfterFile()
    {
        QTemporaryFile good;
        QTemporaryFile bad;
        QVERIFY(good.open() && bad.open());
        good.write(test::vllmResult(QStringLiteral("m"), 4));
        bad.write("nothing in particular\n");
        good.flush();
        bad.flush();
        auto child = ChildProcess::start(program);
        QVERIFY(child);
        QVERIFY(
            (*child)->submit({ 1, "good.json", {}, static_cast<std::uint64_t>(good.size()), good.handle() }));
        QVERIFY((*child)->submit({ 2, "bad.txt", {}, static_cast<std::uint64_t>(bad.size()), bad.handle() }));
        const Answer answer = answersOf(**child, 2);
        QCOMPARE(answer.ends.size(), std::size_t(2));
        QCOMPARE(answer.types.front(), protocol::Type::Recognised);
        QVERIFY(answer.ends[0].outcome == Outcome::Imported);
        QVERIFY(answer.ends[1].outcome == Outcome::Refused);
        QVERIFY(!answer.ends[1].reason.reason.empty());
    }

    void hungUpItEndsByItself()
    {
        auto child = ChildProcess::start(program);
        QVERIFY(child);
        (*child)->hangUp();
        (void)answersOf(**child, 1);
        QCOMPARE((*child)->why(), std::string("ended with status 0"));
    }

    void aProgramThatIsNotThereIsTold()
    {
        const auto child = ChildProcess::start("/nowhere/prism-import");
        QVERIFY(!child);
        QCOMPARE(child.error().reason,
            std::string("the parser /nowhere/prism-import cannot be started: No such file or directory"));
    }
};

QTEST_GUILESS_MAIN(ChildTest)
#include "tst_child.moc"
