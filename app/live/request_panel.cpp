// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/request_panel.h"

#include "app/live/request_table.h"
#include "app/theme/theme.h"

#include <QHeaderView>
#include <QHelpEvent>
#include <QLabel>
#include <QPainter>
#include <QScrollArea>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QTableWidget>
#include <QToolTip>
#include <QVBoxLayout>

#include <cmath>

namespace prism::app {

namespace {

constexpr int headHeight = 24;
constexpr int rowHeight = 22;
constexpr int mostGaps = 8; ///< rows of the slowest gaps
constexpr int shareRole = Qt::UserRole + 1;
constexpr int stageRole = Qt::UserRole + 2;

QString number(double value, Unit unit)
{
    return QString::fromStdString(formatNumber(value, unit, NumberStyle::Reading));
}

QString count(double value)
{
    return QString::fromStdString(formatNumber(value, Unit::One, NumberStyle::Column));
}

QString oneDecimal(double value)
{
    return QString::fromStdString(
        formatNumber(std::round(value * 10) / 10, Unit::TokenPerSecond, NumberStyle::Column));
}

/// How large a request was: in the server's own tokens, else in bytes.
QString sizeText(const live::Request& r)
{
    return r.inputTokens ? RequestPanel::tr("%1 in").arg(count(double(*r.inputTokens)))
        : r.bytesIn      ? RequestPanel::tr("%1 in").arg(number(double(*r.bytesIn), Unit::Byte))
                         : RequestPanel::tr("size not seen");
}

/// A swatch of the stage before its name, and its share as a bar.
class StageDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override
    {
        const StageStyle* style = static_cast<const StageStyle*>(index.data(stageRole).value<void*>());
        if (index.column() == 0 && style) {
            QStyleOptionViewItem moved = option;
            moved.rect.adjust(18, 0, 0, 0);
            QStyledItemDelegate::paint(painter, moved, index);
            const int height = style->thin ? 5 : 11;
            painter->fillRect(option.rect.left() + 4, option.rect.center().y() - height / 2, 11, height,
                stageBrush(*style));
            return;
        }
        QStyledItemDelegate::paint(painter, option, index);
        if (index.column() == 2 && style) {
            const double share = index.data(shareRole).toDouble();
            const QRect room = option.rect.adjusted(4, 7, -4, -7);
            painter->fillRect(room.left(), room.top(), std::max(1, int(share * room.width())), room.height(),
                stageBrush(*style));
        }
    }
};

QTableWidget* smallTable(const QStringList& titles, QWidget* parent)
{
    auto* table = new QTableWidget(0, int(titles.size()), parent);
    table->setHorizontalHeaderLabels(titles);
    table->verticalHeader()->hide();
    table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table->verticalHeader()->setDefaultSectionSize(std::max(rowHeight, parent->fontMetrics().height() + 4));
    table->horizontalHeader()->setFixedHeight(std::max(headHeight, parent->fontMetrics().height() + 6));
    table->horizontalHeader()->setHighlightSections(false);
    table->horizontalHeader()->setMinimumSectionSize(40); // the default is as wide as the font's widest sign
    table->horizontalHeader()->setSectionResizeMode(int(titles.size()) - 1, QHeaderView::Stretch);
    table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table->setSelectionBehavior(QAbstractItemView::SelectRows);
    table->setSelectionMode(QAbstractItemView::SingleSelection);
    table->setAlternatingRowColors(true);
    table->setShowGrid(false);
    table->setTabKeyNavigation(false);
    table->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    return table;
}

void fitHeight(QTableWidget* table)
{
    table->setFixedHeight(table->horizontalHeader()->height()
        + table->rowCount() * table->verticalHeader()->defaultSectionSize() + 2 * table->frameWidth());
}

QTableWidgetItem* cell(const QString& text, bool isNumber, const QColor& colour = {})
{
    auto* item = new QTableWidgetItem(text);
    item->setTextAlignment((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (colour.isValid()) {
        item->setForeground(colour);
    }
    return item;
}

} // namespace

GapPlot::GapPlot(QWidget* parent)
    : QWidget(parent)
{
    setFixedHeight(88);
    setAccessibleName(tr("Gap before each token"));
}

void GapPlot::setGaps(std::vector<double> milliseconds, Milliseconds limit, bool isSlo)
{
    m_isSlo = isSlo;
    m_gaps = std::move(milliseconds);
    m_limit = limit;
    double longest = 0;
    for (const double gap : m_gaps) {
        longest = std::max(longest, gap);
    }
    setAccessibleDescription(tr("%n gap(s), the longest %1.", nullptr, int(m_gaps.size()))
                                 .arg(number(longest, Unit::Millisecond)));
    update();
}

void GapPlot::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Tokens& t = Theme::current().tokens();
    painter.fillRect(rect(), t.base);
    painter.setPen(t.border);
    painter.drawRect(rect().adjusted(0, 0, -1, -1));
    const QRect room = rect().adjusted(1, 4, -1, -1);
    double low = m_limit.value / 10;
    double high = m_limit.value * 2;
    for (const double gap : m_gaps) {
        high = std::max(high, gap * 1.1);
        low = gap > 0.01 ? std::min(low, gap / 2) : low;
    }
    const auto height = [&](double gap) {
        const double share = std::log(std::max(gap, low) / low) / std::log(high / low);
        return int(std::clamp(share, 0.0, 1.0) * room.height());
    };
    for (int x = 0; x < room.width() && !m_gaps.empty(); ++x) {
        const std::size_t from = std::size_t(x) * m_gaps.size() / std::size_t(room.width());
        const std::size_t to
            = std::max(from + 1, std::size_t(x + 1) * m_gaps.size() / std::size_t(room.width()));
        double longest = 0;
        for (std::size_t i = from; i < std::min(to, m_gaps.size()); ++i) {
            longest = std::max(longest, m_gaps[i]);
        }
        const int h = std::max(1, height(longest));
        painter.fillRect(room.left() + x, room.bottom() - h + 1, 1, h,
            longest > m_limit.value ? t.stages.gap : t.stages.decode);
    }
    if (m_isSlo && !m_gaps.empty()) {
        QPen pen(t.bad, 1);
        pen.setDashPattern({ 8, 3, 2, 3 });
        painter.setPen(pen);
        const int y = room.bottom() - height(m_limit.value);
        painter.drawLine(room.left(), y, room.right(), y);
    }
}

bool GapPlot::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip && !m_gaps.empty()) {
        auto* help = static_cast<QHelpEvent*>(event);
        const auto i
            = std::size_t(std::clamp(help->pos().x(), 0, width() - 1)) * m_gaps.size() / std::size_t(width());
        QToolTip::showText(help->globalPos(),
            tr("%1 before token event %2").arg(number(m_gaps[i], Unit::Millisecond)).arg(i + 2), this);
        return true;
    }
    return QWidget::event(event);
}

