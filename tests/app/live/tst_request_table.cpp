// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/request_table.h"
#include "app/theme/theme.h"
#include "tests/support/no_qt_warnings.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QLineEdit>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QtTest>

#include <random>

using namespace prism;
using namespace prism::app;
using Model = RequestTableModel;

namespace {

constexpr std::int64_t ms = 1'000'000;

live::RequestPtr ended(
    live::RequestId id, std::int64_t arrivalMs, std::int64_t lengthMs, std::uint32_t broken = 0)
{
    auto r = std::make_shared<live::Request>();
    r->id = id;
    r->path = "/v1/chat/completions";
    r->method = "POST";
    r->status = 200;
    r->streamed = true;
    r->seen = { arrivalMs * ms };
    r->arrival = Nanoseconds { arrivalMs * ms };
    r->read = Nanoseconds { arrivalMs * ms + ms / 2 };
    r->firstToken = Nanoseconds { (arrivalMs + 40) * ms };
    r->end = Nanoseconds { (arrivalMs + lengthMs) * ms };
    r->lastTokenEvent = r->end;
    r->tokenEvents = 64;
    r->ended = live::Ended::Complete;
    r->gapMax = Milliseconds { double(id) };
    r->broken = broken;
    return r;
}

live::Increment increment(std::vector<live::RequestPtr> list)
{
    live::Increment i;
    i.ended = std::move(list);
    return i;
}

QString cell(const Model& model, int row, int column)
{
    return model.index(row, column).data().toString();
}

} // namespace

class TestRequestTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { prism::test::failOnQtWarnings(); }

    void whatElseWasForgottenTakesNoRequest()
    {
        Model model;
        model.take(increment({ ended(1, 0, 100) }));
        live::Increment turns = increment({});
        turns.skipped = true; // turns of threads, say
        turns.spansSkipped = 5;
        model.take(turns);
        QVERIFY(model.find(1));
        live::Increment anew = increment({ ended(2, 0, 100) });
        anew.skipped = anew.endedSkipped = true;
        model.take(anew);
        QVERIFY(!model.find(1) && model.find(2));
    }

    void aStretchListsWhatTouchesIt()
    {
        Model model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.take(
            increment({ ended(1, 0, 100), ended(2, 50, 200), ended(3, 300, 50), ended(4, 1'000, 10) }));
        model.show({ 200 * ms, 310 * ms }, { 2'000 * ms });
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.inView(), std::size_t(2));
        QCOMPARE(model.requestAt(0)->id, live::RequestId(3)); // the newest first
        QCOMPARE(model.requestAt(1)->id, live::RequestId(2));
        model.show({ 5'000 * ms, 6'000 * ms }, { 6'000 * ms });
        QCOMPARE(model.rowCount(), 0);
    }

    void unknownIsADashAndEventsAreNoTokens()
    {
        Model model;
        auto r = std::make_shared<live::Request>(*ended(1, 0, 104));
        model.take(increment({ r }));
        model.show({ 0, 1'000 * ms }, { 1'000 * ms });
        QCOMPARE(cell(model, 0, Model::Input), QStringLiteral("—"));
        QCOMPARE(cell(model, 0, Model::Output), QStringLiteral("64 ev."));
        QCOMPARE(cell(model, 0, Model::Tpot), QStringLiteral("—"));
        QCOMPARE(cell(model, 0, Model::Ttft), QStringLiteral("40.0"));
        QCOMPARE(cell(model, 0, Model::Lag), QStringLiteral("0.50"));
        QCOMPARE(cell(model, 0, Model::E2e), QStringLiteral("0.104"));
        QCOMPARE(cell(model, 0, Model::StatusCode), QStringLiteral("200 SSE"));
        auto told = std::make_shared<live::Request>(*r);
        told->outputTokens = 1'234;
        told->inputTokens = 21'310;
        model.clear();
        model.take(increment({ told }));
        model.show({ 0, 1'000 * ms }, { 1'000 * ms });
        QCOMPARE(cell(model, 0, Model::Output), QStringLiteral("1\u2009234"));
        QCOMPARE(cell(model, 0, Model::Input), QStringLiteral("21\u2009310"));
    }

    void whatIsShortIsNotNought()
    {
        Model model;
        auto r = std::make_shared<live::Request>(*ended(1, 0, 1));
        r->end = Nanoseconds { ms * 4 / 10 };
        model.take(increment({ r }));
        model.show({ 0, 1'000 * ms }, { 1'000 * ms });
        QCOMPARE(cell(model, 0, Model::E2e), QStringLiteral("0.0004"));
        // A text behind a number stands apart from it.
        for (const int column : { int(Model::Arrival), int(Model::Stages) }) {
            QVERIFY(model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().front().isSpace());
        }
    }

    void aGapThatGoesOnCounts()
    {
        Model model;
        auto r = std::make_shared<live::Request>(*ended(1, 0, 104));
        r->end.reset();
        r->gapMax.reset();
        r->ended = live::Ended::Running;
        r->slowestGaps = { { { 50 * ms }, { 67 * ms }, 3 } };
        r->lastTokenEvent = Nanoseconds { 100 * ms };
        live::Increment news;
        news.running = { r };
        model.take(news);
        model.show({ 0, 7'000 * ms }, { 105 * ms });
        QCOMPARE(cell(model, 0, Model::MaxGap), QStringLiteral("17.0"));
        model.show({ 0, 7'000 * ms }, { 6'100 * ms });
        QCOMPARE(cell(model, 0, Model::MaxGap), QStringLiteral("6\u2009000.0"));
    }

    void sortsFiltersAndSearches()
    {
        Model model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        std::vector<live::RequestPtr> list;
        for (int i = 1; i <= 50; ++i) {
            list.push_back(ended(live::RequestId(i), i * 10, 100 + i, i % 7 == 0 ? 1 : 0));
        }
        auto failed = std::make_shared<live::Request>(*ended(51, 600, 20));
        failed->status = 503;
        failed->ended = live::Ended::ClientClosed;
        failed->path = "/v1/completions";
        failed->gapMax.reset();
        list.push_back(failed);
        model.take(increment(list));
        model.show({ 0, 5'000 * ms }, { 5'000 * ms });
        model.sort(Model::MaxGap, Qt::DescendingOrder);
        QCOMPARE(model.requestAt(0)->id, live::RequestId(50));
        QCOMPARE(model.requestAt(50)->id, live::RequestId(51)); // unknown is last …
        model.sort(Model::MaxGap, Qt::AscendingOrder);
        QCOMPARE(model.requestAt(0)->id, live::RequestId(1));
        QCOMPARE(model.requestAt(50)->id, live::RequestId(51)); // … in both orders
        model.setBrokenOnly(true);
        QCOMPARE(model.rowCount(), 7);
        QCOMPARE(model.inView(), std::size_t(51));
        QCOMPARE(model.brokenInView(), std::size_t(7));
        model.setBrokenOnly(false);
        model.setSearch(QStringLiteral("client closed"));
        QCOMPARE(model.rowCount(), 1);
        model.setSearch(QStringLiteral("V1/COMPLETIONS"));
        QCOMPARE(model.rowCount(), 1);
        model.setSearch(QStringLiteral("503"));
        QCOMPARE(model.rowCount(), 1);
    }

    void theNextBrokenComesAfter()
    {
        Model model;
        model.take(increment({ ended(1, 0, 900, 1), ended(3, 300, 700), ended(2, 200, 900, 2) }));
        QCOMPARE(model.nextBroken({ -1 })->id, live::RequestId(1));
        QCOMPARE(model.nextBroken({ 0 })->id, live::RequestId(2));
        QVERIFY(!model.nextBroken({ 200 * ms }));
    }

    void whoWaitedForAFirstTokenMeanwhile()
    {
        Model model;
        auto giant = std::make_shared<live::Request>(*ended(9, 100, 800));
        giant->firstToken = Nanoseconds { 400 * ms };
        giant->inputTokens = 21'310;
        model.take(increment({ ended(1, 0, 700), giant }));
        model.show({ 0, 1'000 * ms }, { 1'000 * ms });
        const auto waiting = model.waitingForTokenIn({ 150 * ms, 350 * ms }, 1);
        QCOMPARE(waiting.size(), std::size_t(1));
        QCOMPARE(waiting[0]->id, live::RequestId(9));
        QVERIFY(model.waitingForTokenIn({ 500 * ms, 600 * ms }, 1).empty());
    }

    void brokenLimitsAreColouredWithTheirOwnColumn()
    {
        Theme::current().apply(Theme::Choice::Light);
        Model model;
        model.setLimits({ { findMetric("itl"), Stat::percentile(99), 50 },
            { findMetric("ttft"), Stat::percentile(99), 30 } });
        model.take(increment({ ended(1, 0, 100, 2) }));
        model.show({ 0, 1'000 * ms }, { 1'000 * ms });
        QVERIFY(model.index(0, Model::Ttft).data(Model::BadRole).toBool());
        QVERIFY(!model.index(0, Model::MaxGap).data(Model::BadRole).toBool());
        QCOMPARE(model.index(0, Model::Ttft).data(Qt::ForegroundRole).value<QColor>(),
            Theme::current().tokens().bad);
        QVERIFY(model.index(0, Model::Ttft)
                    .data(Qt::AccessibleTextRole)
                    .toString()
                    .contains(QStringLiteral("breaks")));
    }

    void selectionStaysWithItsRequest()
    {
        RequestTable table;
        table.resize(1'200, 300);
        table.show();
        QSignalSpy chosen(&table, &RequestTable::chosen);
        std::vector<live::RequestPtr> list;
        for (int i = 1; i <= 20; ++i) {
            list.push_back(ended(live::RequestId(i), i * 10, 100));
        }
        table.model().take(increment(list));
        table.showRequests({ 0, 1'000 * ms }, { 1'000 * ms }, 20);
        table.view().setCurrentIndex(table.model().index(4, 0));
        QCOMPARE(chosen.size(), 1);
        const auto id = chosen[0][0].value<live::RequestId>();
        QCOMPARE(id, live::RequestId(16));
        table.model().take(increment({ ended(21, 500, 10), ended(22, 510, 10) }));
        table.showRequests({ 0, 1'000 * ms }, { 1'000 * ms }, 22);
        QCOMPARE(table.view().currentIndex().row(), 6);
        QCOMPARE(chosen.size(), 1); // rows came, nobody chose
        table.findField().setText(QStringLiteral("nothing of that name"));
        QCOMPARE(table.model().rowCount(), 0);
        table.findField().clear();
        QCOMPARE(table.view().currentIndex().row(), 6);
    }

    /// Rows that come on top must not push away what is read.
    void whatIsReadStaysWhereItIs()
    {
        RequestTable table;
        table.resize(900, 300);
        table.show();
        std::uint64_t count = 0;
        const auto more = [&](int requests) {
            std::vector<live::RequestPtr> list;
            for (int i = 0; i < requests; ++i) {
                ++count;
                list.push_back(ended(count, std::int64_t(count) * 10, 5));
            }
            table.model().take(increment(list));
            table.showRequests({ 0, 100'000 * ms }, { 100'000 * ms }, count);
        };
        const auto y
            = [&](live::RequestId id) { return table.view().rowViewportPosition(table.model().rowOf(id)); };
        more(100);
        QCOMPARE(table.model().requestAt(table.view().rowAt(0))->id, live::RequestId(100));
        more(10); // nothing is selected at the top: the newest is seen
        QCOMPARE(table.model().requestAt(table.view().rowAt(0))->id, live::RequestId(110));
        table.select(60); // scrolls to it
        const int before = y(60);
        QVERIFY(before >= 0 && before < table.view().viewport()->height());
        more(10);
        QCOMPARE(y(60), before);
        table.select(0);
        QScrollBar* bar = table.view().verticalScrollBar();
        bar->setValue(bar->maximum() / 2 / 22 * 22);
        const live::RequestId top = table.model().requestAt(table.view().rowAt(0))->id;
        const int topY = y(top);
        more(10);
        QCOMPARE(y(top), topY);
    }

    void endsStayInOrderUnderRandomLoads()
    {
        std::mt19937 random(5);
        Model model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        std::vector<live::RequestPtr> all;
        for (int round = 0; round < 30; ++round) {
            std::vector<live::RequestPtr> list;
            for (int i = 0; i < 10; ++i) {
                list.push_back(
                    ended(all.size() + 1, std::int64_t(random() % 5'000), 1 + std::int64_t(random() % 900)));
                all.push_back(list.back());
            }
            std::sort(
                list.begin(), list.end(), [](const auto& a, const auto& b) { return *a->end < *b->end; });
            model.take(increment(list));
            const std::int64_t from = std::int64_t(random() % 5'000) * ms;
            const TimeRange range { from, from + 200 * ms };
            model.show(range, { 6'000 * ms });
            for (const auto& r : all) { // nothing that touches the stretch is missing
                const bool touches = r->arrival->value < range.toNs && r->end->value >= range.fromNs;
                QVERIFY(!touches || model.rowOf(r->id) >= 0);
            }
        }
    }
};

QTEST_MAIN(TestRequestTable)
#include "tst_request_table.moc"
