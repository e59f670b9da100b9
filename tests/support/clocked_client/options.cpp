// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/clocked_client/options.h"

#include <CLI/CLI.hpp>

namespace prism::test {

std::optional<ClientOptions> readOptions(int count, char** words)
{
    ClientOptions o;
    CLI::App app { "HTTP client that keeps its own clock and says how long it waited for a CPU" };
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app.add_option("--address", o.address);
    app.add_option("--port", o.port)->required();
    app.add_option("--network-of", o.networkOf);
    app.add_option("--connections", o.connections)->check(CLI::Range(1, 4096));
    app.add_option("--requests", o.requests)->check(CLI::Range(1, 1 << 20));
    app.add_option("--for-ms", o.forMs);
    app.add_option("--method", o.method);
    app.add_option("--path", o.path);
    app.add_option("--body", o.body);
    app.add_option("--header", o.headers)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_flag("--chunked-body", o.chunkedBody);
    app.add_flag("--expect-continue", o.expectContinue);
    app.add_option("--piece", o.pieceBytes);
    app.add_option("--piece-gap-us", o.pieceGapUs);
    app.add_option("--pipeline", o.pipeline)->check(CLI::Range(1, 64));
    app.add_option("--abort-after", o.abortAfter);
    app.add_option("--fifo", o.fifo)->check(CLI::Range(0, 90));
    app.add_flag("--awake", o.awake);
    app.add_flag("--summary-only", o.summaryOnly);
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        app.exit(error);
        return std::nullopt;
    }
    return o;
}

} // namespace prism::test
