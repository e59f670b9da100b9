// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/settings/window_settings.h"

#include "core/settings/settings.h"

#include <QDir>

namespace prism::app {

namespace {
constexpr int mostRecent = 12;

QStringList withNewest(QStringList paths, const QString& path)
{
    paths.removeAll(path);
    paths.prepend(path);
    return paths.mid(0, mostRecent);
}

} // namespace

WindowSettings::WindowSettings()
    : m_file(std::make_unique<QSettings>(QString::fromStdString(settingsFile()), QSettings::IniFormat))
{
}

Theme::Choice WindowSettings::theme() const
{
    return Theme::choiceFromName(QString::fromStdString(setting("theme").value));
}

void WindowSettings::setTheme(Theme::Choice choice)
{
    m_file->setValue(QStringLiteral("theme"), Theme::name(choice));
    m_file->sync();
}

void WindowSettings::setLayout(const QByteArray& geometry, const QByteArray& layout, const QByteArray& centre)
{
    m_file->setValue(QStringLiteral("Window/geometry"), geometry);
    m_file->setValue(QStringLiteral("Window/layout"), layout);
    m_file->setValue(QStringLiteral("Window/centre"), centre);
}

QString WindowSettings::folder() const
{
    return m_file->value(QStringLiteral("Window/folder"), QDir::homePath()).toString();
}

void WindowSettings::addRecent(const QString& path)
{
    m_file->setValue(QStringLiteral("Window/recent"), withNewest(recent(), path));
}

void WindowSettings::addRecentView(const QString& file)
{
    m_file->setValue(QStringLiteral("Window/views"), withNewest(recentViews(), file));
}

std::optional<double> WindowSettings::liveCost() const
{
    bool known = false;
    const double cores = m_file->value(QStringLiteral("Live/cost")).toDouble(&known);
    return known ? std::optional(cores) : std::nullopt;
}

QKeySequence WindowSettings::keys(const QString& action, const QKeySequence& fallback) const
{
    const QString key = QStringLiteral("Keys/") + action;
    return m_file->contains(key) ? QKeySequence(m_file->value(key).toString()) : fallback;
}

void WindowSettings::setKeys(const QString& action, const QKeySequence& keys, const QKeySequence& fallback)
{
    const QString key = QStringLiteral("Keys/") + action;
    if (keys == fallback) {
        m_file->remove(key);
    } else {
        m_file->setValue(key, keys.toString());
    }
}

} // namespace prism::app
