// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/observer/running_program.h"
#include "prism_test_paths.h"

#include <QDeadlineTimer>
#include <QtDebug>

#include <csignal>
#include <unistd.h>

namespace prism::test {

RunningProgram::RunningProgram(
    const QString& program, const QStringList& arguments, const QStringList& environment)
{
    QProcessEnvironment all = QProcessEnvironment::systemEnvironment();
    all.insert(QStringLiteral("PYTHONDONTWRITEBYTECODE"), QStringLiteral("1"));
    for (const QString& pair : environment) {
        all.insert(pair.section(QLatin1Char('='), 0, 0), pair.section(QLatin1Char('='), 1));
    }
    m_process.setProcessEnvironment(all);
    m_process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    // A session of its own: what it starts belongs to it too, also when its parent has gone.
    m_process.setChildProcessModifier([] { ::setsid(); });
    m_process.start(program, arguments);
    if (m_process.waitForStarted()) {
        m_guard.setProcessChannelMode(QProcess::ForwardedChannels);
        m_guard.start(
            QStringLiteral(PRISM_TEST_DIR "/tree_guard"), { QString::number(m_process.processId()) });
        if (!m_guard.waitForStarted()) {
            qWarning("tree_guard is not built: what %s starts may stay behind", qPrintable(program));
        }
    }
}

RunningProgram::~RunningProgram()
{
    if (m_process.state() != QProcess::NotRunning) {
        m_process.kill();
        m_process.waitForFinished();
    }
    m_guard.closeWriteChannel(); // it ends what is left
    m_guard.waitForFinished();
}

QByteArray RunningProgram::waitForLine(const QByteArray& beginning)
{
    const QDeadlineTimer deadline(30'000);
    while (!deadline.hasExpired()) {
        m_output += m_process.readAllStandardOutput();
        for (const QByteArray& line : m_output.split('\n')) {
            if (line.startsWith(beginning) && m_output.contains(line + '\n')) {
                return line.mid(beginning.size()).trimmed();
            }
        }
        if (!m_process.waitForReadyRead(static_cast<int>(deadline.remainingTime()))) {
            break;
        }
    }
    qWarning("%s said: %s", qPrintable(m_process.program()), m_output.constData());
    return {};
}

QByteArray RunningProgram::waitForEnd(int timeoutMs)
{
    if (m_process.state() != QProcess::NotRunning && !m_process.waitForFinished(timeoutMs)) {
        return {};
    }
    m_output += m_process.readAllStandardOutput();
    return m_output.isNull() ? QByteArray("") : m_output;
}

void RunningProgram::write(const QByteArray& bytes)
{
    m_process.write(bytes);
    while (m_process.bytesToWrite() > 0 && m_process.waitForBytesWritten()) { }
}

void RunningProgram::forgetOutput()
{
    m_process.readAllStandardOutput();
    m_output.clear();
}

void RunningProgram::signal(int number)
{
    ::kill(static_cast<pid_t>(pid()), number);
}

} // namespace prism::test
