// Where a node stands before the layout has seen it: near a neighbour that stands already, the same for the same id.

export interface Point {
  readonly x: number;
  readonly y: number;
}

export function place(id: string, neighbour: Point | undefined, spread: number): Point {
  const angle = (hash(id) / 0xffff_ffff) * Math.PI * 2;
  const far = spread * (0.3 + 0.7 * (hash(`${id}#`) / 0xffff_ffff));
  return { x: (neighbour?.x ?? 0) + Math.cos(angle) * far, y: (neighbour?.y ?? 0) + Math.sin(angle) * far };
}

/** FNV-1a. */
function hash(text: string): number {
  let sum = 0x811c_9dc5;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x0100_0193);
  // Spreads what differs in the last character only.
  sum = Math.imul(sum ^ (sum >>> 15), 0x85eb_ca6b);
  return (sum ^ (sum >>> 13)) >>> 0;
}
