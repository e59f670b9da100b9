// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/live/server_model.h"
#include "app/live/server_rates.h"
#include "core/live/session.h"

#include <QDialog>

#include <functional>
#include <stop_token>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QRadioButton;
class QSpinBox;
class QTableView;
class QToolButton;
class QVBoxLayout;
QT_END_NAMESPACE

namespace prism::app {

class TierRow;

/// Finds the servers of this machine, or of one that is reached over ssh, and attaches to one of them. What
/// the helper answers arrives later: nothing here waits.
class AttachDialog : public QDialog {
    Q_OBJECT
public:
    /// How the helper is reached: to list, which asks nobody for anything, and, where that one has no rights,
    /// to attach, which asks for an administrator's password.
    struct Ways {
        live::HelperAddress list;
        std::optional<live::HelperAddress> attach;
    };
    /// `overrule` as for live::findHelper().
    using FindWays = std::function<Result<Ways>(const std::string& overrule)>;
    static Result<Ways> findWays(const std::string& overrule);

    explicit AttachDialog(QWidget* parent = nullptr, FindWays findWays = AttachDialog::findWays);
    ~AttachDialog() override;

    /// What is known of the processes that are attached already.
    void setAttachedRates(ServerRates::Attached attached) { m_rates.setAttached(std::move(attached)); }

    ServerModel& model() { return m_model; }
    QTableView& view() { return *m_view; }
    QPushButton& attachButton() { return *m_attach; }
    QToolButton& rescanButton() { return *m_rescan; }
    QLineEdit& hostField() { return *m_host; }
    QLineEdit& findField() { return *m_find; }
    QRadioButton& remoteChoice() { return *m_remote; }
    TierRow* tierRow(int tier) const; ///< null where the helper says nothing of it
    QString message() const;
    QString heading() const;
    QString passwordNote() const; ///< that attaching will ask for one; empty where it will not
    QToolButton& machineButton() { return *m_machine; }
    QComboBox& budgetChoice() { return *m_budget; }
    QString budgetNote() const; ///< what the chosen budget means
    /// The row that is offered where there is no helper: a port, and reading its /metrics alone.
    QSpinBox& alonePort() { return *m_alonePort; }
    QPushButton& aloneButton() { return *m_aloneWatch; }
    bool offersAlone() const { return !m_alone->isHidden(); }
    bool isBusy() const { return m_busy; }
    void scan();
    void attach();

Q_SIGNALS:
    void attached(const std::shared_ptr<prism::live::Session>& session);
    void scanned(); ///< the list or the reason why there is none

private:
    QWidget* makeWhere();
    QWidget* makeList();
    QWidget* makeBudget();
    QWidget* makeAlone();
    QWidget* makeFooter();
    void setBusy(const QString& what); ///< empty: no longer
    void say(const QString& text);
    void showServer();
    void showFound();
    struct Connection {
        std::shared_ptr<live::Session> session;
        std::optional<live::HelperAddress> withRights; ///< where `session` has none and another could have
        QString problem; ///< why there is no session, or no target
        bool spent = false; ///< the list's session had a target and was left again: it begins anew
    };
    static Connection connectTo(
        const FindWays& findWays, const std::string& overrule, const std::stop_token& stop);
    static Connection connectAlone(std::uint16_t port, const std::stop_token& stop);
    /// In the session of the list, or in one with rights where an address for it is given.
    static Connection attachAll(const std::shared_ptr<live::Session>& listed,
        const std::optional<live::HelperAddress>& withRights,
        const std::vector<live::AttachRequest>& requests, const std::stop_token& stop);
    /// What `work` answers; what it throws is the answer's problem.
    template <class Work>
    static Connection orProblem(Work work);
    void took(const Connection& connection);
    void list();
    void showTiers(const live::FoundServer& server);
    void showPassword();
    /// What kernel programs may cost is asked where some are chosen.
    void showBudget();
    /// Possible, or to be made so by a password.
    bool isOffered(const live::TierChoice& choice) const;
    void checkMachine();
    void watchAlone();
    /// Asks the listed servers for their /metrics where the user wants that.
    void watchRates();
    const live::FoundServer* chosen() const;
    std::string overrule() const;

    ServerRates m_rates;
    ServerModel m_model;
    /// Connected, nothing attached yet. As all sessions here, its end is waited for elsewhere, whoever lets
    /// it go last: a question's answer that nobody took, a question that stands as the window goes.
    std::shared_ptr<live::Session> m_session;
    std::string m_connectedTo;
    std::optional<live::HelperAddress> m_withRights; ///< asks for a password
    QString m_refusal; ///< why attaching failed; stands over the list that is read anew
    FindWays m_findWays;
    std::stop_source m_stop;
    bool m_busy = false;
    bool m_scannedOnce = false;

    QRadioButton* m_local = nullptr;
    QRadioButton* m_remote = nullptr;
    QLineEdit* m_host = nullptr;
    QLineEdit* m_find = nullptr;
    QToolButton* m_rescan = nullptr;
    QLabel* m_heading = nullptr;
    QTableView* m_view = nullptr;
    QLabel* m_observe = nullptr;
    QLabel* m_notes = nullptr; ///< what could not be found out about the server
    QWidget* m_tiers = nullptr;
    QVBoxLayout* m_tierColumn = nullptr;
    std::vector<TierRow*> m_tierRows;
    QWidget* m_budgetRow = nullptr;
    QComboBox* m_budget = nullptr;
    QLabel* m_budgetNote = nullptr;
    QCheckBox* m_router = nullptr;
    QCheckBox* m_metrics = nullptr;
    QLabel* m_message = nullptr;
    QWidget* m_alone = nullptr;
    QSpinBox* m_alonePort = nullptr;
    QPushButton* m_aloneWatch = nullptr;
    QToolButton* m_machine = nullptr;
    QLabel* m_password = nullptr;
    QPushButton* m_attach = nullptr;
    QPushButton* m_cancel = nullptr;
};

} // namespace prism::app
