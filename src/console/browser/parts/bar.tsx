import { bytesText, percentText, widthOf } from '../format.ts';
import { words } from '../text/language.ts';
import { METHODS } from './methods.ts';

interface Progress {
  readonly size: number;
  readonly bytes: number;
  readonly local: number;
  readonly methods: Readonly<Record<(typeof METHODS)[number], { readonly bytes: number }>>;
}

/** What is here, by where it came from: a colour and a pattern each. */
export function Bar({ task, label }: { task: Progress; label: string }) {
  const { size, bytes, local, methods } = task;
  const text = `${percentText(bytes, size)} · ${words.value.ofSize(bytesText(bytes), bytesText(size))}`;
  const parts = [['local', local] as const, ...METHODS.map(key => [key, methods[key].bytes] as const)];
  const percent = size > 0 ? Math.floor(Math.min(bytes / size, 1) * 100) : 100;
  return (
    <>
      <div class="bar" role="progressbar" aria-label={label} aria-valuenow={percent} aria-valuetext={text}>
        {parts.map(([key, part]) => part > 0 && <i key={key} class={key} style={{ width: widthOf(part, size) }} />)}
      </div>
      <small>{text}</small>
    </>
  );
}
