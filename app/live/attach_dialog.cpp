// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/attach_dialog.h"

#include "app/jobs/caught.h"
#include "app/live/live_session.h"
#include "app/live/machine_dialog.h"
#include "app/live/session_bar.h"
#include "app/live/tier_row.h"
#include "app/settings/window_settings.h"
#include "app/theme/theme.h"
#include "core/live/probe_budget.h"
#include "core/live/server_metrics.h"
#include "core/settings/settings.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFutureWatcher>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtConcurrent>

#include <cmath>

namespace prism::app {

namespace {

QString qs(const std::string& s)
{
    return QString::fromStdString(s);
}

} // namespace

Result<AttachDialog::Ways> AttachDialog::findWays(const std::string& overrule)
{
    const auto address = live::findHelper(overrule);
    if (!address) {
        return address.error();
    }
    return live::asksForPassword(*address) ? Ways { live::withoutRights(*address), *address }
                                           : Ways { *address, {} };
}

AttachDialog::~AttachDialog()
{
    m_stop.request_stop();
}

template <class Work>
AttachDialog::Connection AttachDialog::orProblem(Work work)
{
    return caughtAs(work, [](const Error& error) { return Connection { nullptr, {}, errorText(error) }; });
}

std::string AttachDialog::overrule() const
{
    if (m_remote->isChecked()) {
        return "ssh:" + m_host->text().trimmed().toStdString();
    }
    return setting("helper").value;
}

void AttachDialog::setBusy(const QString& what)
{
    m_busy = !what.isEmpty();
    m_rescan->setEnabled(!m_busy);
    m_attach->setEnabled(!m_busy && chosen());
    m_machine->setEnabled(!m_busy && m_session);
    if (m_busy) {
        m_heading->setText(QStringLiteral("<b>%1</b> %2").arg(tr("Servers"), what.toHtmlEscaped()));
    }
}

void AttachDialog::say(const QString& text)
{
    QPalette warn = palette();
    warn.setColor(QPalette::WindowText, Theme::current().tokens().warn);
    m_message->setPalette(warn);
    m_message->setText(text);
    m_message->setVisible(!text.isEmpty());
}

void AttachDialog::scan()
{
    if (m_busy) {
        m_stop.request_stop(); // the newest question wins
    }
    m_stop = {};
    say({});
    const std::string where = overrule();
    if (m_session && where == m_connectedTo) {
        list();
        return;
    }
    setBusy(m_remote->isChecked() ? tr("connecting to %1…").arg(m_host->text().trimmed()) : tr("looking…"));
    m_session.reset();
    m_connectedTo = where;
    auto* watcher = new QFutureWatcher<Connection>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, stop = m_stop.get_token()] {
        watcher->deleteLater();
        if (!stop.stop_requested()) {
            took(watcher->result());
        }
    });
    watcher->setFuture(QtConcurrent::run([where, findWays = m_findWays, stop = m_stop.get_token()] {
        return orProblem([&] { return connectTo(findWays, where, stop); });
    }));
}

void AttachDialog::took(const Connection& connection)
{
    m_session = connection.session;
    m_withRights = connection.withRights;
    m_alone->hide();
    if (m_session) {
        if (m_remote->isChecked()) {
            WindowSettings().setLiveHost(m_host->text().trimmed());
        }
        list();
        return;
    }
    m_connectedTo.clear(); // the next scan tries anew
    m_refusal.clear();
    m_scannedOnce = true;
    m_model.setServers({});
    setBusy({});
    m_heading->setText(QStringLiteral("<b>%1</b>").arg(tr("Servers")));
    say(connection.problem);
    m_alone->setVisible(!m_remote->isChecked());
    Q_EMIT scanned();
}

void AttachDialog::list()
{
    setBusy(tr("looking…"));
    using Answer = std::pair<std::vector<live::FoundServer>, QString>;
    auto* watcher = new QFutureWatcher<Answer>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, stop = m_stop.get_token()] {
        watcher->deleteLater();
        if (stop.stop_requested()) {
            return;
        }
        const auto& [servers, problem] = watcher->result();
        const live::FoundServer* before = chosen();
        const std::uint32_t pid = before ? before->pid : 0;
        m_model.setServers(servers);
        watchRates();
        m_scannedOnce = true;
        setBusy({});
        const QString refusal = std::exchange(m_refusal, {});
        say(problem.isEmpty() ? refusal : problem);
        if (!problem.isEmpty()) {
            m_session.reset();
            m_connectedTo.clear();
        }
        showFound();
        const int row = m_model.rowOfPid(pid);
        m_view->setCurrentIndex(m_model.index(std::max(0, row), 0));
        showServer();
        Q_EMIT scanned();
    });
    watcher->setFuture(QtConcurrent::run([session = m_session, stop = m_stop.get_token()]() -> Answer {
        auto servers = caught([&] { return session->servers(stop); });
        return servers ? Answer { std::move(*servers), {} } : Answer { {}, errorText(servers.error()) };
    }));
}

