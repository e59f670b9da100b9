// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/shell/edit_dialogs.h"

#include "app/jobs/caught.h"
#include "app/theme/theme.h"
#include "core/model/attribute_text.h"
#include "core/store/store.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <QtConcurrentRun>

#include <set>

namespace prism::app {

namespace {

constexpr int margin = 14;

QString qs(std::string_view text)
{
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

} // namespace

AttributeDialog::AttributeDialog(
    std::shared_ptr<const ColumnTable> table, std::vector<PointId> points, QWidget* parent)
    : QDialog(parent)
    , m_table(std::move(table))
    , m_points(std::move(points))
    , m_attribute(new QComboBox(this))
    , m_now(new QLabel(this))
    , m_value(new QLineEdit(this))
    , m_problem(new QLabel(this))
    , m_hint(new QLabel(
          tr("What the file says is kept beside your word; an empty value goes back to it."), this))
{
    setWindowTitle(tr("Set an attribute"));
    setMinimumWidth(460);
    for (const std::string_view name : attributeNames()) {
        m_attribute->addItem(qs(name).replace(QLatin1Char('_'), QLatin1Char(' ')), qs(name));
    }
    m_attribute->setMaxVisibleItems(int(attributeNames().size()));
    for (QLabel* label : { m_now, m_problem }) {
        label->setTextFormat(Qt::PlainText);
        label->setWordWrap(true);
    }
    m_now->setForegroundRole(QPalette::PlaceholderText);
    QPalette warning = m_problem->palette();
    warning.setColor(QPalette::WindowText, Theme::current().tokens().warn);
    m_problem->setPalette(warning);
    m_value->setAccessibleName(tr("Value"));
    auto* form = new QFormLayout;
    form->addRow(tr("&Attribute"), m_attribute);
    form->addRow(tr("Now"), m_now);
    form->addRow(tr("&Value"), m_value);
    form->addRow(QString(), m_problem);
    m_hint->setWordWrap(true);
    m_hint->setForegroundRole(QPalette::PlaceholderText);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Cancel, this);
    m_set = buttons->addButton(
        tr("Set for %n point(s)", nullptr, int(m_points.size())), QDialogButtonBox::AcceptRole);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(margin, margin, margin, margin);
    layout->addLayout(form);
    layout->addWidget(m_hint);
    layout->addStretch();
    layout->addWidget(buttons);
    connect(m_attribute, &QComboBox::currentIndexChanged, this, &AttributeDialog::showNow);
    connect(m_value, &QLineEdit::textChanged, this, &AttributeDialog::check);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        Q_EMIT chosen(m_attribute->currentData().toString(), m_value->text().trimmed());
        accept();
    });
    showNow();
    m_value->setFocus();
}

void AttributeDialog::sayOfRuns(int count)
{
    setWindowTitle(tr("Set an attribute of %n run(s)", nullptr, count));
    m_set->setText(tr("Set for %n run(s)", nullptr, count));
    m_hint->setText(
        tr("Holds for every point of the %n run(s), also for those that come later, and replaces "
           "what you said of single points. What the file says is kept beside your word; an empty "
           "value goes back to it.",
            nullptr, count));
}

void AttributeDialog::showNow()
{
    const std::string name = m_attribute->currentData().toString().toStdString();
    std::set<std::string> values;
    for (const PointId point : m_points) {
        if (const auto row = m_table->rowOf(point)) {
            values.emplace(m_table->text(name, *row));
        }
    }
    QStringList texts;
    for (const std::string& value : values) {
        texts << (value.empty() ? tr("not stated") : qs(value));
    }
    constexpr qsizetype most = 6;
    const qsizetype more = texts.size() - most;
    m_now->setText(more > 0
            ? tr("%1 and %n more", nullptr, int(more)).arg(texts.mid(0, most).join(QStringLiteral(", ")))
            : texts.join(QStringLiteral(", ")));
    m_value->setText(values.size() == 1 ? qs(*values.begin()) : QString());
    m_value->selectAll();
    check();
}

void AttributeDialog::check()
{
    const QString text = m_value->text().trimmed();
    QString problem;
    if (!text.isEmpty()) {
        const auto value
            = attributeValue(m_attribute->currentData().toString().toStdString(), text.toStdString());
        problem = value ? QString() : qs(value.error().remedy) + QLatin1Char('.');
    }
    m_problem->setText(problem);
    m_set->setEnabled(problem.isEmpty());
}

