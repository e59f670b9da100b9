// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QImage>

namespace prism::app {

/// Boxes, columns and hatches written straight into an image's scan lines, in device pixels; whatever lies
/// outside the clip is cut. Without antialiasing: boxes and columns stand on whole pixels.
class Raster {
public:
    /// Draws into `image` (Format_RGB32), which outlives it.
    explicit Raster(QImage& image);

    int width() const { return m_width; }
    int height() const { return m_height; }
    /// Later calls draw only in this rectangle of the image, and count from its corner.
    void setClip(const QRect& clip);
    QSize clipSize() const { return m_clip.size(); }

    void fill(int x, int y, int width, int height, QRgb colour);
    /// `alpha` 0 … 255 of `colour` over what is there.
    void blend(int x, int y, int width, int height, QRgb colour, int alpha);
    /// Lines at 45° that are 2 of 6 pixels wide, counted from `x`; they go on unbroken from one clip to the
    /// one below.
    void hatch(int x, int y, int width, int height, QRgb colour, QRgb ground);
    void frame(int x, int y, int width, int height, QRgb colour, int thickness);

private:
    QRect cut(int x, int y, int width, int height) const;
    QRgb* line(int y) const { return reinterpret_cast<QRgb*>(m_bits + std::ptrdiff_t(y) * m_stride); }

    uchar* m_bits;
    std::ptrdiff_t m_stride;
    int m_width;
    int m_height;
    QRect m_clip;
};

} // namespace prism::app
