import { useEffect, useRef } from 'preact/hooks';
import type { TaskDetail } from '../../../api/rest/shapes.ts';
import { bytesText } from '../format.ts';
import { theme } from '../theme.ts';
import { words } from '../text/language.ts';

type Pieces = NonNullable<TaskDetail['pieces']>;

const HEIGHT = 20;
/** By digit: which colour, and how much of the height, so that it is not the colour alone. */
const LOOKS = [
  { colour: 'missing', part: 1 },
  { colour: 'rare', part: 0.35 },
  { colour: 'flying', part: 0.65 },
  { colour: 'bt', part: 1 },
] as const;

export function PiecesBar({ pieces, left }: { pieces: Pieces; left: number }) {
  const t = words.value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { columns, have, flying, missing, rare } = pieces;
  const colours = theme.value;
  useEffect(() => {
    if (canvas.current) draw(canvas.current, columns);
  }, [columns, colours]);
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const again = () => canvas.current && draw(canvas.current, columns);
    dark.addEventListener('change', again);
    return () => dark.removeEventListener('change', again);
  }, [columns]);
  const counts = [
    ['bt', t.have, have],
    ['flying', t.flying, flying],
    ['missing', t.missing, missing],
    ['rare', t.rare, rare],
  ] as const;
  const summary = left > 0 ? t.lacks(bytesText(left), missing + flying) : t.complete;
  return (
    <section>
      <h2>
        {t.pieces} <small>{summary}</small>
      </h2>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${t.pieces}: ${counts.map(([, text, count]) => `${count} ${text}`).join(', ')}`}
      />
      <p class="legend">
        {counts.map(([key, text, count]) => (
          <span key={key}>
            <i class={`key plain ${key}`} />
            {text} {count}
          </span>
        ))}
      </p>
    </section>
  );
}

function draw(canvas: HTMLCanvasElement, columns: string): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  canvas.width = Math.max(columns.length, 1);
  canvas.height = HEIGHT;
  const colours = LOOKS.map(({ colour }) => colourOf(canvas, colour));
  for (let x = 0; x < columns.length; x += 1) {
    const digit = Number(columns[x]);
    const part = LOOKS[digit]?.part ?? 1;
    context.fillStyle = colours[0] ?? '';
    context.fillRect(x, 0, 1, HEIGHT);
    context.fillStyle = colours[digit] ?? '';
    context.fillRect(x, HEIGHT * (1 - part), 1, HEIGHT * part);
  }
}

/** A property that is not registered reads as the words `light-dark(…)`, which a canvas does not know; a colour that uses it is resolved. */
function colourOf(canvas: HTMLCanvasElement, name: string): string {
  canvas.style.color = `var(--${name})`;
  return getComputedStyle(canvas).color;
}
