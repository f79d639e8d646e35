"""Writes the first cases of each target, to begin fuzzing with.

Usage: seeds.py CORPUS [--program PROGRAM]

CORPUS becomes a folder of cases for each target. Nobody in them is real. With PROGRAM, a build of `cutover`, also the
files of a plan.
"""

import argparse
import gzip
import io
import json
import shutil
import struct
import subprocess
import tempfile
import zipfile
from pathlib import Path

A, B, C = (f"00000000-0000-4000-8000-00000000010{number}" for number in (1, 2, 3))

TEXTS = {
    "plain": f"accountid,name,ownerid\n{A},Alpine,ben@contoso.com\n{B},Blue,Ana Costa\n",
    "windows": f'accountid,ownerid\r\n{A},"Costa, Ana"\r\n\r\n{B},\r\n',
    "quotes": f'id,owner\n{A},"a ""b"" c"\n{B},"on\ntwo lines"\n{C},"open\n',
    "misquoted": f'id,owner\n{A},"Ana" Costa\n{B},Ana "B" C\n"{C}",x\n',
    "ragged": f"id,owner,x\n{A},Ana\n{B},Ana,1,2,3\n{C},Ana,1\n",
    "semicolons": f"id;owner;sum\n{A};Ana;2,5\n{B};Ben;3,5\n",
    "tabs": f"id\towner\n{A}\tAna\n{{{B}}}\tBen\n",
    "bars": f"id|owner\n{A}|Ana\n{B}|Ben\n",
    "sep": f"sep=;\r\nid;owner\r\n{A};Ana\r\n",
    "mark": f"\ufeffid,owner\n{A},Zo\u00eb\n",
    "title": f"Accounts,,\n\nid,owner,x\n{A},Ana,1\nTotal,,1\n",
    "totals": f"id,owner\n{A},Ana\n,\nTotal,\n2,\n",
    "repeated": f"id,owner,owner,\n{A},Ana,Ben,\n{A.upper()},ana ,,\n",
    "classic": f"id,owner\r{A},Ana\r{B},Ben\r",
    "strange": f"id,owner\n1.0E+15,#REF!\n{A},#N/A\n17,4.5\n",
    "keys": "id,owner\n0017,Ana\n0017,Ben\n18,\u0141ukasz D\u0105browski\n",
    "unmodified": f"(Do Not Modify) Account,(Do Not Modify) Row Checksum,Owner\n{A},x=,Ana\n",
    "blank header": f",id,,owner\n1,{A},,Ana\n",
    "header alone": "id,owner\n",
    "people": "systemuserid,fullname,internalemailaddress,domainname,isdisabled,employeeid\n"
              f"{A},Ana Costa,ana@contoso.com,CORP\\ana,No,E1\n{B},Ben,,ben@contoso.com,true,\n,,,,,\n",
    "entra": "userPrincipalName,displayName,id,accountEnabled,mail\nana@contoso.com,Ana,"
             f"{A},True,ana@contoso.com\n",
    "roles": "user,role,business unit,action\nana@contoso.com,Salesperson,North,give\n"
             "Ben,Reader,,remove\n,,,\nx,y,z,perhaps\n",
}
BYTES = {
    "windows-1252": b"id,owner\n" + A.encode() + b",Andr\xe9\n",
    "fault": b"id,owner\n" + A.encode() + b",Zo\xc3\xab\n" + B.encode() + b",Andr\xe9\n",
    "cut": b"id,owner\n" + A.encode() + b",Zo\xc3",
    "nul": b"id,owner\n" + A.encode() + b",A\0na\n",
    "utf-16 little": "\ufeffid,owner\nx,Zo\u00eb\n".encode("utf-16-le"),
    "utf-16 big": "\ufeffid,owner\nx,Zo\u00eb\n".encode("utf-16-be"),
    "page": b"<!DOCTYPE html><html></html>",
}
MANIFESTS = {
    "whole": """\
[environment]
file = "environment.sqlite"
from = "environment/"
kind = "powerapps"
as_of = "2026-11-28"
default_role = "Salesperson"
stubs = "import"

[owners]
missing = "stub"
ambiguous = "error"
by_name = "confirm"
blank = "fallback"
fallback = "migration@contoso.com"
domains = { "contoso.local" = "contoso.com" }

[[users]]
file = "exports/users.xlsx"
sheet = "People"

[[records]]
file = "exports/accounts.csv"
table = "account"
key = { column = "Id", field = "new_legacyid" }
owner = "Owner"
encoding = "windows-1252"
delimiter = ";"

[[roles]]
file = "exports/roles.csv"

[accept]
FIL003 = "keep out"
unchecked = ["OWN009"]
administrators = ["ana@contoso.com"]
""",
    "least": "[environment]\n",
    "both": '[environment]\n[[records]]\nfile = "a"\ntable = "b"\nid = "c"\nkey = { column = "d", field = "e" }\n',
    "unknown": '[environment]\nfrom = "x"\ncolour = "blue"\n',
    "backslash": '[environment]\nfrom = "exports\\users"\n',
    "not accepted": '[environment]\n[accept]\nOWN010 = "keep out"\n',
}
OWNERS = {
    "new": "reference,rows,match,candidates,near misses,ruling,note\nAna,account 3,left,,,stub,\n",
    "marked": "\ufeffreference;ruling;note\r\nAna;stub;\"a; b\"\r\n'=1+1;leave;'-x\r\n",
    "twice": "reference,ruling\nAna,stub\nana ,leave\n,\n",
    "foreign": "Owner,Reference,Ruling,Why\nx,Ana,fallback,\"said\n\"\"no\"\"\"\n",
    "surplus": "reference,ruling\nAna,stub,x\n",
    "lacking": "owner,ruling\nAna,stub\n",
    "open": "reference,ruling\nAna,\"stub\n",
}
PLANNED_USERS = """\
id,upn,mail,first_name,last_name
U2,ben@contoso.com,,Ben,Okafor
U3,new@contoso.com,,Nora,New
"""
PLANNED_RECORDS = f"accountid,ownerid\n{A},ben@contoso.com\n{B},U3\n{C},U2\nx,U2\n,\n"
TYPES = """\
<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/></Types>"""
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def relation(number, kind, target):
    return f'<Relationship Id="rId{number}" Type="{RELATION}/{kind}" Target="{target}"/>'


