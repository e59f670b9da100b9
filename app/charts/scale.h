// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStringList>

#include <optional>
#include <vector>

namespace prism::app {

/// The only mapping between values and pixels: axes mirror it, layers and tests ask it. In between lies the
/// *unit* coordinate, the value itself or its decimal logarithm, which layers keep so that a frame costs one
/// multiplication and addition a point. A value type.
class Scale {
public:
    enum class Kind { Linear, Log };
    enum class Steps { Decimal, PowersOfTwo };

    Scale() = default;
    /// `low` < `high` in unit coordinates.
    Scale(
        Kind kind, double low, double high, double pixelLow, double pixelHigh, Steps steps = Steps::Decimal);
    /// A scale that shows all values from `low` to `high` with some air: linear ones from zero when the data
    /// come near it, logarithmic ones need positive ends. One value alone gets room on both sides.
    static Scale fitting(Kind kind, double low, double high, Steps steps = Steps::Decimal);

    Kind kind() const { return m_kind; }
    Steps steps() const { return m_steps; }
    double low() const { return m_low; } ///< unit coordinate
    double high() const { return m_high; }
    double pixelLow() const { return m_pixelLow; }
    double pixelHigh() const { return m_pixelHigh; }

    double toUnit(double value) const; ///< NaN for values ≤ 0 on a log scale
    double fromUnit(double unit) const;
    double toPixel(double value) const { return unitToPixel(toUnit(value)); }
    double toValue(double pixel) const { return fromUnit(pixelToUnit(pixel)); }
    double unitToPixel(double unit) const { return offset() + factor() * unit; }
    double pixelToUnit(double pixel) const { return (pixel - offset()) / factor(); }
    /// pixel = offset + factor × unit.
    double factor() const { return (m_pixelHigh - m_pixelLow) / (m_high - m_low); }
    double offset() const { return m_pixelLow - factor() * m_low; }

    Scale withPixels(double low, double high) const;
    Scale withRange(double low, double high) const; ///< unit coordinates
    /// Shrinks the range by `factor` and keeps the value under `pixel` where it is.
    Scale zoomed(double factor, double pixel) const;
    Scale panned(double pixels) const;

    /// Values of the major ticks inside the range: 1-2-5 steps or powers of two, 4 to 8 of them where the
    /// range allows it, at most `most`.
    std::vector<double> ticks(int most = 8) const;

    friend bool operator==(const Scale&, const Scale&) = default;

private:
    Kind m_kind = Kind::Linear;
    Steps m_steps = Steps::Decimal;
    double m_low = 0;
    double m_high = 1;
    double m_pixelLow = 0;
    double m_pixelHigh = 1;
};

/// Texts of ticks: as many decimals as tell neighbours apart, thousands grouped, SI from 100 000 on.
QStringList tickTexts(const std::vector<double>& ticks);

} // namespace prism::app
