import { examine } from '../doctor/doctor.ts';
import type { CheckedPoint } from '../doctor/doctor.ts';
import type { Finding, Verdict } from '../doctor/finding.ts';
import { jsonText, shownInLine } from './output/shown.ts';

const MARKS: Readonly<Record<Verdict, string>> = {
  ok: 'ok      ',
  warning: 'WARNING ',
  fault: 'FAULT   ',
  skipped: '-       ',
};

/** `bft doctor`: the original's list (6.1), gone through by itself. Ends with 1 when there is a fault. */
export async function doctor({ config, json }: { config: string; json: boolean }): Promise<number> {
  const points = await examine(config, point => {
    if (!json) process.stdout.write(linesOf(point));
  });
  const findings = points.flatMap(point => point.findings);
  const count = (verdict: Verdict) => findings.filter(finding => finding.verdict === verdict).length;
  const faults = count('fault');
  if (json) process.stdout.write(`${jsonText({ faults, warnings: count('warning'), points })}\n`);
  else process.stdout.write(`\nfaults: ${faults}, warnings: ${count('warning')}, in order: ${count('ok')}\n`);
  return faults === 0 ? 0 : 1;
}

const linesOf = ({ id, findings }: CheckedPoint) => findings.map(finding => lineOf(id, finding)).join('');

function lineOf(id: string, { verdict, text, next, code }: Finding): string {
  const what = `${MARKS[verdict]}${id.padEnd(14)} ${shownInLine(text)}${code === undefined ? '' : ` [${code}]`}\n`;
  return next === '' ? what : `${what}${' '.repeat(23)}→ ${shownInLine(next)}\n`;
}