RequestPanel::RequestPanel(QWidget* parent)
    : QWidget(parent)
    , m_stack(new QStackedWidget(this))
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(m_stack);
    auto* empty = new QWidget(this);
    auto* emptyColumn = new QVBoxLayout(empty);
    emptyColumn->setContentsMargins(14, 14, 14, 14);
    auto* emptyText = new QLabel(tr("Click a request in the timeline or in the table: its stages, every gap, "
                                    "and the slowest of them."),
        empty);
    emptyText->setWordWrap(true);
    emptyText->setForegroundRole(QPalette::PlaceholderText);
    emptyColumn->addWidget(new QLabel(tr("No request selected"), empty));
    emptyColumn->addWidget(emptyText);
    emptyColumn->addStretch();
    m_stack->addWidget(empty);

    auto* scroll = new QScrollArea(this);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* page = new QWidget(scroll);
    auto* column = new QVBoxLayout(page);
    column->setContentsMargins(8, 7, 8, 8);
    column->setSpacing(6);
    m_title = new QLabel(page);
    m_title->setFont(Theme::title(font()));
    m_verdict = new QLabel(page);
    m_facts = new QLabel(page);
    m_facts->setFont(Theme::secondary(font()));
    m_facts->setForegroundRole(QPalette::PlaceholderText);
    m_times = new QLabel(page);
    m_times->setFont(Theme::secondary(font()));
    m_stages = smallTable({ tr("Stage"), tr("ms"), tr("Share") }, page);
    m_stages->setAccessibleName(tr("Stages of the request"));
    m_stages->setItemDelegate(new StageDelegate(m_stages));
    m_stages->setColumnWidth(0, 146);
    m_stages->setColumnWidth(1, 78);
    m_stages->setSelectionMode(QAbstractItemView::NoSelection);
    m_cpu = new QLabel(page);
    m_cpu->setFont(Theme::secondary(font()));
    m_cpu->setToolTip(
        tr("All threads of the server together, over the time of this request (in steps of 100 ms)."));
    m_plotTitle = new QLabel(tr("Gap before each token event, ms (log)"), page);
    m_plot = new GapPlot(page);
    m_plotEnds = new QLabel(page);
    m_plotEnds->setForegroundRole(QPalette::PlaceholderText);
    m_plotEnds->setFont(Theme::secondary(font()));
    m_gapsTitle = new QLabel(tr("Slowest gaps"), page);
    m_gaps = smallTable({ tr("Event"), tr("ms"), tr("Others waiting") }, page);
    m_gaps->setAccessibleName(tr("Slowest gaps of the request"));
    m_gaps->horizontalHeaderItem(2)->setToolTip(
        tr("Requests between their read and their first token during this gap."));
    m_gaps->setToolTip(
        tr("From the end of one write to the end of the next. A server whose write waits for a client that "
           "does not read shows a gap here too."));
    m_gaps->setColumnWidth(0, 60);
    m_gaps->setColumnWidth(1, 68);
    m_meanwhile = new QLabel(page);
    m_meanwhile->setFont(Theme::secondary(font()));
    for (QLabel* label : { m_verdict, m_facts, m_times, m_cpu, m_meanwhile }) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::RichText);
    }
    m_facts->setTextFormat(Qt::PlainText);
    m_facts->setTextInteractionFlags(Qt::TextSelectableByMouse);
    for (QLabel* label : { m_plotTitle, m_gapsTitle }) {
        label->setFont(Theme::title(Theme::secondary(font())));
    }
    for (QWidget* w : std::initializer_list<QWidget*> { m_title, m_verdict, m_facts, m_stages, m_times, m_cpu,
             m_plotTitle, m_plot, m_plotEnds, m_gapsTitle, m_gaps, m_meanwhile }) {
        column->addWidget(w);
    }
    column->addStretch();
    scroll->setWidget(page);
    m_stack->addWidget(scroll);
    connect(m_meanwhile, &QLabel::linkActivated, this,
        [this](const QString& link) { Q_EMIT requestLinked(link.toULongLong()); });
    connect(m_gaps, &QTableWidget::currentCellChanged, this, [this](int row) {
        if (row >= 0 && std::size_t(row) < m_gapBegins.size()) {
            Q_EMIT instantChosen(m_gapBegins[std::size_t(row)]);
        }
    });
    setMinimumWidth(240);
}

