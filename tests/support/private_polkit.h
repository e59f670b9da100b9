// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prism_test_paths.h"

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
    /// Why it cannot be; empty when it runs. `program`: what our policy means, in the place of the installed
    /// one.
    QString start(const QByteArray& rules, const QByteArray& program = "/usr/bin/prism-probed")
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
        QFile::copy(folder + QStringLiteral("/org.freedesktop.policykit.policy"),
            actions + QStringLiteral("/org.freedesktop.policykit.policy"));
        QFile ours(QStringLiteral(PRISM_SOURCE_DIR "/packaging/polkit/org.prismbench.prism.policy"));
        if (!ours.open(QIODevice::ReadOnly)) {
            return QStringLiteral("our policy cannot be read");
        }
        write(actions + QStringLiteral("/org.prismbench.prism.policy"),
            ours.readAll().replace("/usr/bin/prism-probed", program));
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
    /// Also for programs that look for the system bus at its usual place alone, as those that change their
    /// user do. False where it cannot be.
    bool coverSystemBus()
    {
        return ::mount("tmpfs", "/run/dbus", "tmpfs", 0, "mode=755") == 0
            && ::symlink(m_folder.filePath(QStringLiteral("bus")).toUtf8().constData(),
                   "/run/dbus/system_bus_socket")
            == 0;
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
