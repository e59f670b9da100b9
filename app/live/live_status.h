// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/live/session.h"

#include <QWidget>

class QLabel;

namespace prism::app {

/// The left part of the status bar while the Live perspective is shown.
class LiveStatus : public QWidget {
    Q_OBJECT
public:
    explicit LiveStatus(QWidget* parent = nullptr);

    /// `lost` records are missing in what is shown, between two instants of the ruler.
    struct Shown {
        std::uint64_t lost = 0;
        QString stretch;
        qint64 behindMs = 0;
    };
    void showSession(const live::Status& status, const live::Target* target, const Shown& shown);
    void showNothing();
    QString text() const; ///< all of it, for screen readers and tests
    /// "recording in memory · 84 of 256 MB", for the right end.
    static QString memoryText(const live::Status& status);

private:
    QLabel* m_state;
    QLabel* m_rate;
    QLabel* m_behind;
    QLabel* m_loss;
    QLabel* m_metrics; ///< why nothing of the server's own metrics is known
};

} // namespace prism::app
