// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/request_table.h"

#include "app/theme/theme.h"
#include "core/export/points_csv.h"
#include "core/model/shown_text.h"

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QScopedValueRollback>
#include <QScrollBar>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

namespace prism::app {

namespace {

constexpr int rowHeight = 22;
constexpr int headerHeight = 38;
constexpr int sortArrow = 28; ///< of a header, with its margins

} // namespace

QBrush stageBrush(const StageStyle& style)
{
    return { style.colour(Theme::current().tokens()), style.hatched ? Qt::BDiagPattern : Qt::SolidPattern };
}

void paintStages(QPainter& painter, const QRect& rect, const live::Request& request,
    const std::vector<StageStyle>& styles, Milliseconds gapLimit, Nanoseconds now)
{
    const auto parts = stageParts(request, request.slowestGaps, gapLimit, now);
    if (parts.empty()) {
        return;
    }
    const double whole = double(std::max<std::int64_t>(1, (parts.back().end - parts.front().begin).value));
    for (const StagePart& part : parts) {
        const StageStyle& style = styles[std::size_t(part.stage)];
        const double left = double((part.begin - parts.front().begin).value) / whole * rect.width();
        const double right = double((part.end - parts.front().begin).value) / whole * rect.width();
        const int height = style.thin ? rect.height() / 2 : rect.height();
        painter.fillRect(rect.left() + int(left), rect.center().y() - height / 2 + 1,
            std::max(1, int(right) - int(left)), height, stageBrush(style));
    }
}

class RequestTable::StagesDelegate : public QStyledItemDelegate {
public:
    StagesDelegate(const RequestTableModel& model, QObject* parent)
        : QStyledItemDelegate(parent)
        , m_model(model)
    {
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const live::RequestPtr request = m_model.requestAt(index.row());
        if (request && !styles.empty()) {
            paintStages(*painter, option.rect.adjusted(4, 6, -4, -6), *request, styles, gapLimit, now);
        }
    }

    std::vector<StageStyle> styles;
    Milliseconds gapLimit { 100 };
    Nanoseconds now;

private:
    const RequestTableModel& m_model;
};

RequestTable::RequestTable(QWidget* parent)
    : QWidget(parent)
    , m_view(new QTableView(this))
{
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(makeTools());
    column->addWidget(m_view);
    makeView();
}

QWidget* RequestTable::makeTools()
{
    auto* tools = new QWidget(this);
    tools->setMinimumHeight(30);
    auto* row = new QHBoxLayout(tools);
    row->setContentsMargins(8, 2, 8, 2);
    row->setSpacing(8);
    auto* title = new QLabel(tr("Requests"), tools);
    title->setFont(Theme::title(font()));
    m_counts = new QLabel(tools);
    m_counts->setForegroundRole(QPalette::PlaceholderText);
    m_brokenOnly = new QCheckBox(tr("Only those that broke a limit"), tools);
    m_find = new QLineEdit(tools);
    m_find->setPlaceholderText(tr("Find a request"));
    m_find->setToolTip(tr("A number, a path, a status, an end or a request id."));
    m_find->setAccessibleName(tr("Find a request"));
    m_find->setClearButtonEnabled(true);
    m_find->setFixedWidth(180);
    auto* icon
        = m_find->addAction(Theme::current().icon(QStringLiteral("search")), QLineEdit::LeadingPosition);
    connect(&Theme::current(), &Theme::changed, icon,
        [icon] { icon->setIcon(Theme::current().icon(QStringLiteral("search"))); });
    row->addWidget(title);
    row->addWidget(m_counts);
    row->addStretch(1);
    row->addWidget(m_brokenOnly);
    row->addWidget(m_find);
    connect(m_brokenOnly, &QCheckBox::toggled, &m_model, &RequestTableModel::setBrokenOnly);
    connect(m_find, &QLineEdit::textChanged, &m_model, &RequestTableModel::setSearch);
    return tools;
}

void RequestTable::makeView()
{
    m_delegate = new StagesDelegate(m_model, this);
    m_view->setModel(&m_model);
    m_view->setItemDelegateForColumn(RequestTableModel::Stages, m_delegate);
    m_view->setObjectName(QStringLiteral("requestTable"));
    m_view->setAccessibleName(tr("Requests in view"));
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(std::max(rowHeight, fontMetrics().height() + 4));
    QHeaderView* header = m_view->horizontalHeader();
    header->setFixedHeight(std::max(headerHeight, 2 * fontMetrics().height() + 6));
    header->setHighlightSections(false);
    header->setSectionsMovable(true);
    header->setStretchLastSection(true);
    // Four rows in any window, above the bar that scrolls the columns.
    m_view->setMinimumHeight(header->height() + 4 * m_view->verticalHeader()->defaultSectionSize()
        + m_view->horizontalScrollBar()->sizeHint().height());
    const int widths[] = { 78, 98, 72, 62, 66, 104, 66, 66, 84, 76, 62, 206, 96, 160 };
    m_view->setSortingEnabled(true);
    for (int column = 0; column < RequestTableModel::ColumnCount; ++column) {
        const QSize text = header->fontMetrics().size(
            0, m_model.headerData(column, Qt::Horizontal, Qt::DisplayRole).toString());
        header->resizeSection(column, std::max(widths[column], text.width() + sortArrow));
    }
    m_view->sortByColumn(RequestTableModel::Number, Qt::DescendingOrder);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
        [this](const QModelIndex& index) {
            const auto request = m_model.requestAt(index.row());
            if (request && !m_following) {
                m_selected = request->id;
                Q_EMIT chosen(m_selected);
            }
        });
    connect(m_view, &QTableView::activated, this, [this](const QModelIndex& index) {
        if (const auto request = m_model.requestAt(index.row())) {
            Q_EMIT activated(request->id);
        }
    });
    connect(&m_model, &QAbstractItemModel::modelReset, this, [this] { select(m_selected); });
    auto* copy = new QAction(tr("Copy the rows"), m_view);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    connect(copy, &QAction::triggered, this, &RequestTable::copySelection);
    m_view->addAction(copy);
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
}