def xlsx(rows, strings="", book="", after=""):
    """The parts of a workbook of one sheet, as the targets put them together."""
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": RELATIONS.format(relation(1, "officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": RELATIONS.format(
            relation(1, "worksheet", "worksheets/sheet1.xml") + relation(2, "sharedStrings", "sharedStrings.xml")
            + relation(3, "styles", "styles.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}">{book}<sheets>'
                           '<sheet name="Accounts" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="170" formatCode="yyyy-mm-dd"/>'
                         '</numFmts><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>',
    }
    return "".join(f"\n=== {name}\n{text}" for name, text in parts.items())


def inline(place, text):
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def shared(place, number):
    return f'<c r="{place}" t="s"><v>{number}</v></c>'


HEAD = f'<row r="1">{inline("A1", "id")}{inline("B1", "owner")}</row>'
WORKBOOKS = {
    "inline": xlsx(HEAD + f'<row r="2">{inline("A2", A)}{inline("B2", "Ana &amp; B&#233;")}</row>'),
    "shared": xlsx(f'<row r="1">{shared("A1", 0)}{shared("B1", 1)}</row><row r="3">{shared("A3", 2)}{shared("B3", 3)}</row>',
                   f"<si><t>id</t></si><si><t>owner</t></si><si><t>{A}</t></si>"
                   '<si><r><t xml:space="preserve">Ana </t></r><r><t>Costa</t></r></si>'),
    "kinds": xlsx(HEAD + '<row r="2"><c r="A2"><v>17</v></c><c r="B2" s="1"><v>45000.5</v></c></row>'
                  '<row r="3"><c r="A3" t="b"><v>1</v></c><c r="B3" t="e"><v>#N/A</v></c></row>'
                  '<row r="4"><c r="A4" t="str"><f>A3&amp;"x"</f><v>1x</v></c><c r="B4" t="d"><v>2026-11-28</v></c></row>',
                  book='<workbookPr date1904="1"/>'),
    "merged": xlsx(HEAD + f'<row r="2">{inline("A2", A)}{inline("B2", "Ana")}</row><row r="3">{inline("A3", B)}</row>',
                   after='<mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>'),
    "no places": xlsx('<row><c t="inlineStr"><is><t>id</t></is></c><c t="inlineStr"><is><t>owner</t></is></c></row>'
                      '<row><c t="n"><v>1E3</v></c><c/></row>'),
    "wide": xlsx(HEAD + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', after='<dimension ref="A1:XFD1048576"/>'),
}


def wide(text):
    return len(text).to_bytes(4, "little") + text.encode("utf-16-le")


def record(kind, body=b""):
    """A record of an `.xlsb`; kinds of more than 127 take two bytes."""
    number = bytes([kind]) if kind < 128 else bytes([kind & 127 | 128, kind >> 7])
    return number + bytes([len(body)]) + body


def binary_row(number, *cells):
    """A row of an `.xlsb`: its number from 0, then kind, column and value of each cell."""
    head = record(0, number.to_bytes(4, "little") + bytes(13))
    return head + b"".join(record(kind, column.to_bytes(4, "little") + bytes(4) + value) for kind, column, value in cells)


def xlsb(*rows):
    relations = RELATIONS.format('<Relationship Id="r1" Target="worksheets/sheet1.bin"/>')
    parts = {
        "xl/workbook.bin": record(0x9C, bytes(4) + b"\1\0\0\0" + wide("r1") + wide("Rows")) + record(0x90)
        + record(0x27, bytes(9) + wide("n") + b"\1\0\0\0\xff") + record(0x9D),
        "xl/_rels/workbook.bin.rels": relations.encode(),
        "xl/sharedStrings.bin": record(0x9F, b"\1\0\0\0\1\0\0\0") + record(0x13, b"\0" + wide("Ana")),
        "xl/worksheets/sheet1.bin": record(0x81) + record(0x94, bytes(16)) + record(0x91) + b"".join(rows) + record(0x92)
        + record(0xB0, b"".join(number.to_bytes(4, "little") for number in (4, 5, 1, 1))) + record(0x82),
    }
    return b"".join(f"\n=== {name}\n".encode() + part for name, part in parts.items())


BINARY_HEAD = binary_row(0, (6, 0, wide("id")), (6, 1, wide("owner")))
BINARY_WORKBOOKS = {
    "texts": xlsb(BINARY_HEAD, binary_row(1, (6, 0, wide(A)), (7, 1, bytes(4)))),
    "kinds": xlsb(BINARY_HEAD, binary_row(1, (5, 0, struct.pack("<d", 17)), (3, 1, b"\x2a")),
                  binary_row(2, (2, 0, b"\1\2\3\0"), (0x0B, 1, b"\x2a")), binary_row(4, (6, 0, wide("d")), (6, 1, wide("Bo")))),
}


def biff(kind, body=b""):
    """A record of an `.xls`."""
    return struct.pack("<HH", kind, len(body)) + body


def label(row, column, text):
    return biff(0x0204, struct.pack("<HHHHB", row, column, 0, len(text), 0) + text.encode())


def xls(*records):
    """The stream of an `.xls`, which the target puts into its container."""
    def begin(kind):
        return biff(0x0809, bytes([0, 6, kind, 0, 0, 0, 0, 0]))
    sheet = biff(0x85, struct.pack("<I", 32) + b"\0\0\4\0Rows")
    size = biff(0x0200, struct.pack("<IIHHH", 0, 9, 0, 9, 0))
    return begin(5) + sheet + biff(0x0A) + begin(0x10) + size + b"".join(records) + biff(0x0A)


OLD_WORKBOOKS = {
    "texts": xls(label(0, 0, "id"), label(0, 1, "owner"), label(1, 0, A), label(1, 1, "Ana")),
    "kinds": xls(label(0, 0, "id"), label(0, 1, "owner"), biff(0x0203, struct.pack("<HHHd", 1, 0, 0, 17)),
                 biff(0x027E, struct.pack("<HHHI", 1, 1, 0, 6)), label(2, 0, "b"),
                 biff(0x06, bytes([2, 0, 1, 0, 0, 0, 2, 0, 0x2A, 0, 0, 0, 255, 255]) + bytes(8)),
                 biff(0xE5, bytes([1, 0, 3, 0, 4, 0, 1, 0, 1, 0]))),
}


def ods(rows):
    content = ('<?xml version="1.0" encoding="UTF-8"?><office:document-content><office:body><office:spreadsheet>'
               f'<table:table table:name="Rows">{rows}</table:table></office:spreadsheet></office:body>'
               "</office:document-content>")
    parts = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet",
             "META-INF/manifest.xml": "<manifest:manifest/>", "content.xml": content}
    return "".join(f"\n=== {name}\n{text}" for name, text in parts.items())


