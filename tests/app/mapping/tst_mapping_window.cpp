// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/mapping/mapping_window.h"

#include "core/mapping/saved_mappings.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/own_folders.h"

#include <QAbstractButton>
#include <QComboBox>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>
#include <QtTest>

using namespace prism;
using namespace prism::app;

namespace {

const prism::test::OwnFolders folders;
constexpr int patienceMs = 60'000;

const QByteArray sweep = "users,ttft_p50_ms,tok_s\n1,20,100\n2,30,180\n4,45,300\n";

MappedValue measure(const char* column, const char* metric, Stat stat, const char* unit)
{
    return { column, {}, MappedValue::Target::Measure, metric, stat, unit, {} };
}

} // namespace

class TestMappingWindow : public QObject {
    Q_OBJECT

    QTemporaryDir m_dir;

    QString file(const char* name, const QByteArray& text) const
    {
        QFile out(m_dir.filePath(QString::fromLatin1(name)));
        const bool written = out.open(QIODevice::WriteOnly) && out.write(text) == text.size();
        return written ? out.fileName() : QString();
    }
    static bool settles(const MappingWindow& window)
    {
        return QTest::qWaitFor([&window] { return !window.isReading(); }, patienceMs);
    }
    static QString answer(MappingWindow& window, const char* button)
    {
        const auto* box = window.findChild<QMessageBox*>();
        if (!box) {
            return QStringLiteral("there is no question");
        }
        for (QAbstractButton* b : box->buttons()) {
            if (b->text() == QLatin1String(button)) {
                b->click();
                QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
                return {};
            }
        }
        return QStringLiteral("the question has no such button");
    }

private Q_SLOTS:
    void init()
    {
        prism::test::failOnQtWarnings();
        for (const SavedMapping& saved : savedMappings()) {
            QVERIFY(QFile::remove(QString::fromStdString(saved.file)));
        }
    }

