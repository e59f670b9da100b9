// SPDX-License-Identifier: GPL-3.0-or-later
// What the mapping window says: how the file is cut, what is wrong, what comes next.
#include "app/mapping/mapping_window.h"

#include "app/theme/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSortFilterProxyModel>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>

#include <algorithm>
#include <set>

namespace prism::app {

void MappingWindow::showFrame()
{
    const Mapping& mapping = m_draft.mapping();
    const bool json = mapping.format == Mapping::Format::Json;
    const QSignalBlocker blockers[]
        = { QSignalBlocker(m_header), QSignalBlocker(m_decimalComma), QSignalBlocker(m_leaveOutFirst) };
    m_row->setCurrentIndex(m_row->findData(int(mapping.row)));
    m_header->setValue(int(mapping.headerRow));
    m_delimiter->setCurrentIndex(std::max(0, m_delimiter->findData(int(mapping.delimiter))));
    m_decimalComma->setChecked(mapping.decimalComma);
    m_leaveOutFirst->setValue(int(std::min<std::uint64_t>(mapping.leaveOutFirst, 1'000'000'000)));
    for (QWidget* widget : std::initializer_list<QWidget*> {
             m_headerLabel, m_header, m_delimiterLabel, m_delimiter, m_decimalComma }) {
        widget->setVisible(!json);
    }
    m_rowsLabel->setVisible(json);
    m_rowsAt->setVisible(json);
    m_rowsAt->clear();
    const FileLook* look = m_draft.look();
    std::vector<std::string> places { "" };
    if (look) {
        places.insert(places.end(), look->arrays.begin(), look->arrays.end());
    }
    places.push_back(mapping.rows);
    for (const std::string& place : places) {
        if (m_rowsAt->findData(qs(place)) < 0) {
            m_rowsAt->addItem(place.empty() ? tr("the document itself") : qs(place), qs(place));
        }
    }
    m_rowsAt->setCurrentIndex(m_rowsAt->findData(qs(mapping.rows)));
    m_previews->setTabVisible(1, mapping.row == Mapping::Row::Request);
}

std::optional<std::size_t> MappingWindow::firstWrong() const
{
    for (const MappingProblem& problem : m_draft.problems()) {
        if (problem.value != MappingProblem::ofAll) {
            return problem.value;
        }
    }
    return std::nullopt;
}

QString MappingWindow::nextStep() const
{
    if (!m_lookProblem.isEmpty()) {
        return m_lookProblem;
    }
    if (m_isLooking && !m_draft.look()) {
        return tr("Looking at the file…");
    }
    const auto wrong = firstWrong();
    const auto& problems = m_draft.problems();
    if (wrong || !problems.empty()) {
        const auto at = std::find_if(problems.begin(), problems.end(),
            [&](const MappingProblem& p) { return !wrong || p.value == *wrong; });
        const QString more = problems.size() > 1
            ? QLatin1Char(' ') + tr("%n more", nullptr, int(problems.size()) - 1)
            : QString();
        const QString where = wrong && !m_draft.mapping().values[*wrong].column.empty()
            ? tr("Column %1: ").arg(qs(m_draft.mapping().values[*wrong].column))
            : QString();
        return QStringLiteral("⚠ ") + where + sentence(at->error) + more;
    }
    if (const int proposals = m_draft.proposals(); proposals > 0) {
        return tr("%n proposal(s) by the names of columns: read them, then accept them.", nullptr, proposals);
    }
    if (m_name->text().isEmpty()) {
        return tr("Give the mapping a name.");
    }
    return m_file.isEmpty()
        ? tr("The mapping is in order. Choose a file to see what it makes of it.")
        : tr("The mapping is in order. It applies itself to files with these columns once it is "
             "saved.");
}

/// What saving would change about the files that the mapping applies itself to.
QString MappingWindow::shapeText() const
{
    const FileLook* look = m_draft.look();
    if (!look || m_savedName.empty()) {
        return {};
    }
    const std::set<std::string> now(look->proposal.columns.begin(), look->proposal.columns.end());
    const std::vector<std::string>& list = m_draft.mapping().columns;
    const std::set<std::string> before(list.begin(), list.end());
    QStringList added;
    QStringList gone;
    for (const std::string& column : now) {
        if (!before.contains(column)) {
            added << qs(column);
        }
    }
    for (const std::string& column : before) {
        if (!now.contains(column)) {
            gone << qs(column);
        }
    }
    const auto few = [](const QStringList& names) {
        return names.size() > 4 ? names.mid(0, 4).join(QStringLiteral(", ")) + QStringLiteral(", …")
                                : names.join(QStringLiteral(", "));
    };
    QStringList parts;
    if (!added.isEmpty()) {
        parts << tr("has %1 besides").arg(few(added));
    }
    if (!gone.isEmpty()) {
        parts << tr("lacks %1").arg(few(gone));
    }
    return parts.isEmpty()
        ? QString()
        : tr("The mapping was made for files with other columns: this one %1. Saved, it applies "
             "itself to files like this one; Save as… keeps the old one.")
              .arg(parts.join(tr(" and ")));
}

void MappingWindow::showState()
{
    const int proposals = m_draft.acceptable();
    m_accept->setText(proposals > 0 ? tr("Accept %n proposal(s)", nullptr, proposals) : tr("No proposals"));
    m_accept->setEnabled(proposals > 0);
    const Mapping& mapping = m_draft.mapping();
    const auto constants = std::count_if(mapping.values.begin(), mapping.values.end(),
        [](const MappedValue& value) { return value.column.empty(); });
    const auto filters = mapping.leaveOut.size() + (mapping.leaveOutFirst > 0 ? 1 : 0);
    m_rules->setTabText(0,
        m_columnModel.rowCount() > 0
            ? tr("Columns (%1)").arg(countText(std::uint64_t(m_columnModel.rowCount())))
            : tr("Columns"));
    m_rules->setTabText(1, constants > 0 ? tr("Constants (%1)").arg(constants) : tr("Constants"));
    m_rules->setTabText(2, filters > 0 ? tr("Rows left out (%1)").arg(filters) : tr("Rows left out"));
    const FileLook* look = m_draft.look();
    if (!m_progress->isVisible()) {
        m_readLabel->setText(!look ? QString()
                : look->changed    ? tr("⚠ it changed while it was read; read it again")
                                   : sizeText(look->bytes) + QStringLiteral(" · ")
                    + tr("%n column(s)", nullptr, int(look->columns.size())) + QStringLiteral(" · ")
                    + tr("the first %n row(s) shown", nullptr, int(look->rows.size())));
    }
    m_readAgain->setEnabled(!m_file.isEmpty());
    m_message->setText(nextStep());
    const bool wrong = !m_lookProblem.isEmpty() || !m_draft.problems().empty();
    QPalette own = palette();
    if (wrong && !m_isLooking) {
        own.setColor(QPalette::WindowText, Theme::current().tokens().warn);
    }
    m_message->setPalette(own);
    m_goTo->setVisible(firstWrong().has_value() && m_lookProblem.isEmpty());
    const QString shape = shapeText();
    m_shape->setText(shape);
    m_shape->setVisible(!shape.isEmpty());
    const bool named = !m_name->text().isEmpty();
    const bool ready = m_draft.isReady();
    m_save->setEnabled(named && !mapping.values.empty());
    m_saveAs->setEnabled(!mapping.values.empty());
    m_save->setToolTip(ready
            ? tr("Save the mapping (Ctrl+S). From then on it applies itself to files with these columns.")
            : tr("Save it as it is (Ctrl+S). It is not applied before everything is stated and accepted."));
    m_import->setEnabled(named && ready && look);
    m_import->setToolTip(m_import->isEnabled()
            ? tr("Save the mapping and import the file with it (Ctrl+Enter).")
            : tr("Possible once everything is stated and accepted."));
}

void MappingWindow::showPreviewText()
{
    QStringList parts;
    if (!m_previewProblem.isEmpty()) {
        parts << m_previewProblem;
    } else if (m_draft.look()) {
        parts << (m_draft.mapping().row == Mapping::Row::Request
                ? tr("%1 point(s) of ", nullptr, int(m_pointCount)).arg(countText(m_pointCount))
                    + tr("%1 request(s).", nullptr, int(m_requestCount)).arg(countText(m_requestCount))
                : tr("%1 point(s).", nullptr, int(m_pointCount)).arg(countText(m_pointCount)));
        if (m_partly) {
            parts << tr("Only the first %1 rows are read here; an import reads all of them.")
                         .arg(countText(previewRows));
        }
        if (m_draft.proposals() > 0) {
            parts << tr("Proposals count as accepted here.");
        }
    }
    QStringList notes = m_previewNotes;
    m_previewLabel->setToolTip(notes.join(QLatin1Char('\n')));
    if (notes.size() > 3) {
        notes = notes.mid(0, 3) << tr("%n more note(s)", nullptr, int(m_previewNotes.size()) - 3);
    }
    parts += notes;
    m_previewLabel->setText(parts.join(QLatin1Char(' ')));
}

QString MappingWindow::message() const
{
    return m_message->text();
}

QString MappingWindow::readText() const
{
    return m_readLabel->text();
}

QString MappingWindow::previewText() const
{
    return m_previewLabel->text();
}

void MappingWindow::goToProblem()
{
    const auto wrong = firstWrong();
    if (!wrong) {
        return;
    }
    const MappedValue& value = m_draft.mapping().values[*wrong];
    if (value.column.empty()) {
        m_rules->setCurrentIndex(1);
        m_constantTable->setFocus(Qt::OtherFocusReason);
        return;
    }
    m_rules->setCurrentIndex(0);
    m_find->clear();
    m_onlyUsed->setChecked(false);
    const int row = m_columnModel.rowOf(value.column);
    const bool stat = value.target == MappedValue::Target::Measure && !statChoices(value).isEmpty()
        && value.stat == Stat::value();
    const int section = stat                     ? ColumnModel::Statistic
        : needsUnit(value) && value.unit.empty() ? ColumnModel::UnitColumn
                                                 : ColumnModel::Target;
    const QModelIndex index = m_shownColumns->mapFromSource(m_columnModel.index(row, section));
    m_columnTable->setCurrentIndex(index);
    m_columnTable->scrollTo(index);
    m_columnTable->setFocus(Qt::OtherFocusReason);
}

} // namespace prism::app
