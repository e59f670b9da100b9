// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/tables/run_table.h"

#include "app/tables/column_menu.h"
#include "app/theme/theme.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QResizeEvent>
#include <QScopedValueRollback>
#include <QScrollBar>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>
#include <QWheelEvent>

namespace prism::app {

namespace {

constexpr int rowHeight = 22;
constexpr int headerHeight = 38;
constexpr int trendWidth = 86;
constexpr int headerMargin = 16;
constexpr int sortedMargin = 34; ///< with the arrow
constexpr int leastNames = 200; ///< of the names' column; what is cut is in the tool tip

/// Rows of the specified height, whatever the font's own leading.
class RowHeight : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const QSize size = QStyledItemDelegate::sizeHint(option, index);
        return { size.width(), std::max(rowHeight, option.fontMetrics.height() + 4) };
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const QVariant data = index.data(RunTableModel::TrendRole);
        if (!data.isValid()) {
            return;
        }
        const auto trend = data.value<Trend>();
        const bool selected = option.state & QStyle::State_Selected;
        const QColor ink
            = option.palette.color(selected ? QPalette::HighlightedText : QPalette::PlaceholderText);
        const QRectF room = QRectF(option.rect).adjusted(8, 5, -8, -5);
        QPolygonF line;
        for (const QPointF& p : trend.line) {
            line << QPointF(room.left() + p.x() * room.width(), room.bottom() - p.y() * room.height());
        }
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(QPen(ink, 1));
        painter->drawPolyline(line);
        painter->setPen(Qt::NoPen);
        painter->setBrush(option.palette.color(selected ? QPalette::HighlightedText : QPalette::Text));
        painter->drawEllipse(line[trend.at], 2.5, 2.5);
        painter->restore();
    }
};

QWidget* emptyState(QWidget* parent)
{
    auto* page = new QWidget(parent);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(14, 14, 14, 14);
    auto* head = new QLabel(RunTable::tr("No runs"), page);
    auto* text = new QLabel(RunTable::tr("A row for each run, which opens to its load levels."), page);
    text->setForegroundRole(QPalette::PlaceholderText);
    text->setWordWrap(true);
    layout->addWidget(head);
    layout->addWidget(text);
    layout->addStretch();
    return page;
}

} // namespace

RunTable::RunTable(Workspace* workspace, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_model(*workspace)
    , m_stack(new QStackedWidget(this))
    , m_view(new QTreeView(this))
    , m_tools(makeTools())
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_stack->addWidget(emptyState(this));
    m_stack->addWidget(m_view);
    makeView();
    connect(&m_model, &RunTableModel::aboutToRebuild, this, &RunTable::remember);
    connect(&m_model, &RunTableModel::rebuilt, this, &RunTable::restore);
    connect(workspace, &Workspace::selectionChanged, this, &RunTable::showSelection);
    restore();
}

void RunTable::showToolsAbove(bool above)
{
    auto* column = static_cast<QVBoxLayout*>(layout());
    if (above) {
        column->insertWidget(0, m_tools);
    } else {
        column->removeWidget(m_tools);
    }
}

