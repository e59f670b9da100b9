// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/support/observer/running_program.h"

#include <memory>
#include <string>

/// Servers that the observer is tried on, each on a port of its own on the loopback.
namespace prism::test {

struct RunningServer {
    std::shared_ptr<void> keep; ///< what it needs while it runs
    std::unique_ptr<RunningProgram> program;
    std::uint16_t port = 0;

    std::int64_t pid() const { return program->pid(); }
    explicit operator bool() const { return port != 0; }
};

/// One of the small servers: threads, asyncio, uvloop, node, go, uring, shaped. False when it did not start.
RunningServer startServer(const QString& kind, const QStringList& arguments = {});
/// Why that server cannot be had on this machine; empty when it can.
QString missingServer(const QString& kind);

/// llama.cpp's server from the cache that tests/probes/servers/real/make_cache fills. False when it did not
/// start.
RunningServer startLlama(int sequences);
QString missingLlama();

/// vLLM on the CPU from the same cache; half a minute. False when it did not start.
RunningServer startVllm(int apiServers);
/// Also without PRISM_REAL_SERVERS=1: it is too heavy for every run.
QString missingVllm();

/// The answer to a GET on the loopback, header and all; empty when nobody answers.
std::string get(std::uint16_t port, const std::string& path);
/// A port that nobody listens on now.
std::uint16_t freePort();

} // namespace prism::test
