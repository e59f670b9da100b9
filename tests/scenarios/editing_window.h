// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/charts/chart_panel.h"
#include "app/panels/inspector/inspector_panel.h"
#include "app/selection/choice_dialog.h"
#include "app/shell/main_window.h"
#include "tests/support/no_qt_warnings.h"
#include "tests/support/vllm_results.h"

#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QUndoStack>
#include <QtTest>

namespace prism::app {

/// A window with two runs, and how its user answers what an edit asks.
class EditingWindow : public QObject {
protected:
    static constexpr int patienceMs = 60'000;

    QTemporaryDir m_dir;
    std::unique_ptr<MainWindow> m_window;

    Workspace& workspace() { return m_window->workspace(); }
    std::shared_ptr<const ColumnTable> table() { return workspace().table(); }
    Row rows() { return table()->rows(); }
    QUndoStack& undo() { return m_window->edits().undoStack(); }
    void trigger(const char* id) { m_window->actionRegistry().action(QLatin1String(id))->trigger(); }

    std::vector<PointId> pointsOf(const std::string& model)
    {
        std::vector<PointId> points;
        for (Row row = 0; row < rows(); ++row) {
            if (table()->text("model", row) == model) {
                points.push_back(table()->point(row));
            }
        }
        return points;
    }
    RunId runOf(const std::string& model) { return table()->run(*table()->rowOf(pointsOf(model).front())); }
    std::string textOf(const char* category, PointId point)
    {
        const auto row = table()->rowOf(point);
        return row ? std::string(table()->text(category, *row)) : std::string("no such point");
    }

    /// Answers the question that an action asks.
    void answer(const QString& text)
    {
        auto* dialog = m_window->findChild<QInputDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        dialog->setTextValue(text);
        dialog->accept();
        QTRY_VERIFY(!m_window->findChild<QInputDialog*>());
    }

    /// Takes the only choice that has this in its name.
    void choose(const QString& name)
    {
        auto* dialog = m_window->findChild<ChoiceDialog*>();
        QVERIFY(dialog && dialog->isVisible());
        dialog->search().setText(name);
        QCOMPARE(dialog->list().model()->rowCount(), 1);
        QTest::keyClick(&dialog->search(), Qt::Key_Return);
        QTRY_VERIFY(!m_window->findChild<ChoiceDialog*>());
    }

    int inspectorRow(const QString& name)
    {
        const MeasureModel& model = m_window->inspector().model();
        for (int row = 0; row < model.rowCount(); ++row) {
            if (model.index(row, MeasureModel::Name).data().toString() == name) {
                return row;
            }
        }
        return -1;
    }

    QString inspectorText()
    {
        QStringList all;
        for (const QLabel* label : m_window->inspector().findChildren<QLabel*>()) {
            if (label->isVisibleTo(&m_window->inspector())) {
                all << label->text();
            }
        }
        return all.join(QLatin1Char('\n'));
    }

    /// Five points of two runs, imported into an empty database.
    void openWithTwoRuns()
    {
        const QString results = m_dir.filePath(QStringLiteral("results"));
        QVERIFY(QDir().mkpath(results));
        prism::test::writeVllmResults(results, QStringLiteral("org/One"), { 1, 2, 4 });
        prism::test::writeVllmResults(results, QStringLiteral("org/Two"), { 8, 16 });
        m_window = std::make_unique<MainWindow>(m_dir.filePath(QStringLiteral("prism.db")));
        m_window->resize(1440, 900);
        m_window->show();
        m_window->import({ { results }, {} });
        QTRY_COMPARE_WITH_TIMEOUT(rows(), Row(5), patienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(undo().canUndo(), patienceMs);
        QTRY_VERIFY(!m_window->chart().isBuilding() && m_window->chart().chart());
    }
};

} // namespace prism::app
