// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace prism::test {

/// A system bus and a polkit daemon for this process and its children alone, with our policy installed and
/// rules of the test. Works as root: the folders that polkit reads are covered in a mount namespace of this
/// process.
class PrivatePolkit {
public:
    /// Why it cannot be; empty when it runs.
    QString start(const QByteArray& rules)
    {
        if (::geteuid() != 0) {
            return QStringLiteral("needs root: polkit runs on a bus of its own");
        }
        const QString daemon = QStringLiteral("/usr/lib/polkit-1/polkitd");
        if (!QFile::exists(daemon) || !QFile::exists(QStringLiteral("/usr/bin/dbus-daemon"))) {
            return QStringLiteral("needs polkitd and dbus-daemon, which are not installed");
        }
        if (::unshare(CLONE_NEWNS) != 0
            || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
            return QStringLiteral("needs a mount namespace, which this machine does not allow");
        }
        const QString actions = m_folder.filePath(QStringLiteral("actions"));
        const QString folder = QStringLiteral("/usr/share/polkit-1/actions");
        QDir().mkpath(actions);
        for (const QString& policy : { folder + QStringLiteral("/org.freedesktop.policykit.policy"),
                 QStringLiteral(PRISM_SOURCE_DIR "/packaging/polkit/org.prismbench.prism.policy") }) {
            QFile::copy(policy, actions + QLatin1Char('/') + QFileInfo(policy).fileName());
        }
        if (::mount(actions.toUtf8().constData(), "/usr/share/polkit-1/actions", nullptr, MS_BIND, nullptr)
                != 0
            || ::mount("tmpfs", "/etc/polkit-1/rules.d", "tmpfs", 0, "mode=755") != 0) {
            return QStringLiteral("polkit's folders cannot be covered");
        }
        write(QStringLiteral("/etc/polkit-1/rules.d/10-test.rules"), rules);
        QFile::setPermissions(m_folder.path(), QFile::Permissions(0x7755));
        return startDaemons(daemon);
    }
    ~PrivatePolkit()
    {
        for (QProcess* process : { &m_polkit, &m_bus }) {
            process->kill();
            process->waitForFinished();
        }
    }
    /// What the rules logged.
    QByteArray log()
    {
        m_log += m_polkit.readAllStandardOutput();
        return m_log;
    }
    /// Waits until the rules have logged this.
    bool waitForLog(const QByteArray& text)
    {
        while (!log().contains(text)) {
            if (!m_polkit.waitForReadyRead(30'000)) {
                return false;
            }
        }
        return true;
    }

private:
    static void write(const QString& path, const QByteArray& text)
    {
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size()) {
            qFatal("%s", qPrintable(path));
        }
    }
    QString startDaemons(const QString& daemon)
    {
        const QString address = QStringLiteral("unix:path=") + m_folder.filePath(QStringLiteral("bus"));
        const QString settings = m_folder.filePath(QStringLiteral("bus.conf"));
        write(settings,
            "<!DOCTYPE busconfig PUBLIC '-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN' "
            "'http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd'><busconfig><type>system</"
            "type><listen>"
                + address.toUtf8()
                + "</listen><auth>EXTERNAL</auth><policy context='default'><allow user='*'/><allow own='*'/>"
                  "<allow send_type='method_call'/><allow send_destination='*'/><allow receive_sender='*'/>"
                  "</policy></busconfig>");
        m_bus.start(QStringLiteral("/usr/bin/dbus-daemon"),
            { QStringLiteral("--nofork"), QStringLiteral("--print-address"),
                QStringLiteral("--config-file=") + settings });
        if (!m_bus.waitForReadyRead(30'000)) {
            return QStringLiteral("the private bus does not start: ")
                + QString::fromUtf8(m_bus.readAllStandardError());
        }
        qputenv("DBUS_SYSTEM_BUS_ADDRESS", address.toUtf8());
        m_polkit.setProcessChannelMode(QProcess::MergedChannels);
        m_polkit.start(daemon, {});
        return waitForLog("Acquired the name")
            ? QString()
            : QStringLiteral("polkitd does not start: ") + QString::fromUtf8(m_log);
    }

    QTemporaryDir m_folder;
    QProcess m_bus;
    QProcess m_polkit;
    QByteArray m_log;
};

} // namespace prism::test
