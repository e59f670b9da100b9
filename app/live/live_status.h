// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/live/live_troubles.h"

#include <QWidget>

#include <functional>

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
        LiveTroubles::Shown troubles;
    };
    void showSession(const live::Status& status, const live::Target* target, const Shown& shown);
    void showNothing();
    QString text() const; ///< all of it, for screen readers and tests
    /// What is kept, in a few words for the right end ("recording in memory · 84 of 256 MB") and line by
    /// line. `clock` writes an instant as a time of day.
    struct Kept {
        QString text, lines;
        bool operator==(const Kept&) const = default;
    };
    using Clock = std::function<QString(Nanoseconds)>;
    static Kept kept(const live::Status& status, const Clock& clock);
    /// From when on every request that ended has the times of all its events; empty while all have.
    static std::optional<Nanoseconds> detailFrom(const live::Status& status);

private:
    class Sentence;

    QLabel* m_state;
    Sentence* m_trouble; ///< what is not seen, or no more
    QLabel* m_rate;
    QLabel* m_behind;
    QLabel* m_loss;
    Sentence* m_metrics; ///< why nothing of the server's own metrics is known
};

} // namespace prism::app