void RunTable::makeView()
{
    m_view->setModel(&m_model);
    m_view->setItemDelegate(new RowHeight(m_view));
    m_view->setObjectName(QStringLiteral("runTable"));
    m_view->setAccessibleName(tr("Runs and their load levels"));
    m_view->setAlternatingRowColors(true);
    m_view->setUniformRowHeights(true);
    m_view->setAllColumnsShowFocus(true);
    m_view->setTextElideMode(Qt::ElideMiddle); // what tells two runs apart is often at the end
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setIndentation(16);
    m_view->setSortingEnabled(true);
    m_view->viewport()->installEventFilter(this);
    m_view->header()->setSortIndicator(-1, Qt::DescendingOrder);
    m_view->header()->setFixedHeight(std::max(headerHeight, 2 * fontMetrics().height() + 6));
    m_view->header()->setStretchLastSection(false);
    m_view->header()->setSectionsMovable(true);
    m_view->header()->setContextMenuPolicy(Qt::CustomContextMenu);
    connect(m_view->header(), &QHeaderView::sectionResized, this, [this](int column, int, int width) {
        // A section that hides or vanishes with the columns has no width of its own.
        if (!m_fitting && !m_following && width > 0 && column <= m_model.columns().size()) {
            m_widths.insert(widthKey(column), width);
        }
    });
    connect(m_view->header(), &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        ColumnMenu* menu = makeColumnMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        menu->popup(m_view->header()->mapToGlobal(at));
    });
    connect(m_view, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        const QModelIndex index = m_view->indexAt(at);
        if (index.isValid()) {
            Q_EMIT contextMenuRequested(m_view->viewport()->mapToGlobal(at));
        }
    });
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunTable::takeSelection);
    connect(
        m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &RunTable::inspectCurrent);
}

QWidget* RunTable::makeTools()
{
    auto* tools = new QWidget(this);
    auto* layout = new QHBoxLayout(tools);
    layout->setContentsMargins(4, 2, 4, 2);
    layout->setSpacing(6);
    layout->addStretch(1);
    auto* label = new QLabel(tr("Run row shows"), tools);
    m_runRow = new QComboBox(tools);
    m_runRow->addItem(tr("Highest load that holds the SLO"), int(RunTableModel::RunRow::HighestHolding));
    m_runRow->addItem(tr("Highest output throughput"), int(RunTableModel::RunRow::HighestThroughput));
    m_runRow->addItem(tr("Lowest TPOT"), int(RunTableModel::RunRow::LowestTpot));
    m_runRow->addItem(tr("Highest load"), int(RunTableModel::RunRow::HighestLoad));
    m_runRow->setAccessibleName(tr("Which point a run's row shows"));
    label->setBuddy(m_runRow);
    connect(m_runRow, &QComboBox::currentIndexChanged, this,
        [this] { m_model.setRunRow(RunTableModel::RunRow(m_runRow->currentData().toInt())); });
    m_find = new QLineEdit(tools);
    m_find->setPlaceholderText(tr("Find"));
    m_find->setClearButtonEnabled(true);
    m_find->setMaximumWidth(160);
    m_find->setAccessibleName(tr("Find runs"));
    connect(m_find, &QLineEdit::textChanged, this, [this](const QString& text) { m_model.setSearch(text); });
    auto* columns = new QToolButton(tools);
    columns->setText(tr("Columns"));
    columns->setAutoRaise(true);
    columns->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    const auto showIcon = [columns] { columns->setIcon(Theme::current().icon(QStringLiteral("table"))); };
    connect(&Theme::current(), &Theme::changed, columns, showIcon);
    showIcon();
    columns->setToolTip(tr("Choose the columns of the table"));
    columns->setPopupMode(QToolButton::InstantPopup);
    columns->setMenu(makeColumnMenu(columns));
    for (QWidget* w : std::initializer_list<QWidget*> { label, m_runRow, m_find, columns }) {
        layout->addWidget(w);
    }
    return tools;
}

ColumnMenu* RunTable::makeColumnMenu(QWidget* parent)
{
    auto* menu = new ColumnMenu(
        [this] { return m_model.columns(); }, [this] { return m_workspace->table(); }, parent);
    connect(menu, &ColumnMenu::toggled, this, &RunTable::toggleColumn);
    connect(menu, &ColumnMenu::defaultsAsked, this, [this] {
        m_model.setColumns(defaultTableColumns());
        Q_EMIT columnsChanged();
    });
    return menu;
}

