// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>
#include <QStringList>

namespace prism::test {

/// Collects what Qt warns of while it lives, so that a test can demand silence. Messages of the offscreen
/// platform about itself do not count.
class QtWarnings {
public:
    QtWarnings()
    {
        texts().clear();
        m_before = qInstallMessageHandler(&QtWarnings::take);
    }
    ~QtWarnings() { qInstallMessageHandler(m_before); }
    QtWarnings(const QtWarnings&) = delete;
    QtWarnings& operator=(const QtWarnings&) = delete;

    static QStringList& texts()
    {
        static QStringList list;
        return list;
    }

private:
    static void take(QtMsgType type, const QMessageLogContext&, const QString& text)
    {
        const bool platform = text.contains(QLatin1String("propagateSizeHints"))
            || text.contains(QLatin1String("XDG_RUNTIME_DIR")) || text.contains(QLatin1String("raise()"));
        if ((type == QtWarningMsg || type == QtCriticalMsg) && !platform) {
            texts() << text;
        }
    }

    QtMessageHandler m_before;
};

} // namespace prism::test
