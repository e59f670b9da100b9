// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/theme/icons.h"

#include <QFile>
#include <QPainter>
#include <QPixmap>
#include <QSvgRenderer>

namespace prism::app {

namespace {

QPixmap render(const QByteArray& svg, const QColor& colour, int size)
{
    QByteArray coloured = svg;
    coloured.replace("#000000", colour.name().toLatin1());
    QSvgRenderer renderer(coloured);
    QPixmap pixmap(size, size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    renderer.render(&painter);
    return pixmap;
}

} // namespace

QIcon ownIcon(const QString& name, const Tokens& tokens)
{
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly)) {
        return {};
    }
    const QByteArray svg = file.readAll();
    QIcon icon;
    for (const int size : { 16, 24, 32, 48 }) {
        icon.addPixmap(render(svg, tokens.text, size));
        icon.addPixmap(render(svg, tokens.disabled, size), QIcon::Disabled);
        icon.addPixmap(render(svg, tokens.selectionText, size), QIcon::Normal, QIcon::On);
    }
    return icon;
}

} // namespace prism::app
