// The licences that an SPDX expression names, as `throughline graph import` reads them.

/** Each once, in order. `WITH` an exception is a licence of its own; the old `MIT/Apache-2.0` is read as `OR`. */
export function licences(expression: string): string[] {
  const words = expression
    .replaceAll('/', ' OR ')
    .replace(/[()]/g, ' ')
    .split(/\s+/)
    .filter(Boolean);
  const found = new Set<string>();
  let current: string[] = [];
  const flush = (): void => {
    if (current.length > 0) found.add(current.join(' '));
    current = [];
  };
  for (const word of words) {
    if (/^(OR|AND)$/i.test(word)) flush();
    else current.push(/^WITH$/i.test(word) ? 'WITH' : word);
  }
  flush();
  return [...found];
}
