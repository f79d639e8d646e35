"""Writes the first cases of each target, to begin fuzzing with.

Usage: seeds.py CORPUS [--program PROGRAM]

CORPUS becomes a folder of cases for each target. Nobody in them is real. With PROGRAM, a build of `cutover`, also the
files of a plan.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
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


def write(folder, cases):
    folder.mkdir(parents=True, exist_ok=True)
    for name, case in cases.items():
        case = case if isinstance(case, bytes) else case.encode()
        (folder / name.replace(" ", "-")).write_bytes(case)


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
    write(corpus / "xlsx", WORKBOOKS)


if __name__ == "__main__":
    main()
