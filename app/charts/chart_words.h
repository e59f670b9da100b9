// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QCoreApplication>

namespace prism::app {

/// Translation context of the words that charts, their layers and their data share.
class ChartWords {
    Q_DECLARE_TR_FUNCTIONS(ChartWords)
};

} // namespace prism::app
