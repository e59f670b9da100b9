// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/bundles/bundle_dialog.h"

#include "app/selection/choice_dialog.h"
#include "prism_test_paths.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/vllm_results.h"

#include <QCheckBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

#include <algorithm>

using namespace prism;
using namespace prism::app;

namespace {

constexpr int patienceMs = 60'000;

} // namespace

/// What a folder would become, as the user sees and changes it. Folders are read by the real parser.
class TestBundleDialog : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        prism::test::failOnQtWarnings();
        m_dir = std::make_unique<QTemporaryDir>();
        m_request = {};
        m_request.database = m_dir->filePath(QStringLiteral("none.db")).toStdString();
        m_request.paths = { folder().toStdString() };
        QDir().mkpath(folder());
        copy("json");
        copy("csv");
        write("gpu.csv", "timestamp_unix,power_w\n1795394060,300\n1795394070,310\n1795394080,305\n");
    }

    void runsAndTheirFilesAreShownWithReasons()
    {
        BundleDialog& dialog = open();
        QCOMPARE(rows(dialog), QStringLiteral("r.json=Result r.csv=Same result gpu.csv=Telemetry"));
        const QModelIndex twin = dialog.model().index(1, BundleModel::Why, dialog.model().index(0, 0));
        QVERIFY(twin.data().toString().contains(QStringLiteral("to the last digit")));
        dialog.reject();
    }

    void anEmptyFolderSaysWhatToDo()
    {
        QVERIFY(QDir(folder()).removeRecursively() && QDir().mkpath(folder()));
        BundleDialog& dialog = open();
        const QList<QLabel*> labels = dialog.findChildren<QLabel*>();
        QVERIFY(std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) {
            return label->isVisible()
                && label->text()
                == QStringLiteral("There is nothing in %1 that can be imported: choose the folder into which "
                                  "the benchmark tool wrote its results.")
                       .arg(folder());
        }));
        QVERIFY(!dialog.tree().isVisible());
        for (const QPushButton* button : dialog.findChildren<QPushButton*>()) {
            QVERIFY(!button->isEnabled() || !button->text().contains(QStringLiteral("mport")));
        }
        dialog.reject();
    }

    /// No reason is cut, however narrow the window; it does not repeat the path that its row names.
    void reasonsAreReadWhole()
    {
        write("readme.txt", "nothing of ours\n");
        BundleDialog& dialog = open();
        const QModelIndex run = dialog.model().index(0, 0);
        const QModelIndex twin = dialog.model().index(1, BundleModel::Why, run);
        for (const int width : { 1200, 480 }) {
            dialog.resize(width, 500);
            QTRY_VERIFY(isWhole(dialog.tree(), twin));
        }
        const QModelIndex other
            = dialog.model().indexOf(fileOf(dialog, QStringLiteral("readme.txt"))).siblingAtColumn(2);
        QVERIFY2(!other.data().toString().isEmpty()
                && !other.data().toString().contains(QStringLiteral("readme.txt")),
            qPrintable(other.data().toString()));
        dialog.reject();
    }

    /// What only the user can say is where he looks first.
    void theFirstQuestionIsCurrent()
    {
        write("local.csv",
            "timestamp,power.draw [W]\n2026/11/23 00:35:06.860,300 W\n2026/11/23 00:35:07.860,301 W\n");
        BundleDialog& dialog = open();
        QCOMPARE(
            BundleModel::fileAt(dialog.tree().currentIndex()), fileOf(dialog, QStringLiteral("local.csv")));
        QVERIFY(dialog.tree().currentIndex().data(BundleModel::AsksRoleData).toBool());
        dialog.reject();
    }

    /// A row dropped on "no run", or on another run; each step can be taken back.
    void draggingOverrules()
    {
        BundleDialog& dialog = open();
        const QModelIndex gpu = dialog.model().indexOf(fileOf(dialog, QStringLiteral("gpu.csv")));
        drop(dialog, gpu, {});
        QTRY_COMPARE(
            rows(dialog), QStringLiteral("r.json=Result r.csv=Same result | gpu.csv=✎ Waits for its run"));
        drop(dialog, dialog.model().indexOf(fileOf(dialog, QStringLiteral("gpu.csv"))),
            dialog.model().index(0, 0));
        QTRY_COMPARE(rows(dialog), QStringLiteral("r.json=Result r.csv=Same result gpu.csv=✎ Telemetry"));
        QCOMPARE(dialog.decisions().size(), std::size_t(1));
        QCOMPARE(dialog.decisions()[0].kind, Decision::Kind::ToRunOf);
        QCOMPARE(dialog.decisions()[0].target, std::string("r.json"));
        dialog.undo();
        dialog.undo();
        QCOMPARE(rows(dialog), QStringLiteral("r.json=Result r.csv=Same result gpu.csv=Telemetry"));
        QVERIFY(dialog.decisions().empty());
        dialog.reject();
    }

    void theKeyboardAloneSuffices()
    {
        BundleDialog& dialog = open();
        dialog.tree().setCurrentIndex(dialog.model().indexOf(fileOf(dialog, QStringLiteral("gpu.csv"))));
        QTest::keyClick(&dialog.tree(), Qt::Key_Delete);
        QCOMPARE(rows(dialog), QStringLiteral("r.json=Result r.csv=Same result | gpu.csv=✎ Left out"));
        QTest::keyClick(&dialog, Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(rows(dialog), QStringLiteral("r.json=Result r.csv=Same result gpu.csv=Telemetry"));
        dialog.reject();
    }

    void importGivesTheDecisionsOn()
    {
        BundleDialog& dialog = open();
        QSignalSpy chosen(&dialog, &BundleDialog::chosen);
        dialog.decide({ fileOf(dialog, QStringLiteral("r.csv")) }, Decision::Kind::Apart);
        dialog.findChild<QCheckBox*>()->setChecked(true);
        for (QPushButton* button : dialog.findChildren<QPushButton*>()) {
            if (button->isDefault()) {
                button->click();
                break;
            }
        }
        QCOMPARE(chosen.count(), 1);
        const auto request = chosen[0][0].value<ImportRequest>();
        QCOMPARE(request.memory, ImportRequest::Memory::Remember);
        QVERIFY(request.decisions);
        QCOMPARE(*request.decisions, (std::vector<Decision> { { Decision::Kind::Apart, "r.csv", {} } }));
    }

    /// A folder without anything to decide is imported as it is, and no window appears.
    void nothingToDecideAsksNothing()
    {
        QFile::remove(folder() + QStringLiteral("/r.csv"));
        QFile::remove(folder() + QStringLiteral("/gpu.csv"));
        auto* dialog = new BundleDialog(m_request, false);
        QSignalSpy chosen(dialog, &BundleDialog::chosen);
        QSignalSpy shown(dialog, &BundleDialog::shown);
        dialog->start();
        QTRY_COMPARE_WITH_TIMEOUT(chosen.count(), 1, patienceMs);
        QCOMPARE(shown.count(), 0);
        QVERIFY(!chosen[0][0].value<ImportRequest>().decisions);
    }

    /// A menu stays one that can be read; what is not in it is searched.
    void manyTargetsAreSearched()
    {
        for (int i = 0; i < 40; ++i) {
            QVERIFY(QDir().mkpath(folder() + QStringLiteral("/m%1").arg(i)));
            prism::test::writeVllmResults(
                folder() + QStringLiteral("/m%1").arg(i), QStringLiteral("org/M%1").arg(i), { 1 });
        }
        BundleDialog& dialog = open();
        const std::size_t gpu = fileOf(dialog, QStringLiteral("gpu.csv"));
        QMenu menu;
        dialog.addTargets(menu, { gpu });
        const QList<QAction*> actions = menu.actions()[0]->menu()->actions();
        QCOMPARE(actions.size(), 32); // 30 runs, a line, the search
        actions.back()->trigger();
        auto* choice = dialog.findChild<ChoiceDialog*>();
        QVERIFY(choice);
        QCOMPARE(choice->list().model()->rowCount(), 41);
        choice->search().setText(QStringLiteral("M39"));
        QCOMPARE(choice->list().model()->rowCount(), 1);
        QTest::keyClick(&choice->search(), Qt::Key_Return);
        QCOMPARE(dialog.decisions().size(), std::size_t(1));
        QCOMPARE(dialog.decisions()[0].file, std::string("gpu.csv"));
        QVERIFY2(dialog.decisions()[0].target.starts_with("m39/"), dialog.decisions()[0].target.c_str());
        dialog.reject();
    }

    void cancelEndsTheReading()
    {
        auto* dialog = new BundleDialog(m_request, true);
        QSignalSpy chosen(dialog, &BundleDialog::chosen);
        QSignalSpy gone(dialog, &QObject::destroyed);
        dialog->start();
        QTRY_VERIFY(dialog->isVisible());
        dialog->reject();
        QTRY_COMPARE(gone.count(), 1);
        QCOMPARE(chosen.count(), 0);
    }

private:
    /// The row is as high as its reason, broken at the width of its column.
    static bool isWhole(const QTreeView& tree, const QModelIndex& reason)
    {
        const QRect row = tree.visualRect(reason);
        const QRect text = tree.fontMetrics().boundingRect(
            QRect(0, 0, row.width() - 8, 10'000), Qt::TextWordWrap, reason.data().toString());
        return row.height() >= text.height();
    }
    QString folder() const { return m_dir->filePath(QStringLiteral("results")); }
    void write(const char* name, const QByteArray& bytes)
    {
        QFile out(folder() + QLatin1Char('/') + QString::fromUtf8(name));
        QVERIFY(out.open(QIODevice::WriteOnly));
        out.write(bytes);
    }
    void copy(const char* ending)
    {
        const QString kind = QString::fromUtf8(ending);
        QVERIFY(QFile::copy(QStringLiteral(PRISM_TEST_DATA "/guidellm/concurrent-0.8.1.") + kind,
            folder() + QStringLiteral("/r.") + kind));
    }

    BundleDialog& open()
    {
        auto* dialog = new BundleDialog(m_request, true);
        QSignalSpy shown(dialog, &BundleDialog::shown);
        dialog->start();
        const auto isShown = [&] { return shown.count() == 1; };
        if (!QTest::qWaitFor(isShown, patienceMs)) {
            qFatal("the plan was not shown");
        }
        return *dialog;
    }
    static std::size_t fileOf(BundleDialog& dialog, const QString& name)
    {
        const BundleModel& model = dialog.model();
        for (int run = 0; run < model.rowCount(); ++run) {
            for (int row = 0; row < model.rowCount(model.index(run, 0)); ++row) {
                const QModelIndex at = model.index(row, 0, model.index(run, 0));
                if (at.data().toString() == name) {
                    return *BundleModel::fileAt(at);
                }
            }
        }
        return SIZE_MAX;
    }
    static void drop(BundleDialog& dialog, const QModelIndex& file, const QModelIndex& target)
    {
        const std::unique_ptr<QMimeData> data(dialog.model().mimeData({ file }));
        QVERIFY(data);
        QVERIFY(dialog.model().canDropMimeData(data.get(), Qt::MoveAction, -1, -1, target));
        dialog.model().dropMimeData(data.get(), Qt::MoveAction, -1, -1, target);
    }
    /// "a.json=Result b.csv=Same result | c.csv=Waits for its run": a run each before the bar.
    static QString rows(BundleDialog& dialog)
    {
        const BundleModel& model = dialog.model();
        QStringList runs;
        for (int run = 0; run < model.rowCount(); ++run) {
            const QModelIndex head = model.index(run, 0);
            QStringList files;
            for (int row = 0; row < model.rowCount(head); ++row) {
                files << model.index(row, BundleModel::File, head).data().toString() + QLatin1Char('=')
                        + model.index(row, BundleModel::Role, head).data().toString();
            }
            runs << files.join(QLatin1Char(' '));
        }
        return runs.join(QStringLiteral(" | "));
    }

    std::unique_ptr<QTemporaryDir> m_dir;
    ImportRequest m_request;
};

QTEST_MAIN(TestBundleDialog)
#include "tst_bundle_dialog.moc"