HiddenPointsDialog::HiddenPointsDialog(
    const QString& database, const std::vector<PointId>& points, QWidget* parent)
    : QDialog(parent)
    , m_list(new QTreeWidget(this))
{
    setWindowTitle(tr("Hidden points (%1)").arg(points.size()));
    resize(760, 380);
    m_list->setHeaderLabels({ tr("Point"), tr("Load"), tr("Hidden because"), tr("By, at") });
    m_list->setRootIsDecorated(false);
    m_list->setAlternatingRowColors(true);
    m_list->setUniformRowHeights(true);
    m_list->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_list->setAccessibleName(tr("Points that you hid"));
    m_list->setTextElideMode(Qt::ElideMiddle);
    auto* hint = new QLabel(
        tr("These points are in no table, chart, frontier or comparison until they are shown again."), this);
    hint->setWordWrap(true);
    hint->setForegroundRole(QPalette::PlaceholderText);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto* again = buttons->addButton(tr("Show again"), QDialogButtonBox::ActionRole);
    auto* all = buttons->addButton(tr("Show all again"), QDialogButtonBox::ActionRole);
    again->setEnabled(false);
    again->setObjectName(QStringLiteral("showAgain"));
    all->setObjectName(QStringLiteral("showAllAgain"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(margin, margin, margin, margin);
    layout->addWidget(hint);
    layout->addWidget(m_list, 1);
    layout->addWidget(buttons);
    connect(m_list, &QTreeWidget::itemSelectionChanged, this,
        [this, again] { again->setEnabled(!m_list->selectedItems().isEmpty()); });
    connect(m_list, &QTreeWidget::currentItemChanged, this, [this](const QTreeWidgetItem* item) {
        if (item) {
            Q_EMIT inspect(item->data(0, Qt::UserRole).toLongLong());
        }
    });
    for (const auto& [button, selectedOnly] : { std::pair(again, true), std::pair(all, false) }) {
        connect(button, &QPushButton::clicked, this, [this, only = selectedOnly] {
            Q_EMIT showAgain(pointsIn(only));
            accept();
        });
    }
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    QtConcurrent::run([database, points] {
        return caught([&] { return read(database, points); });
    }).then(this, [this, all, hint](const Result<std::vector<Line>>& lines) {
        if (!lines) {
            hint->setText(qs(lines.error().text()));
        }
        fill(lines ? *lines : std::vector<Line>());
        all->setEnabled(m_list->topLevelItemCount() > 0);
        Q_EMIT loaded();
    });
}

void HiddenPointsDialog::fill(const std::vector<Line>& lines)
{
    for (const Line& line : lines) {
        auto* item = new QTreeWidgetItem(m_list, { line.of, line.load, line.because, line.by });
        item->setData(0, Qt::UserRole, qlonglong(line.point));
        for (int column = 0; column < m_list->columnCount(); ++column) {
            item->setToolTip(column, item->text(column));
        }
    }
    for (int column = 1; column < m_list->columnCount(); ++column) {
        m_list->resizeColumnToContents(column);
    }
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
}

auto HiddenPointsDialog::read(const QString& database, const std::vector<PointId>& points)
    -> Result<std::vector<Line>>
{
    std::vector<Line> lines;
    auto reader = StoreReader::open(database.toStdString());
    if (!reader) {
        return reader.error();
    }
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto point = (*reader)->point(points[i]);
        const Word* word = point && *point ? (*point)->word("hidden") : nullptr;
        if (!word) {
            continue;
        }
        const auto source = (*reader)->source((*point)->record.source);
        Line line { points[i], {}, {}, qs(word->value),
            qs(word->saidBy) + QStringLiteral(", ") + qs(word->saidAt) };
        line.of = source && *source ? qs((*source)->path).section(QLatin1Char('/'), -2) : QString();
        for (const Attribute& a : (*point)->record.attributes) {
            if (a.name == "concurrency" || a.name == "request_rate" || a.name == "batch_size") {
                line.load = qs(a.name).replace(QLatin1Char('_'), QLatin1Char(' ')) + QLatin1Char(' ')
                    + qs(toText(a.value));
                break;
            }
        }
        lines.push_back(std::move(line));
    }
    return lines;
}

std::vector<PointId> HiddenPointsDialog::pointsIn(bool selectedOnly) const
{
    std::vector<PointId> points;
    for (int row = 0; row < m_list->topLevelItemCount(); ++row) {
        const QTreeWidgetItem* item = m_list->topLevelItem(row);
        if (!selectedOnly || item->isSelected()) {
            points.push_back(item->data(0, Qt::UserRole).toLongLong());
        }
    }
    return points;
}

} // namespace prism::app
