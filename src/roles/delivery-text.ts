import { METHODS } from '../core/method.ts';
import { formatBytes } from '../core/units.ts';
import { shown } from '../dcp/findings.ts';
import { reportText } from '../dcp/report-text.ts';
import type { DeliveredShare, DeliveryReport } from './delivery-report.ts';

/** The JSON has all of them. */
const MOST_FILES = 200;
const MOST_SOURCES = 20;

/** The report for people. Long lists are cut; the JSON beside it has all. */
export function deliveryText(report: DeliveryReport): string {
  const { times, files } = report;
  return [
    `Delivery of ${shown(report.package)}`,
    '',
    row('task', report.task),
    row('package', report.path),
    row('sender', report.sender || '-'),
    row('received by', `${report.node || '-'}, bftv2 ${report.software}`),
    row('size', `${bytes(report.size)} in ${files.length} files`),
    row('made, sent', `${times.made || '-'}, ${times.sent || '-'} (clock of the sender)`),
    row('received', times.received || '-'),
    row('finished', `${times.finished || '-'}${durationOf(times)}`),
    row('verified', verifiedBy(report)),
    '',
    `Transfer, ratio bt:obs:cdn ${report.ratio}`,
    ...METHODS.map(method => row(method, shareLine(report.methods[method]))),
    row('here already', bytes(report.local)),
    row('wasted', bytes(report.wasted)),
    ...METHODS.flatMap(method => sourceLines(report.methods[method]).map(line => row(`  ${method}`, line))),
    ...takenOverLines(report.takenover),
    '',
    'Check of the DCP',
    ...(report.dcp ? reportText(report.dcp).trimEnd().split('\n') : [report.dcpnote]).map(line => `  ${line}`),
    '',
    'Files: SHA-1, bytes, brought by, name',
    ...files.slice(0, MOST_FILES).map(({ file, size, sha1, from }) => `  ${sha1}  ${size}  ${from}  ${shown(file)}`),
    ...more(files.length, MOST_FILES, 'files'),
    '',
    `Written ${report.written}`,
    '',
  ].join('\n');
}

const row = (name: string, value: string) => `  ${name.padEnd(13)} ${shown(value)}`;
const bytes = (count: number) => `${count} bytes${count < 1024 ? '' : ` (${formatBytes(count)})`}`;
const more = (all: number, most: number, what: string) =>
  all > most ? [`  … and ${all - most} more ${what}, see the JSON`] : [];

function durationOf({ seconds, rate }: DeliveryReport['times']): string {
  if (seconds === null) return '';
  return `, after ${seconds} s${rate === null ? '' : `, ${formatBytes(rate)}/s in the mean`}`;
}

function verifiedBy({ verified }: DeliveryReport): string {
  if (verified.by === 'pieces') return `every byte, by the piece hashes of the torrent ${verified.infohash}`;
  return verified.by === 'files' ? 'every file, by its SHA-1' : 'the record of it is lost';
}

function shareLine({ bytes: count, actual, target, received, wasted }: DeliveredShare): string {
  const refused = wasted > 0 ? `; ${bytes(received)} came, ${bytes(wasted)} of them in vain` : '';
  return `${bytes(count)}, ${actual} % (target ${target} %)${refused}`;
}

function sourceLines({ sources }: DeliveredShare): string[] {
  const sorted = Object.entries(sources).sort(([, a], [, b]) => b.wasted - a.wasted || b.bytes - a.bytes);
  const lines = sorted.slice(0, MOST_SOURCES).map(([address, { bytes: count, wasted }]) => {
    return `${address}: ${bytes(count)}${wasted > 0 ? `, ${bytes(wasted)} of them wrong` : ''}`;
  });
  return [...lines, ...more(sorted.length, MOST_SOURCES, 'sources')];
}

function takenOverLines(takenover: DeliveryReport['takenover']): string[] {
  const files = Object.entries(takenover);
  const lines = files.slice(0, MOST_SOURCES).map(([file, method]) => row('taken over', `by ${method}: ${file}`));
  return [...lines, ...more(files.length, MOST_SOURCES, 'files taken over')];
}
