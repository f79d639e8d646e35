"""A LibreOffice of one's own, without a window: opens workbooks, tells what is in them, writes into them, saves them.

It listens on a pipe with a name of its own and keeps its settings in the folder it is given, so that it disturbs nobody
else's. Nothing here knows what a plan is.
"""

import os
import signal
import subprocess
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.sheet.ValidationType import LIST

FORMULAS = 16    # com.sun.star.sheet.CellFlags.FORMULA
# Of a CSV: commas, quotes, UTF-8, from the first line, every column as text. Told otherwise, a spreadsheet makes 7 of 007.
AS_TEXT = "44,34,76,1," + "/".join(f"{column}/2" for column in range(1, 20))
FILTERS = {"xlsx": "Calc MS Excel 2007 XML", "ods": "calc8", "csv": "Text - txt - csv (StarCalc)"}
STARTED_WITHIN_S = 60


def properties(**values):
    return tuple(PropertyValue(Name=name, Value=value) for name, value in values.items())


class Office:
    def __init__(self, folder):
        pipe = f"workbook-{os.getpid()}"
        profile = (Path(folder) / "profile").resolve().as_uri()
        self.process = subprocess.Popen(
            ["soffice", "--headless", "--norestore", "--nologo", "--nodefault", f"-env:UserInstallation={profile}",
             f"--accept=pipe,name={pipe};urp;"], start_new_session=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
        until = time.monotonic() + STARTED_WITHIN_S
        while True:
            try:
                context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
                break
            except Exception as error:
                if time.monotonic() > until or self.process.poll() is not None:
                    self.close()
                    raise RuntimeError(f"LibreOffice does not answer: {error}") from error
                time.sleep(0.1)
        self.desktop = context.ServiceManager.createInstance("com.sun.star.frame.Desktop")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.desktop.terminate()
            self.process.wait(10)
        except Exception:
            pass
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def open(self, path):
        """The workbook as it is: a broken one is not mended, it is no workbook."""
        path = Path(path).resolve()
        wanted = {"Hidden": True, "RepairPackage": False}
        if path.suffix == ".csv":
            wanted |= {"FilterName": FILTERS["csv"], "FilterOptions": AS_TEXT}
        book = self.desktop.loadComponentFromURL(path.as_uri(), "_blank", 0, properties(**wanted))
        if book is None or not book.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
            raise RuntimeError(f"{path.name}: LibreOffice does not open it as a workbook")
        return Book(book)


class Book:
    def __init__(self, book):
        self.book = book

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.book.close(True)

    def names(self):
        return list(self.book.Sheets.ElementNames)

    def rows(self, name):
        """Every row, cells as texts and numbers."""
        sheet = self.book.Sheets.getByName(name)
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        end = cursor.RangeAddress
        return sheet.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow).getDataArray()

    def formulas(self, name):
        ranges = self.book.Sheets.getByName(name).queryContentCells(FORMULAS)
        return ranges.RangeAddressesAsString

    def offers(self, name, column, row):
        """The list of a cell to choose from; nothing where it has none or forbids anything else."""
        validation = self.book.Sheets.getByName(name).getCellByPosition(column, row).Validation
        if validation.Type != LIST or validation.ShowErrorMessage:
            return []
        return [word.strip('"') for word in validation.getFormula1().split(";")]

    def write(self, name, column, row, text):
        self.book.Sheets.getByName(name).getCellByPosition(column, row).String = text

    def save(self, path):
        path = Path(path).resolve()
        kind = FILTERS[path.suffix[1:]]
        # Of texts: what parts the cells (`;`), the quote, and UTF-16, as Excel's own `Unicode Text` has it.
        options = {"FilterOptions": "59,34,65535,1"} if path.suffix == ".csv" else {}
        self.book.storeToURL(path.as_uri(), properties(FilterName=kind, **options))
