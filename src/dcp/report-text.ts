import { formatBytes } from '../core/units.ts';
import type { CompositionSummary } from './check-compositions.ts';
import type { DcpReport } from './check-dcp.ts';
import type { ListSummary } from './check-lists.ts';
import { FINDINGS, shown, type Verdict } from './findings.ts';

const VERDICTS: Readonly<Record<Verdict, string>> = {
  valid: 'valid',
  incomplete: 'valid, but incomplete: OV required',
  unsupported: 'unsupported: it has what is not checked here',
  broken: 'broken',
};

/** The report for people, a line each. */
export function reportText(report: DcpReport): string {
  const { verdict, standard, annotation, files, bytes, hashes, packinglists, compositions, findings, counts } = report;
  const codes = [...new Set(findings.map(({ code }) => code))];
  const cut = codes.filter(code => (counts[code] ?? 0) > findings.filter(finding => finding.code === code).length);
  return [
    `${standard || 'DCP'} package${annotation === '' ? '' : ` "${shown(annotation)}"`}: ${VERDICTS[verdict]}`,
    `${files} files, ${formatBytes(bytes)}; SHA-1 of ${hashes.checked} files compared${hashes.unchecked > 0 ? `, of ${hashes.unchecked} not` : ''}`,
    ...packinglists.map(listLine),
    ...compositions.map(compositionLine),
    ...findings.map(({ code, severity, text }) => `${severity.padEnd(7)} ${code}: ${text}`),
    ...cut.map(code => `${''.padEnd(7)} ${code}: ${counts[code]} in all`),
    ...codes.map(code => `next, ${code}: ${FINDINGS[code].next}`),
    '',
  ].join('\n');
}

function listLine({ file, annotation, assets, bytes, signed }: ListSummary): string {
  return `PKL ${shown(file)} "${shown(annotation)}": ${assets} assets, ${formatBytes(bytes)}, ${signature(signed)}`;
}

function compositionLine({ file, title, kind, reels, signed, encrypted, missing, ov }: CompositionSummary): string {
  const key = encrypted ? ', encrypted (needs a KDM)' : '';
  const needs = missing.length > 0 ? `, OV required${ov === '' ? '' : `: ${shown(ov)}`}` : '';
  return `CPL ${shown(file)} "${shown(title)}" (${shown(kind)}): ${reels} reels, ${signature(signed)}${key}${needs}`;
}

const signature = (signed: boolean) => (signed ? 'signature there, not verified' : 'no signature');
