// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/timeline/raster.h"

#include <algorithm>

namespace prism::app {

Raster::Raster(QImage& image)
    : m_bits(image.bits())
    , m_stride(image.bytesPerLine())
    , m_width(image.width())
    , m_height(image.height())
    , m_clip(0, 0, m_width, m_height)
{
    Q_ASSERT(image.format() == QImage::Format_RGB32);
}

void Raster::setClip(const QRect& clip)
{
    m_clip = clip;
}

/// In the image's own pixels.
QRect Raster::cut(int x, int y, int width, int height) const
{
    return QRect(x + m_clip.x(), y + m_clip.y(), width, height) & m_clip & QRect(0, 0, m_width, m_height);
}

void Raster::fill(int x, int y, int width, int height, QRgb colour)
{
    const QRect r = cut(x, y, width, height);
    for (int row = r.top(); row <= r.bottom(); ++row) {
        std::fill_n(line(row) + r.left(), r.width(), colour | 0xff000000);
    }
}

void Raster::blend(int x, int y, int width, int height, QRgb colour, int alpha)
{
    const QRect r = cut(x, y, width, height);
    const auto mix = [alpha](int over, int under) { return under + (over - under) * alpha / 255; };
    for (int row = r.top(); row <= r.bottom(); ++row) {
        QRgb* pixel = line(row) + r.left();
        for (int i = 0; i < r.width(); ++i, ++pixel) {
            *pixel = qRgb(mix(qRed(colour), qRed(*pixel)), mix(qGreen(colour), qGreen(*pixel)),
                mix(qBlue(colour), qBlue(*pixel)));
        }
    }
}

void Raster::hatch(int x, int y, int width, int height, QRgb colour, QRgb ground)
{
    const QRect r = cut(x, y, width, height);
    for (int row = r.top(); row <= r.bottom(); ++row) {
        QRgb* pixels = line(row);
        for (int column = r.left(); column <= r.right(); ++column) {
            pixels[column] = ((column - x - m_clip.x() + row) % 6 < 2 ? colour : ground) | 0xff000000;
        }
    }
}

void Raster::frame(int x, int y, int width, int height, QRgb colour, int thickness)
{
    fill(x, y, width, thickness, colour);
    fill(x, y + height - thickness, width, thickness, colour);
    fill(x, y, thickness, height, colour);
    fill(x + width - thickness, y, thickness, height, colour);
}

} // namespace prism::app
