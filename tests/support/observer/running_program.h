// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QProcess>
#include <QStringList>

#include <cstdint>

namespace prism::test {

/// A program that a test started, with all that it starts itself: ended by their pids when the test is done
/// with it, or when the test itself ends, however it does.
class RunningProgram {
public:
    RunningProgram(const QString& program, const QStringList& arguments, const QStringList& environment = {});
    ~RunningProgram();
    RunningProgram(const RunningProgram&) = delete;
    RunningProgram& operator=(const RunningProgram&) = delete;

    /// Waits for a line of output that begins so and returns the rest of it; null when the program ends or
    /// stays silent for half a minute (QTest then gets what it wrote as a message).
    QByteArray waitForLine(const QByteArray& beginning);
    /// Waits for the end; everything it wrote, or null after `timeoutMs`.
    QByteArray waitForEnd(int timeoutMs = 60'000);
    void signal(int number);
    /// To its standard input.
    void write(const QByteArray& bytes);
    /// Forgets what it has said: waitForLine() then finds new lines only.
    void forgetOutput();
    bool running() const { return m_process.state() == QProcess::Running; }
    std::int64_t pid() const { return m_process.processId(); }
    int exitCode() const { return m_process.exitCode(); }
    bool crashed() const { return m_process.exitStatus() == QProcess::CrashExit; }

private:
    QProcess m_process;
    QProcess m_guard; ///< tree_guard: waits for us to hang up
    QByteArray m_output;
};

} // namespace prism::test
