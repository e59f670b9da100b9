// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live/attach_dialog.h"

#include "app/live/live_session.h"
#include "app/live/session_bar.h"
#include "app/live/tier_row.h"
#include "app/settings/window_settings.h"
#include "app/theme/theme.h"

#include <QCheckBox>
#include <QFrame>
#include <QFutureWatcher>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QTableView>
#include <QThreadPool>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtConcurrent>

namespace prism::app {

namespace {

constexpr int dialogWidth = 900;
constexpr int rowHeight = 26;

QString qs(const std::string& s)
{
    return QString::fromStdString(s);
}

bool asksForPassword(const live::HelperAddress& address)
{
    return address.kind == live::HelperAddress::Program && !address.command.empty()
        && address.command.front().ends_with("pkexec");
}

} // namespace

AttachDialog::Connection AttachDialog::connectTo(const std::string& overrule, const std::stop_token& stop)
{
    Connection connection;
    const auto address = live::findHelper(overrule);
    if (!address) {
        connection.problem = errorText(address.error());
        return connection;
    }
    auto session = live::Session::connect(*address, {}, stop);
    if (!session && asksForPassword(*address) && !stop.stop_requested()) {
        // Without its rights the helper still shows what everybody may see.
        live::HelperAddress plain = *address;
        plain.command.erase(plain.command.begin());
        plain.shown = "prism-probed without its rights";
        connection.note = tr("The helper runs without its rights: only your own processes and what everybody "
                             "may see of them. %1")
                              .arg(errorText(session.error()));
        session = live::Session::connect(plain, {}, stop);
    }
    if (session) {
        connection.session = std::move(*session);
    } else {
        connection.problem = errorText(session.error());
    }
    return connection;
}

AttachDialog::AttachDialog(QWidget* parent)
    : QDialog(parent)
{
    setWindowTitle(tr("Attach to a server"));
    setObjectName(QStringLiteral("attachDialog"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 12, 14, 12);
    column->setSpacing(6);
    column->addWidget(makeWhere());
    column->addWidget(makeList(), 1);
    m_observe = new QLabel(this);
    m_observe->setWordWrap(true);
    column->addWidget(m_observe);
    auto* frame = new QFrame(this);
    frame->setFrameShape(QFrame::StyledPanel);
    frame->setAutoFillBackground(true);
    frame->setBackgroundRole(QPalette::Base);
    m_tiers = frame;
    m_tierColumn = new QVBoxLayout(frame);
    m_tierColumn->setContentsMargins(0, 0, 0, 0);
    m_tierColumn->setSpacing(0);
    column->addWidget(frame);
    m_router = new QCheckBox(this);
    m_router->setChecked(true);
    column->addWidget(m_router);
    m_message = new QLabel(this);
    m_message->setWordWrap(true);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(m_message);
    column->addWidget(makeFooter());
    resize(dialogWidth, 600);
    m_tiers->hide();
    m_router->hide();
    m_message->hide();
    scan();
}

AttachDialog::~AttachDialog()
{
    m_stop.request_stop();
    if (m_session) {
        QThreadPool::globalInstance()->start([session = std::move(m_session)]() mutable { session.reset(); });
    }
}

QWidget* AttachDialog::makeWhere()
{
    auto* box = new QWidget(this);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    m_local = new QRadioButton(tr("This machine"), box);
    m_remote = new QRadioButton(tr("Another machine over ssh"), box);
    m_local->setChecked(true);
    m_host = new QLineEdit(WindowSettings().liveHost(), box);
    m_host->setPlaceholderText(tr("user@host"));
    m_host->setAccessibleName(tr("Host"));
    m_host->setFixedWidth(210);
    m_host->setEnabled(false);
    m_find = new QLineEdit(box);
    m_find->setPlaceholderText(tr("Find a server"));
    m_find->setAccessibleName(tr("Find a server"));
    m_find->setClearButtonEnabled(true);
    m_find->setFixedWidth(170);
    m_rescan = new QToolButton(box);
    m_rescan->setText(tr("Rescan"));
    m_rescan->setIcon(Theme::current().icon(QStringLiteral("view-refresh")));
    m_rescan->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_rescan->setAutoRaise(true);
    for (QWidget* w : std::initializer_list<QWidget*> { m_local, m_remote, m_host }) {
        row->addWidget(w);
    }
    row->addStretch(1);
    row->addWidget(m_find);
    row->addWidget(m_rescan);
    connect(m_remote, &QRadioButton::toggled, this, [this](bool remote) {
        m_host->setEnabled(remote);
        m_model.setServers({});
        if (!remote || !m_host->text().trimmed().isEmpty()) {
            scan();
        } else {
            m_host->setFocus();
            setBusy({});
            say(tr("Name the machine as ssh knows it; prism-probed must be installed there."));
        }
    });
    connect(m_host, &QLineEdit::returnPressed, this, &AttachDialog::scan);
    connect(m_find, &QLineEdit::textChanged, this, [this](const QString& text) {
        const live::FoundServer* before = chosen();
        const std::uint32_t pid = before ? before->pid : 0;
        m_model.setSearch(text);
        m_view->setCurrentIndex(m_model.index(std::max(0, m_model.rowOfPid(pid)), 0));
        showFound();
        showServer(); // a list made anew tells nobody that the choice went
    });
    connect(m_rescan, &QToolButton::clicked, this, &AttachDialog::scan);
    return box;
}

QWidget* AttachDialog::makeList()
{
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    m_heading = new QLabel(box);
    column->addWidget(m_heading);
    m_view = new QTableView(box);
    m_view->setModel(&m_model);
    m_view->setAccessibleName(tr("Servers"));
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(std::max(rowHeight, fontMetrics().height() + 8));
    m_view->horizontalHeader()->setFixedHeight(std::max(24, fontMetrics().height() + 6));
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_view->horizontalHeader()->setHighlightSections(false);
    const int widths[] = { 170, 212, 72, 130, 104, 86, 72 };
    for (int column2 = 0; column2 < ServerModel::ColumnCount; ++column2) {
        m_view->setColumnWidth(column2, widths[column2]);
    }
    m_view->setMinimumHeight(120);
    column->addWidget(m_view);
    connect(
        m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this, &AttachDialog::showServer);
    connect(m_view, &QTableView::activated, this, &AttachDialog::attach);
    return box;
}

QWidget* AttachDialog::makeFooter()
{
    auto* box = new QWidget(this);
    auto* row = new QHBoxLayout(box);
    row->setContentsMargins(0, 6, 0, 0);
    row->addStretch(1);
    m_cancel = new QPushButton(tr("Cancel"), box);
    m_attach = new QPushButton(tr("Attach"), box);
    for (QPushButton* button : { m_cancel, m_attach }) {
        button->setMinimumSize(86, 26);
        button->setAutoDefault(false);
        row->addWidget(button);
    }
    m_attach->setDefault(true);
    connect(m_cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_attach, &QPushButton::clicked, this, &AttachDialog::attach);
    return box;
}

std::string AttachDialog::overrule() const
{
    if (m_remote->isChecked()) {
        return "ssh:" + m_host->text().trimmed().toStdString();
    }
    return qEnvironmentVariable("PRISM_HELPER").toStdString();
}

void AttachDialog::setBusy(const QString& what)
{
    m_busy = !what.isEmpty();
    m_rescan->setEnabled(!m_busy);
    m_attach->setEnabled(!m_busy && chosen());
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
    watcher->setFuture(
        QtConcurrent::run([where, stop = m_stop.get_token()] { return connectTo(where, stop); }));
}

void AttachDialog::took(const Connection& connection)
{
    m_session = connection.session;
    m_note = connection.note;
    if (m_session) {
        if (m_remote->isChecked()) {
            WindowSettings().setLiveHost(m_host->text().trimmed());
        }
        list();
        return;
    }
    m_connectedTo.clear(); // the next scan tries anew
    m_scannedOnce = true;
    m_model.setServers({});
    setBusy({});
    m_heading->setText(QStringLiteral("<b>%1</b>").arg(tr("Servers")));
    say(connection.problem);
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
        m_scannedOnce = true;
        setBusy({});
        say(problem.isEmpty() ? m_note : problem);
        if (!problem.isEmpty()) {
            m_session.reset();
            m_connectedTo.clear();
        }
        if (problem.isEmpty()) {
            showFound();
        } else { // that none is listed says nothing of what runs
            m_heading->setText(QStringLiteral("<b>%1</b>").arg(tr("Servers")));
        }
        const int row = m_model.rowOfPid(pid);
        m_view->setCurrentIndex(m_model.index(std::max(0, row), 0));
        showServer();
        Q_EMIT scanned();
    });
    watcher->setFuture(QtConcurrent::run([session = m_session, stop = m_stop.get_token()]() -> Answer {
        auto servers = session->servers(stop);
        return servers ? Answer { std::move(*servers), {} } : Answer { {}, errorText(servers.error()) };
    }));
}

