// Which colour a type has: the same for as long as the page lives, by the order in which types were met.

/** Colours of types among the tokens: `--type-1` to `--type-8`. */
export const COLOURS = 8;

export class Palette {
  readonly #slots = new Map<string, number>();

  /** From 1; more types than colours share them. */
  slot(type: string): number {
    const known = this.#slots.get(type);
    if (known !== undefined) return known;
    const slot = (this.#slots.size % COLOURS) + 1;
    this.#slots.set(type, slot);
    return slot;
  }
}