void RunTable::toggleColumn(const TableColumn& column, bool on)
{
    QList<TableColumn> columns = m_model.columns();
    columns.removeAll(column);
    if (on) {
        const bool beside = column.kind == TableColumn::Kind::Difference;
        const TableColumn measure { TableColumn::Kind::Measure, column.metric, column.stat, {} };
        const qsizetype at = beside ? columns.indexOf(measure) + 1 : columns.size();
        columns.insert(at, column);
    }
    m_model.setColumns(columns);
    Q_EMIT columnsChanged();
}

QStringList RunTable::columnIds() const
{
    QStringList ids;
    for (const TableColumn& column : m_model.columns()) {
        ids << column.id();
    }
    return ids;
}

void RunTable::setColumnIds(const QStringList& ids)
{
    QList<TableColumn> columns;
    for (const QString& id : ids) {
        if (const auto column = TableColumn::fromId(id)) {
            columns << *column;
        }
    }
    m_model.setColumns(columns.isEmpty() ? defaultTableColumns() : columns);
}

void RunTable::remember()
{
    // A reset drops the selection; the workspace keeps it.
    m_following = true;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const QModelIndex index = m_model.index(row, 0);
        const RunId run = index.data(RunTableModel::RunRole).toLongLong();
        if (m_view->isExpanded(index)) {
            m_open.insert(run); // and stays so while the filter hides it
        } else {
            m_open.remove(run);
        }
    }
    m_current = m_model.pointAt(m_view->currentIndex());
}

void RunTable::restore()
{
    m_stack->setCurrentIndex(m_workspace->table()->rows() == 0 ? 0 : 1);
    for (const RunId run : std::as_const(m_open)) {
        m_view->expand(m_model.indexOfRun(run));
    }
    if (const QModelIndex point = m_current ? m_model.indexOf(*m_current) : QModelIndex(); point.isValid()) {
        m_view->selectionModel()->setCurrentIndex(
            m_view->isExpanded(point.parent()) ? point : point.parent(), QItemSelectionModel::NoUpdate);
    }
    m_following = false;
    for (int column = 0; column < m_model.columns().size(); ++column) {
        // Columns with nothing to say leave their room to those that have.
        const TableColumn::Kind kind = m_model.columns()[column].kind;
        m_view->setColumnHidden(column + 1,
            (kind == TableColumn::Kind::Slo && m_workspace->verdicts().empty())
                || (kind == TableColumn::Kind::Difference && !m_workspace->baseline()));
    }
    fitColumns();
    showSelection();
}

void RunTable::fitColumns()
{
    const QFontMetrics metrics(m_view->font());
    for (int column = 0; column < m_model.columnCount(); ++column) {
        const QStringList lines
            = m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString().split(QLatin1Char('\n'));
        const bool sorted = column == m_view->header()->sortIndicatorSection();
        int width = 0;
        for (const QString& line : lines) {
            width = std::max(width, metrics.horizontalAdvance(line) + (sorted ? sortedMargin : headerMargin));
        }
        // Every number must stand whole; the first rows tell the width of the rest well enough to begin with.
        for (int row = 0; row < std::min(200, m_model.rowCount()); ++row) {
            const QModelIndex index = m_model.index(row, column);
            width = std::max(
                width, metrics.horizontalAdvance(index.data().toString()) + (column == 0 ? 56 : 18));
        }
        const bool trend = column > 0 && m_model.columns()[column - 1].kind == TableColumn::Kind::Trend;
        width = trend ? std::max(width, trendWidth) : width;
        if (column == 0) {
            m_namesWidth = width;
        } else {
            setWidth(column, width);
        }
    }
    fitNames();
}

/// Names have their least, and what the columns that stand whole beside that leave.
void RunTable::fitNames()
{
    int room = m_view->viewport()->width() - leastNames;
    for (int at = 0; at < m_model.columnCount(); ++at) {
        const int column = m_view->header()->logicalIndex(at);
        const bool counts = column > 0 && !m_view->isColumnHidden(column);
        const int width = counts ? m_view->columnWidth(column) : 0;
        if (width > room) {
            break;
        }
        room -= width;
    }
    setWidth(0, std::clamp(m_namesWidth, leastNames, leastNames + std::max(0, room)));
}

