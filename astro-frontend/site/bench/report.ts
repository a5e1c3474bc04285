// The lines that the bench prints, as `benches/` prints its own: a value, its bound, and whether it holds.

export class Report {
  failed = false;

  /** A value with no bound, for the record. */
  note(name: string, value: string): void {
    console.log(`${name.padEnd(60)} ${value.padStart(14)}`);
  }

  atMost(name: string, value: number, bound: number): void {
    const holds = value <= bound;
    this.failed ||= !holds;
    console.log(`${name.padEnd(60)} ${value.toFixed(2).padStart(14)} ≤ ${bound}: ${holds ? 'holds' : 'FAILS'}`);
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
