// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace prism::app {

/// A half-open stretch of time: `fromNs` belongs to it, `toNs` does not. Which clock it is, is the caller's.
struct TimeRange {
    std::int64_t fromNs = 0;
    std::int64_t toNs = 0;

    std::int64_t lengthNs() const { return toNs - fromNs; }
    bool isEmpty() const { return toNs <= fromNs; }
    bool contains(std::int64_t ns) const { return fromNs <= ns && ns < toNs; }
    bool overlaps(const TimeRange& other) const { return fromNs < other.toNs && other.fromNs < toNs; }
    TimeRange united(const TimeRange& other) const
    {
        return isEmpty()      ? other
            : other.isEmpty() ? *this
                              : TimeRange { std::min(fromNs, other.fromNs), std::max(toNs, other.toNs) };
    }
    friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

/// The only mapping between time and pixels. Times stay integers until the start of the view is subtracted:
/// a clock that counts from boot has no room in a double's 53 bits for years of nanoseconds.
class TimeAxis {
public:
    TimeAxis() = default;
    /// `range` is not empty and `pixels` is positive, else a mapping of one nanosecond to one pixel holds.
    TimeAxis(TimeRange range, int pixels)
        : m_range(range.isEmpty() ? TimeRange { range.fromNs, range.fromNs + 1 } : range)
        , m_pixels(std::max(1, pixels))
        , m_nsPerPixel(double(m_range.lengthNs()) / m_pixels)
    {
    }

    const TimeRange& range() const { return m_range; }
    int pixels() const { return m_pixels; }
    double nsPerPixel() const { return m_nsPerPixel; }
    double pixelOf(std::int64_t ns) const { return double(ns - m_range.fromNs) / m_nsPerPixel; }
    /// The pixel column that holds an instant; below 0 and from pixels() on it is outside.
    int columnOf(std::int64_t ns) const
    {
        const double pixel = std::floor(pixelOf(ns));
        return int(std::clamp(pixel, -1e6, 1e6));
    }
    std::int64_t timeAt(double pixel) const { return m_range.fromNs + std::llround(pixel * m_nsPerPixel); }

private:
    TimeRange m_range { 0, 1 };
    int m_pixels = 1;
    double m_nsPerPixel = 1;
};

/// What a zoom about a fixed instant makes of a range. Not shorter than `leastNs`.
inline TimeRange zoomed(const TimeRange& range, double factor, std::int64_t aboutNs, std::int64_t leastNs)
{
    const double wished = double(range.lengthNs()) * factor;
    const double length = std::clamp(wished, double(leastNs), 4e18);
    const double share = double(aboutNs - range.fromNs) / double(std::max<std::int64_t>(1, range.lengthNs()));
    const std::int64_t from = aboutNs - std::llround(share * length);
    return { from, from + std::llround(length) };
}

inline TimeRange moved(const TimeRange& range, std::int64_t byNs)
{
    return { range.fromNs + byNs, range.toNs + byNs };
}

} // namespace prism::app
