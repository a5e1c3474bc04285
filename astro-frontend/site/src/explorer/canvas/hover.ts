// How the chosen node and the one under the pointer stand out: a ring, and a label that can be read over anything.
import type { NodeDisplayData, PartialButFor } from 'sigma/types';
import type { Settings } from 'sigma/settings';
import type { Colours } from './colours.ts';

export function drawHover(
  context: CanvasRenderingContext2D,
  data: PartialButFor<NodeDisplayData, 'x' | 'y' | 'size' | 'label' | 'color'>,
  settings: Settings,
  colours: Colours,
): void {
  context.beginPath();
  context.arc(data.x, data.y, data.size + 3, 0, Math.PI * 2);
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.stroke();
  if (typeof data.label !== 'string' || !data.label) return;
  context.font = `600 ${settings.labelSize}px ${settings.labelFont}`;
  const width = context.measureText(data.label).width;
  const [left, top, height] = [data.x + data.size + 1, data.y - settings.labelSize * 0.8, settings.labelSize * 1.6];
  context.beginPath();
  context.roundRect(left, top, width + 8, height, 4);
  context.fillStyle = colours.surface;
  context.fill();
  context.strokeStyle = colours.edge;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = colours.ink;
  context.fillText(data.label, left + 4, data.y + settings.labelSize / 3);
}
