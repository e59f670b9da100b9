// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <string>
#include <unistd.h>
#include <vector>

namespace prism::test {

/// A folder that looks like the machine's /proc, as far as discovery reads it.
class FakeProc {
public:
    struct Process {
        int pid = 0;
        int parent = 1;
        std::vector<std::string> arguments;
        std::string comm = "x";
        unsigned uid = 1000;
        int innerPid = 0;
        std::uint64_t space = 4026531840; ///< network namespace
        std::vector<std::uint64_t> sockets; ///< inodes
        std::vector<std::string> files; ///< further open ones
        bool closed = false; ///< its files and links cannot be read
        std::string cgroup = "0::/user.slice\n";
        std::string mountinfo;
        std::string maps;
        std::string executable = "/usr/bin/python3.11";
        std::string environment;
    };

    std::string root() const { return m_folder.path().toStdString(); }

    void write(const std::string& name, const std::string& text) const
    {
        const QString path = m_folder.filePath(QString::fromStdString(name));
        QDir().mkpath(QFileInfo(path).path());
        QFile file(path);
        if (file.open(QIODevice::WriteOnly)) {
            file.write(text.data(), static_cast<qint64>(text.size()));
        }
    }
    void link(const std::string& name, const std::string& target) const
    {
        const QString path = m_folder.filePath(QString::fromStdString(name));
        QDir().mkpath(QFileInfo(path).path());
        if (::symlink(target.c_str(), path.toUtf8().constData()) != 0) {
            qFatal("symlink");
        }
    }

    /// A line of net/tcp. `state` 0x0A listens; ports and addresses in host order.
    static std::string socketLine(std::uint32_t address, int port, std::uint64_t inode, unsigned uid = 1000,
        std::uint32_t peer = 0, int peerPort = 0)
    {
        char text[200];
        std::snprintf(text, sizeof text,
            "   0: %08X:%04X %08X:%04X %s 00000000:00000000 00:00000000 00000000 %5u        0 %llu 1 0 100 0 "
            "0 10 0\n",
            __builtin_bswap32(address), port, __builtin_bswap32(peer), peerPort, peerPort == 0 ? "0A" : "01",
            uid, static_cast<unsigned long long>(inode));
        return text;
    }
    static constexpr const char* heading = "  sl  local_address rem_address   st tx_queue rx_queue tr "
                                           "tm->when retrnsmt   uid  timeout inode\n";

    /// `tcp`: the lines of this process's network namespace.
    void add(const Process& process, const std::string& tcp = {}) const
    {
        const std::string folder = "proc/" + std::to_string(process.pid) + '/';
        write(folder + "stat",
            std::to_string(process.pid) + " (" + process.comm + ") S " + std::to_string(process.parent)
                + " 1 1 0 -1 4194304 1 0 0 0 5 6 0 0 20 0 3 0 " + std::to_string(process.pid * 10)
                + " 1000 100 0 0 0 0\n");
        const std::string uid = std::to_string(process.uid);
        const int inner = process.innerPid == 0 ? process.pid : process.innerPid;
        write(folder + "status",
            "Name:\t" + process.comm + "\nUid:\t" + uid + '\t' + uid + '\t' + uid + '\t' + uid + "\nNSpid:\t"
                + std::to_string(process.pid) + (inner == process.pid ? "" : '\t' + std::to_string(inner))
                + "\nThreads:\t3\n");
        std::string arguments;
        for (const std::string& argument : process.arguments) {
            arguments += argument + '\0';
        }
        write(folder + "cmdline", arguments);
        write(folder + "cgroup", process.cgroup);
        write(folder + "mountinfo", process.mountinfo);
        write(folder + "net/tcp", heading + tcp);
        write(folder + "net/tcp6", heading);
        if (process.closed) {
            return;
        }
        write(folder + "maps", process.maps);
        write(folder + "environ", process.environment);
        link(folder + "exe", process.executable);
        link(folder + "root", root());
        link(folder + "ns/net", "net:[" + std::to_string(process.space) + ']');
        int fd = 3;
        for (const std::uint64_t inode : process.sockets) {
            link(folder + "fd/" + std::to_string(fd++), "socket:[" + std::to_string(inode) + ']');
        }
        for (const std::string& file : process.files) {
            link(folder + "fd/" + std::to_string(fd++), file);
        }
        QDir().mkpath(m_folder.filePath(QString::fromStdString(folder + "fd")));
    }

private:
    QTemporaryDir m_folder;
};

} // namespace prism::test
