// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QRegularExpression>
#include <QtTest>

namespace prism::test {

/// Called in a test's init(): a warning of Qt fails the test function. Messages of the offscreen platform
/// about itself do not count.
inline void failOnQtWarnings()
{
    QTest::failOnWarning(QRegularExpression(
        QStringLiteral("^(?!.*(propagateSizeHints|XDG_RUNTIME_DIR|grabbing the|raise\\(\\)))")));
}

} // namespace prism::test
