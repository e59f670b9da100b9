// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/session_bar.h"

#include "app/theme/theme.h"
#include "app/timeline/lane_texts.h"
#include "core/model/metric.h"

#include <QCheckBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QSignalBlocker>
#include <QToolButton>

namespace prism::app {

namespace {

constexpr int barHeight = 34;

QString qs(const std::string& s)
{
    return QString::fromStdString(s);
}

QFrame* separator(QWidget* parent)
{
    auto* line = new QFrame(parent);
    line->setFrameShape(QFrame::VLine);
    line->setFixedHeight(18);
    line->setForegroundRole(QPalette::Mid);
    return line;
}

/// A framed letter: engines have no logos here.
QPixmap letterIcon(const QString& letter, qreal ratio, const QColor& colour, QFont font)
{
    QPixmap pixmap(QSize(18, 18) * ratio);
    pixmap.setDevicePixelRatio(ratio);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(colour);
    painter.drawRoundedRect(QRectF(0.5, 0.5, 17, 17), 2, 2);
    font.setPixelSize(11);
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    painter.drawText(QRect(0, 0, 18, 18), Qt::AlignCenter, letter);
    return pixmap;
}

} // namespace

QString engineName(const std::string& engine)
{
    static const std::pair<const char*, const char*> names[]
        = { { "vllm", "vLLM" }, { "sglang", "SGLang" }, { "tgi", "TGI" }, { "llama.cpp", "llama.cpp" },
              { "ollama", "Ollama" }, { "tensorrt-llm", "TensorRT-LLM" }, { "transformers", "transformers" },
              { "openai-compatible", "Speaks /v1/…" } };
    for (const auto& [id, name] : names) {
        if (engine == id) {
            return QString::fromUtf8(name);
        }
    }
    return engine.empty() ? SessionBar::tr("Server") : qs(engine);
}

QString engineIcon(const std::string& engine)
{
    return engine == "vllm"        ? QStringLiteral("v")
        : engine == "sglang"       ? QStringLiteral("S")
        : engine == "tgi"          ? QStringLiteral("G")
        : engine == "llama.cpp"    ? QStringLiteral("L")
        : engine == "ollama"       ? QStringLiteral("O")
        : engine == "tensorrt-llm" ? QStringLiteral("T")
        : engine == "transformers" ? QStringLiteral("H")
                                   : QStringLiteral("?");
}

SessionBar::SessionBar(QWidget* parent)
    : QWidget(parent)
    , m_icon(new QLabel(this))
    , m_engine(new QLabel(this))
    , m_model(new QLabel(this))
    , m_place(new QLabel(this))
    , m_tiers(new QWidget(this))
    , m_cost(new QLabel(this))
    , m_lossLine(separator(this))
    , m_loss(new QLabel(this))
    , m_record(new QToolButton(this))
    , m_save(new QToolButton(this))
    , m_detach(new QToolButton(this))
{
    setFixedHeight(std::max(barHeight, fontMetrics().height() + 14));
    setAccessibleName(tr("Session"));
    m_engine->setFont(Theme::title(font()));
    m_place->setForegroundRole(QPalette::PlaceholderText);
    auto* tierRow = new QHBoxLayout(m_tiers);
    tierRow->setContentsMargins(0, 0, 0, 0);
    tierRow->setSpacing(9);
    auto* tierLabel = new QLabel(tr("Tiers"), m_tiers);
    tierLabel->setForegroundRole(QPalette::PlaceholderText);
    tierRow->addWidget(tierLabel);
    m_cost->setTextFormat(Qt::RichText);
    m_record->setText(tr("Record"));
    m_record->setCheckable(true);
    m_save->setText(tr("Save as run"));
    m_save->setToolTip(
        tr("Put what memory holds of the session into the database, beside imported benchmarks."));
    for (QToolButton* button : { m_record, m_save, m_detach }) {
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setAutoRaise(true);
        button->setIconSize({ 16, 16 });
        button->setFixedHeight(26);
    }
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(8, 0, 8, 0);
    row->setSpacing(9);
    for (QWidget* w : std::initializer_list<QWidget*> { m_icon, m_engine, m_model, m_place, separator(this),
             m_tiers, separator(this), m_cost, m_lossLine, m_loss }) {
        row->addWidget(w);
    }
    row->addStretch(1);
    for (QToolButton* button : { m_record, m_save, m_detach }) {
        row->addWidget(button);
    }
    // Words may be cut before buttons are.
    for (QLabel* label : { m_model, m_place }) {
        label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        label->setMinimumWidth(40);
    }
    row->setStretchFactor(m_model, 2);
    row->setStretchFactor(m_place, 3);
    connect(m_record, &QToolButton::toggled, this, &SessionBar::recordToggled);
    connect(m_save, &QToolButton::clicked, this, &SessionBar::saveRequested);
    connect(m_detach, &QToolButton::clicked, this, [this] {
        if (m_attached) {
            Q_EMIT detachRequested();
        } else {
            Q_EMIT attachRequested();
        }
    });
    connect(&Theme::current(), &Theme::changed, this, &SessionBar::applyTheme);
    applyTheme();
}

void SessionBar::applyTheme()
{
    const Theme& theme = Theme::current();
    m_save->setIcon(theme.icon(QStringLiteral("export")));
    m_record->setIcon(theme.icon(QStringLiteral("media-record")));
    m_detach->setIcon(
        theme.icon(m_attached ? QStringLiteral("network-disconnect") : QStringLiteral("attach")));
    m_icon->setPixmap(
        letterIcon(engineIcon(m_engineShown), devicePixelRatioF(), theme.tokens().text, font()));
    QPalette loss = palette();
    loss.setColor(QPalette::WindowText, m_lossy ? theme.tokens().warn : theme.tokens().muted);
    m_loss->setPalette(loss);
}

void SessionBar::showSession(const live::Status& status, const live::Target* target, bool detaching,
    const LiveTroubles::Shown& troubles)
{
    const bool attached = status.phase == live::Phase::Live && target && target->attached;
    const std::string engine = target ? target->server.engine : std::string();
    if (engine != m_engineShown || attached != m_attached) {
        m_engineShown = engine;
        m_attached = attached;
        applyTheme();
    }
    m_attached = attached;
    if (target) {
        const live::FoundServer& server = target->server;
        m_engine->setText(engineName(server.engine) + QLatin1Char(' ') + qs(server.engineVersion));
        m_model->setText(qs(server.model));
        m_model->setToolTip(qs(server.model));
        QStringList place;
        for (const std::uint16_t port : server.ports) {
            place << QStringLiteral(":%1").arg(port);
        }
        if (server.pid != 0) {
            place << tr("pid %1").arg(server.pid);
        }
        for (const std::string& accelerator : server.accelerators) {
            place << qs(accelerator);
        }
        if (!server.container.empty()) {
            place << qs(server.container);
        }
        m_place->setText(place.join(QStringLiteral(" · ")));
        m_place->setToolTip(place.join(QLatin1Char('\n')) + QLatin1Char('\n') + qs(status.where));
        showTiers(*target, attached, troubles);
    } else {
        m_engine->setText(status.replay ? tr("A recording") : tr("Not attached"));
        for (QLabel* label : { m_model, m_place }) {
            label->clear();
            label->setToolTip({});
        }
        m_tiers->hide();
    }
    showCost(status, troubles);
    showLoss(status);
    m_detach->setText(detaching ? tr("Detaching…") : attached ? tr("Detach") : tr("Attach…"));
    m_detach->setEnabled(!detaching);
    m_detach->setToolTip(attached ? tr("Take every probe off the server; what was seen stays here.")
                                  : tr("Attach to a server that runs."));
    const bool recording = !status.recordingFile.empty();
    const QSignalBlocker quiet(m_record);
    m_record->setChecked(recording);
    m_record->setEnabled(!status.replay);
    m_save->setEnabled(status.requests > 0);
    m_record->setText(recording ? tr("Recording") : tr("Record"));
    m_record->setToolTip(recording ? qs(status.recordingFile)
            : status.replay        ? tr("This is a recording: %1").arg(qs(status.where))
                                   : tr("Write what memory holds and all that follows to a file."));
}

void SessionBar::showTiers(const live::Target& target, bool live, const LiveTroubles::Shown& troubles)
{
    while (m_boxes.size() < target.server.tiers.size()) {
        auto* box = new QCheckBox(m_tiers);
        m_tiers->layout()->addWidget(box);
        connect(box, &QCheckBox::clicked, this, [this, box](bool on) {
            box->setChecked(!on); // the helper's answer sets it
            Q_EMIT tierToggled(box->property("tier").toInt(), on);
        });
        m_boxes.push_back(box);
    }
    for (std::size_t i = 0; i < m_boxes.size(); ++i) {
        const bool known = i < target.server.tiers.size();
        m_boxes[i]->setVisible(known);
        if (!known) {
            continue;
        }
        const live::TierChoice& tier = target.server.tiers[i];
        m_boxes[i]->setText(QStringLiteral("T%1").arg(tier.tier));
        m_boxes[i]->setProperty("tier", tier.tier);
        m_boxes[i]->setChecked(
            std::find(target.tiers.begin(), target.tiers.end(), tier.tier) != target.tiers.end());
        m_boxes[i]->setEnabled(live && tier.possible);
        m_boxes[i]->setToolTip(tier.possible ? QString() : qs(tier.reason));
        if (tier.tier == 0 && tier.possible) {
            m_boxes[i]->setToolTip(metricsText(target));
        } else if (tier.tier == 1 && live && !troubles.all.isEmpty()) {
            m_boxes[i]->setToolTip(troubles.all.join(QLatin1Char('\n')));
            m_boxes[i]->setText(QStringLiteral("T1 ⚠"));
        }
    }
    m_tiers->setVisible(!target.server.tiers.empty());
}

/// The one thing that talks to the server is said.
QString SessionBar::metricsText(const live::Target& target)
{
    if (!target.metricsProblem.empty() || target.metricsUrl.empty()) {
        return qs(target.metricsProblem);
    }
    return tr("The server is asked for %1 once a second; its log may show it.").arg(qs(target.metricsUrl));
}

/// Measured, never estimated: the helper and its children, and the kernel programs, as shares of one core.
void SessionBar::showCost(const live::Status& status, const LiveTroubles::Shown& troubles)
{
    const double cores = status.probeCores + status.helperCores;
    const bool measured = cores > 0;
    const bool goesOn = m_attached || status.replay; // a replay shows what it cost then
    m_cost->setText(goesOn && measured ? tr("Probing <b>%1</b> of a core")
                                             .arg(qs(formatNumber(cores, Unit::Ratio, NumberStyle::Reading)))
            : goesOn && live::seesRequests(status) ? tr("Probing: not measured yet")
                                                   : tr("Nothing is probed"));
    const QString shares = goesOn ? tr("Measured: kernel programs %1, helper %2 of a core.")
                                  : tr("Measured last: kernel programs %1, helper %2 of a core.");
    QStringList lines;
    if (measured) {
        lines << shares.arg(qs(formatNumber(status.probeCores, Unit::Ratio, NumberStyle::Reading)),
            qs(formatNumber(status.helperCores, Unit::Ratio, NumberStyle::Reading)));
    }
    lines << troubles.all;
    m_cost->setToolTip(lines.join(QLatin1Char('\n')));
}

/// That nothing was lost is said too. What is known in part is not missing and stands in the tooltip.
void SessionBar::showLoss(const live::Status& status)
{
    const auto count
        = [](std::uint64_t n) { return n < 10'000 ? countText(double(n)) : plainScaleText(double(n)); };
    const live::LossSum& sum = status.loss;
    if (m_lossy != (sum.missing() > 0)) {
        m_lossy = sum.missing() > 0;
        applyTheme();
    }
    // An event may make no record, one or several: the one number is no share of the other.
    const QString text = tr("%1 event(s) lost", nullptr, pluralOf(sum.missing())).arg(count(sum.missing()))
        + QStringLiteral("; ")
        + tr("%1 record(s) came", nullptr, pluralOf(sum.emitted)).arg(count(sum.emitted));
    m_loss->setText(!live::seesRequests(status) ? QString() : m_lossy ? QStringLiteral("▨ ") + text : text);
    m_loss->setToolTip(QStringList { m_lossy
            ? tr("What would have told of them was not delivered; the stretches are hatched.")
            : tr("Every record that was made was delivered."),
        tr("Writes of which only a part was looked at: %1.").arg(count(sum.truncated)),
        tr("Requests whose beginning was not seen: %1.").arg(count(sum.beforeAttach)) }
                           .join(QLatin1Char('\n')));
    m_lossLine->setVisible(!m_loss->text().isEmpty());
    m_loss->setVisible(!m_loss->text().isEmpty());
}

QCheckBox* SessionBar::tierBox(int tier) const
{
    for (QCheckBox* box : m_boxes) {
        if (box->property("tier").toInt() == tier) {
            return box;
        }
    }
    return nullptr;
}

QString SessionBar::lossText() const
{
    return m_loss->text();
}

QString SessionBar::lossToolTip() const
{
    return m_loss->toolTip();
}

QString SessionBar::costText() const
{
    return m_cost->text();
}

} // namespace prism::app
