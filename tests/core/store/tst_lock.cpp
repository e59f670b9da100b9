// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/made_points.h"

#include <QtTest>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace prism;
using namespace prism::test;

class Lock : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void secondWriterWaitsAndIsToldForWhom();
    void secondWriterGoesOnWhenTheFirstIsDone();
    void waitIsCancelledAtOnce();
    void deadHolderFreesTheLock();
    void readersDoNotNeedIt();
    void otherProcessIsNamed();
};

void Lock::secondWriterWaitsAndIsToldForWhom()
{
    const TemporaryStore store;
    auto first = StoreWriter::open(store.file(), {}, {}, "importing 3 files");
    QVERIFY(first);
    std::stop_source stop;
    std::string told;
    auto second = StoreWriter::open(
        store.file(),
        [&](const std::string& holder) {
            told = holder;
            stop.request_stop();
        },
        stop.get_token());
    QVERIFY(!second);
    QVERIFY2(told.find("importing 3 files") != std::string::npos, told.c_str());
    QVERIFY2(told.find(std::to_string(getpid())) != std::string::npos, told.c_str());
    QVERIFY2(told.find("lock") != std::string::npos, told.c_str()); // this program
    QVERIFY(second.error().reason.find("cancelled") != std::string::npos);
}

void Lock::secondWriterGoesOnWhenTheFirstIsDone()
{
    const TemporaryStore store;
    auto first = store.writer();
    int notices = 0;
    auto second = StoreWriter::open(store.file(), [&](const std::string&) {
        if (++notices == 2) {
            first.reset();
        }
    });
    QVERIFY(second);
    QCOMPARE(notices, 2);
    QVERIFY((*second)->begin(madeSource("a.json")));
}

void Lock::waitIsCancelledAtOnce()
{
    using Clock = std::chrono::steady_clock;
    const TemporaryStore store;
    auto first = store.writer();
    std::stop_source stop;
    std::atomic<bool> waits = false;
    Clock::time_point asked;
    std::thread user([&] {
        waits.wait(false);
        asked = Clock::now();
        stop.request_stop();
    });
    auto second = StoreWriter::open(
        store.file(),
        [&](const std::string&) {
            waits = true;
            waits.notify_all();
        },
        stop.get_token());
    const auto ended = Clock::now();
    user.join();
    QVERIFY(!second);
    QVERIFY(ended - asked < std::chrono::milliseconds(100));
}

void Lock::deadHolderFreesTheLock()
{
    const TemporaryStore store;
    const std::string file = store.file();
    int ready[2];
    QCOMPARE(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        auto writer = StoreWriter::open(file);
        const char done = writer ? 'y' : 'n';
        (void)!write(ready[1], &done, 1);
        pause();
    }
    char answer = 0;
    QCOMPARE(read(ready[0], &answer, 1), 1);
    QCOMPARE(answer, 'y');
    bool killed = false;
    auto writer = StoreWriter::open(file, [&](const std::string& holder) {
        QVERIFY2(holder.find(std::to_string(child)) != std::string::npos, holder.c_str());
        killed = true;
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
    });
    QVERIFY(killed);
    QVERIFY(writer);
    close(ready[0]);
    close(ready[1]);
}

void Lock::readersDoNotNeedIt()
{
    const TemporaryStore store;
    auto writer = store.writer();
    auto source = writer->begin(madeSource("a.json"));
    QVERIFY(writer->addPoint(*source, madePoint(0), madeRun()));
    auto reader = store.reader();
    QVERIFY(reader);
    QVERIFY(reader->table());
    auto another = store.reader();
    QVERIFY(writer->finish(*source, {}));
    QVERIFY(writer->commit());
    QCOMPARE((*another->table())->rows(), 1u);
}

void Lock::otherProcessIsNamed()
{
    // The first reader makes the file behind the lock; who holds it for long is named rather than waited for.
    const TemporaryStore store;
    auto writer = StoreWriter::open(store.file(), {}, {}, "a long job");
    QVERIFY(writer);
    std::filesystem::remove(store.file());
    auto reader = StoreReader::open(store.file());
    QVERIFY(!reader);
    QVERIFY2(reader.error().reason.find("a long job") != std::string::npos, reader.error().text().c_str());
}

QTEST_GUILESS_MAIN(Lock)
#include "tst_lock.moc"
