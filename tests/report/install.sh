# What tests/report/run and tests/report/pictures share: a browser, what drives it, and a reader of PDF. Debian's Chromium and
# poppler where they are missing, and the npm packages of package.json, in the work folder.

install_browser() {
    local work=$1 here=$2 tool
    for tool in node npm python3; do
        command -v "$tool" > /dev/null || { printf 'report: %s is not installed\n' "$tool" >&2; exit 1; }
    done
    if ! command -v chromium > /dev/null || ! command -v pdftotext > /dev/null; then
        apt-get update -qq
        apt-get install -qq -y chromium poppler-utils > /dev/null
    fi
    if ! cmp -s "$here/package.json" "$work/package.json"; then
        cp "$here/package.json" "$work/package.json"
        if ! npm install --silent --no-audit --no-fund --prefix "$work"; then
            rm "$work/package.json"
            printf 'report: npm could not install what drives the browser\n' >&2
            exit 1
        fi
    fi
    # A module is looked for beside the file that names it.
    cp "$here"/*.mjs "$work/"
    CHROMIUM=$(command -v chromium)
    export CHROMIUM
}
