import type { ComponentChildren } from 'preact';
import { words } from '../text/language.ts';

interface Props {
  /** Of the table, for those who do not see it. */
  readonly label: string;
  /** Columns of figures, between the method and the last column. */
  readonly figures: readonly string[];
  readonly last: string;
  readonly children: ComponentChildren;
}

/** A table of figures with a row per method, or more of them. */
export function FactsTable({ label, figures, last, children }: Props) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={label}>
      <table class="facts stack">
        <thead>
          <tr>
            <th scope="col">{words.value.method}</th>
            {figures.map(head => (
              <th key={head} scope="col" class="number">
                {head}
              </th>
            ))}
            <th scope="col">{last}</th>
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
