// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace prism::test {

/// A small result of `vllm bench serve` with four requests, whose numbers agree with each other.
QByteArray vllmResult(const QString& model, int concurrency);
/// Writes one file a concurrency, "<model>-<concurrency>.json"; returns how many.
int writeVllmResults(const QString& folder, const QString& model, const QList<int>& concurrencies);

} // namespace prism::test
