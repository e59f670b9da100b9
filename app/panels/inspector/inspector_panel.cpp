// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/inspector/inspector_panel.h"

#include "app/jobs/caught.h"
#include "app/panels/inspector/attached_view.h"
#include "app/panels/inspector/source_view.h"
#include "app/theme/button_text.h"
#include "app/theme/run_palette.h"
#include "app/theme/theme.h"
#include "core/mapping/mapping_importer.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QScopedValueRollback>
#include <QSplitter>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtConcurrentRun>

namespace prism::app {

namespace {

constexpr int sideBySideWidth = 560;
constexpr int rowHeight = 22;

QString text(std::string_view s)
{
    return QString::fromUtf8(s.data(), qsizetype(s.size()));
}

QLabel* plainLabel(QWidget* parent)
{
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    return label;
}

QWidget* emptyState(QWidget* parent)
{
    auto* page = new QWidget(parent);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(14, 14, 14, 14);
    layout->addWidget(new QLabel(InspectorPanel::tr("No point selected"), page));
    QLabel* hint = plainLabel(page);
    hint->setText(InspectorPanel::tr(
        "Click a point or a row: every measure of it, where it came from, and the original "
        "text of the file beside it."));
    hint->setForegroundRole(QPalette::PlaceholderText);
    layout->addWidget(hint);
    layout->addStretch();
    return page;
}

} // namespace

InspectorPanel::InspectorPanel(Workspace* workspace, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_stack(new QStackedWidget(this))
{
    setAccessibleName(tr("Inspector"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_stack->addWidget(emptyState(this));
    auto* page = new QWidget(this);
    auto* pageLayout = new QVBoxLayout(page);
    pageLayout->setContentsMargins(4, 4, 4, 4);
    pageLayout->setSpacing(4);
    pageLayout->addWidget(makeHead());
    m_attached = new AttachedView(page);
    connect(m_attached, &AttachedView::timelineRequested, this, &InspectorPanel::timelineRequested);
    connect(m_attached, &AttachedView::seriesRequested, this, &InspectorPanel::seriesRequested);
    pageLayout->addWidget(m_attached);
    pageLayout->addWidget(makeBody(), 1);
    m_stack->addWidget(page);
    connect(workspace, &Workspace::inspected, this, &InspectorPanel::load);
    connect(workspace, &Workspace::tableChanged, this, &InspectorPanel::takeTable);
    connect(
        &m_model, &MeasureModel::attributeEdited, this, [this](const QString& name, const QString& value) {
            if (m_point) {
                Q_EMIT attributeEdited(*m_point, name, value);
            }
        });
}

/// What is stored has changed: a point that has left is closed, another may say something else now.
void InspectorPanel::takeTable()
{
    if (!m_point) {
        return;
    }
    const bool hasRow = m_workspace->table()->rowOf(*m_point).has_value();
    if (m_hasRow && !hasRow) {
        m_point.reset();
        m_model.clear();
        m_stack->setCurrentIndex(0);
        return;
    }
    const int request = ++m_request;
    inspect(*m_point).then(this, [=, this](const Inspection& inspection) {
        if (request != m_request) {
            return;
        }
        const int row = m_table->currentIndex().row();
        const QScopedValueRollback keepsText(m_keepsText, true);
        show(inspection, {}, {});
        if (row >= 0 && row < m_model.rowCount()) {
            m_table->setCurrentIndex(m_model.index(row, MeasureModel::Value));
        }
    });
}

QWidget* InspectorPanel::makeHead()
{
    auto* head = new QWidget(this);
    auto* layout = new QVBoxLayout(head);
    layout->setContentsMargins(4, 4, 4, 4);
    layout->setSpacing(2);
    m_title = plainLabel(head);
    QFont bold = m_title->font();
    bold.setWeight(QFont::DemiBold);
    m_title->setFont(bold);
    m_subtitle = plainLabel(head);
    m_subtitle->setForegroundRole(QPalette::PlaceholderText);
    m_words = plainLabel(head);
    m_checks = plainLabel(head);
    connect(&Theme::current(), &Theme::changed, this, &InspectorPanel::colourChecks);
    for (QLabel* label : { m_title, m_subtitle, m_words, m_checks }) {
        layout->addWidget(label);
    }
    m_mapping = new QToolButton(head);
    m_mapping->setAutoRaise(true);
    m_mapping->setToolTip(tr("Show the mapping that read this file, with what it makes of it."));
    m_mapping->hide();
    layout->addWidget(m_mapping);
    connect(m_mapping, &QToolButton::clicked, this,
        [this] { Q_EMIT mappingRequested(m_place->toolTip(), m_mapping->property("mapping").toString()); });
    return head;
}

QWidget* InspectorPanel::makeBody()
{
    m_splitter = new QSplitter(Qt::Vertical, this);
    m_splitter->setHandleWidth(4);
    m_splitter->setChildrenCollapsible(false);
    m_table = new QTableView(m_splitter);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(tr("Measures of the point"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setAlternatingRowColors(true);
    m_table->setShowGrid(false);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setWordWrap(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->verticalHeader()->setDefaultSectionSize(std::max(rowHeight, fontMetrics().height() + 4));
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setSectionResizeMode(MeasureModel::Name, QHeaderView::Stretch);
    // In place: a double click, or F2, which names the run elsewhere in the window.
    m_table->setEditTriggers(QAbstractItemView::DoubleClicked);
    m_table->installEventFilter(this);
    m_table->setContextMenuPolicy(Qt::ActionsContextMenu);
    auto* edit = new QAction(tr("Set the value…"), m_table);
    connect(edit, &QAction::triggered, this, &InspectorPanel::editCurrent);
    m_table->addAction(edit);
    auto* copy = new QAction(tr("Copy as CSV"), m_table);
    connect(copy, &QAction::triggered, this, &InspectorPanel::copyTable);
    m_table->addAction(copy);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& index) { showSource(m_model.place(index.row())); });

    auto* lower = new QWidget(m_splitter);
    auto* layout = new QVBoxLayout(lower);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2);
    m_place = plainLabel(lower);
    m_source = new SourceView(lower);
    layout->addWidget(m_place);
    layout->addWidget(m_source, 1);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 1);
    return m_splitter;
}

void InspectorPanel::load(PointId point, const QString& metric, const QString& stat)
{
    const int request = ++m_request;
    inspect(point).then(this, [=, this](const Inspection& inspection) {
        if (request == m_request) {
            show(inspection, metric, stat);
        }
    });
}

QFuture<Inspection> InspectorPanel::inspect(PointId point) const
{
    return QtConcurrent::run([database = m_workspace->database(), table = m_workspace->table(), point] {
        return caughtAs([&] { return inspectPoint(database, table, point); },
            [](const Error& error) {
                Inspection nothing;
                nothing.problem = QString::fromStdString(error.text());
                return nothing;
            });
    });
}

void InspectorPanel::show(const Inspection& inspection, const QString& metric, const QString& stat)
{
    m_stack->setCurrentIndex(1);
    if (!inspection.problem.isEmpty()) {
        m_title->setText(inspection.problem);
        m_subtitle->clear();
        m_checks->clear();
        m_words->hide();
        m_mapping->hide();
        m_model.clear();
        m_attached->setContent({}, {}, {});
        Q_EMIT loaded();
        return;
    }
    const auto table = m_workspace->table();
    m_point = inspection.point.record.id;
    m_sha256 = inspection.source.sha256;
    const auto row = table->rowOf(*m_point);
    const RunId run = inspection.point.record.run;
    m_hasRow = row.has_value();
    m_title->setText(row
            ? runLabel(*table, run, shownRuns(*m_workspace)) + QStringLiteral(" · ") + loadLabel(*table, *row)
            : text(inspection.source.path).section(QLatin1Char('/'), -1) + QStringLiteral(" · ")
                + tr("point %1").arg(inspection.point.record.index + 1));
    const bool hidden = row && !m_workspace->filtered().passing.contains(*row);
    m_subtitle->setText(commonLabel(*table, { run })
        + (hidden ? QStringLiteral(" · ") + tr("hidden by the filter") : QString()));
    m_subtitle->setVisible(!m_subtitle->text().isEmpty());
    showWords(inspection.point);
    showChecks(inspection.point);
    m_attached->setContent(
        inspection.attached, inspection.repetitions, row ? loadLabel(*table, *row) : QString());
    showMapping(inspection.source);
    m_place->setText(text(inspection.source.path).section(QLatin1Char('/'), -1));
    m_place->setToolTip(text(inspection.source.path));
    m_model.setPoint(inspection.point);
    fitColumns();
    const int wanted = metric.isEmpty() ? -1 : m_model.rowOf(metric, stat);
    if (wanted >= 0) {
        m_table->selectRow(wanted);
        m_table->scrollTo(m_model.index(wanted, 0), QAbstractItemView::PositionAtCenter);
    } else if (!m_keepsText) {
        showSource({});
    }
    Q_EMIT loaded();
}

void InspectorPanel::showWords(const PointDetail& point)
{
    QStringList said;
    const auto line = [&](const QString& what, const Word& word) {
        const QString who = word.saidAt.empty() ? QString()
                                                : QStringLiteral(" (") + text(word.saidBy)
                + QStringLiteral(", ") + text(word.saidAt) + QLatin1Char(')');
        said << QStringLiteral("✎ ")
                + what.arg(text(word.value).replace(QLatin1Char('\n'), QStringLiteral(", "))) + who;
    };
    if (const Word* hidden = point.word("hidden")) {
        line(tr("You hid this point: %1"), *hidden);
    }
    if (const Word* note = point.word("note")) {
        line(tr("Your note on the point: %1"), *note);
    }
    if (point.word("run")) {
        said << QStringLiteral("✎ ")
                + tr("You put it into this run; its file says run %1.").arg(point.record.fileRun);
    }
    const RunRecord* run = m_workspace->table()->runRecord(point.record.run);
    const std::pair<std::string_view, QString> fields[] = { { "name", tr("You named the run: %1") },
        { "tags", tr("Your tags on the run: %1") }, { "evidence", tr("Your word on its evidence: %1") },
        { "note", tr("Your note on the run: %1") } };
    for (const auto& [field, what] : fields) {
        for (const Word& word : run ? run->words : std::vector<Word>()) {
            if (word.field == field) {
                line(what, word);
            }
        }
    }
    m_words->setText(said.join(QLatin1Char('\n')));
    m_words->setVisible(!said.isEmpty());
}

/// Numbers must stand whole; texts of attributes and extras may be cut, their tooltips are not.
void InspectorPanel::fitColumns()
{
    for (const int column :
        { MeasureModel::StatColumn, MeasureModel::UnitColumn, MeasureModel::OriginColumn }) {
        m_table->resizeColumnToContents(column);
    }
    int width = m_table->fontMetrics().horizontalAdvance(tr("Value")) + 24;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const QModelIndex cell = m_model.index(row, MeasureModel::Value);
        if (cell.data(Qt::TextAlignmentRole).toInt() & Qt::AlignRight) {
            width = std::max(width, m_table->fontMetrics().horizontalAdvance(cell.data().toString()) + 12);
        }
    }
    m_table->setColumnWidth(MeasureModel::Value, width);
}

void InspectorPanel::showChecks(const PointDetail& point)
{
    QStringList warnings;
    QStringList notes;
    bool habit = false; // two numbers that differ as its tool always makes them
    for (const Warning& w : point.warnings) {
        (w.severity == Severity::Warning ? warnings : notes) << text(w.text);
        habit = habit || w.code.ends_with("-disagrees") || w.code.ends_with("-disagree");
    }
    m_doubtful = !warnings.isEmpty();
    if (warnings.isEmpty()) {
        m_checks->setText(QStringLiteral("✓ ")
            + (habit ? tr("The file's numbers agree, but for what is known of its tool:")
                     : tr("No disagreement between the file's numbers was found.")));
    } else {
        m_checks->setText(QStringLiteral("⚠ ") + warnings.join(QStringLiteral("\n⚠ ")));
    }
    if (!notes.isEmpty()) {
        m_checks->setText(m_checks->text() + QLatin1Char('\n') + notes.join(QLatin1Char('\n')));
    }
    colourChecks();
}

/// Numbers that somebody's mapping gave their meaning say so.
void InspectorPanel::showMapping(const SourceRecord& source)
{
    const std::string prefix = mappingImporterId({});
    const bool mapped = source.producer.starts_with(prefix);
    m_mapping->setVisible(mapped);
    if (mapped) {
        const QString name = text(source.producer).mid(qsizetype(prefix.size()));
        m_mapping->setProperty("mapping", name);
        m_mapping->setText(tr("Read by the mapping %1…").arg(buttonText(name)));
    }
}

void InspectorPanel::colourChecks()
{
    QPalette own;
    if (m_doubtful) {
        own.setColor(QPalette::WindowText, Theme::current().tokens().warn);
    }
    m_checks->setPalette(own);
}

void InspectorPanel::showSource(const QString& place)
{
    if (m_sha256.empty()) {
        return;
    }
    const int request = ++m_sourceRequest;
    const QString file = m_place->toolTip().section(QLatin1Char('/'), -1);
    m_place->setText(place.isEmpty() ? file : file + QStringLiteral("  ") + place);
    QtConcurrent::run([database = m_workspace->database(), sha256 = m_sha256, place] {
        return caughtAs([&] { return sourceText(database, sha256, place); },
            [](const Error& error) {
                SourceText none;
                none.problem = QString::fromStdString(error.text());
                return none;
            });
    }).then(this, [=, this](const SourceText& source) {
        if (request == m_sourceRequest) {
            m_source->setSource(source);
            Q_EMIT sourceLoaded();
        }
    });
}

void InspectorPanel::editCurrent()
{
    const QModelIndex value = m_model.index(m_table->currentIndex().row(), MeasureModel::Value);
    if (value.flags() & Qt::ItemIsEditable) {
        m_table->setCurrentIndex(value);
        m_table->edit(value);
    }
}

bool InspectorPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_table
        && (event->type() == QEvent::ShortcutOverride || event->type() == QEvent::KeyPress)) {
        const auto* key = static_cast<const QKeyEvent*>(event);
        const QModelIndex value = m_model.index(m_table->currentIndex().row(), MeasureModel::Value);
        if (key->key() == Qt::Key_F2 && key->modifiers() == Qt::NoModifier
            && (value.flags() & Qt::ItemIsEditable)) {
            event->accept();
            if (event->type() == QEvent::KeyPress) {
                editCurrent();
            }
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void InspectorPanel::copyTable()
{
    QGuiApplication::clipboard()->setText(m_model.csv());
}

void InspectorPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    const Qt::Orientation now = width() >= sideBySideWidth ? Qt::Horizontal : Qt::Vertical;
    if (now != m_splitter->orientation()) {
        m_splitter->setOrientation(now);
        // Beside the text the names of measures need more than half.
        m_splitter->setSizes(now == Qt::Horizontal ? QList<int> { 58, 42 } : QList<int> { 50, 50 });
    }
}

} // namespace prism::app
