// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/panels/inspector/inspection.h"

#include <QPlainTextEdit>

namespace prism::app {

/// The original text of a source with line numbers; the line of a value is tinted and the value framed.
class SourceView : public QPlainTextEdit {
    Q_OBJECT
public:
    explicit SourceView(QWidget* parent = nullptr);

    void setSource(const SourceText& source);
    int gutterWidth() const;
    void paintGutter(QPaintEvent* event);

protected:
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void placeGutter();
    void markLine();

    QWidget* m_gutter;
    int m_firstLine = 1;
    int m_markBegin = 0;
    int m_markEnd = 0;
};

} // namespace prism::app
