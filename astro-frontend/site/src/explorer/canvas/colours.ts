// The tokens' colours as a canvas takes them. Read from an element, for a token follows the reader's preference.
import { COLOURS } from '../model/palette.ts';

export interface Colours {
  readonly types: readonly string[];
  readonly canvas: string;
  readonly surface: string;
  readonly ink: string;
  readonly faded: string;
  /** Of an edge at rest. */
  readonly rest: string;
  readonly edge: string;
  readonly accent: string;
  readonly font: string;
}

export function colours(host: HTMLElement): Colours {
  const probe = document.createElement('span');
  host.append(probe);
  const read = (token: string): string => {
    probe.style.color = `var(--${token})`;
    return hex(getComputedStyle(probe).color);
  };
  const found: Colours = {
    types: Array.from({ length: COLOURS }, (_, at) => read(`type-${at + 1}`)),
    canvas: read('canvas'),
    surface: read('surface-raised'),
    ink: read('ink'),
    faded: read('line'),
    rest: read('edge'),
    edge: read('line-strong'),
    accent: read('accent'),
    font: getComputedStyle(host).fontFamily,
  };
  probe.remove();
  return found;
}

/** `rgb(1, 2, 3)` as `#010203`, which is what the renderer reads. */
function hex(colour: string): string {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return `#${[red, green, blue].map((it) => Math.round(it).toString(16).padStart(2, '0')).join('')}`;
}
