// A node's name beside it: on the side where there is room, and readable over an edge.
import type { Settings } from 'sigma/settings';
import type { NodeDisplayData, PartialButFor } from 'sigma/types';
import type { Colours } from './colours.ts';

export type Drawn = PartialButFor<NodeDisplayData, 'x' | 'y' | 'size' | 'label' | 'color'>;

const GAP = 3;

export function drawLabel(context: CanvasRenderingContext2D, data: Drawn, settings: Settings, colours: Colours): void {
  if (!data.label) return;
  context.font = `${settings.labelSize}px ${settings.labelFont}`;
  const left = beside(context, data, context.measureText(data.label).width);
  const base = data.y + settings.labelSize / 3;
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = colours.canvas;
  context.strokeText(data.label, left, base);
  context.fillStyle = colours.ink;
  context.fillText(data.label, left, base);
}

/** Where something of this width begins: right of the node, or left of it where the drawing ends. */
export function beside(context: CanvasRenderingContext2D, { x, size }: Drawn, width: number): number {
  const right = x + size + GAP;
  const left = x - size - GAP - width;
  return right + width > context.canvas.width / devicePixelRatio && left > 0 ? left : right;
}