void AttachDialog::showFound()
{
    if (!m_session) { // that none is listed says nothing of what runs
        m_heading->setText(QStringLiteral("<b>%1</b>").arg(tr("Servers")));
        return;
    }
    const int shown = m_model.rowCount();
    const QString found = m_model.servers().empty() ? tr("no inference server runs here that you may see")
        : shown < int(m_model.servers().size())     ? tr("%1 of %2").arg(shown).arg(m_model.servers().size())
                                                    : tr("%n found", nullptr, shown);
    const int unasked = m_session ? int(m_session->unasked()) : 0;
    const QString more
        = unasked > 0 ? tr("; %n more may be one and could not be asked", nullptr, unasked) : QString();
    m_heading->setText(
        QStringLiteral("<b>%1</b>&nbsp; %2").arg(tr("Servers"), (found + more).toHtmlEscaped()));
    m_heading->setToolTip(
        unasked > 0 ? tr(
            "They listen, but no name tells what they are, and they want a key before they answer, or run on "
            "another machine or in a network that is closed to you. prismctl live record PID attaches to "
            "one.")
                    : QString());
}

const live::FoundServer* AttachDialog::chosen() const
{
    return m_model.serverAt(m_view->currentIndex().row());
}

void AttachDialog::showServer()
{
    const live::FoundServer* server = chosen();
    m_attach->setEnabled(server && !m_busy);
    m_tiers->setVisible(server != nullptr);
    m_observe->setVisible(server != nullptr);
    m_router->hide();
    m_metrics->setVisible(server && live::metricsAddressOf(*server, true));
    m_notes->hide();
    if (!server) {
        showPassword();
        return;
    }
    const int others = int(server->processes.size());
    m_observe->setText(
        QStringLiteral("<b>%1</b>&nbsp; %2")
            .arg(tr("What to observe"),
                (tr("%1, pid %2%3. Nothing is restarted or changed.")
                        .arg((engineName(server->engine) + QLatin1Char(' ') + qs(server->engineVersion))
                                 .trimmed())
                        .arg(server->pid)
                        .arg(others > 0 ? tr(" with %n more process(es)", nullptr, others) : QString()))
                    .toHtmlEscaped()));
    showTiers(*server);
    QStringList notes;
    for (const std::string& note : server->notes) {
        notes << qs(note);
    }
    m_notes->setText(notes.join(QLatin1Char('\n')));
    m_notes->setVisible(!notes.isEmpty());
    if (const live::FoundServer* router = m_model.routerFor(*server)) {
        m_router->setText(router->ports.empty()
                ? tr("Attach the router as well and join its requests")
                : tr("Attach the router on :%1 as well and join its requests").arg(router->ports.front()));
        m_router->show();
    }
}

bool AttachDialog::isOffered(const live::TierChoice& choice) const
{
    return choice.possible || (choice.needsRights && m_withRights.has_value());
}

void AttachDialog::showTiers(const live::FoundServer& server)
{
    const bool sameTiers = m_tierRows.size() == server.tiers.size()
        && std::equal(m_tierRows.begin(), m_tierRows.end(), server.tiers.begin(),
            [](const TierRow* row, const live::TierChoice& choice) { return row->tier() == choice.tier; });
    if (!sameTiers) {
        qDeleteAll(m_tierRows);
        m_tierRows.clear();
        for (const live::TierChoice& choice : server.tiers) {
            auto* row = new TierRow(choice.tier, m_tiers);
            m_tierColumn->addWidget(row);
            m_tierRows.push_back(row);
            row->show();
            connect(row, &TierRow::toggled, this, &AttachDialog::showPassword);
        }
    }
    const std::optional<double> cost = WindowSettings().liveCost();
    for (std::size_t i = 0; i < m_tierRows.size(); ++i) {
        live::TierChoice choice = server.tiers[i];
        if (!choice.possible && isOffered(choice)) {
            choice = { choice.tier, true, {}, {}, true };
        }
        m_tierRows[i]->setChoice(choice);
        m_tierRows[i]->setCost(choice.tier == 1 ? cost : std::nullopt, tr("measured last time"));
        if (choice.possible && choice.tier <= 1) {
            m_tierRows[i]->box().setChecked(true);
        }
    }
    showPassword();
}

void AttachDialog::showPassword()
{
    const live::FoundServer* server = chosen();
    QString note;
    for (std::size_t i = 0; server && i < std::min(m_tierRows.size(), server->tiers.size()); ++i) {
        if (m_tierRows[i]->isChosen() && !server->tiers[i].possible) {
            note = tr("Asks for an administrator's password once: T%1 needs rights")
                       .arg(server->tiers[i].tier);
        }
    }
    m_password->setText(note);
    showBudget();
}

