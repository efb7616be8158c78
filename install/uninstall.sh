#!/bin/sh
# Takes away what install.sh installed. Packages, tasks, configuration and state stay; --purge removes configuration, state, logs and user, too.
set -eu

prefix=${BFT2_PREFIX:-/usr/local}
program=$prefix/lib/bftv2

fail() {
  printf 'uninstall: %s\n' "$*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail 'run it as root'
case ${1:-} in '' | --purge) ;; *) fail 'usage: uninstall.sh [--purge]' ;; esac
[ ! -e /usr/lib/bftv2 ] || fail 'the Debian package is installed: apt-get remove bftv2'

if [ -d /run/systemd/system ]; then
  systemctl disable --quiet --now bftv2.service 2>/dev/null || true
fi
rm -f /etc/systemd/system/bftv2.service /etc/logrotate.d/bftv2
rm -f "$prefix/bin/bft" "$prefix/sbin/bftv2" "$prefix/sbin/bftv2-configure"
cd "$prefix/share" 2>/dev/null &&
  rm -f man/man1/bft.1 man/man1/bft-*.1 man/man8/bftv2.8 man/man8/bftv2-configure.8 \
    bash-completion/completions/bft zsh/site-functions/_bft fish/vendor_completions.d/bft.fish
cd /
rm -rf "$program"
if [ "${1:-}" = --purge ]; then
  rm -rf /etc/systemd/system/bftv2.service.d /etc/bft2 /var/lib/bft2 /var/log/bft2 /var/cache/bft2
  if [ "$(getent passwd bft | cut -d: -f6)" = /var/lib/bft2 ]; then deluser --system --quiet bft >/dev/null 2>&1 || true; fi
fi
[ ! -d /run/systemd/system ] || systemctl daemon-reload
printf 'uninstall: the program is gone; packages and tasks stay\n'
[ "${1:-}" = --purge ] || printf 'uninstall: so do /etc/bft2, /var/lib/bft2 and /var/log/bft2 (--purge removes them)\n'