/// Full precision, so that a sheet can go on calculating.
void RequestTable::copySelection() const
{
    // Paths and ids are a client's word: they make no cells of their own and no formula.
    const auto cell = [](const QString& text) {
        std::string shown = text.toStdString();
        makeShown(shown);
        return QString::fromStdString(csvCell(shown));
    };
    QStringList lines;
    QStringList head;
    for (int c = 0; c < RequestTableModel::ColumnCount; ++c) {
        if (c != RequestTableModel::Stages) {
            head << m_model.headerData(c, Qt::Horizontal, Qt::DisplayRole).toString().simplified();
        }
    }
    lines << head.join(QLatin1Char('\t'));
    for (const QModelIndex& index : m_view->selectionModel()->selectedRows()) {
        const auto request = m_model.requestAt(index.row());
        QStringList cells;
        for (int c = 0; request && c < RequestTableModel::ColumnCount; ++c) {
            const auto number = c == RequestTableModel::Arrival ? std::nullopt : m_model.number(*request, c);
            if (c != RequestTableModel::Stages) {
                cells << (number ? QString::fromStdString(formatNumber(*number, Unit::One, NumberStyle::Full))
                                 : cell(m_model.text(*request, c)));
            }
        }
        lines << cells.join(QLatin1Char('\t'));
    }
    QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

/// What must stay where it is while rows come and go: the selected request where it is in view, else the one
/// at the top. None at the list's beginning: what comes new is seen there.
std::optional<RequestTable::Anchor> RequestTable::anchored() const
{
    const int height = m_view->viewport()->height();
    const auto at = [&](int row) -> std::optional<Anchor> {
        const auto request = m_model.requestAt(row);
        const int y = m_view->rowViewportPosition(row);
        return request && y >= 0 && y < height ? std::optional(Anchor { request->id, y }) : std::nullopt;
    };
    if (const int row = m_selected ? m_model.rowOf(m_selected) : -1; row >= 0) {
        if (const auto anchor = at(row)) {
            return anchor;
        }
    }
    return m_view->verticalScrollBar()->value() > 0 ? at(std::max(0, m_view->rowAt(0))) : std::nullopt;
}

void RequestTable::restore(const std::optional<Anchor>& anchor)
{
    m_view->doItemsLayout(); // the bar's range is that of the rows now
    QScrollBar* bar = m_view->verticalScrollBar();
    const int row = anchor ? m_model.rowOf(anchor->request) : -1;
    if (row < 0) {
        bar->setValue(anchor ? bar->value() : 0);
        return;
    }
    bar->setValue(bar->value() + m_view->rowViewportPosition(row) - anchor->y);
}

void RequestTable::showRequests(
    const TimeRange& range, Nanoseconds now, std::optional<std::uint64_t> inSession)
{
    const auto anchor = anchored();
    m_delegate->now = now;
    m_model.show(range, now);
    restore(anchor);
    const auto count = [](std::uint64_t n) {
        return QString::fromStdString(formatNumber(double(n), Unit::One, NumberStyle::Column));
    };
    m_counts->setText(inSession
            ? tr("%1 in view, %2 in the session").arg(count(m_model.inView()), count(*inSession))
            : tr("not seen without tier 1"));
}

void RequestTable::setStages(std::vector<StageStyle> styles, Milliseconds gapLimit)
{
    m_delegate->styles = std::move(styles);
    m_delegate->gapLimit = gapLimit;
    m_view->viewport()->update();
}

void RequestTable::select(live::RequestId id)
{
    const QScopedValueRollback following(m_following, true);
    m_selected = id;
    const int row = id == 0 ? -1 : m_model.rowOf(id);
    if (row < 0) {
        m_view->clearSelection();
        m_view->setCurrentIndex({});
        return;
    }
    const QModelIndex index = m_model.index(row, 0);
    if (m_view->currentIndex().row() != row) {
        m_view->selectionModel()->setCurrentIndex(
            index, QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
        if (!m_view->viewport()->underMouse()) {
            m_view->scrollTo(index);
        }
    }
}

} // namespace prism::app
