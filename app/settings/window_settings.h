// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/theme/theme.h"

#include <QByteArray>
#include <QKeySequence>
#include <QSettings>
#include <QString>
#include <QStringList>

#include <memory>
#include <optional>

namespace prism::app {

/// What the window remembers, typed, in the file that prismctl reads too (core/settings). Written at once.
class WindowSettings {
public:
    WindowSettings();

    Theme::Choice theme() const; ///< PRISM_THEME wins over the file
    void setTheme(Theme::Choice choice);
    QByteArray geometry() const { return m_file->value(QStringLiteral("Window/geometry")).toByteArray(); }
    QByteArray layout() const { return m_file->value(QStringLiteral("Window/layout")).toByteArray(); }
    QByteArray centre() const { return m_file->value(QStringLiteral("Window/centre")).toByteArray(); }
    void setLayout(const QByteArray& geometry, const QByteArray& layout, const QByteArray& centre);
    /// Filter, chart, limits, baseline and columns as the window was left.
    QByteArray session() const { return m_file->value(QStringLiteral("Window/session")).toByteArray(); }
    void setSession(const QByteArray& json) { m_file->setValue(QStringLiteral("Window/session"), json); }
    /// Name of the tab under the chart.
    QString tab() const { return m_file->value(QStringLiteral("Window/tab")).toString(); }
    void setTab(const QString& name) { m_file->setValue(QStringLiteral("Window/tab"), name); }
    /// The view file that was shown; empty for none.
    QString view() const { return m_file->value(QStringLiteral("Window/view")).toString(); }
    void setView(const QString& file) { m_file->setValue(QStringLiteral("Window/view"), file); }
    QString folder() const; ///< of the last file dialog
    void setFolder(const QString& folder) { m_file->setValue(QStringLiteral("Window/folder"), folder); }
    QStringList recent() const { return m_file->value(QStringLiteral("Window/recent")).toStringList(); }
    void addRecent(const QString& path);
    QStringList recentViews() const { return m_file->value(QStringLiteral("Window/views")).toStringList(); }
    void addRecentView(const QString& file);
    /// Lanes, window, rows, speed and limits of the Live perspective as it was left.
    QByteArray live() const { return m_file->value(QStringLiteral("Live/state")).toByteArray(); }
    void setLive(const QByteArray& json) { m_file->setValue(QStringLiteral("Live/state"), json); }
    /// Whether the window was left in the Live perspective.
    bool inLive() const { return m_file->value(QStringLiteral("Live/open")).toBool(); }
    void setInLive(bool live) { m_file->setValue(QStringLiteral("Live/open"), live); }
    /// The machine that was last attached to over ssh.
    QString liveHost() const { return m_file->value(QStringLiteral("Live/host")).toString(); }
    void setLiveHost(const QString& host) { m_file->setValue(QStringLiteral("Live/host"), host); }
    /// Whether a session that is attached ends without a question.
    bool endsLiveUnasked() const { return m_file->value(QStringLiteral("Live/endUnasked")).toBool(); }
    void setEndsLiveUnasked(bool unasked) { m_file->setValue(QStringLiteral("Live/endUnasked"), unasked); }
    /// The recording of a session that was attached when the window closed; empty once that was told.
    QString leftRecording() const { return m_file->value(QStringLiteral("Live/left")).toString(); }
    void setLeftRecording(const QString& file) { m_file->setValue(QStringLiteral("Live/left"), file); }
    /// Size and parts of the mapping window as it was left.
    QByteArray mapping() const { return m_file->value(QStringLiteral("Mapping/window")).toByteArray(); }
    void setMapping(const QByteArray& state) { m_file->setValue(QStringLiteral("Mapping/window"), state); }
    /// The file that a mapping was last looked at with; empty for none.
    QString fileOfMapping(const QString& name) const
    {
        return m_file->value(QStringLiteral("Mapping/file/") + name).toString();
    }
    void setFileOfMapping(const QString& name, const QString& file)
    {
        m_file->setValue(QStringLiteral("Mapping/file/") + name, file);
    }
    /// What probing cost when it was last measured, as a share of one core; empty before.
    std::optional<double> liveCost() const;
    /// For core's setting "live_probe_budget".
    void setLiveProbeBudget(const QString& budget)
    {
        m_file->setValue(QStringLiteral("live_probe_budget"), budget);
    }
    void setLiveCost(double cores) { m_file->setValue(QStringLiteral("Live/cost"), cores); }
    QKeySequence keys(const QString& action, const QKeySequence& fallback) const;
    void setKeys(const QString& action, const QKeySequence& keys, const QKeySequence& fallback);

private:
    std::unique_ptr<QSettings> m_file;
};

} // namespace prism::app
