// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/jobs/newest_work.h"

#include "tests/support/no_qt_warnings.h"

#include <QTest>

#include <atomic>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>

using namespace prism;
using namespace prism::app;

/// Work elsewhere ends with its result, or with a failure that is told: never with the program, nor not at
/// all.
class TestNewestWork : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        prism::test::failOnQtWarnings();
        m_delivered = 0;
        m_failures.clear();
        m_work = std::make_unique<NewestWork>();
        connect(m_work.get(), &NewestWork::failed, this,
            [this](const Error& why) { m_failures << QString::fromStdString(why.text()); });
    }

    void whatIsThrownIsTold_data()
    {
        QTest::addColumn<bool>("memory");
        QTest::addColumn<QString>("told");
        QTest::newRow("a fault") << false << "Prism met a fault of its own (out of its mind)";
        QTest::newRow("no memory") << true << "there is not enough memory";
    }
    void whatIsThrownIsTold()
    {
        QFETCH(bool, memory);
        QFETCH(QString, told);
        m_work->start([memory](const NewestWork::Cancelled&) -> NewestWork::Delivery {
            if (memory) {
                throw std::bad_alloc();
            }
            throw std::runtime_error("out of its mind");
        });
        QTRY_COMPARE(m_failures.size(), 1);
        QVERIFY2(m_failures[0].contains(told), qPrintable(m_failures[0]));
        // The next work is done.
        start();
        QTRY_COMPARE(m_delivered, 1);
        QCOMPARE(m_failures.size(), 1);
    }

    void whatADeliveryThrowsIsTold()
    {
        m_work->start([](const NewestWork::Cancelled&) -> NewestWork::Delivery {
            return [] { throw std::runtime_error("not shown"); };
        });
        QTRY_COMPARE(m_failures.size(), 1);
        QVERIFY2(m_failures[0].contains(QStringLiteral("(not shown)")), qPrintable(m_failures[0]));
    }

    /// Nobody waits for it any more.
    void anOlderFailureIsNotTold()
    {
        std::atomic<bool> begun = false;
        m_work->start([&begun](const NewestWork::Cancelled& cancelled) -> NewestWork::Delivery {
            begun = true;
            while (!cancelled()) {
                std::this_thread::yield();
            }
            throw std::runtime_error("too late");
        });
        QTRY_VERIFY(begun);
        start();
        QTRY_COMPARE(m_delivered, 1);
        QVERIFY(m_failures.isEmpty());
    }

    void anAnswerOfItsOwnTellsTheFailure()
    {
        const auto asText = [](const Error& error) { return error.reason; };
        QCOMPARE(caughtAs([] { return std::string("done"); }, asText), std::string("done"));
        QCOMPARE(
            caughtAs([]() -> std::string { throw 1; }, asText), std::string("Prism met a fault of its own"));
    }

    void theRemedyIsOneSentence()
    {
        const auto ran = caught([]() -> Result<void> { throw std::bad_alloc(); }, "read it again");
        QCOMPARE(ran.error().remedy, std::string("Close other programs and read it again"));
        const auto other = caught([]() -> Result<void> { throw 1; }, "read it again");
        QCOMPARE(other.error().remedy, std::string("Read it again"));
    }

private:
    void start()
    {
        m_work->start([this](const NewestWork::Cancelled&) -> NewestWork::Delivery {
            return [this] { ++m_delivered; };
        });
    }

    std::unique_ptr<NewestWork> m_work;
    int m_delivered = 0;
    QStringList m_failures;
};

QTEST_GUILESS_MAIN(TestNewestWork)
#include "tst_newest_work.moc"
