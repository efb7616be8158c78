import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from './run.mjs';
import { filesBelow, normalise } from './tree.mjs';

const LIBRARY = 'usr/lib/bftv2';
const DOCUMENTS = 'usr/share/doc/bftv2';
const SCRIPTS = ['postinst', 'prerm', 'postrm'];
const MAINTAINER = 'bftv2 maintainers <maintainers@bftv2.invalid>';
const CONFIGURATION_FILES = '/etc/logrotate.d/bftv2\n';
/** Where parts of the tree belong on Debian. */
const PLACES = {
  'install/bftv2.service': 'lib/systemd/system/bftv2.service',
  'install/bftv2.logrotate': 'etc/logrotate.d/bftv2',
  docs: DOCUMENTS,
  'README.md': `${DOCUMENTS}/README.md`,
  'README.zh-CN.md': `${DOCUMENTS}/README.zh-CN.md`,
  'share/man': 'usr/share/man',
  'share/completion/bash': 'usr/share/bash-completion/completions',
  'share/completion/zsh': 'usr/share/zsh/vendor-completions',
  'share/completion/fish': 'usr/share/fish/vendor_completions.d',
};
/** For machines without the package, or written anew as Debian wants it. */
const LEFT_OUT = ['install/install.sh', 'install/uninstall.sh', 'LICENSE', 'share'];
const PROGRAMS = { 'usr/bin/bft': 'bft', 'usr/sbin/bftv2': 'bftv2', 'usr/sbin/bftv2-configure': 'bftv2-configure' };

/** Lays the tree out as Debian wants it, and packs it; gives the package's path. */
export function makeDeb(about, tree, path) {
  const at = join(about.work, 'deb');
  mkdirSync(join(at, dirname(LIBRARY)), { recursive: true });
  cpSync(tree, join(at, LIBRARY), { recursive: true, verbatimSymlinks: true });
  place(at);
  addDocuments(about, at);
  normalise(at);
  writeControl(about, at);
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(about.epoch), DPKG_DEB_THREADS_MAX: '2' };
  run('dpkg-deb', ['--root-owner-group', '-Zxz', `-z${about.compression}`, '--build', at, `${path}.new`], { env });
  renameSync(`${path}.new`, path);
  return path;
}

function place(at) {
  for (const [from, to] of Object.entries(PLACES)) {
    if (!existsSync(join(at, LIBRARY, from))) continue;
    mkdirSync(dirname(join(at, to)), { recursive: true });
    renameSync(join(at, LIBRARY, from), join(at, to));
  }
  for (const name of LEFT_OUT) rmSync(join(at, LIBRARY, name), { recursive: true, force: true });
  for (const [link, program] of Object.entries(PROGRAMS)) {
    if (!existsSync(join(at, LIBRARY, 'bin', program))) continue;
    mkdirSync(dirname(join(at, link)), { recursive: true });
    symlinkSync(relative(dirname(link), join(LIBRARY, 'bin', program)), join(at, link));
  }
}

function addDocuments(about, at) {
  const { root } = about;
  symlinkSync('../../../lib/bftv2/etc', join(at, DOCUMENTS, 'examples'));
  cpSync(join(root, 'install/deb/copyright'), join(at, DOCUMENTS, 'copyright'));
  renameSync(join(at, LIBRARY, 'CHANGELOG.md'), join(at, DOCUMENTS, 'CHANGELOG.md'));
  writeFileSync(join(at, DOCUMENTS, 'changelog.gz'), gzipSync(debianChangelog(about), { level: 9 }));
  for (const path of filesBelow(join(at, 'usr/share/man'))) {
    compress(path, `${path}.gz`);
    rmSync(path);
  }
  mkdirSync(join(at, 'usr/share/lintian/overrides'), { recursive: true });
  cpSync(join(root, 'install/deb/lintian-overrides'), join(at, 'usr/share/lintian/overrides/bftv2'));
}

const debianChangelog = ({ version, epoch }) => `bftv2 (${version}) unstable; urgency=medium

  * What changed is in CHANGELOG.md.

 -- ${MAINTAINER}  ${new Date(epoch * 1000).toUTCString().replace('GMT', '+0000')}
`;

/** Node writes no time into it. */
function compress(from, to) {
  writeFileSync(to, gzipSync(readFileSync(from), { level: 9 }));
}

function writeControl({ root, version, architecture }, at) {
  const payload = filesBelow(at).filter(path => lstatSync(path).isFile());
  const kilobytes = payload.reduce((all, path) => all + Math.ceil(lstatSync(path).size / 1024), 0);
  const control = readFileSync(join(root, 'install/deb/control'), 'utf8')
    .replace('@VERSION@', version)
    .replace('@ARCHITECTURE@', architecture)
    .replace('@MAINTAINER@', MAINTAINER)
    .replace('@SIZE@', String(kilobytes));
  const sums = payload.map(path => `${md5(path)}  ${relative(at, path)}\n`);
  mkdirSync(join(at, 'DEBIAN'));
  writeFileSync(join(at, 'DEBIAN/control'), control);
  writeFileSync(join(at, 'DEBIAN/md5sums'), sums.join(''));
  writeFileSync(join(at, 'DEBIAN/conffiles'), CONFIGURATION_FILES);
  for (const name of SCRIPTS) cpSync(join(root, 'install/deb', name), join(at, 'DEBIAN', name));
  normalise(join(at, 'DEBIAN'));
  for (const name of SCRIPTS) chmodSync(join(at, 'DEBIAN', name), 0o755);
}

const md5 = path => createHash('md5').update(readFileSync(path)).digest('hex');
