import { METHODS, type Method } from '../../core/method.ts';
import { formatBytes } from '../../core/units.ts';
import type { MethodResult } from '../meter.ts';
import type { Outcome, ReceiverOutcome } from './outcome.ts';
import { actualRatio, ratioText } from './ratio.ts';

const SHOWN_DIFFERENCES = 10;

/** What a person reads at the end of a demo. */
export function tableReport(outcome: Outcome): string {
  const { name, bytes, files, ratio, methods, receivers, phases, seconds } = outcome;
  const moved = { bt: methods.bt.bytes, obs: methods.obs.bytes, cdn: methods.cdn.bytes };
  const sections = [
    [
      `Package  ${name}: ${formatBytes(bytes)} in ${files} files`,
      `Ratio    target ${ratioText(ratio)}, actual ${actualRatio(moved, ratio)} (bt:obs:cdn)`,
    ],
    columns([methodHeading(receivers.length), ...METHODS.map(method => methodRow(method, outcome))]),
    columns([['receiver', 'verification', 'time'], ...receivers.map(receiver => receiverRow(receiver, files))]),
    receivers.flatMap(differenceLines),
    [`Time     ${phases.map(phase => `${phase.name} ${time(phase.seconds)}`).join(', ')}, total ${time(seconds)}`],
  ];
  const filled = sections.filter(lines => lines.length > 0);
  return `${filled.map(lines => lines.join('\n')).join('\n\n')}\n`;
}

function methodHeading(receivers: number): string[] {
  return ['method', receivers === 1 ? 'bytes' : `bytes (${receivers} receivers)`, 'share', 'rate', ''];
}

function methodRow(method: Method, { methods, btFrom }: Outcome): string[] {
  const result = methods[method];
  const whole = METHODS.reduce((sum, each) => sum + methods[each].bytes, 0);
  const share = whole === 0 ? 0 : (result.bytes / whole) * 100;
  return [
    method,
    formatBytes(result.bytes),
    `${share.toFixed(1)} %`,
    rate(result),
    method === 'bt' ? from(btFrom, result.bytes) : '',
  ];
}

function rate({ bytes, seconds }: MethodResult): string {
  return bytes === 0 || seconds === 0 ? '-' : `${formatBytes(Math.round(bytes / seconds))}/s`;
}

/** Daemons count sources by samples: what passed between two of them is not lost, but nobody knows from whom it came. */
function from(sources: ReadonlyMap<string, number>, whole: number): string {
  if (sources.size === 0) return '';
  const known = [...sources.values()].reduce((sum, bytes) => sum + bytes, 0);
  const rest: [string, number][] = known < whole ? [['not counted', whole - known]] : [];
  return `from ${[...sources, ...rest].map(([name, bytes]) => `${name} ${formatBytes(bytes)}`).join(', ')}`;
}

function receiverRow({ name, differences, seconds }: ReceiverOutcome, files: number): string[] {
  const verdict = differences.length === 0 ? `${files} files equal the source` : `${differences.length} DIFFERENCES`;
  return [name, verdict, time(seconds)];
}

function differenceLines({ name, differences }: ReceiverOutcome): string[] {
  const hidden = differences.length - SHOWN_DIFFERENCES;
  const shown = differences.slice(0, SHOWN_DIFFERENCES).map(text => `${name}: ${text}`);
  return hidden > 0 ? [...shown, `${name}: and ${hidden} more`] : shown;
}

function time(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