void AttachDialog::showBudget()
{
    const TierRow* kernel = tierRow(1);
    m_budgetRow->setVisible(chosen() && kernel && kernel->isChosen());
    m_budgetNote->setText(std::isinf(m_budget->currentData().toDouble())
            ? tr("When threads run stays visible, whatever that costs; the session shows what it is.")
            : tr("Above it the session goes on without seeing when threads run, and says so."));
}

void AttachDialog::watchRates()
{
    // What an ssh connection lists runs elsewhere: those ports are other servers' here.
    m_rates.watch(m_model.servers(), m_metrics->isChecked() && !m_remote->isChecked());
    m_model.ratesChanged();
}

void AttachDialog::watchAlone()
{
    if (m_busy) {
        return;
    }
    say({});
    setBusy(tr("asking :%1 for its /metrics…").arg(m_alonePort->value()));
    m_aloneWatch->setEnabled(false);
    auto* watcher = new QFutureWatcher<Connection>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, stop = m_stop.get_token()] {
        watcher->deleteLater();
        m_aloneWatch->setEnabled(true);
        if (stop.stop_requested()) {
            return;
        }
        setBusy({});
        m_heading->setText(QStringLiteral("<b>%1</b>").arg(tr("Servers")));
        const Connection done = watcher->result();
        if (!done.session) {
            say(done.problem);
            return;
        }
        Q_EMIT attached(done.session);
        accept();
    });
    const auto port = static_cast<std::uint16_t>(m_alonePort->value());
    watcher->setFuture(QtConcurrent::run([port, stop = m_stop.get_token()]() -> Connection {
        return orProblem([&] { return connectAlone(port, stop); });
    }));
}

void AttachDialog::checkMachine()
{
    if (m_session && !m_busy) {
        auto* dialog = new MachineDialog(m_session, this);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->open();
    }
}

void AttachDialog::attach()
{
    const live::FoundServer* server = chosen();
    if (!server || !m_session || m_busy) {
        return;
    }
    std::vector<live::AttachRequest> requests;
    live::AttachRequest request;
    request.pid = server->pid;
    request.startTicks = server->startTicks;
    request.metrics = !m_metrics->isHidden() && m_metrics->isChecked();
    request.probeBudget = m_budget->currentData().toDouble();
    request.tiers.clear();
    for (const TierRow* row : m_tierRows) {
        if (row->isChosen()) {
            request.tiers.push_back(row->tier());
        }
    }
    if (request.tiers.empty()) {
        say(tr("Switch on at least one tier."));
        return;
    }
    requests.push_back(request);
    if (request.probeBudget != live::budget::fromSettings()) {
        WindowSettings().setLiveProbeBudget(QString::fromStdString(live::budget::text(request.probeBudget)));
    }
    const bool asks = std::any_of(server->tiers.begin(), server->tiers.end(), [&](const auto& choice) {
        const TierRow* row = tierRow(choice.tier);
        return !choice.possible && row && row->isChosen();
    });
    const live::FoundServer* router
        = m_router->isVisible() && m_router->isChecked() ? m_model.routerFor(*server) : nullptr;
    if (router) {
        request.pid = router->pid;
        request.startTicks = router->startTicks;
        requests.push_back(request);
    }
    say({});
    setBusy(tr("attaching to pid %1…").arg(server->pid));
    auto* watcher = new QFutureWatcher<Connection>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, stop = m_stop.get_token()] {
        watcher->deleteLater();
        if (stop.stop_requested()) {
            return;
        }
        setBusy({});
        showFound();
        const Connection done = watcher->result();
        if (done.spent) {
            m_session.reset();
            scan();
            m_refusal = done.problem;
            return;
        }
        if (!done.problem.isEmpty()) {
            say(done.problem);
            return;
        }
        m_session.reset();
        Q_EMIT attached(done.session);
        accept();
    });
    watcher->setFuture(
        QtConcurrent::run([listed = m_session, requests, stop = m_stop.get_token(),
                              withRights = asks ? m_withRights : std::nullopt]() -> Connection {
            return orProblem([&] { return attachAll(listed, withRights, requests, stop); });
        }));
}

TierRow* AttachDialog::tierRow(int tier) const
{
    for (TierRow* row : m_tierRows) {
        if (row->tier() == tier) {
            return row;
        }
    }
    return nullptr;
}

QString AttachDialog::message() const
{
    return m_message->text();
}

QString AttachDialog::passwordNote() const
{
    return m_password->text();
}

QString AttachDialog::budgetNote() const
{
    return m_budgetRow->isHidden() ? QString() : m_budgetNote->text();
}

QString AttachDialog::heading() const
{
    return m_heading->text();
}

} // namespace prism::app
