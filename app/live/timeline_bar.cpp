// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/timeline_bar.h"

#include "app/theme/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolButton>

namespace prism::app {

namespace {

constexpr int barHeight = 30;
constexpr int swatch = 14;
constexpr std::int64_t second = 1'000'000'000;

} // namespace

StageLegend::StageLegend(QWidget* parent)
    : QWidget(parent)
{
    setFont(Theme::secondary(font()));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    connect(&Theme::current(), &Theme::changed, this, QOverload<>::of(&QWidget::update));
}

void StageLegend::setStages(std::vector<StageStyle> stages)
{
    m_stages = std::move(stages);
    QStringList names;
    for (const StageStyle& stage : m_stages) {
        names << stage.name;
    }
    setAccessibleName(tr("Stages: %1").arg(names.join(QStringLiteral(", "))));
    updateGeometry();
    update();
    Q_EMIT stagesChanged();
}

QSize StageLegend::sizeHint() const
{
    int width = 0;
    for (const StageStyle& stage : m_stages) {
        width += swatch + 5 + fontMetrics().horizontalAdvance(stage.name) + 10;
    }
    return { width + swatch + 5 + fontMetrics().horizontalAdvance(tr("loss")), fontMetrics().height() + 4 };
}

void StageLegend::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const Tokens& t = Theme::current().tokens();
    const int middle = height() / 2;
    const int base = middle + fontMetrics().ascent() / 2 - 1;
    int x = width() - sizeHint().width(); // at the right; what has no room is cut at the left
    const auto name = [&](const QString& text) {
        painter.setPen(t.text);
        painter.drawText(x + swatch + 5, base, text);
        x += swatch + 5 + fontMetrics().horizontalAdvance(text) + 10;
    };
    for (const StageStyle& stage : m_stages) {
        const int tall = stage.thin ? 5 : 10;
        painter.fillRect(x, middle - tall / 2, swatch, tall, stage.colour(t));
        name(stage.name);
    }
    painter.save();
    painter.setClipRect(x, middle - 5, swatch, 10);
    painter.setPen(QPen(t.loss, 1.5));
    for (int i = -10; i < swatch; i += 6) {
        painter.drawLine(x + i, middle + 5, x + i + 10, middle - 5);
    }
    painter.restore();
    name(tr("loss"));
}

