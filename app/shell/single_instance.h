// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>

class QLocalServer;

namespace prism::app {

/// One window a user and database. The first listens on a local socket that only its user can reach; a later
/// start hands its paths over and ends.
class SingleInstance : public QObject {
    Q_OBJECT
public:
    explicit SingleInstance(const QString& database, QObject* parent = nullptr);

    /// True when a running window took the paths.
    bool handOver(const QStringList& paths) const;
    void listen();

Q_SIGNALS:
    void received(const QStringList& paths);

private:
    void take();

    QString m_name;
    QLocalServer* m_server = nullptr;
};

} // namespace prism::app
