# Shared by the commands beside it, which source it: a .venv that holds what pyproject.toml and constraints.txt ask for.
#
#   set_up [EXTRA]       makes .venv and installs, if anything changed since the last time; EXTRA of pyproject.toml too
#   stage NAME COMMAND   runs one check; if it fails, says which and stops
#
# PYTHON chooses the interpreter that .venv is made with. pip's own settings (PIP_*, pip.conf) hold.
# shellcheck shell=bash

set -euo pipefail
unset CDPATH
[ -n "${HOME:-}" ] || { unset HOME && export HOME=~; } # pip would take an empty HOME for the folder /

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
venv=$root/.venv
python=$venv/bin/python
stamp=$venv/.installed                  # what was installed last; written when all of it is there
unfinished=$root/.cache/unfinished      # there while .venv is being changed; outlives an interruption

say() { printf 'ci/%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$@"; exit 1; }

stage() {
    local name=$1 status=0
    shift
    say "$name"
    "$@" || status=$?
    [ "$status" = 0 ] || { say "$name failed, stopping there"; exit "$status"; }
}

set_up() {
    also_install=${1:-}
    stamp+=${1:+-$1}
    check_choice
    if is_installed; then return; fi
    mkdir -p -- "$root/.cache"
    exec 9> "$root/.cache/lock"
    flock -n 9 || { say "waiting for another ci/ command that is installing"; flock 9; }
    if ! is_installed; then install; fi
    exec 9>&-
}

check_choice() {
    if [ -z "${PYTHON:-}" ] || [ ! -x "$python" ]; then return; fi
    [ "$("$PYTHON" -V 2>&1)" = "$("$python" -V)" ] ||
        die ".venv has $("$python" -V), PYTHON=$PYTHON is another: remove .venv to change, or unset PYTHON"
}

is_installed() {
    [ ! -e "$unfinished" ] && [ -x "$python" ] && [ -e "$stamp" ] && [ "$(fingerprint)" = "$(< "$stamp")" ]
}

# The checkout's place is part of it: a copied .venv would run the packages of the checkout it was copied from.
fingerprint() {
    { cat -- "$root/pyproject.toml" "$root/ci/constraints.txt" && printf '%s\n' "$root" && "$python" -VV; } | sha256sum
}

install() {
    trap 'say "interrupted; the next run starts from an empty .venv"; exit 130' INT TERM
    if [ -e "$unfinished" ] || [ ! -e "$venv" ]; then
        make_venv
        say "installing PyTorch, JAX and the rest (some minutes the first time)"
        hint_at_cpu_build
    else
        say "bringing .venv in step with pyproject.toml and ci/constraints.txt"
    fi
    "$python" -c 'import pip' || die "$venv does not work (its error stands above): remove it and run again"
    pip_install
    trap - INT TERM
}

make_venv() {
    local chosen
    chosen=$(choose_python)
    say "making .venv with $("$chosen" -V)"
    touch -- "$unfinished"
    "$chosen" -m venv --clear "$venv" || die "$chosen -m venv failed (its error stands above)"
}

choose_python() {
    local candidates=(python3 python3.{14..11}) candidate fault faults=""
    [ -z "${PYTHON:-}" ] || candidates=("$PYTHON")
    for candidate in "${candidates[@]}"; do
        fault=$(fault_of "$candidate")
        [ -n "$fault" ] || { printf '%s\n' "$candidate"; return; }
        faults+=$'\n'"    $candidate $fault"
    done
    die "no Python will do; PYTHON=/path/to/python chooses one$faults"
}

# Why an interpreter will not do; nothing if it will. (Debian's python3 has venv, but not the ensurepip it needs.)
fault_of() {
    "$1" -c '
import sys
if sys.version_info < (3, 11):
    print("is Python %d.%d; 3.11 or later is needed" % sys.version_info[:2])
elif not __import__("importlib.util").util.find_spec("ensurepip"):
    print("lacks its venv module; on Debian and Ubuntu, install the package python3-venv")
' 2> /dev/null || echo "is not there, or does not run"
}

hint_at_cpu_build() {
    [[ $("$python" -m pip config list) =~ index-url|find-links ]] ||
        say "on Linux this may fetch PyTorch's CUDA build (gigabytes); for the CPU build, see PyTorch's \"get started\"" \
            "page for the index that has it and pass that as PIP_EXTRA_INDEX_URL"
}

# An error of pip's own (no network, say) comes before it changes anything, so .venv is kept; a killed pip may leave
# packages in halves that the next pip takes for whole. -qq: errors alone.
pip_install() {
    local status=0
    touch -- "$unfinished"
    rm -f -- "$stamp"
    (cd -- "$root" && exec "$python" -m pip install -qq --disable-pip-version-check --no-user \
        --constraint ci/constraints.txt --editable ".[all,dev${also_install:+,$also_install}]") || status=$?
    [ "$status" -ge 128 ] || rm -f -- "$unfinished"
    [ "$status" = 0 ] || die "pip could not install (its error stands above); run again once that is mended"
    fingerprint > "$stamp"
}