TimelineBar::TimelineBar(QWidget* parent)
    : QWidget(parent)
    , m_follow(new QToolButton(this))
    , m_pause(new QToolButton(this))
    , m_window(new QComboBox(this))
    , m_rows(new QComboBox(this))
    , m_lanes(new QToolButton(this))
    , m_limits(new QToolButton(this))
    , m_speed(new QComboBox(this))
    , m_legend(new StageLegend(this))
    , m_speedLabel(nullptr)
{
    setFixedHeight(std::max(barHeight, fontMetrics().height() + 10));
    m_follow->setText(tr("Follow"));
    m_follow->setCheckable(true);
    m_follow->setToolTip(tr("Keep the newest second in view."));
    m_pause->setText(tr("Pause"));
    m_pause->setCheckable(true);
    m_pause->setToolTip(tr("Hold the view; nothing is lost meanwhile (Space)."));
    m_lanes->setText(tr("Lanes"));
    m_lanes->setToolTip(tr("Show and hide lanes, and set their heights."));
    m_lanes->setPopupMode(QToolButton::InstantPopup);
    m_limits->setText(tr("Limits…"));
    m_limits->setToolTip(tr("Set the limits that requests are judged by."));
    for (QToolButton* button : { m_follow, m_pause, m_lanes, m_limits }) {
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setAutoRaise(true);
        button->setFixedHeight(24);
    }
    const std::pair<QString, std::int64_t> windows[]
        = { { tr("5 s"), 5 * second }, { tr("10 s"), 10 * second }, { tr("30 s"), 30 * second },
              { tr("1 min"), 60 * second }, { tr("5 min"), 300 * second }, { tr("10 min"), 600 * second } };
    for (const auto& [text, ns] : windows) {
        m_window->addItem(text, qlonglong(ns));
    }
    m_window->setCurrentIndex(2);
    m_window->setAccessibleName(tr("Length of the window"));
    m_rows->addItems({ tr("automatic"), tr("packed"), tr("stacked") });
    m_rows->setAccessibleName(tr("Rows of the requests"));
    m_rows->setToolTip(tr("Packed: a bar a request. Stacked: how many are in which stage. Automatic: packed "
                          "while the bars have room."));
    const std::pair<QString, double> speeds[]
        = { { tr("1 ×"), 1 }, { tr("2 ×"), 2 }, { tr("5 ×"), 5 }, { tr("20 ×"), 20 }, { tr("at once"), 0 } };
    for (const auto& [text, speed] : speeds) {
        m_speed->addItem(text, speed);
    }
    m_speed->setAccessibleName(tr("Speed of the replay"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(8, 0, 8, 0);
    row->setSpacing(8);
    const auto label = [this](const QString& text, QWidget* buddy) {
        auto* l = new QLabel(text, this);
        l->setForegroundRole(QPalette::PlaceholderText);
        l->setBuddy(buddy);
        return l;
    };
    m_speedLabel = label(tr("Speed"), m_speed);
    m_labels = { m_speedLabel, label(tr("Window"), m_window), label(tr("Rows"), m_rows) };
    for (QWidget* w : std::initializer_list<QWidget*> { m_follow, m_pause, m_speedLabel, m_speed, m_labels[1],
             m_window, m_labels[2], m_rows, m_lanes, m_limits }) {
        row->addWidget(w);
    }
    m_speed->setToolTip(tr("Speed of the replay"));
    m_window->setToolTip(tr("Length of the window"));
    row->addWidget(m_legend, 1);
    connect(m_follow, &QToolButton::clicked, this, [this] { Q_EMIT followRequested(true); });
    connect(m_pause, &QToolButton::clicked, this, [this](bool on) { Q_EMIT followRequested(!on); });
    connect(m_window, &QComboBox::activated, this, [this] { Q_EMIT windowChosen(windowNs()); });
    connect(m_rows, &QComboBox::activated, this, &TimelineBar::rowsChosen);
    connect(m_limits, &QToolButton::clicked, this, &TimelineBar::limitsRequested);
    connect(m_speed, &QComboBox::activated, this, [this] { Q_EMIT speedChosen(speed()); });
    connect(m_legend, &StageLegend::stagesChanged, this, &TimelineBar::fitLabels);
    connect(&Theme::current(), &Theme::changed, this, &TimelineBar::applyTheme);
    applyTheme();
    setReplaying(false);
    setFollowing(true);
}

void TimelineBar::applyTheme()
{
    const Theme& theme = Theme::current();
    m_follow->setIcon(theme.icon(QStringLiteral("live")));
    m_pause->setIcon(theme.icon(QStringLiteral("media-playback-pause")));
    m_lanes->setIcon(theme.icon(QStringLiteral("view-filter")));
    m_limits->setIcon(theme.icon(QStringLiteral("slo")));
}

void TimelineBar::setFollowing(bool following)
{
    m_follow->setChecked(following);
    m_pause->setChecked(!following);
}

std::int64_t TimelineBar::windowNs() const
{
    return m_window->currentData().toLongLong();
}

void TimelineBar::setWindow(std::int64_t ns)
{
    const int at = m_window->findData(qlonglong(ns));
    if (at >= 0) {
        m_window->setCurrentIndex(at);
    }
}

void TimelineBar::setReplaying(bool replaying)
{
    m_replaying = replaying;
    m_speed->setVisible(replaying);
    fitLabels();
}

/// The legend is read more often than the names of the choices and the words of the buttons, which their
/// tooltips say too: they go one after the other until it has room.
void TimelineBar::fitLabels()
{
    enum Given { Everything, NoLabels, NoLaneWords, NoWords };
    for (const Given given : { Everything, NoLabels, NoLaneWords, NoWords }) {
        for (QToolButton* button : { m_lanes, m_limits }) {
            button->setToolButtonStyle(
                given < NoLaneWords ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
        }
        for (QToolButton* button : { m_follow, m_pause }) {
            button->setToolButtonStyle(
                given < NoWords ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
        }
        for (QLabel* label : m_labels) {
            label->setVisible(given == Everything && (label != m_speedLabel || m_replaying));
        }
        if (neededWidth(given == Everything) <= width()) {
            return;
        }
    }
}

int TimelineBar::neededWidth(bool labels) const
{
    int needed = 16 + m_legend->sizeHint().width();
    for (const QWidget* w : std::initializer_list<QWidget*> {
             m_follow, m_pause, m_window, m_rows, m_lanes, m_limits, m_replaying ? m_speed : nullptr }) {
        needed += w ? w->sizeHint().width() + 8 : 0;
    }
    for (const QLabel* label : m_labels) {
        needed += labels && (label != m_speedLabel || m_replaying) ? label->sizeHint().width() + 8 : 0;
    }
    return needed;
}

void TimelineBar::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    fitLabels();
}

void TimelineBar::setRows(Rows rows)
{
    m_rows->setCurrentIndex(int(rows));
}

double TimelineBar::speed() const
{
    return m_speed->currentData().toDouble();
}

void TimelineBar::setSpeed(double speed)
{
    const int at = m_speed->findData(speed);
    if (at >= 0) {
        m_speed->setCurrentIndex(at);
    }
}

TimelineBar::Rows TimelineBar::rows() const
{
    return Rows(m_rows->currentIndex());
}

} // namespace prism::app