def cell(text):
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def row(*cells):
    return f'<table:table-row>{"".join(cells)}</table:table-row>'


OPEN_DOCUMENTS = {
    "texts": ods(row(cell("id"), cell("owner")) + row(cell(A), cell('Ana<text:s text:c="2"/>L'))),
    "repeated": ods('<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="16384"/>'
                    "</table:table-row>" + row(cell("id"), cell("owner"))
                    + row('<table:table-cell office:value-type="float" office:value="17"/>', cell("B"))),
    "merged": ods(row(cell("id"), cell("owner")) + row(cell("c"), cell("Bo").replace(" ", ' table:number-rows-spanned="2" ', 1))
                  + row(cell("d"), "<table:covered-table-cell/>")),
}


def sheet_xml(rows, declared=""):
    return (f'<?xml version="1.0"{declared}?>\n<?mso-application progid="Excel.Sheet"?>'
            '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
            'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
            f'<Worksheet ss:Name="Rows"><Table>{rows}</Table></Worksheet></Workbook>')


def data(text, kind="String", about=""):
    return f'<Cell{about}><Data ss:Type="{kind}">{text}</Data></Cell>'


SECOND, MERGED = ' ss:Index="2"', ' ss:MergeDown="1"'
XML_HEAD = f'<Row>{data("id")}{data("owner")}</Row>'
XML_WORKBOOKS = {
    "texts": sheet_xml(XML_HEAD + f'<Row>{data(A)}{data("Zoë &amp; S&#246;hne")}</Row>'),
    "kinds": sheet_xml(XML_HEAD + f'<Row ss:Index="7">{data("17", "Number")}{data("#N/A", "Error")}</Row>'
                       f'<Row>{data("2026-11-28T00:00:00.000", "DateTime")}{data("1", "Boolean", SECOND)}</Row>'),
    "merged": sheet_xml(XML_HEAD + f'<Row>{data("a")}{data("Bo", about=MERGED)}</Row>'
                        f'<Row>{data("b")}</Row>'),
    "wide": sheet_xml(XML_HEAD, ' encoding="UTF-16"').encode("utf-16"),
}