    void proposalsAreShownAndNotTaken()
    {
        MappingWindow window;
        window.openFile(file("sweep.csv", sweep));
        QVERIFY(settles(window));
        QCOMPARE(window.draft().proposals(), 3);
        QVERIFY(!window.importButton().isEnabled());
        QCOMPARE(window.points().rowCount(), 3);
        QVERIFY2(window.previewText().contains(QStringLiteral("Proposals count")),
            qPrintable(window.previewText()));
        window.acceptButton().click();
        QVERIFY(window.importButton().isEnabled());
        QVERIFY(settles(window));
        QVERIFY(!window.previewText().contains(QStringLiteral("Proposals count")));
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        QTest::keyClick(&window, Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(!window.importButton().isEnabled());
    }

    void thePreviewFollowsEveryChange()
    {
        MappingWindow window;
        window.openFile(file("sweep.csv", sweep));
        QVERIFY(settles(window));
        const auto firstTtft = [&window] {
            const PointModel& points = window.points();
            for (int c = 0; c < points.columnCount(); ++c) {
                if (points.headerData(c, Qt::Horizontal, Qt::DisplayRole)
                        .toString()
                        .startsWith(QLatin1String("TTFT"))) {
                    return points.index(0, c).data().toString();
                }
            }
            return QString();
        };
        QCOMPARE(firstTtft(), QStringLiteral("20.00"));
        window.draft().setValue(measure("ttft_p50_ms", "ttft", Stat::percentile(50), "us"));
        QVERIFY(window.isReading());
        QVERIFY(settles(window));
        QCOMPARE(firstTtft(), QStringLiteral("0.02"));
        window.draft().edit(QStringLiteral("x"), [](Mapping& mapping) { mapping.leaveOutFirst = 2; });
        QVERIFY(settles(window));
        QCOMPARE(window.points().rowCount(), 1);
        QVERIFY2(window.previewText().contains(QStringLiteral("left out")), qPrintable(window.previewText()));
        window.draft().edit(QStringLiteral("x"), [](Mapping& mapping) { mapping.leaveOutFirst = 3; });
        QVERIFY(settles(window));
        QCOMPARE(window.points().rowCount(), 0);
        QVERIFY2(window.previewText().contains(QStringLiteral("left out")), qPrintable(window.previewText()));
    }

    void namesInAnotherRow()
    {
        MappingWindow window;
        window.openFile(file("titled.csv", "1,2,3\nusers,ttft_p50_ms,tok_s\n1,20,100\n"));
        QVERIFY(settles(window));
        QCOMPARE(window.columns().columnAt(0), std::string("1")); // numbers in the first row: no names
        const auto fields = window.findChildren<QSpinBox*>();
        const auto at = std::find_if(fields.begin(), fields.end(), [](const QSpinBox* f) {
            return f->accessibleName() == QLatin1String("Row with the names of the columns");
        });
        QVERIFY(at != fields.end());
        QSpinBox* header = *at;
        header->setValue(2);
        QVERIFY(settles(window));
        QCOMPARE(window.columns().columnAt(1), std::string("ttft_p50_ms"));
        QCOMPARE(window.draft().proposals(), 3);
        QCOMPARE(window.points().rowCount(), 1);
        window.draft().undoStack().undo();
        QVERIFY(settles(window));
        QCOMPARE(window.columns().columnAt(0), std::string("1"));
        QCOMPARE(window.columns().rowCount(), 3); // the proposals of the other way are gone
    }

    void rowsOfADocumentAtAnotherPlace()
    {
        MappingWindow window;
        window.openFile(file("two.json",
            R"({"model":"m","a":[{"users":1,"ttft_mean_ms":5},{"users":2,"ttft_mean_ms":6}],"b":[{"x":1}]})"));
        QVERIFY(settles(window));
        QCOMPARE(window.draft().mapping().rows, std::string("/a"));
        QCOMPARE(window.points().rowCount(), 2);
        QCOMPARE(window.columns().rowOf("^/model"), 2);
        window.draft().edit(QStringLiteral("x"), [](Mapping& mapping) { mapping.rows = "/b"; });
        QVERIFY(settles(window));
        QCOMPARE(window.columns().columnAt(0), std::string("/x"));
    }

    void aRowIsARequest()
    {
        MappingWindow window;
        window.openFile(file("requests.jsonl",
            "{\"request_id\":1,\"ttft_ms\":10,\"latency_ms\":100}\n{\"request_id\":2,\"ttft_ms\":20,"
            "\"latency_ms\":300}\n"));
        QVERIFY(settles(window));
        QCOMPARE(window.draft().mapping().row, Mapping::Row::Request);
        QCOMPARE(window.requests().rowCount(), 2);
        QCOMPARE(window.points().rowCount(), 1);
        QVERIFY(window.previewTabs().isTabVisible(1));
        window.draft().setRow(Mapping::Row::Point);
        QVERIFY(settles(window));
        QVERIFY(!window.previewTabs().isTabVisible(1));
    }

    void aLargeFileIsOnlyBegun()
    {
        QByteArray text = "users,ttft_p50_ms,tok_s\n";
        for (int i = 0; i < 25'000; ++i) {
            text += QByteArray::number(i) + ",20,100\n";
        }
        MappingWindow window;
        window.openFile(file("large.csv", text));
        QVERIFY(settles(window));
        QVERIFY2(window.previewText().contains(QStringLiteral("Only the first")),
            qPrintable(window.previewText()));
        QVERIFY(window.previewText().startsWith(QStringLiteral("10")));
        QVERIFY2(window.readText().contains(QStringLiteral("first 50 row")), qPrintable(window.readText()));
    }

    void tenThousandColumns()
    {
        QByteArray names;
        QByteArray cells;
        for (int i = 0; i < 10'000; ++i) {
            names += "column_" + QByteArray::number(i) + ',';
            cells += QByteArray::number(i) + ',';
        }
        const QString wide = file("wide.csv", names + "ttft_p50_ms\n" + cells + "7\n" + cells + "8\n");
        MappingWindow window;
        window.show();
        window.openFile(wide);
        QVERIFY(settles(window));
        QCOMPARE(window.columns().rowCount(), 10'001);
        QCOMPARE(window.draft().proposals(), 1);
        QCOMPARE(window.points().rowCount(), 2);
        window.acceptButton().click();
        QCOMPARE(window.save("wide", false), QString());
        QVERIFY(loadMapping("wide"));
    }

    void aColumnThatIsGoneIsSaidInItsLine()
    {
        Mapping mapping;
        mapping.name = "old";
        mapping.columns = { "users", "ttft_s" };
        mapping.values = { measure("ttft_s", "ttft", Stat::mean(), "s"),
            measure("tok_s", "output_throughput", Stat::value(), "tok/s") };
        MappingWindow window;
        window.openMapping(mapping, file("sweep.csv", sweep));
        QVERIFY(settles(window));
        QCOMPARE(window.columns().columnAt(0), std::string("ttft_s"));
        QVERIFY2(window.message().contains(QStringLiteral("no column ttft_s")), qPrintable(window.message()));
        QVERIFY(!window.importButton().isEnabled());
        QCOMPARE(window.draft().proposals(), 0); // the user's own mapping gets no proposals
        window.draft().dropValue("ttft_s");
        QVERIFY(settles(window));
        QVERIFY(window.importButton().isEnabled());
        QCOMPARE(window.points().rowCount(), 3);
    }

    void aFileThatCannotBeRead()
    {
        MappingWindow window;
        window.openFile(m_dir.filePath(QStringLiteral("absent.csv")));
        QVERIFY(settles(window));
        QVERIFY2(window.message().contains(QStringLiteral("Check the path")), qPrintable(window.message()));
        QVERIFY(!window.importButton().isEnabled());
        MappingWindow other;
        other.openFile(file("empty.csv", ""));
        QVERIFY(settles(other));
        QVERIFY2(other.message().contains(QStringLiteral("no rows")), qPrintable(other.message()));
    }

    void wordsInANumbersColumnAreToldOfIt()
    {
        MappingWindow window;
        window.openFile(file("words.csv", "users,ttft_p50_ms\n1,20\n2,n.a.\n"));
        QVERIFY(settles(window));
        QVERIFY2(
            window.previewText().contains(QStringLiteral("Column ttft_p50_ms: 1 of 2 points have no number")),
            qPrintable(window.previewText()));
    }

    void saving()
    {
        const QString path = file("sweep.csv", sweep);
        MappingWindow window;
        window.show();
        window.openFile(path);
        QVERIFY(settles(window));
        QSignalSpy saved(&window, &MappingWindow::saved);
        window.saveButton().click(); // a draft: it waits for its proposals
        QCOMPARE(saved.size(), 1);
        QVERIFY(savedMappings().at(0).error);
        window.acceptButton().click();
        window.saveButton().click();
        QVERIFY(!savedMappings().at(0).error);
        QVERIFY(!window.draft().isDirty());

        MappingWindow again; // the one that would take the file is shown
        again.openFile(path);
        QVERIFY(settles(again));
        QCOMPARE(again.nameField().text(), QStringLiteral("sweep"));
        QVERIFY(again.draft().isReady());

        QDir(m_dir.path()).mkdir(QStringLiteral("other"));
        MappingWindow second;
        second.show();
        second.openFile(file("other/sweep.csv", "users,ttft_p50_ms,tok_s,more\n1,20,100,0\n"));
        QCOMPARE(second.nameField().text(), QStringLiteral("sweep-2")); // the name is taken
        QVERIFY(settles(second));
        second.nameField().setText(QStringLiteral("sweep"));
        second.draft().dropValue("tok_s");
        second.saveButton().click();
        QCOMPARE(loadMapping("sweep")->values.size(), std::size_t(3)); // not before it is answered
        QCOMPARE(answer(second, "Replace"), QString());
        QCOMPARE(loadMapping("sweep")->values.size(), std::size_t(2));
    }

    void whatIsNotSavedIsAskedFor()
    {
        MappingWindow window;
        window.show();
        window.openFile(file("sweep.csv", sweep));
        QVERIFY(settles(window));
        window.acceptButton().click();
        window.close();
        QVERIFY(window.isVisible());
        QCOMPARE(answer(window, "Go on editing"), QString());
        QVERIFY(window.isVisible());
        QTest::keyClick(&window, Qt::Key_Escape);
        QCOMPARE(answer(window, "Discard"), QString());
        QVERIFY(!window.isVisible());
        QVERIFY(savedMappings().empty());
    }

    void enterInAFieldImportsNothing()
    {
        MappingWindow window;
        window.show();
        window.openFile(file("sweep.csv", sweep));
        QVERIFY(settles(window));
        window.acceptButton().click();
        QSignalSpy imported(&window, &MappingWindow::importRequested);
        QVERIFY(QTest::qWaitForWindowActive(&window));
        QTest::keyClick(&window.nameField(), Qt::Key_Return);
        QCOMPARE(imported.size(), 0);
        QVERIFY(window.isVisible());
        QTest::keyClick(&window, Qt::Key_Return, Qt::ControlModifier);
        QCOMPARE(imported.size(), 1);
        QCOMPARE(imported[0][1].toString(), QStringLiteral("sweep"));
        QVERIFY(!window.isVisible());
    }

    void itsPlaceIsRemembered()
    {
        MappingWindow window;
        window.resize(900, 650);
        MappingWindow next;
        next.setRemembered(window.remembered());
        QCOMPARE(next.size(), QSize(900, 650));
        next.setRemembered("nonsense");
        QCOMPARE(next.size(), QSize(900, 650));
    }

    void everyPartHasANameAndFits()
    {
        MappingWindow window;
        window.openFile(file("sweep.csv", sweep));
        QVERIFY(settles(window));
        window.show();
        QVERIFY2(window.minimumSizeHint().width() <= 1000 && window.minimumSizeHint().height() <= 660,
            qPrintable(QStringLiteral("%1 x %2")
                           .arg(window.minimumSizeHint().width())
                           .arg(window.minimumSizeHint().height())));
        const auto all = window.findChildren<QWidget*>();
        for (const QWidget* widget : all) {
            const bool interactive = qobject_cast<const QAbstractItemView*>(widget)
                || qobject_cast<const QComboBox*>(widget) || qobject_cast<const QAbstractSpinBox*>(widget)
                || (qobject_cast<const QLineEdit*>(widget)
                    && !qobject_cast<const QAbstractSpinBox*>(widget->parentWidget()));
            const auto* button = qobject_cast<const QAbstractButton*>(widget);
            const bool named = !widget->accessibleName().isEmpty() || (button && !button->text().isEmpty());
            const bool ofATable = qobject_cast<const QAbstractItemView*>(widget->parentWidget());
            if (interactive && !ofATable) {
                QVERIFY2(named, widget->metaObject()->className());
            }
            const bool shown = button && button->isVisibleTo(&window) && button->focusPolicy() != Qt::NoFocus;
            if (shown && !ofATable) {
                QVERIFY2(named,
                    qPrintable(button->objectName() + QLatin1String(button->metaObject()->className())));
            }
        }
    }
};

QTEST_MAIN(TestMappingWindow)
#include "tst_mapping_window.moc"
