// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/facts.h"
#include "tests/support/made_stream.h"

#include <QByteArray>
#include <QJsonObject>
#include <QList>
#include <QString>
#include <QStringList>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// prismctl beside a helper that tells made stories.
namespace prism::test {

struct Ran {
    int status = -1; ///< -1: a signal ended it
    QString out;
    QString error;
    QList<QJsonObject> lines() const;
};

bool hasPrismctl(); ///< the configuration builds it
Ran prismctl(const QStringList& arguments);

struct Terminal {
    int status = -1;
    QByteArray seen;
};

/// Runs it at a terminal; types `keys` once `at` was seen, and again whenever `again` of all that was seen
/// says so.
Terminal atTerminal(const std::vector<std::string>& words, const QByteArray& at, const QByteArray& keys,
    const std::function<bool(const QByteArray&)>& again = {});

/// A vLLM server of alice's at port 8000, pid 4711.
live::FoundServer tinyServer();
/// Two requests that end, a loss, and the end of the target: what a recording by prismctl waits for.
std::vector<std::byte> story(live::TargetNumber target = 1);
/// `count` requests of 71 ms, the first at `first`, one every 200 ms; the target ends at `end`.
std::vector<std::byte> shortStory(live::TargetNumber target, int count, std::int64_t first, std::int64_t end);

} // namespace prism::test
