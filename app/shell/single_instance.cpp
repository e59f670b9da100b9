// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/single_instance.h"

#include <QCryptographicHash>
#include <QDataStream>
#include <QIODevice>
#include <QLocalServer>
#include <QLocalSocket>

#include <unistd.h>

namespace prism::app {

namespace {

constexpr int patienceMs = 1000;
constexpr qint64 mostBytes = 1 << 20;

} // namespace

SingleInstance::SingleInstance(const QString& database, QObject* parent)
    : QObject(parent)
    , m_name(
          QStringLiteral("prism-%1-%2")
              .arg(getuid())
              .arg(QString::fromLatin1(
                  QCryptographicHash::hash(database.toUtf8(), QCryptographicHash::Sha256).toHex().left(16))))
{
}

bool SingleInstance::handOver(const QStringList& paths) const
{
    QLocalSocket socket;
    socket.connectToServer(m_name);
    if (!socket.waitForConnected(patienceMs)) {
        return false;
    }
    QByteArray bytes;
    QDataStream stream(&bytes, QIODevice::WriteOnly);
    stream << paths;
    socket.write(bytes);
    socket.waitForBytesWritten(patienceMs);
    // The answer tells that the other side is a window and alive.
    const bool taken = socket.waitForReadyRead(patienceMs) && socket.read(2) == "ok";
    socket.disconnectFromServer();
    return taken;
}

void SingleInstance::listen()
{
    m_server = new QLocalServer(this);
    m_server->setSocketOptions(QLocalServer::UserAccessOption);
    connect(m_server, &QLocalServer::newConnection, this, &SingleInstance::take);
    if (!m_server->listen(m_name)) {
        QLocalServer::removeServer(m_name); // left by a window that was killed
        m_server->listen(m_name);
    }
}

void SingleInstance::take()
{
    while (QLocalSocket* socket = m_server->nextPendingConnection()) {
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QLocalSocket::readyRead, this, [this, socket] {
            if (socket->bytesAvailable() > mostBytes) {
                socket->abort();
                return;
            }
            QDataStream stream(socket);
            stream.startTransaction();
            QStringList paths;
            stream >> paths;
            if (stream.commitTransaction()) {
                socket->write("ok");
                Q_EMIT received(paths);
            }
        });
    }
}

} // namespace prism::app
