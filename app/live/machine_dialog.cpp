// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/machine_dialog.h"

#include "app/jobs/caught.h"
#include "app/live/live_session.h"
#include "app/theme/theme.h"

#include <QClipboard>
#include <QDialogButtonBox>
#include <QFutureWatcher>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>
#include <QtConcurrent>

namespace prism::app {

namespace {

enum Column { Feature, State, Found, ColumnCount };

QString qs(const std::string& s)
{
    return QString::fromStdString(s);
}

/// Needed features that do not work come first, then what costs a part of the view, then the rest.
int rank(const live::MachineFeature& feature)
{
    return feature.works ? 2 : feature.needed ? 0 : 1;
}

QString found(const live::MachineFeature& feature)
{
    QString text = qs(feature.reason);
    if (!feature.works && !feature.remedy.empty()) {
        text += QLatin1Char('\n') + MachineDialog::tr("To change it: %1").arg(qs(feature.remedy));
    }
    return text;
}

QString state(const live::MachineFeature& feature)
{
    return feature.works ? MachineDialog::tr("✓ works")
        : feature.needed ? MachineDialog::tr("✗ missing")
                         : MachineDialog::tr("– does without");
}

} // namespace

MachineDialog::MachineDialog(std::shared_ptr<live::Session> session, QWidget* parent)
    : QDialog(parent)
    , m_summary(new QLabel(this))
    , m_table(new QTableWidget(0, ColumnCount, this))
    , m_copy(new QPushButton(tr("Copy"), this))
{
    setWindowTitle(tr("Check this machine"));
    m_summary->setWordWrap(true);
    m_summary->setText(tr("Every feature is being tried with the rights in force…"));
    m_table->setHorizontalHeaderLabels({ tr("Feature"), tr("State"), tr("What was found") });
    m_table->setAccessibleName(tr("Features of the machine"));
    m_table->verticalHeader()->hide();
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->setColumnWidth(Feature, 190);
    m_table->setColumnWidth(State, 120);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setAlternatingRowColors(true);
    m_table->setShowGrid(false);
    m_table->setWordWrap(true);
    m_table->setTabKeyNavigation(false);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    buttons->addButton(m_copy, QDialogButtonBox::ActionRole);
    buttons->button(QDialogButtonBox::Close)->setIcon({});
    buttons->button(QDialogButtonBox::Close)->setDefault(true);
    m_copy->setAutoDefault(false);
    m_copy->setEnabled(false);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 14, 14, 14);
    column->setSpacing(8);
    column->addWidget(m_summary);
    column->addWidget(m_table, 1);
    column->addWidget(buttons);
    resize(820, 560);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_copy, &QPushButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(text()); });
    connect(&Theme::current(), &Theme::changed, this, &MachineDialog::colour);

    using Answer = std::pair<std::vector<live::MachineFeature>, QString>;
    auto* watcher = new QFutureWatcher<Answer>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher] {
        watcher->deleteLater();
        m_busy = false;
        const auto& [features, problem] = watcher->result();
        if (problem.isEmpty()) {
            show(features);
        } else {
            m_summary->setText(problem);
        }
    });
    watcher->setFuture(QtConcurrent::run([session = std::move(session),
                                             stop = m_stop.get_token()]() -> Answer {
        auto features = caught([&] { return session->machine(stop); });
        return features ? Answer { std::move(*features), {} } : Answer { {}, errorText(features.error()) };
    }));
}

MachineDialog::~MachineDialog()
{
    m_stop.request_stop();
}

void MachineDialog::show(const std::vector<live::MachineFeature>& features)
{
    m_features = features;
    std::stable_sort(
        m_features.begin(), m_features.end(), [](const auto& a, const auto& b) { return rank(a) < rank(b); });
    const auto lacking = std::count_if(
        m_features.begin(), m_features.end(), [](const auto& f) { return f.needed && !f.works; });
    m_summary->setText(m_features.empty() ? tr("The helper told nothing of its machine.")
            : lacking == 0                ? tr("Requests can be observed on this machine.")
                           : tr("Requests cannot be observed with these rights on this kernel: "
                                "%n feature(s) that are needed do not work.",
                               nullptr, int(lacking)));
    m_table->setRowCount(int(m_features.size()));
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const live::MachineFeature& feature = m_features[std::size_t(row)];
        const QString cells[] = { qs(feature.name), state(feature), found(feature) };
        for (int column = 0; column < ColumnCount; ++column) {
            auto* item = new QTableWidgetItem(cells[column]);
            item->setTextAlignment(Qt::AlignLeft | Qt::AlignTop);
            m_table->setItem(row, column, item);
        }
    }
    colour();
    m_table->resizeRowsToContents();
    m_copy->setEnabled(!m_features.empty());
}

void MachineDialog::colour()
{
    const Tokens& t = Theme::current().tokens();
    for (int row = 0; row < m_table->rowCount(); ++row) {
        const QColor colours[] = { t.bad, t.muted, t.good };
        m_table->item(row, State)->setForeground(colours[rank(m_features[std::size_t(row)])]);
    }
}

QString MachineDialog::summary() const
{
    return m_summary->text();
}

QString MachineDialog::text() const
{
    QStringList lines { summary() };
    for (const live::MachineFeature& feature : m_features) {
        lines << QStringLiteral("%1\t%2\t%3")
                     .arg(qs(feature.name), state(feature),
                         found(feature).replace(QLatin1Char('\n'), QStringLiteral(". ")));
    }
    return lines.join(QLatin1Char('\n'));
}

} // namespace prism::app