void RequestPanel::clear()
{
    m_stack->setCurrentIndex(0);
}

void RequestPanel::showRequest(
    const Content& content, const RequestTableModel& model, const RequestTableModel::Clock& clock)
{
    if (!content.request) {
        clear();
        return;
    }
    showHead(content, clock);
    showStages(content);
    showCpu(content);
    showGaps(content, model);
    m_stack->setCurrentIndex(1);
}

void RequestPanel::showHead(const Content& content, const RequestTableModel::Clock& clock)
{
    const live::Request& r = *content.request;
    const Tokens& t = Theme::current().tokens();
    m_title->setText(QStringLiteral("№ ")
        + QString::fromStdString(formatNumber(double(r.id), Unit::One, NumberStyle::Column)));
    QStringList broken;
    for (std::size_t i = 0; i < content.limits.size() && i < 32; ++i) {
        if ((r.broken >> i & 1) != 0) {
            const SloLimit& limit = content.limits[i];
            broken << tr("%1 ≤ %2").arg(QString::fromStdString(title(*limit.metric, limit.stat)),
                number(limit.limit, limit.metric->unit));
        }
    }
    m_verdict->setVisible(!broken.isEmpty() || r.incomplete || (!r.running() && !r.ok()));
    QStringList verdict;
    if (!broken.isEmpty()) {
        verdict << QStringLiteral("<span style='color:%1'>✗ %2</span>")
                       .arg(t.bad.name(),
                           tr("broke %1").arg(broken.join(QStringLiteral(", "))).toHtmlEscaped());
    }
    if (!r.running() && !r.ok() && broken.isEmpty()) {
        verdict << QStringLiteral("<span style='color:%1'>✗ %2</span>")
                       .arg(t.bad.name(), tr("not answered completely").toHtmlEscaped());
    }
    if (r.incomplete) {
        verdict << QStringLiteral("<span style='color:%1'>▨ %2</span>")
                       .arg(t.warn.name(), tr("records of it were lost").toHtmlEscaped());
    }
    m_verdict->setText(verdict.join(QStringLiteral("<br>")));
    QStringList first;
    first << (r.path.empty() ? tr("request line not seen") : QString::fromStdString(r.method + ' ' + r.path));
    if (r.status) {
        first << QString::number(*r.status);
    }
    first << (r.streamed ? tr("streamed") : tr("not streamed"));
    QStringList second { clockText(clock ? clock(r.arrival.value_or(r.seen)) : std::nullopt) };
    second << sizeText(r);
    second << (r.outputTokens ? tr("%1 out").arg(count(double(*r.outputTokens)))
                              : tr("%1 token events").arg(count(double(r.tokenEvents))));
    second << (r.running()
            ? tr("in flight")
            : QString::fromUtf8(live::name(r.ended).data(), qsizetype(live::name(r.ended).size()))
                  .replace(QLatin1Char('_'), QLatin1Char(' ')));
    m_facts->setText(
        first.join(QStringLiteral(" · ")) + QLatin1Char('\n') + second.join(QStringLiteral(" · ")));
    QStringList times;
    const std::pair<QString, std::optional<Milliseconds>> measures[]
        = { { tr("TTFT"), r.ttft() }, { tr("TPOT"), r.tpot() }, { tr("Chunk gap"), r.chunkGap() } };
    for (const auto& [name, value] : measures) {
        if (value) {
            times << QStringLiteral("<b>%1</b> %2").arg(name, number(value->value, Unit::Millisecond));
        }
    }
    m_times->setText(times.join(QStringLiteral(" &nbsp; ")));
    m_times->setVisible(!times.isEmpty());
}