def write(folder, cases):
    folder.mkdir(parents=True, exist_ok=True)
    for name, case in cases.items():
        case = case if isinstance(case, bytes) else case.encode()
        (folder / name.replace(" ", "-")).write_bytes(case)


def packed():
    text = TEXTS["quotes"].encode()
    cases = {"gzip": gzip.compress(text, mtime=0), "two members": gzip.compress(text, mtime=0) * 2,
             "zstandard": bytes.fromhex("28b52ffd") + bytes([0x20, len(text)]) + (len(text) << 3 | 1).to_bytes(3, "little") + text}
    for name, members in (("zip", ["export.csv"]), ("two files", ["a.csv", "b.csv"]), ("folder", ["a/", "a/../../b.csv"])):
        room = io.BytesIO()
        with zipfile.ZipFile(room, "w", zipfile.ZIP_DEFLATED) as file:
            for member in members:
                file.writestr(zipfile.ZipInfo(member), text)
        cases[name] = room.getvalue()
    return cases


def plan_files(program):
    """The files of a small plan, each behind its number: changes, principals, findings, the document."""
    with tempfile.TemporaryDirectory() as room:
        project = Path(room) / "project"
        shutil.copytree(Path(__file__).parent.parent / "cases" / "base", project)
        (project / "exports" / "users.csv").write_text(PLANNED_USERS)
        (project / "exports" / "accounts.csv").write_text(PLANNED_RECORDS)
        subprocess.run([program, "plan", project, "--quiet"], check=False, stdout=subprocess.DEVNULL)
        plan = project / "plan"
        document = json.loads((plan / "plan.json").read_text())
        files = [stage["file"] for stage in document["changes"]] + [document["principals"], document["findings_file"]]
        names = [file["path"] for file in files] + ["plan.json"]
        return {name.replace("/", "-"): bytes([number]) + (plan / name).read_bytes() for number, name in enumerate(names)}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("corpus", type=Path)
    arguments.add_argument("--program", type=Path)
    chosen = arguments.parse_args()
    corpus = chosen.corpus
    if chosen.program:
        write(corpus / "plan", plan_files(chosen.program.resolve()))
    texts = TEXTS | BYTES
    for target in ("records", "table"):
        write(corpus / target, texts)
    write(corpus / "users", {name: texts[name] for name in ("people", "entra", "plain", "title", "windows-1252")})
    write(corpus / "roles", {name: texts[name] for name in ("roles", "ragged", "totals", "fault")})
    rows = {name: case.encode() if isinstance(case, str) else case for name, case in texts.items()}
    write(corpus / "blocks", {name: cut.to_bytes(2, "little") + b"\n" + case.split(b"\n", 1)[-1]
                              for cut, (name, case) in zip(range(0, 600, 13), rows.items())})
    write(corpus / "manifest", MANIFESTS)
    write(corpus / "owners", OWNERS)
    for name, cases in (("xlsx", WORKBOOKS), ("xlsb", BINARY_WORKBOOKS), ("xls", OLD_WORKBOOKS), ("ods", OPEN_DOCUMENTS),
                        ("xml", XML_WORKBOOKS), ("packed", packed())):
        write(corpus / name, cases)
    write(corpus / "layers", {name: bytes([number]) + case for number, (name, case) in enumerate(rows.items())})
    write(corpus / "encodings", {name: bytes([number]) + text.encode(encoding) for number, (name, encoding, text) in enumerate([
        ("utf-8", "utf-8", "id,owner\nx,Zo\u00eb\n"), ("utf-16", "utf-16", "id,owner\nx,Zo\u00eb\n"),
        ("little", "utf-16-le", "id,owner\nx,Zo\u00eb\n"), ("big", "utf-16-be", "id,owner\nx,\U0001f600\n"),
        ("western", "cp1252", "id,owner\nx,\u20ac\n"), ("cyrillic", "cp1251", "id;owner\nx;\u0430\n"),
        ("central", "iso-8859-2", "id,owner\nx,\u0141\n"), ("japanese", "shift_jis", "id,owner\nx,\u65e5\n"),
        ("chinese", "gb18030", "id,owner\nx,\u4e2d\n"), ("stateful", "iso2022_jp", "id,owner\nx,\u65e5\n")])})


if __name__ == "__main__":
    main()
