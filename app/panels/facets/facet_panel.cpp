// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/panels/facets/facet_panel.h"

#include "app/theme/theme.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMouseEvent>
#include <QPainter>
#include <QScopedValueRollback>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QTreeView>
#include <QVBoxLayout>

namespace prism::app {

namespace {

constexpr int valueHeight = 20;
constexpr int headHeight = 24;
constexpr int boxWidth = 20;
constexpr int indentation = 14;

/// Bar as long as the value's share of the largest, count at the right, "only" under the mouse.
class FacetDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const int least
            = index.data(FacetModel::KindRole).toInt() == FacetModel::Head ? headHeight : valueHeight;
        return { 80, std::max(least, option.fontMetrics.height() + 4) };
    }

    static QRect onlyRect(const QRect& row, const QFontMetrics& metrics, const QModelIndex& index)
    {
        const QString count = QString::number(index.data(FacetModel::CountRole).toUInt());
        const int width = metrics.horizontalAdvance(FacetPanel::tr("only"));
        const int right = row.right() - 8
            - std::max(metrics.horizontalAdvance(count), metrics.horizontalAdvance(QStringLiteral("000")));
        return QRect(right - width - 8, row.top(), width + 4, row.height());
    }

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const Tokens& tokens = Theme::current().tokens();
        switch (index.data(FacetModel::KindRole).toInt()) {
        case FacetModel::Head:
            paintHead(painter, option, index, tokens);
            break;
        case FacetModel::More:
            painter->setPen(tokens.accent);
            painter->drawText(option.rect.adjusted(boxWidth + 6, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                index.data().toString());
            break;
        default:
            paintValue(painter, option, index, tokens);
        }
        if (option.state & QStyle::State_HasFocus) {
            painter->setPen(tokens.accent);
            painter->drawRect(option.rect.adjusted(0, 0, -1, -1));
        }
    }

private:
    void paintHead(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index,
        const Tokens& tokens) const
    {
        painter->save();
        painter->setFont(Theme::title(option.font));
        painter->setPen(tokens.text);
        painter->drawText(
            option.rect.adjusted(2, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, index.data().toString());
        if (const int selected = index.data(FacetModel::SelectedRole).toInt(); selected > 0) {
            painter->setFont(Theme::secondary(option.font));
            painter->setPen(tokens.accent);
            painter->drawText(option.rect.adjusted(0, 0, -8, 0), Qt::AlignVCenter | Qt::AlignRight,
                FacetPanel::tr("%n selected", nullptr, selected));
        }
        painter->restore();
    }

    void paintValue(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index,
        const Tokens& tokens) const
    {
        painter->save();
        // Values begin below their head's arrow: the tree's indentation is room that names need.
        const QRect row = option.rect.adjusted(-indentation, 0, 0, 0);
        const bool ticked = index.data(FacetModel::TickedRole).toBool();
        const uint count = index.data(FacetModel::CountRole).toUInt();
        const QString number = QString::fromStdString(formatNumber(count, Unit::One, NumberStyle::Column));
        const int counts = option.fontMetrics.horizontalAdvance(number) + 14;
        const int widest = option.fontMetrics.horizontalAdvance(QStringLiteral("0 000")) + 8;
        const QRect bar(
            row.left() + boxWidth, row.top() + 1, row.width() - boxWidth - widest, row.height() - 2);
        const int length = int(bar.width() * index.data(FacetModel::ShareRole).toDouble());
        painter->fillRect(QRect(bar.left(), bar.top(), length, bar.height()),
            ticked ? tokens.facetTicked : tokens.facetBar);

        QStyleOptionButton box;
        const int side = 14;
        box.rect = QRect(row.left() + 1, row.top() + (row.height() - side) / 2, side, side);
        box.state = QStyle::State_Enabled | (ticked ? QStyle::State_On : QStyle::State_Off);
        box.palette = option.palette;
        option.widget->style()->drawPrimitive(QStyle::PE_IndicatorCheckBox, &box, painter, option.widget);

        painter->setPen(count == 0 ? tokens.disabled : tokens.text);
        const bool hovered = option.state & (QStyle::State_MouseOver | QStyle::State_HasFocus);
        const QRect only = onlyRect(row, option.fontMetrics, index);
        const int textRight = hovered ? only.left() - 2 : row.right() - counts;
        const QRect textArea(bar.left() + 5, row.top(), textRight - bar.left() - 5, row.height());
        painter->drawText(textArea, Qt::AlignVCenter | Qt::AlignLeft,
            option.fontMetrics.elidedText(index.data().toString(), Qt::ElideMiddle, textArea.width()));
        painter->drawText(row.adjusted(0, 0, -8, 0), Qt::AlignVCenter | Qt::AlignRight, number);
        if (hovered) {
            painter->setPen(tokens.accent);
            QFont link = option.font;
            link.setUnderline(true);
            painter->setFont(link);
            painter->drawText(only, Qt::AlignVCenter | Qt::AlignRight, FacetPanel::tr("only"));
        }
        painter->restore();
    }
};

QWidget* emptyState(QWidget* parent)
{
    auto* page = new QWidget(parent);
    auto* layout = new QVBoxLayout(page);
    layout->setContentsMargins(14, 14, 14, 14);
    layout->addWidget(new QLabel(FacetPanel::tr("Nothing to filter yet"), page));
    auto* text = new QLabel(
        FacetPanel::tr("Models, engines, accelerators and loads of your runs are listed here, with counts."),
        page);
    text->setWordWrap(true);
    text->setForegroundRole(QPalette::PlaceholderText);
    layout->addWidget(text);
    layout->addStretch();
    return page;
}

} // namespace

