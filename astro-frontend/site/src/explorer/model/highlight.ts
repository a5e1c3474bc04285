// The parts of a snippet, found and not.
import type { Highlight } from '@throughline/shared/graph';

export interface Part {
  readonly text: string;
  readonly found: boolean;
}

/** Ranges count characters (Unicode scalar values), not the units of JavaScript's strings. */
export function parts(highlight: Pick<Highlight, 'snippet' | 'ranges'>): Part[] {
  const characters = [...highlight.snippet];
  const all: Part[] = [];
  let at = 0;
  const push = (end: number, found: boolean): void => {
    const text = characters.slice(at, end).join('');
    if (text) all.push({ text, found });
    at = Math.max(at, end);
  };
  for (const { start, end } of highlight.ranges.toSorted((a, b) => a.start - b.start)) {
    push(start, false);
    push(end, true);
  }
  push(characters.length, false);
  return all;
}
