// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prism_test_paths.h"
#include "probes/helper/access/privileges.h"
#include "tests/support/staged_process.h"

#include <QFile>
#include <QProcess>
#include <QSet>

#include <linux/capability.h>
#include <sys/syscall.h>

#include <seccomp.h>

namespace prism::test {

/// The rights that the systemd service gives: an ordinary user, five ambient capabilities and no way to more.
/// Empty set: none at all.
inline bool takeServiceRights(std::uint64_t capabilities)
{
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
        if ((capabilities >> capability & 1) == 0) {
            ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
    }
    ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (::setresgid(someUser, someUser, someUser) != 0 || ::setresuid(someUser, someUser, someUser) != 0) {
        return false;
    }
    __user_cap_header_struct header { _LINUX_CAPABILITY_VERSION_3, 0 };
    __user_cap_data_struct data[2] {};
    for (int i = 0; i < 2; ++i) {
        data[i].effective = data[i].permitted = data[i].inheritable
            = static_cast<std::uint32_t>(capabilities >> (32 * i));
    }
    if (::syscall(SYS_capset, &header, data) != 0) {
        return false;
    }
    for (int capability = 0; capability < 64; ++capability) {
        if ((capabilities >> capability & 1) != 0
            && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) {
            return false;
        }
    }
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/// System calls that the service's SystemCallFilter lets through, its groups resolved by systemd-analyze in
/// the order of the lines.
inline QSet<QString> allowedCalls()
{
    const std::function<QSet<QString>(const QString&)> resolve = [&resolve](const QString& name) {
        if (!name.startsWith(QLatin1Char('@'))) {
            return QSet<QString> { name };
        }
        QProcess process;
        process.start(QStringLiteral("systemd-analyze"), { "syscall-filter", name });
        process.waitForFinished();
        QSet<QString> calls;
        for (const QString& line :
            QString::fromUtf8(process.readAllStandardOutput()).split(QLatin1Char('\n'))) {
            const QString call = line.trimmed();
            if (line.startsWith(QLatin1Char(' ')) && !call.startsWith(QLatin1Char('#'))) {
                calls += resolve(call);
            }
        }
        return calls;
    };
    QFile file(QStringLiteral(PRISM_SOURCE_DIR "/packaging/systemd/prism-probed.service"));
    QSet<QString> allowed;
    if (!file.open(QIODevice::ReadOnly)) {
        return allowed;
    }
    for (const QString& line : QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'))) {
        const QString key = QStringLiteral("SystemCallFilter=");
        if (line.startsWith(key)) {
            const bool out = line.mid(key.size()).startsWith(QLatin1Char('~'));
            for (const QString& name : line.mid(key.size() + (out ? 1 : 0)).split(QLatin1Char(' '))) {
                out ? allowed -= resolve(name) : allowed += resolve(name);
            }
        }
    }
    return allowed;
}

/// Refuses all other calls with EPERM, as SystemCallErrorNumber has it; for this process and what it starts.
inline bool filterCalls(const QSet<QString>& allowed)
{
    scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ERRNO(EPERM));
    for (const QString& call : allowed) {
        const int number = ::seccomp_syscall_resolve_name(call.toUtf8().constData());
        if (number >= 0) {
            ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
        }
    }
    // systemd itself starts the program.
    ::seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(execve), 0);
    return ::seccomp_load(filter) == 0;
}

} // namespace prism::test
