// The recorder of sessions, a chunk of its own. What a reader sees and types is masked before it leaves the page.
import { replayIntegration } from '@sentry/astro';

/** Attributes that hold what the text does: the SDK's own, and the explorer's ids. */
const NAMES = ['title', 'placeholder', 'aria-label', 'data-id'];

export function replay(): ReturnType<typeof replayIntegration> {
  return replayIntegration({ maskAllText: true, maskAllInputs: true, blockAllMedia: true, maskAttributes: NAMES });
}