void RequestPanel::showStages(const Content& content)
{
    m_styles = liveStages(content.gapLimit);
    const live::Request& r = *content.request;
    const auto gaps = content.events ? gapsOver(*content.events, content.gapLimit) : r.slowestGaps;
    std::array<double, 8> sums {};
    std::array<int, 8> counts {};
    double whole = 0;
    for (const StagePart& part : stageParts(r, gaps, content.gapLimit, content.now)) {
        const double ms = toMilliseconds(part.end - part.begin).value;
        sums[std::size_t(part.stage)] += ms;
        ++counts[std::size_t(part.stage)];
        whole += ms;
    }
    m_stages->setRowCount(0);
    for (std::size_t stage = 0; stage < m_styles.size(); ++stage) {
        if (counts[stage] == 0) {
            continue;
        }
        const int row = m_stages->rowCount();
        m_stages->insertRow(row);
        QString name = m_styles[stage].name;
        name[0] = name[0].toUpper();
        if (LiveStage(stage) == LiveStage::Gap) {
            name += QStringLiteral(" (%1)").arg(counts[stage]);
        }
        m_stages->setItem(row, 0, cell(name, false));
        m_stages->setItem(row, 1, cell(oneDecimal(sums[stage]), true));
        m_stages->setItem(row, 2, cell({}, false));
        for (const int column : { 0, 2 }) {
            m_stages->item(row, column)->setData(stageRole, QVariant::fromValue<void*>(&m_styles[stage]));
        }
        m_stages->item(row, 2)->setData(shareRole, whole > 0 ? sums[stage] / whole : 0);
        m_stages->item(row, 2)->setToolTip(number(whole > 0 ? sums[stage] / whole : 0, Unit::Ratio));
    }
    const int row = m_stages->rowCount();
    m_stages->insertRow(row);
    m_stages->setItem(row, 0,
        cell(r.running()    ? tr("So far")
                : r.arrival ? tr("E2E")
                            : tr("Since it was seen"),
            false));
    m_stages->setItem(row, 1, cell(oneDecimal(whole), true));
    m_stages->setItem(row, 2, cell({}, false));
    for (const int column : { 0, 1 }) {
        m_stages->item(row, column)->setFont(Theme::title(font()));
    }
    fitHeight(m_stages);
}

