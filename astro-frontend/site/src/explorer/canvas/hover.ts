// How the chosen node and the one under the pointer stand out: a ring, and a label that can be read over anything.
import type { Settings } from 'sigma/settings';
import type { Colours } from './colours.ts';
import { beside, type Drawn } from './label.ts';

export function drawHover(context: CanvasRenderingContext2D, data: Drawn, settings: Settings, colours: Colours): void {
  context.beginPath();
  context.arc(data.x, data.y, data.size + 3, 0, Math.PI * 2);
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.stroke();
  if (typeof data.label !== 'string' || !data.label) return;
  context.font = `600 ${settings.labelSize}px ${settings.labelFont}`;
  const width = context.measureText(data.label).width + 8;
  const [left, top, height] = [beside(context, data, width), data.y - settings.labelSize * 0.8, settings.labelSize * 1.6];
  context.beginPath();
  context.roundRect(left, top, width, height, 4);
  context.fillStyle = colours.surface;
  context.fill();
  context.strokeStyle = colours.edge;
  context.lineWidth = 1;
  context.stroke();
  context.fillStyle = colours.ink;
  context.fillText(data.label, left + 4, data.y + settings.labelSize / 3);
}