FacetPanel::FacetPanel(Workspace* workspace, QWidget* parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_model(*workspace)
    , m_stack(new QStackedWidget(this))
    , m_search(new QLineEdit(this))
    , m_summary(new QLabel(this))
    , m_clear(new QLabel(this))
    , m_view(new QTreeView(this))
{
    setAccessibleName(tr("Facets"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_stack->addWidget(emptyState(this));
    auto* page = new QWidget(this);
    auto* pageLayout = new QVBoxLayout(page);
    pageLayout->setContentsMargins(8, 8, 4, 4);
    pageLayout->setSpacing(4);
    m_search->setPlaceholderText(tr("Find a value"));
    m_search->setClearButtonEnabled(true);
    m_search->setAccessibleName(tr("Find a value"));
    auto* line = new QHBoxLayout;
    line->addWidget(m_summary, 1);
    line->addWidget(m_clear);
    const auto showClear
        = [this] { m_clear->setText(Theme::current().link(QStringLiteral("clear"), tr("Clear all"))); };
    connect(&Theme::current(), &Theme::changed, this, showClear);
    showClear();
    m_clear->setTextFormat(Qt::RichText);
    m_clear->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    pageLayout->addWidget(m_search);
    pageLayout->addLayout(line);
    pageLayout->addWidget(m_view, 1);
    m_stack->addWidget(page);

    m_view->setModel(&m_model);
    m_view->setItemDelegate(new FacetDelegate(m_view));
    m_view->setHeaderHidden(true);
    m_view->setMouseTracking(true);
    m_view->setIndentation(indentation);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setSelectionMode(QAbstractItemView::NoSelection);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->setExpandsOnDoubleClick(false);
    m_view->setAccessibleName(tr("Facets and their values"));
    QPalette quiet = m_view->palette();
    quiet.setColor(QPalette::Base, Qt::transparent);
    m_view->setPalette(quiet);
    m_view->viewport()->installEventFilter(this);
    m_view->installEventFilter(this);

    connect(
        m_search, &QLineEdit::textChanged, this, [this](const QString& text) { m_model.setSearch(text); });
    connect(m_clear, &QLabel::linkActivated, this, [this] { m_workspace->setFilter({}); });
    connect(&m_model, &QAbstractItemModel::modelReset, this, &FacetPanel::expandKnown);
    connect(m_workspace, &Workspace::filterChanged, this, &FacetPanel::showSummary);
    connect(m_view, &QTreeView::collapsed, this, [this](const QModelIndex& i) {
        if (!m_expanding) {
            m_closed.insert(m_model.category(i));
        }
    });
    connect(m_view, &QTreeView::expanded, this, [this](const QModelIndex& i) {
        if (!m_expanding) {
            m_closed.remove(m_model.category(i));
        }
    });
    expandKnown();
    showSummary();
}

void FacetPanel::expandKnown()
{
    const QScopedValueRollback guard(m_expanding, true);
    for (int head = 0; head < m_model.rowCount(); ++head) {
        const QModelIndex index = m_model.index(head, 0);
        const QString name = m_model.category(index);
        const bool searching = !m_search->text().isEmpty();
        const bool ticked = index.data(FacetModel::SelectedRole).toInt() > 0;
        if (!m_known.contains(name)) {
            m_known.insert(name);
            if (!m_model.opensAtFirst(index)) {
                m_closed.insert(name);
            }
        }
        m_view->setExpanded(index, searching || ticked || !m_closed.contains(name));
    }
}

void FacetPanel::showSummary()
{
    m_stack->setCurrentIndex(m_workspace->table()->rows() == 0 ? 0 : 1);
    m_summary->setText(tr("%1 of %n run(s)", nullptr, int(m_workspace->runCount()))
                           .arg(qulonglong(m_workspace->passingRunCount())));
    m_clear->setVisible(!m_workspace->filter().empty());
}

bool FacetPanel::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_view->viewport() && event->type() == QEvent::MouseButtonRelease) {
        const auto* mouse = static_cast<QMouseEvent*>(event);
        const QModelIndex index = m_view->indexAt(mouse->pos());
        const int kind = index.data(FacetModel::KindRole).toInt();
        if (!index.isValid() || mouse->button() != Qt::LeftButton) {
            return false;
        }
        m_view->setCurrentIndex(index);
        if (kind == FacetModel::Head) {
            m_view->setExpanded(index, !m_view->isExpanded(index));
        } else if (kind == FacetModel::More) {
            m_model.showAll(index);
        } else if (FacetDelegate::onlyRect(m_view->visualRect(index), m_view->fontMetrics(), index)
                       .contains(mouse->pos())) {
            m_model.only(index);
        } else {
            m_model.toggle(index);
        }
        return true;
    }
    if (watched == m_view && event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const QModelIndex index = m_view->currentIndex();
        const bool enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (enter && key->modifiers() == Qt::AltModifier) {
            m_model.only(index);
            return true;
        }
        if (key->key() == Qt::Key_Space || enter) {
            m_model.showAll(index);
            m_model.toggle(index);
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace prism::app