/// What the user made wider or narrower stays so.
void RunTable::setWidth(int column, int width)
{
    const QScopedValueRollback fitting(m_fitting, true);
    m_view->setColumnWidth(column, m_widths.value(widthKey(column), width));
}

QString RunTable::widthKey(int column) const
{
    return column == 0 ? QString() : m_model.columns()[column - 1].id();
}

bool RunTable::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_view->viewport() && event->type() == QEvent::Resize) {
        const auto* resize = static_cast<const QResizeEvent*>(event);
        if (resize->size().width() != resize->oldSize().width()) {
            fitNames();
        }
    }
    if (watched == m_view->viewport() && event->type() == QEvent::Wheel) {
        const auto* wheel = static_cast<const QWheelEvent*>(event);
        if (wheel->modifiers() == Qt::ShiftModifier && wheel->angleDelta().x() == 0) {
            const QPoint sideways(wheel->angleDelta().y(), 0);
            QWheelEvent turned(wheel->position(), wheel->globalPosition(), wheel->pixelDelta().transposed(),
                sideways, wheel->buttons(), Qt::NoModifier, wheel->phase(), wheel->inverted());
            QCoreApplication::sendEvent(m_view->horizontalScrollBar(), &turned);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

void RunTable::showSelection()
{
    if (m_following) {
        return;
    }
    const QScopedValueRollback guard(m_following, true);
    QItemSelection selection;
    QModelIndex first;
    for (const PointId point : m_workspace->selectedPoints()) {
        const QModelIndex index = m_model.indexOf(point);
        if (!index.isValid()) {
            continue;
        }
        const bool isOpen = m_view->isExpanded(index.parent());
        const QModelIndex shown = isOpen ? index : index.parent();
        selection.select(shown, shown);
        if (!first.isValid()) {
            first = shown;
        }
    }
    m_view->selectionModel()->select(
        selection, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    if (first.isValid()) {
        m_view->scrollTo(first);
    }
}

void RunTable::takeSelection()
{
    if (m_following) {
        return;
    }
    std::vector<PointId> points;
    QSet<PointId> seen;
    const QModelIndexList rows = m_view->selectionModel()->selectedRows();
    for (const QModelIndex& row : rows) {
        for (const PointId point : m_model.pointsAt(row)) {
            if (!seen.contains(point)) {
                seen.insert(point);
                points.push_back(point);
            }
        }
    }
    {
        const QScopedValueRollback guard(m_following, true);
        m_workspace->selectPoints(std::move(points));
    }
    inspectCurrent();
}

/// A row that is current and selected was chosen. Alone current is the first one too when the keyboard comes,
/// and the one under the mouse before it is selected.
void RunTable::inspectCurrent()
{
    const QModelIndex current = m_view->currentIndex();
    const auto point = m_model.pointAt(current);
    if (point && !m_following && m_view->selectionModel()->isRowSelected(current.row(), current.parent())
        && point != m_workspace->inspectedPoint()) {
        m_workspace->inspect(*point);
    }
}

QString RunTable::csv() const
{
    QModelIndexList rows = m_view->selectionModel()->selectedRows();
    if (rows.isEmpty()) {
        for (int row = 0; row < m_model.rowCount(); ++row) {
            const QModelIndex run = m_model.index(row, 0);
            rows << run;
            for (int point = 0; m_view->isExpanded(run) && point < m_model.rowCount(run); ++point) {
                rows << m_model.index(point, 0, run);
            }
        }
    }
    return m_model.csv(rows);
}

void RunTable::copyCsv()
{
    QGuiApplication::clipboard()->setText(csv());
}
void RunTable::expandAll()
{
    m_view->expandAll();
}
void RunTable::collapseAll()
{
    m_view->collapseAll();
}

} // namespace prism::app