void AttachDialog::showFound()
{
    const int shown = m_model.rowCount();
    const QString found = m_model.servers().empty() ? tr("no inference server runs here that you may see")
        : shown < int(m_model.servers().size())     ? tr("%1 of %2").arg(shown).arg(m_model.servers().size())
                                                    : tr("%n found", nullptr, shown);
    m_heading->setText(QStringLiteral("<b>%1</b>&nbsp; %2").arg(tr("Servers"), found.toHtmlEscaped()));
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
    if (!server) {
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
    const bool sameTiers = m_tierRows.size() == server->tiers.size()
        && std::equal(m_tierRows.begin(), m_tierRows.end(), server->tiers.begin(),
            [](const TierRow* row, const live::TierChoice& choice) { return row->tier() == choice.tier; });
    if (!sameTiers) {
        qDeleteAll(m_tierRows);
        m_tierRows.clear();
        for (const live::TierChoice& choice : server->tiers) {
            auto* row = new TierRow(choice.tier, m_tiers);
            m_tierColumn->addWidget(row);
            m_tierRows.push_back(row);
            row->show();
        }
    }
    const std::optional<double> cost = WindowSettings().liveCost();
    for (std::size_t i = 0; i < m_tierRows.size(); ++i) {
        const live::TierChoice& choice = server->tiers[i];
        m_tierRows[i]->setChoice(choice);
        m_tierRows[i]->setCost(choice.tier == 1 ? cost : std::nullopt, tr("measured last time"));
        if (choice.possible && choice.tier <= 1) {
            m_tierRows[i]->box().setChecked(true);
        }
    }
    if (const live::FoundServer* router = m_model.routerFor(*server)) {
        m_router->setText(router->ports.empty()
                ? tr("Attach the router as well and join its requests")
                : tr("Attach the router on :%1 as well and join its requests").arg(router->ports.front()));
        m_router->show();
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
    const live::FoundServer* router
        = m_router->isVisible() && m_router->isChecked() ? m_model.routerFor(*server) : nullptr;
    if (router) {
        request.pid = router->pid;
        request.startTicks = router->startTicks;
        requests.push_back(request);
    }
    say({});
    setBusy(tr("attaching to pid %1…").arg(server->pid));
    auto* watcher = new QFutureWatcher<QString>(this);
    connect(watcher, &QFutureWatcherBase::finished, this, [this, watcher, stop = m_stop.get_token()] {
        watcher->deleteLater();
        if (stop.stop_requested()) {
            return;
        }
        setBusy({});
        showFound();
        if (!watcher->result().isEmpty()) {
            say(watcher->result());
            return;
        }
        Q_EMIT attached(std::exchange(m_session, nullptr));
        accept();
    });
    watcher->setFuture(QtConcurrent::run([session = m_session, requests, stop = m_stop.get_token()] {
        for (const live::AttachRequest& r : requests) {
            if (const auto target = session->attach(r, stop); !target) {
                return errorText(target.error());
            }
        }
        return QString();
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

QString AttachDialog::heading() const
{
    return m_heading->text();
}

} // namespace prism::app
