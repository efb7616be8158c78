#!/bin/sh
# Installs the node on Debian or Ubuntu without dpkg, from a tarball or a checkout: program, user, directories, unit. Asks nothing; a second run is an upgrade.
# BFT2_ROLE is receiver (default), sender or cacher; BFT2_PREFIX (default /usr/local) is where the program goes.
set -eu

prefix=${BFT2_PREFIX:-/usr/local}
program=$prefix/lib/bftv2
here=$(dirname "$(dirname "$(readlink -f "$0")")")

fail() {
  printf 'install: %s\n' "$*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail 'run it as root'
[ -x /usr/sbin/adduser ] || fail 'adduser is missing: apt-get install adduser'
# Two of them would be one too many for one configuration.
[ ! -e /usr/lib/bftv2 ] || fail 'the Debian package is installed; upgrade that one, or apt-get remove bftv2'

# A checkout has no Node of its own: it makes the tree that a tarball has.
if [ ! -x "$here/bin/node" ]; then
  (cd "$here" && npm run --silent package -- --tree) || fail 'the program could not be made; nothing was installed'
  here=$here/dist/tree
fi

# The new program is complete before the old one goes.
mkdir -p "$prefix/lib" "$prefix/bin" "$prefix/sbin"
rm -rf "$program.new"
cp -a "$here" "$program.new"
chown -R root:root "$program.new"
rm -rf "$program"
mv "$program.new" "$program"
for name in bft bftv2 bftv2-configure; do
  case $name in bft) directory=bin ;; *) directory=sbin ;; esac
  [ ! -e "$program/bin/$name" ] || ln -sf "$program/bin/$name" "$prefix/$directory/$name"
done

"$program/bin/bftv2-configure"
mkdir -p /etc/systemd/system /etc/logrotate.d
sed "s|/usr/lib/bftv2|$program|g" "$program/install/bftv2.service" >/etc/systemd/system/bftv2.service
cp "$program/install/bftv2.logrotate" /etc/logrotate.d/bftv2

# share FROM TO: what belongs below share/, where there is any.
share() {
  [ -d "$program/share/$1" ] || return 0
  mkdir -p "$prefix/share/$2"
  cp "$program/share/$1"/* "$prefix/share/$2/"
}
share man/man1 man/man1
share man/man8 man/man8
share completion/bash bash-completion/completions
share completion/zsh zsh/site-functions
share completion/fish fish/vendor_completions.d

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl enable --quiet bftv2.service
  systemctl restart bftv2.service || printf 'install: it did not start; journalctl -u bftv2 says why\n' >&2
fi
printf 'install: the node is in %s, its configuration in /etc/bft2/config.json\n' "$program"
# It finds what is left to be done; that is no failure of the installation. Nothing is left in root's home.
[ ! -e "$program/bin/bft" ] || NODE_DISABLE_COMPILE_CACHE=1 "$program/bin/bft" doctor --config /etc/bft2/config.json || true
