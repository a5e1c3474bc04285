// Names the island in which an error came to be: by the element of the event that was being handled, or by the name that
// whoever caught it gave.
import type { ErrorEvent } from '@sentry/astro';

/** The name of the island around an element, such as `Explorer`. */
export function islandOf(target: EventTarget | null | undefined): string | undefined {
  const island = target instanceof Element ? target.closest('astro-island') : null;
  const file = island?.getAttribute('component-url')?.split('/').pop();
  return file?.split('.')[0] || undefined;
}

/** Tags an event with its island, unless it names one. */
export function nameIsland(event: { tags?: ErrorEvent['tags'] }): void {
  // Deprecated, and the only way to know what is being handled when an error is thrown.
  const handled = (window as { event?: Event }).event;
  const island = islandOf(handled?.target) ?? (onlyIsland() || undefined);
  if (island && !event.tags?.['component']) event.tags = { ...event.tags, component: island };
}

/** The page's island, where there is one only. */
function onlyIsland(): string | undefined {
  const islands = document.querySelectorAll('astro-island');
  return islands.length === 1 ? islandOf(islands[0]) : undefined;
}
