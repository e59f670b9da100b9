// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/jobs/newest_work.h"
#include "app/mapping/column_model.h"
#include "app/mapping/constant_model.h"
#include "app/mapping/filter_model.h"
#include "app/mapping/mapping_draft.h"
#include "app/mapping/preview_models.h"

#include <QDialog>

#include <stop_token>

QT_BEGIN_NAMESPACE
class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;
class QSortFilterProxyModel;
class QSpinBox;
class QSplitter;
class QTabWidget;
class QTableView;
class QTimer;
class QToolButton;
QT_END_NAMESPACE

namespace prism::app {

/// Says how files of unknown make are read: columns to metrics with their units, constants, rows that do not
/// count; beside it the rows of the file and the points that come of them. Files are read by the parser's
/// fenced process, on a thread; the newest question wins. Nothing is stored before the user imports.
class MappingWindow : public QDialog {
    Q_OBJECT
public:
    explicit MappingWindow(QWidget* parent = nullptr);
    ~MappingWindow() override;

    /// A new mapping: proposed by the names of the file's columns.
    void openFile(const QString& file);
    /// A saved mapping, with a file to look at it by; `file` may be empty.
    void openMapping(const Mapping& mapping, const QString& file);

    const QString& file() const { return m_file; }
    MappingDraft& draft() { return m_draft; }
    ColumnModel& columns() { return m_columnModel; }
    ConstantModel& constants() { return m_constantModel; }
    FilterModel& filters() { return m_filterModel; }
    PointModel& points() { return m_pointModel; }
    RequestModel& requests() { return m_requestModel; }
    RowModel& rows() { return m_rowModel; }
    QTableView& columnTable() { return *m_columnTable; }
    QTableView& pointTable() { return *m_pointTable; }
    QLineEdit& nameField() { return *m_name; }
    QTabWidget& ruleTabs() { return *m_rules; }
    QTabWidget& previewTabs() { return *m_previews; }
    QPushButton& saveButton() { return *m_save; }
    QPushButton& importButton() { return *m_import; }
    QPushButton& acceptButton() { return *m_accept; }
    QToolButton& cancelButton() { return *m_cancelReading; }
    QString message() const; ///< what is wrong, or what comes next
    QString readText() const; ///< what was read of the file
    QString previewText() const; ///< what the preview says of the points
    bool isReading() const;

    /// An empty text, or why not. `replace` allows that there is another one of this name.
    QString save(const std::string& name, bool replace);
    void setRemembered(const QByteArray& state);
    QByteArray remembered() const;

Q_SIGNALS:
    /// A mapping that is saved and in order, and the file to import with it.
    void importRequested(const QString& file, const QString& mapping);
    void saved(const QString& name);
    void settled(); ///< nothing is being read any more

public Q_SLOTS:
    void reject() override; ///< asks about what is not saved

protected:
    void closeEvent(QCloseEvent* event) override;

private:
    QWidget* makeHead();
    QWidget* makeFrame();
    QWidget* makeRules();
    QWidget* makeColumns();
    QWidget* makeConstants();
    QWidget* makeFilters();
    QWidget* makePreviews();
    QWidget* makeFooter();
    void makeActions();
    void connectDraft();

    void begin(const QString& file);
    void look(bool propose);
    void took(const Result<FileLook>& look, bool propose);
    void previewSoon();
    void startPreview();
    void tookPreview(const Result<DryRead>& read);
    void cancelReading();
    void readingEnded();
    void showProgress(std::uint64_t bytes);
    ReadProgress progressTo();

    void draftChanged();
    void showFrame();
    void showState();
    void showPreviewText();
    QString shapeText() const;
    QString nextStep() const;
    std::optional<std::size_t> firstWrong() const;
    void goToProblem();
    void chooseFile();
    void saveOrAsk(std::function<void()> then);
    void saveAs(std::function<void()> then);
    void importNow();
    void sayProblem(const QString& title, const QString& text);

    QString m_file;
    MappingDraft m_draft;
    ColumnModel m_columnModel;
    ConstantModel m_constantModel;
    FilterModel m_filterModel;
    RowModel m_rowModel;
    PointModel m_pointModel;
    RequestModel m_requestModel;
    std::string m_savedName; ///< under which it is saved; empty for a new one
    bool m_fresh = false; ///< a new mapping that waits for the first look
    std::optional<Mapping> m_lookedAs; ///< how the file was looked at
    QString m_lookProblem; ///< why there are no rows to show
    QString m_previewProblem;
    QStringList m_previewNotes;
    bool m_partly = false; ///< the preview did not read all rows
    std::uint64_t m_pointCount = 0;
    std::uint64_t m_requestCount = 0;

    NewestWork m_looking;
    NewestWork m_previewing;
    std::stop_source m_stopLooking;
    std::stop_source m_stopPreviewing;
    bool m_isLooking = false;
    bool m_isPreviewing = false;
    QTimer* m_previewLater = nullptr;

    QLabel* m_fileLabel = nullptr;
    QLabel* m_readLabel = nullptr;
    QProgressBar* m_progress = nullptr;
    QToolButton* m_cancelReading = nullptr;
    QToolButton* m_readAgain = nullptr;
    QLineEdit* m_name = nullptr;
    QComboBox* m_row = nullptr;
    QLabel* m_headerLabel = nullptr;
    QSpinBox* m_header = nullptr;
    QLabel* m_delimiterLabel = nullptr;
    QComboBox* m_delimiter = nullptr;
    QCheckBox* m_decimalComma = nullptr;
    QLabel* m_rowsLabel = nullptr;
    QComboBox* m_rowsAt = nullptr;
    QTabWidget* m_rules = nullptr;
    QSplitter* m_splitter = nullptr;
    QLineEdit* m_find = nullptr;
    QCheckBox* m_onlyUsed = nullptr;
    QPushButton* m_accept = nullptr;
    QTableView* m_columnTable = nullptr;
    QSortFilterProxyModel* m_shownColumns = nullptr;
    QTableView* m_constantTable = nullptr;
    QTableView* m_filterTable = nullptr;
    QSpinBox* m_leaveOutFirst = nullptr;
    QTabWidget* m_previews = nullptr;
    QTableView* m_pointTable = nullptr;
    QTableView* m_requestTable = nullptr;
    QTableView* m_rowTable = nullptr;
    QLabel* m_previewLabel = nullptr;
    QLabel* m_shape = nullptr;
    QLabel* m_message = nullptr;
    QPushButton* m_goTo = nullptr;
    QPushButton* m_save = nullptr;
    QPushButton* m_saveAs = nullptr;
    QPushButton* m_import = nullptr;
};

} // namespace prism::app