/// Why nothing in the request itself took long: the server's threads got no CPU.
void RequestPanel::showCpu(const Content& content)
{
    m_cpu->setVisible(content.cpu.has_value());
    if (!content.cpu) {
        return;
    }
    const auto cores = [](double value) { return number(value, Unit::One); };
    const QString text = tr("Meanwhile the server ran on %1 cores and waited for %2 more")
                             .arg(cores(content.cpu->ran), cores(content.cpu->waited));
    // More waiting than running: whatever else it did, it did at half its speed.
    const bool starved = content.cpu->waited > content.cpu->ran;
    m_cpu->setText(starved
            ? QStringLiteral("<span style='color:%1'>%2</span>")
                  .arg(Theme::current().tokens().warn.name(),
                      tr("%1: too few CPUs for it, or a neighbour on them").arg(text).toHtmlEscaped())
            : text.toHtmlEscaped());
}

void RequestPanel::showGaps(const Content& content, const RequestTableModel& model)
{
    const live::Request& r = *content.request;
    const bool any = content.events && content.events->writes.size() > 1 && r.tokenEvents > 1;
    for (QWidget* w : std::initializer_list<QWidget*> { m_plotTitle, m_plot, m_plotEnds }) {
        w->setVisible(any);
    }
    if (any) {
        m_plot->setGaps(live::tokenGaps(*content.events), content.gapLimit, content.gapLimitIsSlo);
        m_plotEnds->setText(tr("events 2 … %1%2")
                                .arg(count(double(m_plot->gaps().size() + 1)),
                                    content.events->cut ? tr(", the rest is not kept") : QString()));
    }
    std::vector<live::Gap> gaps = r.slowestGaps;
    if (const auto open = r.openGap(content.now)) {
        gaps.push_back(*open);
    }
    std::sort(gaps.begin(), gaps.end(),
        [](const live::Gap& a, const live::Gap& b) { return a.end - a.begin > b.end - b.begin; });
    gaps.resize(std::min<std::size_t>(gaps.size(), mostGaps));
    m_gaps->setRowCount(0);
    m_gapBegins.clear();
    std::vector<live::RequestPtr> causes;
    int explained = 0;
    int over = 0;
    for (const live::Gap& gap : gaps) {
        const int row = m_gaps->rowCount();
        m_gaps->insertRow(row);
        m_gapBegins.push_back(gap.begin.value);
        const bool bad = gap.length() > content.gapLimit;
        const auto waiting = model.waitingForTokenIn({ gap.begin.value, gap.end.value }, r.id);
        QStringList names;
        for (std::size_t i = 0; i < waiting.size() && i < 1; ++i) { // the largest; there is room for one
            names << tr("№ %1 (%2)").arg(waiting[i]->id).arg(sizeText(*waiting[i]));
        }
        if (waiting.size() > 1) {
            names << tr("%1 more").arg(waiting.size() - 1);
        }
        over += bad ? 1 : 0;
        explained += bad && !waiting.empty() ? 1 : 0;
        for (const auto& cause : waiting) {
            if (bad && std::find(causes.begin(), causes.end(), cause) == causes.end()) {
                causes.push_back(cause);
            }
        }
        m_gaps->setItem(row, 0, cell(QString::number(gap.token), true));
        m_gaps->setItem(row, 1,
            cell(oneDecimal(gap.length().value), true, bad ? Theme::current().tokens().bad : QColor()));
        m_gaps->setItem(row, 2, cell(names.isEmpty() ? tr("none") : names.join(QStringLiteral(", ")), false));
        m_gaps->item(row, 2)->setToolTip(
            tr("Requests between their read and their first token during this gap."));
    }
    m_gapsTitle->setVisible(!gaps.empty());
    m_gaps->setVisible(!gaps.empty());
    fitHeight(m_gaps);
    m_meanwhile->setVisible(explained > 0);
    QStringList links;
    for (std::size_t i = 0; i < causes.size() && i < 3; ++i) {
        links << Theme::current().link(
            QString::number(causes[i]->id), QStringLiteral("№ %1").arg(causes[i]->id));
    }
    m_meanwhile->setText(tr("%1 of its %2 slowest gaps over the limit: others waited for their first token, "
                            "the largest first: %3.")
                             .arg(explained)
                             .arg(over)
                             .arg(links.join(QStringLiteral(", "))));
}

} // namespace prism::app
