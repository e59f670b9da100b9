// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/result.h"
#include "core/store/column_table.h"

#include <QDialog>

#include <functional>
#include <vector>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;

namespace prism::app {

/// Sets or corrects an attribute of points or whole runs: which, its value now, and what is wrong with the
/// new one.
class AttributeDialog : public QDialog {
    Q_OBJECT
public:
    AttributeDialog(std::shared_ptr<const ColumnTable> table, std::vector<PointId> points, QWidget* parent);
    /// The points are those of so many runs, and the word is said of these.
    void sayOfRuns(int count);

    QComboBox& attribute() { return *m_attribute; }
    QLineEdit& value() { return *m_value; }
    QPushButton& set() { return *m_set; }

Q_SIGNALS:
    void chosen(const QString& attribute, const QString& value);

private:
    void showNow();
    void check();

    std::shared_ptr<const ColumnTable> m_table;
    std::vector<PointId> m_points;
    QComboBox* m_attribute;
    QLabel* m_now;
    QLineEdit* m_value;
    QLabel* m_problem;
    QLabel* m_hint;
    QPushButton* m_set;
};

/// The points that the user hid, with the reason, to be shown again.
class HiddenPointsDialog : public QDialog {
    Q_OBJECT
public:
    HiddenPointsDialog(const QString& database, const std::vector<PointId>& points, QWidget* parent);

    QTreeWidget& list() { return *m_list; }

Q_SIGNALS:
    void loaded();
    void showAgain(const std::vector<prism::PointId>& points);
    void inspect(prism::PointId point);

private:
    struct Line {
        PointId point = 0;
        QString of, load, because, by;
    };
    static Result<std::vector<Line>> read(const QString& database, const std::vector<PointId>& points);
    void fill(const std::vector<Line>& lines);
    std::vector<PointId> pointsIn(bool selectedOnly) const;

    QTreeWidget* m_list;
};

} // namespace prism::app
